"""``seguia gateway update``: look for releases now, or tell which one runs."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from edge.config import GatewayConfig
from edge.config_file import read_config
from edge.errors import ConfigurationError, RestartWantedError
from edge.updates.bundle import KINDS
from edge.updates.journal import read_journal
from edge.updates.launcher import current_slot
from edge.updates.slots import UPDATES_FOLDER, Slots


def update(
    config: Annotated[Path, typer.Option("--config", help="The gateway's configuration file.")] = Path("gateway.toml"),
    *,
    now: Annotated[
        bool, typer.Option("--now", help="Beyond today's byte budget, and refused releases once more.")
    ] = False,
    state: Annotated[bool, typer.Option("--state", help="Only tell what runs, as JSON; asks nobody.")] = False,
) -> None:
    """Look for releases; a new one is verified, tried out, and put in place on trial. A gateway at work starts it.

    Example: seguia gateway update --config gateway.toml --now
    """
    if state:
        typer.echo(json.dumps(state_of(read_config(config)), indent=2))
        return
    from edge.updates.errand import look  # noqa: PLC0415 -- a process that only tells needs no signatures

    for line in look(config, again=now):
        typer.echo(line)


def state_of(config: GatewayConfig) -> dict[str, Any]:
    """What runs, what is on trial, and what was refused, by kind; null is what came with the device."""
    if config.updates is None:
        raise ConfigurationError("updates: expected a table [updates] in the configuration, got none; add it")
    folder = config.data_dir / UPDATES_FOLDER
    kinds: dict[str, Any] = {}
    for kind in KINDS:
        slots = Slots(folder, kind)
        manifest, trial = slots.manifest(slots.current), slots.trial()
        kinds[kind] = {
            "followed": kind in config.updates.kinds,
            "release": None if manifest is None else manifest.release,
            "slot": slots.current,
            "trial_minutes": None if trial is None else trial.good,
            "refused": [{"release": each.release, "why": each.why} for each in slots.refused()],
        }
    journal = read_journal(folder)
    return {"kinds": kinds, "last_look": journal.outcome or None, "looked_at": journal.checked_at or None}


def in_use(config: GatewayConfig) -> dict[str, str | None]:
    """The slot of each kind that is in use now."""
    return {kind: current_slot(config.data_dir / UPDATES_FOLDER / kind) for kind in KINDS}


def must_run(config: GatewayConfig, started: dict[str, str | None]) -> None:
    """RestartWantedError when another release should run than the one that was started."""
    changed = [kind for kind, slot in in_use(config).items() if slot != started[kind]]
    if config.updates is not None and changed:
        raise RestartWantedError(f"updates: another release of {', '.join(changed)} is in place; start me anew")
