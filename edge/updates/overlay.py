"""A configuration by release: some keys of the gateway's own file, given anew; who it is never comes by air."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from edge.config import GatewayConfig
from edge.config_file import read_config
from edge.errors import EdgeError, ModelRefusedError, UpdateRefusedError
from edge.updates import launcher
from edge.updates.slots import UPDATES_FOLDER, Slots

Opened = TypeVar("Opened")
OVERLAY_FILE: Final = "gateway.toml"
OWN: Final = frozenset({"organisation", "gateway_id", "data_dir", "updates", "installer"})
"""Keys that only the file on the gateway itself may hold."""
_TRUSTED: Final = ("key_file", "ca_file", "certificate_file")
"""How the keys end that say whom a gateway believes and by what it is known: whoever may give poll intervals by a
release must not thereby order, plan or listen in the office's place."""


def overlaid_file(path: Path, overlay: Path | None) -> GatewayConfig:
    """The configuration in a file with what a release gives anew; UpdateRefusedError when both do not go together."""
    config = read_config(path)
    if overlay is None:
        return config
    own, given = _toml(path), _toml(overlay)
    forbidden = sorted({*(OWN & set(given)), *_trust_in(given)})
    if forbidden:
        raise UpdateRefusedError(f"{overlay}: {forbidden[0]}: only the gateway's own file may say this; take it out")
    try:
        return GatewayConfig.model_validate(_merged(own, given), context={"folder": path.absolute().parent})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise UpdateRefusedError(
            f"{overlay}: {key}: {first['msg']}; the gateway's own file holds without it"
        ) from error


def configured(path: Path, tell: Callable[[str], None], *, counted: bool = True) -> GatewayConfig:
    """The configuration that a gateway starts with: its file, what a release gives anew, and released models.

    ``counted`` starts are those of the daemon, which also judges the trial of what it runs.
    """
    begin = launcher.begin if counted else launcher.current_slot
    config = read_config(path)
    if config.updates is None:
        return config
    updates = config.data_dir / UPDATES_FOLDER
    if "config" in config.updates.kinds:
        slot = begin(updates / "config")
        if slot is not None:
            try:
                config = overlaid_file(path, updates / "config" / slot / OVERLAY_FILE)
            except EdgeError as error:
                tell(f"{error}; the gateway's own file is used alone")
                if counted:
                    Slots(updates, "config").roll_back(str(error))
    return with_models(config, begin(updates / "models"))


def trusted_looker(
    config: GatewayConfig, looker: Callable[[GatewayConfig], Opened], tell: Callable[[str], None]
) -> Opened:
    """The looker of a gateway; where released models cannot be used, what ran before looks in their place."""
    try:
        return looker(config)
    except ModelRefusedError as error:
        slots = Slots(config.data_dir / UPDATES_FOLDER, "models")
        if config.updates is None or config.models_dir != slots.active:
            raise
        tell(f"{error}; the release of models is taken back")
        slots.roll_back(str(error))
        before = None if config.models_dir == slots.active else slots.active
        return looker(config.model_copy(update={"models_dir": before}))


def with_models(config: GatewayConfig, slot: str | None) -> GatewayConfig:
    """The configuration with the models of a slot, unless the operator named a folder of models."""
    if config.updates is None or config.models_dir is not None or slot is None:
        return config
    folder = config.data_dir / UPDATES_FOLDER / "models" / slot
    return config.model_copy(update={"models_dir": folder}) if "models" in config.updates.kinds else config


def overlay_in_use(config: GatewayConfig) -> Path | None:
    """What a release gives anew now; None where nothing is."""
    folder = config.data_dir / UPDATES_FOLDER / "config"
    slot = launcher.current_slot(folder)
    return None if slot is None else folder / slot / OVERLAY_FILE


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UpdateRefusedError(f"{path}: expected TOML in UTF-8, got an error: {error}") from error


def _trust_in(given: Mapping[str, Any], table: str = "") -> Iterator[str]:
    for key, value in given.items():
        if isinstance(value, dict):
            yield from _trust_in(value, f"{table}{key}.")
        elif key.endswith(_TRUSTED):
            yield f"{table}{key}"


def _merged(own: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(own)
    for key, value in given.items():
        before = merged.get(key)
        merged[key] = _merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return merged
