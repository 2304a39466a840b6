"""``seguia cloud restore``: an installation back from a backup."""

import json
from pathlib import Path
from typing import Annotated

import typer

from cloud.adapters.backup.restoring import restore as bring_back
from cloud.adapters.backup.seal import read_identity
from cloud.adapters.store.database import system_clock

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def restore(
    backup: Annotated[Path, typer.Argument(help="The backup.")],
    identity: Annotated[Path, typer.Option("--identity", help="Private key that opens it.")],
    data: Annotated[Path, typer.Option("--data", help="New data folder; it must not hold anything.")],
    database_url: Annotated[
        str | None,
        typer.Option("--database-url", help="Empty database to fill; default: the SQLite file of the backup."),
    ] = None,
    head: Annotated[
        str | None, typer.Option("--head", help="The head that seguia cloud backup printed, kept elsewhere.")
    ] = None,
) -> None:
    """Bring an installation back into an empty place, prove its ledger, and doubt every message that waited.

    What waited at the moment of the backup may have been sent since by the lost installation: nothing of it is sent
    again until a delivery report or an operator decides (seguia cloud outbox). Nothing is left behind when the backup
    is cut short, changed, or sealed to another key. Whoever may write backups could seal one of their own: --head says
    which one it must be.

    Example: seguia cloud restore b.seguia-backup --identity seguia-backup.key --data /var/lib/seguia-again
    """
    expected = None if head is None else head.strip().lower()
    restored = bring_back(
        backup, read_identity(identity), data, database_url=database_url, now=system_clock, head=expected
    )
    for name in restored.manifest.elsewhere:
        typer.echo(f"not in the backup: {name}; bring it back to its place yourself", err=True)
    if restored.doubted:
        typer.echo(
            f"{restored.doubted} messages waited then and may have been sent since: see seguia cloud outbox", err=True
        )
    made_at = restored.manifest.made_at
    typer.echo(f"told to farmers after {made_at:%Y-%m-%d %H:%M} UTC is not known here", err=True)
    content = {"data": str(data), "made_at": made_at.isoformat(), "entries": restored.ledger.entries}
    typer.echo(json.dumps({**content, "head": restored.manifest.head, "doubted": restored.doubted}))
