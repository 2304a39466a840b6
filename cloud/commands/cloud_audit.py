"""``seguia cloud audit``: the ledger of every record."""

import json
import re
from typing import Annotated, Final

import typer

from cloud.adapters.ledger import verify as verify_ledger
from cloud.commands import audit_export, audit_replay
from cloud.commands.cloud_site import ConfigOption, DataOption, configuration, open_store
from cloud.errors import ConfigurationError, IntegrityError

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_HEAD: Final = re.compile(r"[0-9a-f]{64}")


@app.callback()
def audit() -> None:
    """The ledger of every record: each entry is chained to the one before it."""


@app.command()
def verify(
    data: DataOption = None,
    config: ConfigOption = None,
    expected: Annotated[
        str | None,
        typer.Option("--head", help="The head that an earlier verification printed: it must still be there."),
    ] = None,
) -> None:
    """Read the whole ledger and every record again; name whatever was changed, removed or reordered.

    Example: seguia cloud audit verify --data /var/lib/seguia
    """
    if expected is not None and _HEAD.fullmatch(expected := expected.strip().lower()) is None:
        # Told of a head that was copied in part, "rewritten" would be a false alarm.
        raise ConfigurationError(
            f"--head {expected}: expected the 64 digits (0-9, a-f) that an earlier verification printed, got"
            f" {len(expected)} characters; give the whole head"
        )
    with open_store(configuration(data, config)) as store:
        report = verify_ledger(store, expected=expected)
    typer.echo(
        json.dumps({"entries": report.entries, "records": report.records, "head": report.head, "intact": report.intact})
    )
    for problem in report.problems:
        typer.echo(problem, err=True)
    if not report.intact:
        raise IntegrityError(f"ledger: {len(report.problems)} things do not fit; stop writing and have them looked at")


app.command("replay")(audit_replay.replay)
app.command("export")(audit_export.export)
app.command("check")(audit_export.check)
app.command("key")(audit_export.key)
