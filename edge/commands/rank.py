"""``seguia rank``: which crowns of one flight lack water more than their neighbours."""

import csv
from pathlib import Path
from typing import Annotated

import typer

from edge.commands.answers import line_of
from edge.errors import ConfigurationError
from edge.radiometry.ranks import rank_within_flight

COLUMNS = ("crown", "osavi_p90")

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def rank(
    crowns: Annotated[Path, typer.Argument(help="CSV of one flight: crown, osavi_p90 (empty: unknown).")],
    crop: Annotated[str | None, typer.Option("--crop", help="Crop in view; such as pistachio.")] = None,
    *,
    checked_here: Annotated[
        bool, typer.Option("--checked-here", help="The rank was compared with a pressure chamber in this orchard.")
    ] = False,
) -> None:
    """Rank the crowns of one flight from 0 (least) to 1 (most stressed); one JSON line each, in the order given.

    Example: seguia rank crowns.csv --crop pistachio

    ``osavi_p90`` is the 90th percentile of OSAVI over a crown's pixels. Where no rank can be given, each line holds
    the reason. A rank says nothing of how much water is lacking, and nothing across flights.
    """
    rows = read_crowns(crowns)
    found, reason = rank_within_flight([value for _, value in rows], crop, checked_here=checked_here)
    for place, (name, value) in enumerate(rows):
        known = found is not None and value is not None
        line = {
            "crown": name,
            "stress_rank": round(float(found.stress[place]), 4) if found is not None and known else None,
            "confidence": found.confidence if found is not None and known else None,
            "reason": reason if reason is not None or known else "low_canopy",
        }
        typer.echo(line_of(line))


def read_crowns(path: Path) -> list[tuple[str, float | None]]:
    """Crowns and their vigour; ConfigurationError names the file, the row and what was expected."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        got = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationError(
            f"{path}: expected a CSV file with {', '.join(COLUMNS)}, got {got}; name it"
        ) from error
    crowns: list[tuple[str, float | None]] = []
    for number, row in enumerate(rows, start=2):
        name, text = (row.get(column) for column in COLUMNS)
        if not name or text is None:
            raise ConfigurationError(
                f"{path}: line {number}: expected {', '.join(COLUMNS)}, got {dict(row)}; name both columns"
            )
        crowns.append((name, _vigour(text, f"{path}: line {number}")))
    return crowns


def _vigour(text: str, place: str) -> float | None:
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not -1 <= value <= 1:
        raise ConfigurationError(f"{place}: osavi_p90: expected a number from -1 to 1, got {text!r}; leave it empty")
    return value
