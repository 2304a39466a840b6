"""``seguia explain``: why a parcel got its advice, in words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cloud.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from cloud.records import Verdict

MOST_NAMED: Final = 8
"""Parcels that a line may name before it grows too long to read."""

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What a file or a store holds about one parcel: its verdict of the day asked, and what there is instead."""

    name: str
    verdict: Verdict | None
    days: tuple[date, ...]
    """Days on which the parcel has a verdict."""
    parcels: tuple[str, ...]
    """Parcels that have any verdict."""
    problems: tuple[str, ...] = ()


@app.command()
def explain(
    parcel: Annotated[str, typer.Argument(help="Id of the parcel.")],
    day: Annotated[str, typer.Option("--day", help="Local day of the advice, like 2026-05-14.")],
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
) -> None:
    """Each number of an advice in words: what it is, where it comes from and how old that is.

    Example: seguia explain plot-7 --day 2026-05-14 --data /var/lib/seguia
    Example: seguia explain plot-7 --day 2026-05-14 --verdicts V.jsonl
    """
    from cloud.advice.words import explanation_lines  # noqa: PLC0415 -- heavy
    from cloud.commands.console import finish  # noqa: PLC0415 -- as above
    from cloud.commands.day_inputs import parse_day  # noqa: PLC0415 -- as above

    wanted = parse_day(day)
    if verdicts is None:
        shelf = _of_store(parcel, wanted, data, config)
    elif data is None and config is None:
        shelf = _of_file(parcel, wanted, verdicts)
    else:
        raise typer.BadParameter("expected --verdicts or a store (--data, --config), got both; leave one out")
    if shelf.verdict is None:
        raise InputError(_nothing(parcel, wanted, shelf))
    for line in explanation_lines(shelf.verdict):
        typer.echo(line)
    finish("explain", shelf.problems)


def _of_file(parcel: str, wanted: date, path: Path) -> Shelf:
    from cloud.adapters.files.lines import read_recommendations_or_verdicts  # noqa: PLC0415 -- heavy
    from cloud.records import Verdict  # noqa: PLC0415 -- as above

    read = read_recommendations_or_verdicts(path)
    known = [record for record in read.records if isinstance(record, Verdict)]
    own = [one for one in known if one.proposed.parcel_id == parcel]
    return Shelf(
        name=path.name,
        verdict=next((one for one in reversed(own) if one.proposed.day == wanted), None),
        days=tuple(one.proposed.day for one in own),
        parcels=_sorted(one.proposed.parcel_id for one in known),
        problems=read.problems,
    )


def _of_store(parcel: str, wanted: date, data: Path | None, config: Path | None) -> Shelf:
    from cloud.commands.cloud_site import configuration, open_store  # noqa: PLC0415 -- heavy

    with open_store(configuration(data, config)) as store:
        said = store.verdicts(wanted)
        return Shelf(
            name="the store",
            verdict=next((one for one in said if one.proposed.parcel_id == parcel), None),
            days=store.verdict_days(parcel),
            parcels=_sorted(one.proposed.parcel_id for one in store.verdicts(None)),
        )


def _sorted(parcels: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(parcels)))


def _nothing(parcel: str, wanted: date, shelf: Shelf) -> str:
    """What was asked, what there is instead, and the nearest that can be had."""
    if shelf.days:
        nearest = min(shelf.days, key=lambda day: (abs(day - wanted), day))
        return (
            f"parcel {parcel} on {wanted}: expected a verdict of that day in {shelf.name}, got none;"
            f" the nearest is of {nearest}: use --day {nearest}"
        )
    if not shelf.parcels:
        return (
            f"parcel {parcel}: expected a verdict in {shelf.name}, got no verdict at all;"
            " run: seguia cloud nightly, or seguia advise and then --verdicts FILE"
        )
    more = f" and {len(shelf.parcels) - MOST_NAMED} more" if len(shelf.parcels) > MOST_NAMED else ""
    return (
        f"parcel {parcel}: expected a parcel with a verdict in {shelf.name}, got none under that id;"
        f" it holds {', '.join(_likeliest(parcel, shelf.parcels))}{more}"
    )


def _likeliest(parcel: str, known: tuple[str, ...]) -> list[str]:
    """The ids to name: those that resemble the one asked for first."""
    from difflib import get_close_matches  # noqa: PLC0415 -- only a wrong id needs it

    close = get_close_matches(parcel, known, n=MOST_NAMED)
    return [*close, *(one for one in known if one not in close)][:MOST_NAMED]
