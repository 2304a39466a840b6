"""What would keep a rendered service from finding its files, told while it can still be put right."""

from pathlib import Path
from typing import Final

from edge.config import GatewayConfig
from edge.rendering.units import STATE_FOLDER, Installation

_READ_BY_UNITS: Final = Installation().config


def notes(file: Path, config: GatewayConfig) -> tuple[str, ...]:
    """A line for each path that the units do not read, or may not see; none where all is where they look."""
    told = []
    if file.absolute() != _READ_BY_UNITS:
        told.append(f"{file}: the units read {_READ_BY_UNITS}; put it there, with its keys")
    places = [("data_dir", config.data_dir), *(("watch.folder", watch.folder) for watch in config.watch)]
    told += [
        f"{name} {folder}: not below {STATE_FOLDER}; the units' ProtectHome and PrivateTmp hide /home, /root and /tmp:"
        f" choose a folder below {STATE_FOLDER}"
        for name, folder in places
        if not folder.is_relative_to(STATE_FOLDER)
    ]
    return tuple(told)
