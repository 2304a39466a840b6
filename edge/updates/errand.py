"""A look at the repository as a process: ``python -P -m edge.updates.errand gateway.toml``, begun by the daemon."""

import contextlib
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Final

from edge.clock import SOFTWARE_BORN_AT, Clock
from edge.config import GatewayConfig
from edge.config_file import read_config
from edge.data_folder import OUTBOX_FILE
from edge.database import Database
from edge.errors import ConfigurationError, EdgeError, UpdateRefusedError
from edge.logbook import Logbook
from edge.timekeeper import Timekeeper
from edge.updates.durable import Disk
from edge.voice import tell_operator

_NICE: Final = 19


def look(config_file: Path, *, again: bool = False) -> tuple[str, ...]:
    """Look once; a line for each kind. UpdateRefusedError names the kinds that were refused."""
    config = read_config(config_file)
    if config.updates is None:
        raise ConfigurationError("updates: expected a table [updates] in the configuration, got none; add it")
    try:
        from edge.updates.check import Check, Tools  # noqa: PLC0415 -- only who looks needs the framework
        from edge.updates.trying import try_out  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"updates: expected the package {error.name}, got none; try: pip install '.[edge,updates]' in a checkout"
        ) from error
    tools = Tools(
        now=_surely_past(config),
        try_out=lambda slots, staged: try_out(config, config_file, slots, staged),
        disk=Disk(),
        again=again,
    )
    check = Check(config, tools)
    try:
        outcomes = check.run()
    finally:
        _count(config, check.spent)
    refused = [each for each in outcomes if each.state == "refused"]
    if refused:
        raise UpdateRefusedError("\nseguia: ".join(f"updates: {each.kind}: {each.text}" for each in refused))
    return tuple(f"{each.kind}: {each.text}" for each in outcomes)


def _surely_past(config: GatewayConfig) -> datetime:
    """A time that is not too early, whatever the clock shows."""
    clock = Clock()
    if not (config.data_dir / OUTBOX_FILE).is_file():
        return max(clock.now(), SOFTWARE_BORN_AT)
    database = _book(config)
    try:
        return Timekeeper(database, clock).believed_now().at
    finally:
        database.close()


def _count(config: GatewayConfig, spent: int) -> None:
    if (config.data_dir / OUTBOX_FILE).is_file():
        with contextlib.closing(_book(config)) as database:
            Logbook(database).count(update_bytes=spent)


def _book(config: GatewayConfig) -> Database:
    return Database(config.data_dir / OUTBOX_FILE, tell=tell_operator, replace_damaged=False)


def main(arguments: list[str]) -> int:
    """Look, below everything else that runs here; the exit code says how it went."""
    os.nice(_NICE)
    try:
        look(Path(arguments[0]))
    except EdgeError as error:
        tell_operator(str(error))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
