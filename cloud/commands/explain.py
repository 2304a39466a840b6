"""``seguia explain``: why a parcel got its advice, in words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cloud.errors import InputError

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def explain(
    parcel: Annotated[str, typer.Argument(help="Id of the parcel.")],
    day: Annotated[str, typer.Option("--day", help="Local day of the advice, like 2026-05-14.")],
    verdicts: Annotated[Path, typer.Option("--verdicts", help="Verdicts of the day, JSON Lines.")],
) -> None:
    """Each number of an advice in words: what it is, where it comes from and how old that is.

    Example: seguia explain plot-7 --day 2026-05-14 --verdicts V.jsonl
    """
    from cloud.adapters.files.lines import read_recommendations_or_verdicts  # noqa: PLC0415 -- heavy
    from cloud.advice.words import explanation_lines  # noqa: PLC0415 -- as above
    from cloud.commands.console import finish  # noqa: PLC0415 -- as above
    from cloud.commands.day_inputs import parse_day  # noqa: PLC0415 -- as above
    from cloud.records import Verdict  # noqa: PLC0415 -- as above

    read = read_recommendations_or_verdicts(verdicts)
    wanted = parse_day(day)
    found = [
        one
        for one in read.records
        if isinstance(one, Verdict) and one.proposed.parcel_id == parcel and one.proposed.day == wanted
    ]
    if not found:
        known = sorted({one.proposed.parcel_id for one in read.records if isinstance(one, Verdict)})
        raise InputError(
            f"parcel {parcel} on {wanted}: expected a verdict in {verdicts.name}, got none;"
            f" it holds {', '.join(known[:8]) or 'no verdict'}"
        )
    for line in explanation_lines(found[-1]):
        typer.echo(line)
    finish("explain", read.problems)
