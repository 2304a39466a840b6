from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import CaptureError
from edge.sources.csi import PROGRAMS, shoot, without_exif
from edge.sources.shutter import Order

JPEG = cv2.imencode(".jpg", np.full((8, 8, 3), 90, np.uint8))[1].tobytes()
EXIF = b"\xff\xe1" + (2 + 20).to_bytes(2, "big") + b"Exif\0\0" + b"2026:11:22 20".ljust(14, b"\0")


def simulated_program(folder: Path, name: str, script: str) -> None:
    """The maker's program as a shell script of the test; it writes down its options."""
    path = folder / name
    path.write_text(f'#!/bin/sh\necho "$@" > {folder}/options\n{script}\n', encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (tmp_path / "one.jpg").write_bytes(JPEG[:2] + EXIF + JPEG[2:])
    return tmp_path


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_programs_picture_comes_without_its_clock(programs: Path, name: str) -> None:
    simulated_program(programs, name, f"cat {programs}/one.jpg")
    shot = shoot(Order(target="t", device="1", width_px=2028, height_px=1520))
    assert (shot.content, shot.suffix) == (JPEG, ".jpg")
    options = (programs / "options").read_text(encoding="utf-8")
    assert "--camera 1 --width 2028 --height 1520" in options
    assert "--output -" in options


@pytest.mark.parametrize(
    ("script", "trouble", "words"),
    [
        ("echo 'ERROR: *** no cameras available ***' >&2; exit 255", "absent", "no cameras available"),
        ("echo 'failed to acquire camera' >&2; exit 1", "refused", "failed to acquire"),
        ("exit 0", "refused", "got: nothing"),
    ],
)
def test_the_programs_own_words_are_told(programs: Path, script: str, trouble: str, words: str) -> None:
    simulated_program(programs, "rpicam-still", script)
    with pytest.raises(CaptureError, match=words.replace("*", r"\*")) as refused:
        shoot(Order(target="t"))
    assert refused.value.trouble == trouble


def test_without_the_program_the_way_out_is_its_package(programs: Path) -> None:
    with pytest.raises(CaptureError, match="apt install rpicam-apps-lite"):
        shoot(Order(target="t"))


@pytest.mark.parametrize("content", [b"", b"\xff", JPEG[:3], JPEG[:30], b"no jpeg at all"])
def test_damage_is_left_as_it_is(content: bytes) -> None:
    assert without_exif(content) == content
