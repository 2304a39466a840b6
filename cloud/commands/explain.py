"""``seguia explain``: how the advice of a parcel came to be, in words and one figure."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from cloud.commands.console import finish, tell
from cloud.commands.day_inputs import parse_day
from cloud.errors import ConfigurationError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from cloud.adapters.store.store import Store
    from cloud.explanation.case import Case
    from cloud.records import Verdict

MOST_NAMED: Final = 8
"""Parcels that a line may name before it grows too long to read."""
FIGURE_KINDS: Final[dict[str, Literal["svg", "png"]]] = {".svg": "svg", ".png": "png"}

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What a file or a store holds about one parcel: its case of the day asked, and what there is instead."""

    name: str
    case: Case | None
    days: tuple[date, ...] = ()
    """Days on which the parcel has a verdict."""
    parcels: tuple[str, ...] = ()
    """Parcels that have any verdict."""
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The parcel, its day, and the first day of its account if not the usual one."""

    parcel: str
    day: date
    first: date | None


@app.command()
def explain(  # noqa: PLR0913, PLR0917 -- one argument per option of the contract
    parcel: Annotated[str, typer.Argument(help="Id of the parcel; left out with --parcel.")] = "",
    day: Annotated[str, typer.Option("--day", help="Local day of the advice, like 2026-05-14.")] = "",
    since: Annotated[
        str | None, typer.Option("--since", help="First day of the water account; default: 14 days to the last.")
    ] = None,
    figure: Annotated[Path | None, typer.Option("--figure", help="The figure, as FILE.svg or FILE.png.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object: numbers and lines.")] = False,  # noqa: FBT002 -- a flag of the command line
    verdicts: Annotated[
        Path | None, typer.Option("--verdicts", help="Verdicts, JSON Lines; the store of an installation without it.")
    ] = None,
    # Not the options of cloud_site: importing those opens the database library, and --help must be instant.
    data: Annotated[
        Path | None, typer.Option("--data", help="Data folder of the installation, that holds seguia-cloud.toml.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", help="Its configuration; default ./seguia-cloud.toml or $SEGUIA_CLOUD_CONFIG."),
    ] = None,
    parcel_file: Annotated[
        Path | None, typer.Option("--parcel", help="Parcel TOML: its water from files alone, without advice.")
    ] = None,
    weather: Annotated[
        Path | None, typer.Option("--weather", help="Weather of that parcel: CSV, NetCDF, Zarr.")
    ] = None,
    irrigation: Annotated[Path | None, typer.Option("--irrigation", help="Events CSV of that parcel.")] = None,
    observations: Annotated[
        Path | None, typer.Option("--observations", help="Observations CSV of that parcel.")
    ] = None,
) -> None:
    """How the advice of a day came to be: what was missing, what came and went, what was seen, what is uncertain.

    The numbers of the water account add up as they are printed. The figure shows the last 30 days.

    Example: seguia explain plot-7 --day 2026-05-14 --data /var/lib/seguia --figure plot-7.svg
    Example: seguia explain plot-7 --day 2026-05-14 --verdicts V.jsonl
    Example: seguia explain --parcel plot.toml --weather weather.csv --day 2026-05-14
    """
    sources = {"--verdicts": verdicts is not None, "--parcel": parcel_file is not None}
    sources["a store (--data, --config)"] = data is not None or config is not None
    given = [name for name, used in sources.items() if used]
    if len(given) > 1:
        raise typer.BadParameter(
            f"expected one source of {', '.join(sources)}, got {' and '.join(given)}; leave one out"
        )
    if bool(parcel) == (parcel_file is not None):
        raise typer.BadParameter("expected either PARCEL, the id of a parcel, or --parcel FILE; give one of them")
    if not day:
        raise typer.BadParameter("expected --day, the local day of the advice, like --day 2026-05-14")
    kind = _figure_kind(figure)
    asked = Asked(parcel=parcel, day=parse_day(day), first=None if since is None else parse_day(since))
    if parcel_file is not None:
        shelf = _of_run(asked, {"parcel": parcel_file, "weather": weather, "events": irrigation, "seen": observations})
    elif verdicts is not None:
        shelf = _of_file(asked, verdicts)
    else:
        shelf = _of_store(asked, data, config)
    if shelf.case is None:
        raise InputError(_nothing(asked, shelf))
    _tell(shelf, shelf.case, as_json=as_json, figure=figure, kind=kind)


def _figure_kind(figure: Path | None) -> Literal["svg", "png"] | None:
    if figure is None:
        return None
    kind = FIGURE_KINDS.get(figure.suffix.lower())
    if kind is None:
        raise typer.BadParameter(f"--figure {figure}: expected a name that ends in .svg or .png")
    return kind


def _tell(shelf: Shelf, case: Case, *, as_json: bool, figure: Path | None, kind: Literal["svg", "png"] | None) -> None:
    from cloud.explanation.words import explanation_of  # noqa: PLC0415 -- heavy; --help must be instant

    told = explanation_of(case)
    tell("explain", shelf.notes)
    if as_json:
        typer.echo(told.model_dump_json())
    else:
        for line in told.lines:
            typer.echo(line)
    problems = list(shelf.problems)
    if figure is not None and kind is not None:
        from cloud.explanation.drawing import drawing_of  # noqa: PLC0415 -- heavy, and only here

        drawn = drawing_of(case, kind)
        if drawn is None:
            problems.append(f"--figure {figure}: not drawn, since no day of soil water is known up to {case.day}")
        else:
            _write(figure, drawn)
    finish("explain", problems)


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise InputError(
            f"{path}: expected a file that can be written, got {error.strerror}; choose another"
        ) from error


def _of_run(asked: Asked, files: dict[str, Path | None]) -> Shelf:
    from cloud.commands.explain_files import RunFiles, case_of_run  # noqa: PLC0415 -- heavy; --help must be instant

    parcel, weather = files["parcel"], files["weather"]
    if parcel is None or weather is None:
        raise ConfigurationError(
            "--parcel: expected --weather FILE beside it, got none; give the weather of the parcel"
        )
    case, notes, problems = case_of_run(
        RunFiles(parcel=parcel, weather=weather, events=files["events"], observations=files["seen"]),
        asked.day,
        asked.first,
    )
    return Shelf(name=parcel.name, case=case, notes=notes, problems=problems)


def _of_file(asked: Asked, path: Path) -> Shelf:
    from cloud.adapters.files.lines import read_recommendations_or_verdicts  # noqa: PLC0415 -- heavy; --help must be instant
    from cloud.records import Verdict  # noqa: PLC0415 -- as above

    read = read_recommendations_or_verdicts(path)
    known = [record for record in read.records if isinstance(record, Verdict)]
    own = [one for one in known if one.proposed.parcel_id == asked.parcel]
    verdict = next((one for one in reversed(own) if one.proposed.day == asked.day), None)
    return Shelf(
        name=path.name,
        case=None if verdict is None else _advised(verdict),
        days=tuple(one.proposed.day for one in own),
        parcels=_sorted(one.proposed.parcel_id for one in known),
        problems=read.problems,
    )


def _of_store(asked: Asked, data: Path | None, config: Path | None) -> Shelf:
    from cloud.commands.cloud_site import configuration, open_store  # noqa: PLC0415 -- heavy; --help must be instant

    with open_store(configuration(data, config)) as store:
        case = _stored(store, asked)
        return Shelf(
            name="the store",
            case=case,
            days=() if case is not None else store.verdict_days(asked.parcel),
            parcels=() if case is not None else _sorted(one.proposed.parcel_id for one in store.verdicts(None)),
        )


def _stored(store: Store, asked: Asked) -> Case | None:
    from cloud.adapters.store.cases import case_of  # noqa: PLC0415 -- heavy; --help must be instant

    return case_of(store, asked.parcel, asked.day, asked.first)


def _advised(verdict: Verdict) -> Case:
    from cloud.explanation.case import Case  # noqa: PLC0415 -- heavy; --help must be instant

    said = verdict.proposed
    return Case(parcel_id=said.parcel_id, name=said.parcel_name, day=said.day, timezone=said.timezone, verdict=verdict)


def _sorted(parcels: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(parcels)))


def _nothing(asked: Asked, shelf: Shelf) -> str:
    """What was asked, what there is instead, and the nearest that can be had."""
    if shelf.days:
        nearest = min(shelf.days, key=lambda day: (abs(day - asked.day), day))
        return (
            f"parcel {asked.parcel} on {asked.day}: expected a verdict of that day in {shelf.name}, got none;"
            f" the nearest is of {nearest}: use --day {nearest}"
        )
    if not shelf.parcels:
        return (
            f"parcel {asked.parcel}: expected a verdict in {shelf.name}, got no verdict at all;"
            " run: seguia cloud nightly, or seguia advise and then --verdicts FILE"
        )
    more = f" and {len(shelf.parcels) - MOST_NAMED} more" if len(shelf.parcels) > MOST_NAMED else ""
    return (
        f"parcel {asked.parcel}: expected a parcel with a verdict in {shelf.name}, got none under that id;"
        f" it holds {', '.join(_likeliest(asked.parcel, shelf.parcels))}{more}"
    )


def _likeliest(parcel: str, known: tuple[str, ...]) -> list[str]:
    """The ids to name: those that resemble the one asked for first."""
    close = get_close_matches(parcel, known, n=MOST_NAMED)
    return [*close, *(one for one in known if one not in close)][:MOST_NAMED]
