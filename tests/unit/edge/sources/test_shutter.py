import ctypes
import io
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import pytest

from edge.errors import CaptureError
from edge.sources.shutter import Order, Shot, Shutter, serve

PICTURE = b"picture"


def shutter(tmp_path: Path, body: str) -> Shutter:
    """A shutter whose capture process is a script of the test."""
    script = tmp_path / "camera.py"
    script.write_text(
        "import os, signal, subprocess, sys, time\n"
        "from edge.errors import CaptureError\n"
        "from edge.sources.shutter import Shot, serve\n"
        f"def shoot(order):\n    {body}\nserve(shoot)\n",
        encoding="utf-8",
    )
    return Shutter("camera north", (sys.executable, str(script)))


def order(tmp_path: Path, timeout_s: float = 20.0) -> Order:
    return Order(target=str(tmp_path / ".one.part"), device="/dev/video7", timeout_s=timeout_s)


def test_a_picture_lies_in_its_target_with_what_is_said_of_it(tmp_path: Path) -> None:
    taken = shutter(tmp_path, "return Shot(content=b'picture', suffix='.jpg', said={'ffc_age_s': 3.5})").take(
        order(tmp_path)
    )
    assert (taken.suffix, dict(taken.said)) == (".jpg", {"ffc_age_s": 3.5})
    assert (tmp_path / ".one.part").read_bytes() == PICTURE


def test_what_a_driver_prints_is_no_answer(tmp_path: Path) -> None:
    body = "os.write(1, b'driver says hello'); print('x'); return Shot(content=order.device.encode(), suffix='.jpg')"
    assert shutter(tmp_path, body).take(order(tmp_path)).suffix == ".jpg"
    assert (tmp_path / ".one.part").read_bytes() == b"/dev/video7"


@pytest.mark.parametrize(
    ("body", "trouble", "words"),
    [
        ("raise CaptureError('/dev/video7: gone', trouble='absent')", "absent", "camera north: /dev/video7: gone"),
        ("raise FileNotFoundError(2, 'No such device', '/dev/x')", "absent", "/dev/x: expected a camera that answers"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "crashed", "got an end by status -11"),
        ("sys.exit(0)", "crashed", "got no answer"),
        ("os.write(1, b''); os._exit(3)", "crashed", "status 3"),
    ],
)
def test_no_picture_says_why(tmp_path: Path, body: str, trouble: str, words: str) -> None:
    with pytest.raises(CaptureError) as refused:
        shutter(tmp_path, body).take(order(tmp_path))
    assert refused.value.trouble == trouble
    assert words in str(refused.value)


def test_a_camera_that_hangs_is_given_up_with_all_it_started(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    body = (
        "child = subprocess.Popen(['sleep', '600'])\n"
        f"    open({str(note)!r}, 'w').write(str(child.pid))\n    time.sleep(600)"
    )
    began_s = time.monotonic()
    with pytest.raises(CaptureError, match=r"expected a picture within 3 s, got none") as refused:
        shutter(tmp_path, body).take(order(tmp_path, timeout_s=3.0))
    assert refused.value.trouble == "hangs"
    assert time.monotonic() - began_s < 12.0
    child = int(note.read_text(encoding="ascii"))
    until_s = time.monotonic() + 5.0
    while _runs(child) and time.monotonic() < until_s:
        time.sleep(0.05)
    assert not _runs(child)


def test_a_process_that_not_even_a_signal_ends_is_not_joined_by_a_second(tmp_path: Path) -> None:
    camera = shutter(tmp_path, "time.sleep(600)")

    class Undying:
        pid = 0

        def poll(self) -> None:
            return None

    camera._stuck = Undying()  # type: ignore[assignment]
    with pytest.raises(CaptureError, match="the system's driver hangs"):
        camera.take(order(tmp_path))


def test_an_order_does_not_show_its_address_when_printed() -> None:
    assert "secret" not in repr(Order(target="x", url="rtsp://a:secret@h/1"))


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").split()[2] != "Z" and os.getpgid(pid) > 0
    except (OSError, IndexError):
        return False


@pytest.mark.parametrize("fails", [None, "camera", "system"])
def test_a_capture_process_answers_on_its_own_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], fails: str | None
) -> None:
    def shoot(order: Order) -> Shot:
        os.write(1, b"driver says hello")
        if fails == "camera":
            raise CaptureError("no picture", trouble="cut")
        if fails == "system":
            raise OSError(16, "Device or resource busy")
        return Shot(content=order.device.encode(), suffix=".jpg", notes=("a note",))

    mortal: list[tuple[int, int]] = []
    libc = SimpleNamespace(prctl=lambda option, value: mortal.append((option, value)))
    monkeypatch.setattr(ctypes, "CDLL", lambda _: libc)
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(asdict(order(tmp_path)))))
    kept = os.dup(1)
    try:
        serve(shoot)
    finally:
        os.dup2(kept, 1)
        os.close(kept)
    answer = json.loads(capfd.readouterr().out)
    assert mortal == [(1, signal.SIGKILL)], "it ends with the daemon"
    if fails is None:
        assert answer == {"suffix": ".jpg", "said": {}, "notes": ["a note"]}
        assert (tmp_path / ".one.part").read_bytes() == b"/dev/video7"
    elif fails == "camera":
        assert answer == {"trouble": "cut", "text": "no picture"}
    else:
        assert answer == {
            "trouble": "absent",
            "text": "expected a camera that answers, got: Device or resource busy",
        }


def test_a_process_inside_the_kernel_is_left_and_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    camera = shutter(tmp_path, "time.sleep(600)")
    wait = subprocess.Popen.wait

    def unburied(process: "subprocess.Popen[bytes]", timeout: float | None = None) -> int:
        if timeout is not None:
            raise subprocess.TimeoutExpired("camera", timeout)
        return wait(process)

    monkeypatch.setattr(subprocess.Popen, "wait", unburied)
    with pytest.raises(CaptureError, match="expected a picture within 2 s"):
        camera.take(order(tmp_path, timeout_s=2.0))
    monkeypatch.undo()
    assert camera._stuck is not None
    assert camera._stuck.wait(10) == -signal.SIGKILL
    with pytest.raises(CaptureError, match="expected a picture within 2 s"):
        camera.take(order(tmp_path, timeout_s=2.0))
