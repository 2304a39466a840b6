"""``seguia cloud measures``: how well farmers are reached, and what comes of it."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cloud.commands.cloud_site import ConfigOption, DataOption, clock_of, configuration, open_store
from cloud.commands.console import shown, write_csv
from cloud.outreach.period import measures_between
from cloud.outreach.telling import HEADER, lines_of, object_of, rows_of

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def measures(
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First local day; default a year back.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last local day; default today.")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for other programs.")] = False,
    table: Annotated[
        Path | None, typer.Option("--csv", help="File for a table of them; - for standard output.")
    ] = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Delivery and its time, answers, irrigations given, cost and comprehension; the worst group first.

    Example: seguia cloud measures --from 2026-03-01 --to 2026-08-31 --data /var/lib/seguia
    """
    settings = configuration(data, config)
    days = (None if first is None else first.date(), None if last is None else last.date())
    with open_store(settings) as store:
        found = measures_between(store, days, clock=clock_of(settings), price=settings.sms.price_per_segment)
    if table is not None:
        write_csv(HEADER, rows_of(found), None if str(table) == "-" else table)
    if as_json:
        typer.echo(json.dumps(object_of(found), ensure_ascii=False))
    elif table is None:
        for line in lines_of(found):
            typer.echo(shown(line))
