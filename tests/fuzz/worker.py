"""One process that reads mutated files: what it does is told line by line, so that its parent sees where it ended.

A case is named by (seed, number) alone, so that any of them can be made again.
"""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Final

import numpy as np

from edge.camera import CameraConfig
from edge.errors import UnreadableFrameError
from edge.frame import Frame, load_frame
from tests.fuzz.mutations import mutated
from tests.fuzz.seeds import seeds

MAX_SECONDS: Final = 2.0
MAX_BYTES: Final = 1_000_000_000
ROOM_BYTES: Final = 3_000_000_000
"""Address space beyond which an allocation fails instead of taking the machine along."""
CAMERAS: Final = (
    CameraConfig(),
    CameraConfig(bands=("blue", "green", "red", "red_edge", "nir")),
    CameraConfig(bands=("temperature",), temperature_unit="milli_deg_c"),
    CameraConfig(bands=("red", "nir", "temperature", "unused")),
)


def case_of(seed: int, number: int) -> tuple[str, bytes, CameraConfig]:
    """Name, mutated content and camera of a case."""
    random = np.random.default_rng([seed, number])
    files = seeds()
    name = sorted(files)[int(random.integers(len(files)))]
    return name, mutated(name, files[name], random), CAMERAS[int(random.integers(len(CAMERAS)))]


def outcome_of(path: Path, camera: CameraConfig) -> str:
    """``used``, ``refused: <reason>``, or what must not happen."""
    try:
        frame = load_frame(path, camera=camera)
    except UnreadableFrameError as error:
        told = str(error)
        return f"refused: {error.reason}" if str(path) in told and "\n" not in told else f"UNCLEAR: {told!r}"
    except Exception as error:  # noqa: BLE001 -- whatever else comes out of a reader is the finding
        return f"RAISED {type(error).__name__}: {error}"
    return "used" if _is_consistent(frame) else "INCONSISTENT"


def _is_consistent(frame: Frame) -> bool:
    size = (frame.height, frame.width)
    fields = [*frame.bands.values(), *([] if frame.temperature_c is None else [frame.temperature_c])]
    whole = all(field.shape == size and not np.isinf(field).any() for field in fields)
    return whole and (frame.rgb is not None or bool(fields)) and (frame.rgb is None or frame.rgb.dtype == np.uint8)


def peak_bytes() -> int:
    """Largest resident size since the last call of ``forget_peak``."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])


def forget_peak() -> None:
    """Let the kernel count the peak anew."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def main() -> None:
    """Read cases FIRST, FIRST + STEP ... of COUNT: one line before each, one after."""
    folder, seed, first, step, count = Path(sys.argv[1]), *map(int, sys.argv[2:6])
    resource.setrlimit(resource.RLIMIT_AS, (ROOM_BYTES, ROOM_BYTES))
    for number in range(first, count, step):
        print(json.dumps({"number": number, "name": "not made yet"}), flush=True)  # noqa: T201 -- the parent reads it
        name, content, camera = case_of(seed, number)
        path = folder / f"{number}-{name}"
        path.write_bytes(content)
        forget_peak()
        started_s = time.process_time()
        outcome = outcome_of(path, camera)
        seconds = time.process_time() - started_s
        if seconds > MAX_SECONDS:
            outcome = f"SLOW: {seconds:.1f} s of processor time"
        if peak_bytes() > MAX_BYTES:
            outcome = f"LARGE: {peak_bytes() // 1_000_000} MB"
        told = {"number": number, "name": name, "outcome": outcome, "seconds": seconds}
        print(json.dumps(told), flush=True)  # noqa: T201 -- the parent reads it
        path.unlink()


if __name__ == "__main__":
    main()
