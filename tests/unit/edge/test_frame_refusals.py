"""Bad files: each is refused in one line that names it, says what was expected and got, and the way out."""

import io
import os
import re
import resource
import struct
import zipfile
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import UnreadableFrameError
from edge.frame import load_frame

RNG = np.random.default_rng(7)
NOISE = RNG.integers(0, 255, (60, 80, 3), dtype=np.uint8)
JPEG = bytes(cv2.imencode(".jpg", NOISE)[1])
PNG = bytes(cv2.imencode(".png", NOISE)[1])
TIFF = bytes(cv2.imencode(".tif", np.full((40, 50), 25.0, np.float32), [cv2.IMWRITE_TIFF_COMPRESSION, 1])[1])


def refusal(path: Path, content: bytes) -> UnreadableFrameError:
    path.write_bytes(content)
    with pytest.raises(UnreadableFrameError) as caught:
        load_frame(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: expected ")
    assert "got " in text
    assert "\n" not in text
    return caught.value


def sof(width: int, height: int) -> bytes:
    frame = struct.pack(">BHHB", 8, height, width, 3) + b"\1\x22\0\2\x11\1\3\x11\1"
    scan = b"\3\1\0\2\x11\3\x11\0\x3f\0"
    return (
        b"\xff\xd8\xff\xc0"
        + struct.pack(">H", len(frame) + 2)
        + frame
        + b"\xff\xda"
        + struct.pack(">H", len(scan) + 2)
        + scan
        + b"\0\xff\xd9"
    )


def png_header(width: int, height: int, colour: int = 2) -> bytes:
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    end = b"IEND"
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + struct.pack(">I", 0)
        + end
        + struct.pack(">I", zlib.crc32(end))
    )


def tiff_header(**tags: int) -> bytes:
    numbers = {"width": 256, "height": 257, "bits": 258, "samples": 277, "tile_width": 322, "tile_length": 323}
    entries = b"".join(struct.pack("<HHII", numbers[name], 4, 1, value) for name, value in tags.items())
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + b"\0" * 4


def npy(header: str, body: bytes = b"", magic: bytes = b"\x93NUMPY", major: int = 1) -> bytes:
    text = header.encode()
    length = struct.pack("<H", len(text)) if major == 1 else struct.pack("<I", len(text))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("image.npy", magic + bytes([major, 0]) + length + text + body)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.jpg", b"", r"got an empty file \(0 bytes\); copy it again"),
        ("text.jpg", b"dear farmer, here is my photo", "expected JPEG, PNG, TIFF, PGM or npz content"),
        ("cut.jpg", JPEG[: len(JPEG) // 2], "cut short; copy it again"),
        ("head.jpg", JPEG[:30], "ends inside its header"),
        ("marker.jpg", b"\xff\xd8\xff\xe0\0\4aaXX" + JPEG, "expected a JPEG marker at byte 8, got 0x58"),
        ("noframe.jpg", b"\xff\xd8\xff\xda\0\2\xff\xd9", "with a frame header"),
        ("nodata.jpg", sof(8, 8), "expected picture data that decode"),
        ("cut.png", PNG[: len(PNG) // 2], "cut short; copy it again"),
        ("damaged.png", PNG[:5000] + b"!" + PNG[5001:], "damage in b'IDAT'"),
        ("colour.png", png_header(8, 8, colour=9), "PNG with a valid header"),
        ("nodata.png", png_header(8, 8), "expected picture data that decode"),
        ("cut.tif", TIFF[: len(TIFF) // 2], r"expected \d+ bytes of image data|a whole TIFF directory"),
        ("big.tif", b"II+\0" + TIFF[4:], "without BigTIFF"),
        ("tags.tif", b"II*\0\x08\0\0\0\xff\xff", "at most 512 TIFF tags"),
        ("blocks.tif", tiff_header(width=8, height=8), "one byte count for each strip or tile"),
        ("bands.tif", tiff_header(width=8, height=8, samples=40), "of 1 to 16 bands, got 8 x 8 of 40"),
        ("zero.tif", tiff_header(width=0, height=8), "at least 1 x 1 pixels"),
        ("text.npz", b"PK\3\4 not a zip", "expected an npz file"),
        ("magic.npz", npy("", magic=b"NUMPY\x93"), "an array in NumPy's format"),
        ("pickle.npz", npy("{'descr': '|O', 'fortran_order': False, 'shape': (2, 2, 2), }"), "got another array"),
        ("flat.npz", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }"), "got another array"),
        ("cut.npz", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2, 2), }", b"1234"), "npz file"),
    ],
)
def test_a_bad_file_is_told_in_one_line(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    error = refusal(tmp_path / name, content)
    assert error.reason == "unreadable"
    assert re.search(says, str(error))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bomb.jpg", sof(50_000, 50_000)),
        ("bomb.png", png_header(50_000, 50_000)),
        ("bomb.tif", tiff_header(width=50_000, height=50_000, bits=8)),
        ("tile.tif", tiff_header(width=8, height=8, bits=8, tile_width=60_000, tile_length=60_000)),
        ("wide.tif", tiff_header(width=7000, height=7000, bits=64, samples=16)),
        ("bomb.npz", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (50000, 50000, 3), }")),
        ("deep.npz", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (5000, 5000, 16), }", major=2)),
    ],
)
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, name: str, content: bytes) -> None:
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    error = refusal(tmp_path / name, content)
    assert error.reason == "too_large"
    assert "send" in str(error)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 20_000


def test_a_file_without_image_is_refused(tmp_path: Path) -> None:
    stream = io.BytesIO()
    np.savez(stream, picture=np.ones((2, 2, 2)))
    assert "name it image" in str(refusal(tmp_path / "a.npz", stream.getvalue()))


def test_damage_inside_a_photo_is_seen(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    scan = JPEG.index(b"\xff\xda") + 14
    damaged = bytearray(JPEG)
    damaged[scan + 600 : scan + 900] = bytes(300)
    damaged[scan + 1500 : -2] = b""
    assert "expected picture data that decode, got damage" in str(refusal(tmp_path / "a.jpg", bytes(damaged)))
    assert capfd.readouterr().err == ""


def test_folders_and_absent_files_are_named(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)
    dangling = tmp_path / "link.jpg"
    dangling.symlink_to(tmp_path / "gone.jpg")
    for path, what in (
        (tmp_path, "a folder"),
        (tmp_path / "absent.jpg", "nothing there"),
        (dangling, "nothing there"),
        (pipe, "a device or pipe"),
    ):
        with pytest.raises(UnreadableFrameError, match=f"{path}: expected a picture file, got {what}"):
            load_frame(path)


def test_a_file_too_big_to_hold_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.jpg"
    with path.open("wb") as stream:
        stream.truncate(200_000_000)
    with pytest.raises(UnreadableFrameError, match="expected at most 150000000 bytes, got 200000000") as caught:
        load_frame(path)
    assert caught.value.reason == "too_large"


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.jpg"
    path.write_bytes(JPEG)

    def denied(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(UnreadableFrameError, match=r"secret\.jpg: expected a readable file, got Permission denied"):
        load_frame(path)


@pytest.mark.parametrize("seed", [JPEG, PNG, TIFF], ids=["jpeg", "png", "tiff"])
def test_mutated_files_never_raise_anything_else(tmp_path: Path, seed: bytes) -> None:
    path = tmp_path / "mutated"
    for _ in range(150):
        content = bytearray(seed[: RNG.integers(1, len(seed))] if RNG.random() < 0.2 else seed)
        reach = len(content) if RNG.random() < 0.5 else min(len(content), 400)
        for _ in range(int(RNG.choice([1, 2, 8]))):
            content[RNG.integers(0, reach)] = RNG.integers(0, 256)
        path.write_bytes(bytes(content))
        try:
            frame = load_frame(path)
        except UnreadableFrameError as error:
            assert "\n" not in str(error)  # noqa: PT017 -- either outcome is right, any other exception is not
        else:
            assert frame.width > 0
