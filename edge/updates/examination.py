"""What an installer wants to know of updates before leaving: which releases run, and what was refused."""

from edge.config import GatewayConfig
from edge.updates.bundle import KINDS
from edge.updates.journal import read_journal
from edge.updates.launcher import LAUNCHED
from edge.updates.slots import UPDATES_FOLDER, Slots


def standing(config: GatewayConfig) -> str:
    """How updates stand, in one line."""
    folder = config.data_dir / UPDATES_FOLDER
    runs, notes = list[str](), list[str]()
    for kind in KINDS:
        slots = Slots(folder, kind)
        manifest = slots.manifest(slots.current)
        if manifest is not None:
            runs.append(f"{kind} {manifest.release}{' on trial' if slots.trial() is not None else ''}")
        notes += [f"{kind} {each.release} refused" for each in slots.refused()[-1:]]
    if config.updates is not None and "code" in config.updates.kinds and not (folder / "code" / LAUNCHED).exists():
        notes.append("code is left alone until edge.updates.launcher starts the gateway")
    looked = read_journal(folder).checked_at or "never"
    return "; ".join((", ".join(runs) or "all as installed", f"last look {looked}", *notes))
