"""``seguia cloud backup``: the whole installation in one sealed file, tried before it is needed."""

import json
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Final

import typer

from cloud.adapters.backup.making import Installation, kept_in, let_go, make_backup
from cloud.adapters.backup.restoring import look_into
from cloud.adapters.backup.seal import create_identity, read_identity
from cloud.commands.cloud_site import ConfigOption, DataOption, clock_of, config_path
from cloud.config import CloudConfig, Secrets, read_config
from cloud.errors import ConfigurationError, MissingDataError

app = typer.Typer(
    rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False, invoke_without_command=True
)

IdentityOption = Annotated[Path, typer.Option("--identity", help="Private key that opens backups; see: backup key.")]
_MB: Final = 1e6


@app.callback()
def backup(
    context: typer.Context,
    data: DataOption = None,
    config: ConfigOption = None,
    to: Annotated[Path | None, typer.Option("--to", help="Folder to write to; default: backup.folder.")] = None,
) -> None:
    """Copy the installation while it works, and seal the copy to the keys in backup.recipients.

    One file holds database, keys, configuration and what nights rested on; water states are left out, a night makes
    them anew. Old backups of the folder are deleted after backup.keep_days, the newest few never. Prints the backup as
    JSON; what it cannot hold is named on stderr.

    Example: seguia cloud backup --data /var/lib/seguia --to /mnt/backups
    """
    if context.invoked_subcommand is not None:
        return
    path = config_path(data, config)
    settings = read_config(path)
    folder, clock = _folder(settings, to), clock_of(settings)
    installation = Installation(
        config=settings, file=path, database_url=Secrets(settings).database_url(), software=_software()
    )
    made = make_backup(installation, folder, clock())
    for name in made.manifest.elsewhere:
        typer.echo(f"not in the backup: {name}; it stands outside the data folder, keep a copy of it", err=True)
    for name in made.gone:
        typer.echo(f"not in the backup: {name}; it went away meanwhile", err=True)
    old = let_go(folder, settings.backup, clock())
    typer.echo(
        json.dumps(
            {
                "backup": str(made.path),
                "files": len(made.manifest.files),
                "mb": round(made.plain_bytes / _MB, 3),
                "sealed_mb": round(made.sealed_bytes / _MB, 3),
                "entries": made.manifest.entries,
                "head": made.manifest.head,
                "deleted": [one.name for one in old],
            }
        )
    )


@app.command()
def key(
    out: Annotated[Path, typer.Option("--out", help="File for the private key; it must not exist.")],
) -> None:
    """Make a pair of keys: the private one into a file, the public one on stdout for backup.recipients.

    Keep the file off this machine, twice. Without it no backup can be opened, by anybody.

    Example: seguia cloud backup key --out /media/usb/seguia-backup.key
    """
    typer.echo(create_identity(out))
    typer.echo(f"{out}: keep this file away from this machine, and a copy of it elsewhere", err=True)


@app.command("list")
def list_backups(
    data: DataOption = None,
    config: ConfigOption = None,
    to: Annotated[Path | None, typer.Option("--to", help="Folder to look into; default: backup.folder.")] = None,
) -> None:
    """The backups of the folder, newest first, as JSON Lines.

    Example: seguia cloud backup list --data /var/lib/seguia
    """
    settings = read_config(config_path(data, config))
    for one in kept_in(_folder(settings, to)):
        size = one.path.stat().st_size
        typer.echo(json.dumps({"backup": str(one.path), "made_at": one.made_at.isoformat(), "sealed_mb": size / _MB}))


@app.command("try")
def try_backup(
    identity: IdentityOption,
    file: Annotated[Path | None, typer.Argument(help="The backup; default: the newest of backup.folder.")] = None,
    data: DataOption = None,
    config: ConfigOption = None,
    room: Annotated[
        Path | None, typer.Option("--room", help="Folder with room for its plain content; default: temporary files.")
    ] = None,
) -> None:
    """Restore a backup beside, prove its ledger, and throw the copy away: a backup that was never tried is none.

    Example: seguia cloud backup try --data /var/lib/seguia --identity seguia-backup.key
    """
    file = file or _newest(_folder(read_config(config_path(data, config)), None))
    proven = look_into(file, read_identity(identity), room or Path(tempfile.gettempdir()))
    content = {"backup": str(file), "made_at": proven.manifest.made_at.isoformat(), "entries": proven.ledger.entries}
    typer.echo(json.dumps({**content, "head": proven.manifest.head, "intact": proven.ledger.intact}))


def _folder(settings: CloudConfig, to: Path | None) -> Path:
    folder = to or settings.backup.folder
    if folder is None:
        raise ConfigurationError("backup.folder: expected a folder for backups, got none; give --to, or set it")
    return folder


def _newest(folder: Path) -> Path:
    made = kept_in(folder)
    if not made:
        raise MissingDataError(f"{folder}: expected a backup, got none; make one with: seguia cloud backup")
    return made[0].path


def _software() -> str:
    try:
        return f"seguia {version('seguia')}"
    except PackageNotFoundError:
        return "seguia source"
