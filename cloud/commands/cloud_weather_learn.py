"""``seguia cloud weather learn`` and ``blend``: one weather out of a reference and a second product."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cloud.commands.console import finish, tell
from cloud.commands.et0 import ElevationOption, LatitudeOption, LongitudeOption
from cloud.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

LEARN: Final = "cloud weather learn"
BLEND: Final = "cloud weather blend"

WARM: Final = frozenset({"tmin_c", "tmax_c"})
WARMTH: Final = (
    "note: temperatures in the reference's terms move the crop calendar: stages that run by warmth come earlier where"
    " the reference is the warmer of the two, later where it is the cooler"
)

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

SecondOption = Annotated[
    list[Path], typer.Option("--second", help="Second product, CSV or NetCDF of sites; may be repeated.")
]
RadiusOption = Annotated[float, typer.Option("--radius-km", min=1.0, max=300.0, help="Reach around the reference.")]
AroundOption = Annotated[
    float,
    typer.Option("--around-km", min=1.0, max=300.0, help="The second product's sites within this are averaged."),
]


@app.command()
def learn(  # noqa: PLR0913, PLR0917 -- one argument per option of the contract
    reference: Annotated[Path, typer.Option("--reference", help="The good record, CSV or NetCDF of sites.")],
    second: SecondOption,
    out: Annotated[Path, typer.Option("--out", help="Model file to write.")],
    latitude: LatitudeOption = None,
    longitude: LongitudeOption = None,
    elevation: ElevationOption = None,
    radius_km: RadiusOption = 100.0,
    around_km: AroundOption = 100.0,
) -> None:
    """Learn to tell a second product in a reference's terms; prints what years it never saw say of it, as JSON.

    Needs half a year of days that both know; a second year makes the figures honest, ten years of the reference let it
    see a product that changed its version. The place of a CSV reference may be given by the options. A variable that
    the model tells worse than the product does as it is, often rain, is named. Temperatures in the reference's terms
    move the crop calendar.

    Example: seguia cloud weather learn --reference station.csv --second town.csv --out region.skops
    """
    from cloud.weather.blend.figures import held_out, worse_than_the_product  # noqa: PLC0415 -- heavy; --help must be instant
    from cloud.weather.blend.learned import learn as learned_from  # noqa: PLC0415 -- as above
    from cloud.weather.blend.pairs import pairs_of  # noqa: PLC0415 -- as above
    from cloud.weather.blend.persist import dumps  # noqa: PLC0415 -- as above

    good = _reference(reference, (latitude, longitude, elevation))
    product = _second(second)
    tell(LEARN, _lines("notes", good, product))
    _progress("blend: pairing the days that both know")
    pairs = pairs_of(good, product, radius_km, around_km)
    rows = held_out(pairs, _progress)
    _progress(f"blend: {pairs.days.size} days, of all of which the model is learned")
    hashes = {path.name: str(one) for path, one in zip([reference, *second], _hashes(good, product), strict=True)}
    worse = worse_than_the_product(rows)
    tell(LEARN, [*worse.values(), *([WARMTH] if WARM & {row["variable"] for row in rows} else [])])
    told = {"figures": rows, "learned_from": hashes, "worse_than_the_product": list(worse)}
    content = dumps(learned_from(pairs, told=told))
    try:
        out.write_bytes(content)
    except OSError as error:
        raise InputError(f"{out}: expected a file that can be written, got {error.strerror}; choose another") from error
    summary = {
        "model": str(out),
        "days": int(pairs.days.size),
        "first_day": str(pairs.days.min()),
        "last_day": str(pairs.days.max()),
        "reference_sites": int(pairs.region.latitude.size),
        "second_sites": [list(site) for site in pairs.sites],
        "predictors": list(pairs.predictors),
        "radius_km": radius_km,
        "around_km": around_km,
        **told,
    }
    typer.echo(json.dumps(summary, indent=2, allow_nan=False))
    finish(LEARN, _lines("problems", good, product))


@app.command()
def blend(  # noqa: PLR0913, PLR0917 -- one argument per option of the contract
    second: SecondOption,
    model: Annotated[Path, typer.Option("--model", help="Model file of: seguia cloud weather learn.")],
    out: Annotated[Path, typer.Option("--out", help="NetCDF to write, readable as --weather.")],
    reference: Annotated[Path | None, typer.Option("--reference", help="The record whose gaps are filled.")] = None,
    latitude: LatitudeOption = None,
    longitude: LongitudeOption = None,
    elevation: ElevationOption = None,
    *,
    everywhere: Annotated[
        bool, typer.Option("--everywhere", help="Also correct the second product's own sites in the region.")
    ] = False,
) -> None:
    """The reference where it knows, the corrected second product where it does not, else a gap.

    Every value that is not the reference's own has its quality flag, standard error, P10 and P90 beside it. Without a
    reference, the second product's sites are corrected, and those outside the region are named and left out. Corrected
    temperatures move the crop calendar of whatever reads the result.

    Example: seguia cloud weather blend --second town.csv --model region.skops --out weather.nc
    """
    from cloud.adapters.weather_files import write_weather  # noqa: PLC0415 -- heavy; --help must be instant
    from cloud.weather.blend.blending import Extent, blended  # noqa: PLC0415 -- as above
    from cloud.weather.blend.persist import loads  # noqa: PLC0415 -- as above

    if out.suffix.lower() not in {".nc", ".nc4"}:
        raise InputError(f"{out.name}: expected a NetCDF file such as weather.nc, got {out.suffix or 'no suffix'}")
    try:
        learned = loads(model.read_bytes(), model.name)
    except OSError as error:
        raise InputError(f"{model}: expected a readable model, got {error.strerror}; check the path") from error
    place = (latitude, longitude, elevation)
    good = None if reference is None else _reference(reference, place)
    product = _second(second, elevation if reference is None else None)
    found = blended(good, product, learned, Extent.REGION if everywhere else Extent.REFERENCE)
    tell(BLEND, [*_lines("notes", good, product, found), *([WARMTH] if WARM & set(learned.variables) else [])])
    write_weather(out, found, _as_of(good, product, reference, second))
    days = found["time"].values.astype("datetime64[D]")
    typer.echo(f"{out}: {found.sizes['site']} places, {days[0]} to {days[-1]}")
    finish(BLEND, _lines("problems", good, product, found))


def _reference(path: Path, place: tuple[float | None, float | None, float | None]) -> xr.Dataset:
    from cloud.weather.read import read_weather  # noqa: PLC0415 -- heavy; --help must be instant

    latitude, longitude, elevation = place
    return read_weather(path, latitude=latitude, longitude=longitude, elevation_m=elevation)


def _second(paths: Sequence[Path], elevation: float | None = None) -> xr.Dataset:
    from cloud.weather.blend.pairs import joined  # noqa: PLC0415 -- as above
    from cloud.weather.product import read_product  # noqa: PLC0415 -- as above

    return joined([read_product(path, elevation_m=elevation) for path in paths])


def _lines(kind: str, *datasets: xr.Dataset | None) -> list[str]:
    return [
        line
        for one in datasets
        if one is not None
        for line in str(one.attrs.get(kind, "")).splitlines()
        # What a town's export holds beside the weather is nobody's news here.
        if line and "are not known and were ignored" not in line
    ]


def _hashes(reference: xr.Dataset, second: xr.Dataset) -> list[str]:
    return [str(reference.attrs["sha256"]), *str(second.attrs["sha256"]).splitlines()]


def _as_of(reference: xr.Dataset | None, second: xr.Dataset, path: Path | None, others: Sequence[Path]) -> datetime:
    """The age of the last days: that of the file which gave them, and of the oldest where several did."""
    newest = min(other.stat().st_mtime for other in others)
    if reference is not None and path is not None and reference["time"].values.max() >= second["time"].values.max():
        newest = path.stat().st_mtime
    return datetime.fromtimestamp(newest, UTC)


def _progress(line: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"{line}\n")
