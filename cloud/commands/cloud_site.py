"""Which installation a command works on: its configuration, its secrets and its store."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.database import system_clock
from cloud.adapters.store.store import Store
from cloud.config import FILE_NAME, CloudConfig, Secrets, read_config

CONFIG_VARIABLE: Final = "SEGUIA_CLOUD_CONFIG"

DataOption = Annotated[Path | None, typer.Option("--data", help=f"Data folder that holds {FILE_NAME}.")]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help=f"Configuration file; default ./{FILE_NAME} or ${CONFIG_VARIABLE}.")
]


def config_path(data: Path | None, config: Path | None) -> Path:
    """Configuration file that a command was given, or the usual one."""
    if config is not None:
        return config
    if data is not None:
        return data / FILE_NAME
    return Path(os.environ.get(CONFIG_VARIABLE, FILE_NAME))


def configuration(data: Path | None, config: Path | None) -> CloudConfig:
    """Configuration of an installation; ConfigurationError says what is wrong with it."""
    return read_config(config_path(data, config))


def open_store(config: CloudConfig, *, create: bool = False) -> Store:
    """Store of an installation, opened with its keys."""
    url, keys = Secrets(config).database_url(), PersonalKeys.read(config.keys_file)
    return Store.open(url, keys, create=create, clock=clock_of(config))


def clock_of(config: CloudConfig) -> Callable[[], datetime]:
    """The installation's clock: this machine's or, in a demonstration, as far from it as the demonstration is."""
    apart = timedelta(seconds=config.clock_offset_s)
    return lambda: system_clock() + apart
