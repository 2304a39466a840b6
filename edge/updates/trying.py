"""A staged release shows that it works: in a process of its own, with what it would run beside."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from edge.config import GatewayConfig
from edge.errors import UpdateRefusedError
from edge.updates.launcher import current_slot
from edge.updates.overlay import OVERLAY_FILE, overlay_in_use
from edge.updates.slots import UPDATES_FOLDER, Slots

_PATIENCE_S: Final = 300.0


def try_out(config: GatewayConfig, config_file: Path, slots: Slots, staged: Path) -> None:
    """Run the staged release with the others in use; UpdateRefusedError when it does not do what a gateway needs."""
    updates = config.data_dir / UPDATES_FOLDER
    overlay = staged / OVERLAY_FILE if slots.kind == "config" else overlay_in_use(config)
    models = staged if slots.kind == "models" else _models_in_use(config)
    order = {
        "config": str(config_file.absolute()),
        "overlay": None if overlay is None else str(overlay),
        "models": None if models is None else str(models),
        "golden": slots.kind == "models",
    }
    code = staged if slots.kind == "code" else _in_use(updates / "code")
    answer = _ask(order, code)
    if not answer.get("well"):
        raise UpdateRefusedError(
            f"release of {slots.kind}: did not pass its trial run: {answer.get('why', 'no answer')}"
        )


def _ask(order: dict[str, Any], code: Path | None) -> dict[str, Any]:
    environment = dict(os.environ) | ({} if code is None else {"PYTHONPATH": str(code)})
    command = [sys.executable, "-P", "-m", "edge.updates.selftest"]
    try:
        done = subprocess.run(  # noqa: S603 -- our own interpreter and module
            command,
            input=json.dumps(order) + "\n",
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE_S,
        )
    except subprocess.TimeoutExpired:
        return {"why": f"no answer within {_PATIENCE_S:g} s"}
    try:
        answer = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        last = done.stderr.strip().splitlines()[-1:] or [f"it ended with {done.returncode}"]
        return {"why": last[0][:300]}
    return answer if isinstance(answer, dict) else {}


def _in_use(folder: Path) -> Path | None:
    slot = current_slot(folder)
    return None if slot is None else folder / slot


def _models_in_use(config: GatewayConfig) -> Path | None:
    return config.models_dir or _in_use(config.data_dir / UPDATES_FOLDER / "models")
