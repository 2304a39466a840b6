"""``seguia gateway clock``: what time this gateway believes it is, and who says so."""

from pathlib import Path
from typing import Annotated

import typer

from edge.clock import Clock, utc_now
from edge.config_file import read_config
from edge.data_folder import OUTBOX_FILE
from edge.database import Database
from edge.errors import ConfigurationError
from edge.timekeeper import Timekeeper
from edge.voice import tell_operator


def clock(
    config: Annotated[Path, typer.Option("--config", help="The gateway's configuration file.")] = Path("gateway.toml"),
    *,
    believe: Annotated[
        bool, typer.Option("--believe", help="The wall clock is right: forget what speaks against it.")
    ] = False,
) -> None:
    """What time this gateway believes it is and who says so; with --believe, its wall clock from now on.

    Example: seguia gateway clock --config gateway.toml
    """
    path = read_config(config).data_dir / OUTBOX_FILE
    if not path.exists():
        raise ConfigurationError(f"{path}: expected a gateway's queue, got none; run the gateway first")
    database = Database(path, tell=tell_operator, replace_damaged=False)
    try:
        keeper = Timekeeper(database, Clock())
        at, quality = keeper.forgive() if believe else keeper.believed_now()
        typer.echo(f"wall clock {utc_now():%Y-%m-%dT%H:%M:%SZ}")
        typer.echo(f"believed   {at:%Y-%m-%dT%H:%M:%SZ} ({quality})")
        typer.echo(f"floor      {keeper.floor():%Y-%m-%dT%H:%M:%SZ}")
    finally:
        database.close()
