"""What an installer wants to know of updates before leaving: whether the trusted root is sound, and what runs."""

import json
from pathlib import Path
from typing import Any

from edge.config import GatewayConfig
from edge.updates.bundle import KINDS
from edge.updates.journal import read_journal
from edge.updates.launcher import LAUNCHED
from edge.updates.slots import UPDATES_FOLDER, Slots


def examined(config: GatewayConfig) -> tuple[bool, str] | None:
    """Whether updates are well, and how they are, in one line; None where no repository is named."""
    if config.updates is None:
        return None
    trouble = _root_trouble(config.updates.root_file)
    if trouble is not None:
        return False, trouble
    folder = config.data_dir / UPDATES_FOLDER
    parts = []
    for kind in KINDS:
        slots = Slots(folder, kind)
        manifest = slots.manifest(slots.current)
        if manifest is not None:
            parts.append(f"{kind} {manifest.release}{' on trial' if slots.trial() is not None else ''}")
    runs, looked = ", ".join(parts) or "all as installed", read_journal(folder).checked_at or "never"
    notes = [f"{kind} {each.release} refused" for kind in KINDS for each in Slots(folder, kind).refused()[-1:]]
    if "code" in config.updates.kinds and not (folder / "code" / LAUNCHED).exists():
        notes.append("code is left alone until edge.updates.launcher starts the gateway")
    return True, "; ".join((runs, f"last look {looked}", *notes))


def _root_trouble(path: Path) -> str | None:
    """What is wrong with the trusted root, without its signatures, which each look verifies."""
    way_out = "copy metadata/1.root.json of the repository there by hand, or correct updates.root_file"
    try:
        said: Any = json.loads(path.read_bytes())
        kind = said["signed"]["_type"]
    except OSError as error:
        return f"{path}: expected the trusted root of the repository, got {error.strerror}; {way_out}"
    except (ValueError, KeyError, TypeError):
        kind = "something else"
    # One that ran out is no trouble: newer ones follow it, and each look fetches them.
    return None if kind == "root" else f"{path}: expected the trusted root of the repository, got {kind}; {way_out}"
