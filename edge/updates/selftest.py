"""A release tried out in a process of its own, by the very code that would run it: it can kill nobody but itself.

``python -P -m edge.updates.selftest`` reads one JSON line, says one JSON line, and ends with 0 when all is well.
"""

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

from edge.errors import EdgeError, UpdateRefusedError
from edge.updates.overlay import overlaid_file

SLOWEST_S: Final = 30.0
"""One picture must be answered within this time, by all models together."""
_ROOMS: Final = (
    "seguia",
    "edge.commands.gateway",
    "edge.gateway",
    "edge.look",
    "edge.updates.launcher",
)


def tried(order: dict[str, Any]) -> dict[str, Any]:
    """Import what a gateway runs, read its configuration, and let its models answer; what it took."""
    for room in _ROOMS:
        importlib.import_module(room)
    if order.get("config") is not None:
        overlay = None if order.get("overlay") is None else Path(str(order["overlay"]))
        overlaid_file(Path(str(order["config"])), overlay)
    return _models_answer(
        None if order.get("models") is None else Path(str(order["models"])), bool(order.get("golden"))
    )


def _models_answer(folder: Path | None, golden: bool) -> dict[str, Any]:  # noqa: FBT001 -- two words of one order
    from edge.detector import Detector  # noqa: PLC0415 -- what a release breaks is told as its fault
    from edge.frame import Frame  # noqa: PLC0415
    from edge.updates.golden import DRAWN, drawn_tile, hold  # noqa: PLC0415

    if golden and folder is not None:
        hold(folder)
    detector = Detector(folder)
    slowest_s = 0.0
    for name in DRAWN:
        tile = drawn_tile(name)
        begun_s = time.perf_counter()
        frame = Frame(path=Path(name), sha256="0" * 64, width=tile.shape[1], height=tile.shape[0], rgb=tile)
        detector.detect(frame)
        slowest_s = max(slowest_s, time.perf_counter() - begun_s)
    if slowest_s > SLOWEST_S:
        raise UpdateRefusedError(f"models: expected an answer within {SLOWEST_S:g} s, got one after {slowest_s:.0f} s")
    return {"models": [f"{model.name} {model.version}" for model in detector.models], "slowest_s": round(slowest_s, 3)}


def main() -> int:
    """Do as ordered on stdin; 0 when the release may run here."""
    try:
        answer = {"well": True, **tried(json.loads(sys.stdin.readline()))}
    except EdgeError as error:
        answer = {"well": False, "why": str(error)}
    except Exception as error:  # noqa: BLE001 -- whatever a release does wrong is its refusal
        answer = {"well": False, "why": f"{type(error).__name__}: {error}"}
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0 if answer["well"] else 1


if __name__ == "__main__":
    sys.exit(main())
