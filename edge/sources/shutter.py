"""One picture taken by a process of its own, which may hang or crash as cameras make programs do: the daemon goes on.

The process takes its order from standard input and answers on standard output, each one JSON object; the picture goes
into the file named in the order. It imports as little as it can: it lives for seconds, on small machines.
"""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from edge.errors import CaptureError

_PARENT_DEATH_SIGNAL: Final = 1  # PR_SET_PDEATHSIG of prctl(2)
_BURIAL_S: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a capture process is told; times in seconds, sizes in pixels."""

    target: str
    device: str = ""
    url: str = field(default="", repr=False)  # may hold a password
    width_px: int | None = None
    height_px: int | None = None
    warm_up_frames: int = 0
    timeout_s: float = 25.0
    bus_address: int = 0
    files: tuple[str, ...] = ()
    panel_files: tuple[str, ...] = ()
    reflectance: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """What a camera gave: the bytes of a picture file, its suffix, and what its sidecar says."""

    content: bytes
    suffix: str
    said: Mapping[str, float | str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """What an operator should know of it, though it can be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a capture process answered; the picture itself lies in the order's target."""

    suffix: str
    said: Mapping[str, float | str]
    notes: tuple[str, ...]


class Shutter:
    """Runs one capture at a time in a process of its own, and gives it up when its time is over."""

    def __init__(self, name: str, command: tuple[str, ...]) -> None:
        self._name = name
        self._command = command
        self._stuck: subprocess.Popen[bytes] | None = None

    def take(self, order: Order) -> Taken:
        """Take a picture; CaptureError when there is none in time, whatever became of the process."""
        if self._stuck is not None and self._stuck.poll() is None:
            raise CaptureError(
                f"{self._name}: expected its last capture to end, got none though it was killed: the system's driver"
                " hangs; unplug the camera, or restart the machine",
                trouble="hangs",
            )
        process = subprocess.Popen(  # noqa: S603 -- the command is this program's own, never a stranger's
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # so that what it started is killed with it
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OPENCV_LOG_LEVEL": "SILENT"},
        )
        try:
            answer, _ = process.communicate(json.dumps(asdict(order)).encode(), order.timeout_s)
        except subprocess.TimeoutExpired:
            raise CaptureError(
                f"{self._name}: expected a picture within {order.timeout_s:g} s, got none; see its cable and power",
                trouble="hangs",
            ) from None
        finally:
            self._end(process)
        return self._read(answer, process.returncode)

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        try:
            process.wait(_BURIAL_S)
        except subprocess.TimeoutExpired:
            self._stuck = process  # inside the kernel: a signal does not reach it
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _read(self, answer: bytes, status: int | None) -> Taken:
        try:
            said: dict[str, Any] = json.loads(answer)
            if "trouble" in said:
                raise CaptureError(f"{self._name}: {said['text']}", trouble=str(said["trouble"]))
            return Taken(suffix=str(said["suffix"]), said=dict(said["said"]), notes=tuple(said["notes"]))
        except (ValueError, KeyError, TypeError):
            end = "no answer" if not status else f"an end by status {status}"
            raise CaptureError(
                f"{self._name}: expected a picture, got {end}; the camera's driver may have crashed", trouble="crashed"
            ) from None


def serve(shoot: Callable[[Order], Shot]) -> None:
    """Answer the order on standard input: the body of a capture process."""
    # A daemon killed outright must not leave a process behind that holds the camera.
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    order = Order(**json.load(sys.stdin))
    answer_file = os.fdopen(os.dup(1), "w")  # drivers print what they like on the other
    os.dup2(2, 1)
    try:
        shot = shoot(order)
        with open(order.target, "wb") as stream:  # noqa: PTH123 -- pathlib would be one more import in a short life
            stream.write(shot.content)
        answer: dict[str, object] = {"suffix": shot.suffix, "said": dict(shot.said), "notes": shot.notes}
    except CaptureError as error:
        answer = {"trouble": error.trouble, "text": str(error)}
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        answer = {"trouble": "absent", "text": f"{place}expected a camera that answers, got: {error.strerror or error}"}
    with answer_file:
        json.dump(answer, answer_file)
