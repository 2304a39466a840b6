"""``seguia cloud audit replay``: advice decided again from what was kept of its night, held against the ledger's."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final

import typer

from cloud.commands.cloud_site import ConfigOption, DataOption, configuration, open_store
from cloud.commands.console import finish, tell
from cloud.commands.replaying import Archive, replayed
from cloud.replay.comparison import Compared

COMMAND: Final = "cloud audit replay"


def replay(
    day: Annotated[datetime, typer.Option("--day", formats=["%Y-%m-%d"], help="Local day of the advice.")],
    parcel: Annotated[str | None, typer.Option("--parcel", help="Only this parcel; default: all.")] = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Decide a day again from what was kept of its night, and hold each verdict against the ledger's.

    Example: seguia cloud audit replay --day 2026-07-14 --parcel plot-7 --data /var/lib/seguia
    """
    settings = configuration(data, config)
    problems: list[str] = []
    with open_store(settings) as store:
        for done in replayed(Archive(config=settings, store=store), day.date(), parcel):
            for one in done.compared:
                typer.echo(json.dumps(told(one), ensure_ascii=False))
            tell(COMMAND, done.notes)
            problems += done.problems
            problems += [
                f"parcel {one.parcel_id}: DIFFERS in {len(one.differences)} fields from what the ledger holds"
                for one in done.compared
                if one.outcome == "DIFFERS"
            ]
    finish(COMMAND, problems)


def told(one: Compared) -> dict[str, Any]:
    """An outcome as JSON."""
    plain: dict[str, Any] = {"parcel_id": one.parcel_id, "outcome": one.outcome}
    return plain | ({"differences": [asdict(each) for each in one.differences]} if one.differences else {})
