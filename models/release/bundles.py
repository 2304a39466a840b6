"""What goes into a release: a folder of models with their known answers, a wheel, or keys of a configuration."""

import re
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path
from typing import Final

from edge.card import CARD_NAME, read_card, read_weights
from edge.errors import ConfigurationError
from edge.updates.bundle import Bundle, bundle_of
from edge.updates.golden import GOLDEN_FILE, golden_of
from edge.updates.overlay import OVERLAY_FILE, OWN

_NEVER: Final = ("cloud/", "simulations/")
_UNUSED: Final = ("card.md", "predictions.json", "changes.md", "RECORD", "entry_points.txt", "WHEEL")
_PHOTOS: Final = frozenset({".png", ".jpg"})
_EXTRA: Final = 'extra == "edge"'
_REQUIREMENT: Final = re.compile(r"^([A-Za-z0-9_.-]+)\s*>=\s*([0-9.]+)\s*(;.*)?$")


def models_bundle(folder: Path, release: str, needs: dict[str, str]) -> Bundle:
    """Models with cards and known answers to golden pictures, answered here and now."""
    files: dict[str, bytes] = {}
    for path in sorted(folder.glob(f"*/{CARD_NAME}")):
        card = read_card(path.parent)
        files[f"{path.parent.name}/{CARD_NAME}"] = path.read_bytes()
        files[f"{path.parent.name}/{card.file}"] = read_weights(path.parent, card)
    if not files:
        raise ConfigurationError(f"{folder}: expected a folder of models with cards, got none; name another")
    photos = [path for path in sorted((folder / "golden").glob("*")) if path.suffix.lower() in _PHOTOS]
    files |= {f"golden/{path.name}": path.read_bytes() for path in photos}
    files[GOLDEN_FILE] = golden_of(folder, [path.name for path in photos]).model_dump_json().encode()
    return bundle_of("models", release, files, needs)


def config_bundle(path: Path, release: str, needs: dict[str, str]) -> Bundle:
    """Keys of gateway.toml that are given anew; the ones that say who a gateway is are refused."""
    try:
        content = path.read_bytes()
        given = tomllib.loads(content.decode())
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: expected TOML in UTF-8, got an error: {error}") from error
    forbidden = sorted(OWN & set(given))
    if forbidden:
        raise ConfigurationError(f"{path}: {forbidden[0]}: only a gateway's own file may say this; take it out")
    return bundle_of("config", release, {OVERLAY_FILE: content}, needs)


def code_bundle(wheel: Path, release: str, needs: dict[str, str]) -> Bundle:
    """The gateway's part of a wheel, and the packages that it needs installed beside it."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if _wanted(name)]
            files = {name: archive.read(name) for name in names}
            described = next((name for name in archive.namelist() if name.endswith(".dist-info/METADATA")), None)
            about = "" if described is None else archive.read(described).decode()
    except (OSError, zipfile.BadZipFile) as error:
        raise ConfigurationError(f"{wheel}: expected a wheel of seguia, got {error}; build one: pip wheel .") from error
    if "seguia.py" not in files or "edge/gateway.py" not in files:
        raise ConfigurationError(f"{wheel}: expected seguia.py and edge/gateway.py, got a wheel of something else")
    return bundle_of("code", release, files, {**requirements(about), **needs})


def requirements(about: str) -> dict[str, str]:
    """Packages that a gateway needs by a wheel's METADATA: those of everybody and of the extra ``edge``."""
    needed = {}
    for line in Parser().parsestr(about).get_all("Requires-Dist") or []:
        match = _REQUIREMENT.match(line.strip())
        if match and (match[3] is None or _EXTRA in match[3].replace("'", '"')):
            needed[match[1]] = match[2]
    return needed


def _wanted(name: str) -> bool:
    return not name.endswith("/") and not name.startswith(_NEVER) and not name.endswith(_UNUSED)
