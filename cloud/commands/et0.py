"""``seguia et0``: reference evapotranspiration of a weather file."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

LatitudeOption = Annotated[float | None, typer.Option("--latitude", min=-90.0, max=90.0, help="Degrees north.")]
LongitudeOption = Annotated[float | None, typer.Option("--longitude", min=-180.0, max=180.0, help="Degrees east.")]
ElevationOption = Annotated[float | None, typer.Option("--elevation", min=-430.0, max=6000.0, help="Metres.")]
WindHeightOption = Annotated[
    float | None,
    typer.Option("--wind-height", min=0.5, max=200.0, help="Height of the anemometer, metres (default 2)."),
]
OutOption = Annotated[Path | None, typer.Option("--out", help="Write here instead of to standard output.")]


@app.command()
def et0(
    weather: Annotated[Path, typer.Argument(help="Weather CSV of one site, or NetCDF with one site.")],
    latitude: LatitudeOption = None,
    longitude: LongitudeOption = None,
    elevation: ElevationOption = None,
    wind_height: WindHeightOption = None,
    out: OutOption = None,
) -> None:
    """Reference evapotranspiration (FAO-56 Penman-Monteith) of every day, and the method that the data allowed.

    Writes CSV: date, et0_mm, method.

    Example: seguia et0 weather.csv --latitude 32.34 --elevation 550
    """
    import numpy as np  # noqa: PLC0415 -- heavy; --help must be instant

    from cloud.commands.console import finish, tell, write_csv  # noqa: PLC0415 -- as above
    from cloud.errors import InputError  # noqa: PLC0415 -- as above
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
