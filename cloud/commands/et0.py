"""``seguia et0``: reference evapotranspiration of a weather file, by the day or by the hour."""

import math
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cloud.commands.console import finish, tell, write_csv
from cloud.errors import InputError

if TYPE_CHECKING:
    from cloud.weather.tables.site import Site

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

LatitudeOption = Annotated[float | None, typer.Option("--latitude", min=-90.0, max=90.0, help="Degrees north.")]
LongitudeOption = Annotated[float | None, typer.Option("--longitude", min=-180.0, max=180.0, help="Degrees east.")]
ElevationOption = Annotated[float | None, typer.Option("--elevation", min=-430.0, max=6000.0, help="Metres.")]
WindHeightOption = Annotated[
    float | None,
    typer.Option("--wind-height", min=0.5, max=200.0, help="Height of the anemometer, metres (default 2)."),
]
OutOption = Annotated[Path | None, typer.Option("--out", help="Write here instead of to standard output.")]


class Equation(StrEnum):
    """Hourly reference evapotranspiration: FAO-56, or the standardized one of ASCE for clipped grass or alfalfa."""

    FAO56 = "fao56"
    ASCE = "asce"
    ASCE_TALL = "asce-tall"


HourlyOption = Annotated[
    Equation | None,
    typer.Option("--hourly", help="Hour by hour from rows of hours or minutes, by this equation (asce: short grass)."),
]


@app.command()
def et0(  # noqa: PLR0913, PLR0917 -- one argument per option of the contract
    weather: Annotated[Path, typer.Argument(help="Weather CSV of one site, or NetCDF with one site.")],
    latitude: LatitudeOption = None,
    longitude: LongitudeOption = None,
    elevation: ElevationOption = None,
    wind_height: WindHeightOption = None,
    hourly: HourlyOption = None,
    out: OutOption = None,
) -> None:
    """Reference evapotranspiration (FAO-56 Penman-Monteith) of every day, and the method that the data allowed.

    Writes CSV: date, et0_mm, method; with --hourly: started_at (with the file's offset from UTC), et0_mm, method.

    Example: seguia et0 weather.csv --latitude 32.34 --elevation 550
    """
    if hourly is not None:
        from cloud.weather.tables.site import Site  # noqa: PLC0415 -- heavy; --help must be instant

        site = Site(latitude=latitude, longitude=longitude, elevation_m=elevation, wind_height_m=wind_height)
        _by_hour(weather, site, hourly, out)
        return
    import numpy as np  # noqa: PLC0415 -- heavy; --help must be instant

    from cloud.weather.forcing import site_reference  # noqa: PLC0415 -- as above
    from cloud.weather.read import read_weather  # noqa: PLC0415 -- as above

    dataset = read_weather(
        weather, latitude=latitude, longitude=longitude, elevation_m=elevation, wind_height_m=wind_height
    )
    if dataset.sizes["site"] != 1:
        raise InputError(f"{weather.name}: expected one site, got {dataset.sizes['site']}; cut the file to one site")
    tell("et0", str(dataset.attrs["notes"]).splitlines())
    reference = site_reference(dataset)
    days = dataset["time"].values.astype("datetime64[D]")
    values, methods = reference.et0_mm[:, 0], reference.method[:, 0]
    rows = [
        (str(day), "" if np.isnan(value) else f"{value:.4f}", method)
        for day, value, method in zip(days, values, methods, strict=True)
    ]
    write_csv(("date", "et0_mm", "method"), rows, out)
    missing = [str(day) for day, value in zip(days, values, strict=True) if np.isnan(value)]
    problems = str(dataset.attrs["problems"]).splitlines()
    if missing:
        problems.append(f"{weather.name}: no temperatures on {len(missing)} days, the first {missing[0]}; left empty")
    finish("et0", problems)


def _by_hour(weather: Path, site: "Site", equation: Equation, out: Path | None) -> None:
    from cloud.agronomy.hourly import ASCE_SHORT, ASCE_TALL, FAO56_GRASS, hourly_et_mm  # noqa: PLC0415 -- as above
    from cloud.weather.tables.hours import read_hours  # noqa: PLC0415 -- as above

    if weather.suffix.lower() in {".nc", ".zarr"} or weather.is_dir():
        raise InputError(f"{weather.name}: expected a CSV of hours or minutes for --hourly, got a cube; leave it out")
    hours = read_hours(weather, site)
    tell("et0", hours.notes)
    surface, method = {
        Equation.FAO56: (FAO56_GRASS, "FAO-56 Penman-Monteith, hourly"),
        Equation.ASCE: (ASCE_SHORT, "ASCE Penman-Monteith, hourly, short reference"),
        Equation.ASCE_TALL: (ASCE_TALL, "ASCE Penman-Monteith, hourly, tall reference"),
    }[equation]
    starts = [datetime.fromtimestamp(one, UTC).astimezone(hours.zone).isoformat() for one in hours.began_s.tolist()]
    # Dew is a small negative number; adding zero keeps a rounded one from being written as -0.
    values = [round(one, 4) + 0.0 for one in hourly_et_mm(hours.weather, surface=surface).tolist()]
    known = [not math.isnan(one) for one in values]
    rows = zip(starts, values, known, strict=True)
    write_csv(
        ("started_at", "et0_mm", "method"),
        [(start, f"{one:.4f}" if sure else "", method if sure else "") for start, one, sure in rows],
        out,
    )
    missing = [start for start, sure in zip(starts, known, strict=True) if not sure]
    problems = list(hours.problems)
    if missing:
        problems.append(
            f"{weather.name}: expected temperature, humidity, wind and radiation of every hour, got {len(missing)} of"
            f" {len(starts)} hours with something missing, the first {', '.join(missing[:3])}; left empty"
        )
    finish("et0", problems)
