"""Bad photos through the real command line: each is one clear line, the good ones beside it are answered."""

import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from simulations.scene.drawing import SceneSettings, render
from tests.command_line import Told, seguia

HUGE = 50_000


def whole_jpeg() -> bytes:
    """SYNTHETIC: rows of plants, so that the installed models take it for a crop."""
    _, jpeg = cv2.imencode(".jpg", render(SceneSettings(), np.random.default_rng(1)))
    return jpeg.tobytes()


GOOD = whole_jpeg()


def truncated() -> bytes:
    return GOOD[: len(GOOD) // 2]


def empty() -> bytes:
    return b""


def text() -> bytes:
    return b"not a picture at all\n"


def jpeg_bomb() -> bytes:
    """A small file whose header promises 2,500 million pixels."""
    content = bytearray(GOOD)
    start = GOOD.index(b"\xff\xc0")
    content[start + 5 : start + 9] = struct.pack(">HH", HUGE, HUGE)
    return bytes(content)


def png_bomb() -> bytes:
    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", HUGE, HUGE, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(10_000))
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", rows) + part(b"IEND", b"")


BAD = [
    pytest.param(truncated, "bad.jpg", ("expected a whole JPEG", "cut short; copy it again"), id="truncated JPEG"),
    pytest.param(empty, "bad.jpg", ("expected a picture, got an empty file (0 bytes)", "copy it again"), id="0 bytes"),
    pytest.param(text, "bad.jpg", ("expected JPEG, PNG, TIFF, PGM or npz", "give the picture itself"), id="text"),
    pytest.param(jpeg_bomb, "bad.jpg", ("got 50000 x 50000", "send it at a smaller size"), id="JPEG bomb"),
    pytest.param(png_bomb, "bad.png", ("got 50000 x 50000", "send it at a smaller size"), id="PNG bomb"),
]
Maker = Callable[[], bytes]


def gateway(config: Path, *arguments: object) -> Told:
    command, *options = arguments
    return seguia("gateway", command, "--config", config, *options)


def installed(folder: Path, port: int) -> tuple[Path, Path]:
    """A new gateway's configuration, its photos read at once, and its watched folder."""
    config = folder / "gateway.toml"
    made = gateway(
        config,
        *("init", "--organisation", "demo", "--gateway", "gw-01", "--parcel", "P01", "--crop", "soybean"),
        *("--broker", f"127.0.0.1:{port}"),
    )
    assert made.code == 0, made.errors
    return config, folder / "photos" / "P01"


@pytest.mark.parametrize(("make", "name", "words"), BAD)
def test_detect_names_a_bad_photo_and_answers_the_others(
    tmp_path: Path, make: Maker, name: str, words: tuple[str, ...]
) -> None:
    bad, good = tmp_path / name, tmp_path / "good.jpg"
    bad.write_bytes(make())
    good.write_bytes(GOOD)
    told = seguia("detect", bad, good, "--crop", "soybean")
    assert told.code == 1
    (line,) = told.errors
    assert line.startswith(f"seguia detect: {bad}: ")
    assert all(word in line for word in words), line
    refused, answered = map(json.loads, told.lines)
    assert (refused["opinion"], refused["model"], refused["canopy_cover_fraction"]) == (False, None, None)
    assert len(refused["reasons"]) == 1
    assert answered["path"] == str(good)
    assert answered["canopy_cover_fraction"] is not None


def test_the_gateway_sets_bad_photos_aside_and_queues_the_others(tmp_path: Path, unused_port: int) -> None:
    config, photos = installed(tmp_path, unused_port)
    contents = {f"{make.__name__}.jpg": make() for make in (truncated, empty, text, jpeg_bomb)}
    contents["png_bomb.png"] = png_bomb()
    for name, content in contents.items():
        (photos / name).write_bytes(content)
    (photos / "good.jpg").write_bytes(GOOD)
    told = gateway(config, "run", "--once")
    assert told.code == 1
    for name, content in contents.items():
        assert "expected" in told.about(name)
        kept = [path for path in tmp_path.rglob(f"{name}*") if path.read_bytes() == content]
        assert len(kept) == 1, "the photo itself is kept, whatever it is"
        assert kept[0].parent != photos
    assert "5 files could not be used; each is named above" in told.errors[-1]
    counts = json.loads("".join(gateway(config, "receipt", "--json").lines))
    assert (counts["frames_queued"], counts["frames_rejected"]) == (1, 5)


def test_an_unreachable_broker_is_named_by_check(tmp_path: Path, unused_port: int) -> None:
    config, _ = installed(tmp_path, unused_port)
    told = gateway(config, "check")
    assert told.code == 3
    (line,) = told.errors
    assert line.startswith(f"seguia gateway: broker: 127.0.0.1:{unused_port}: expected to be let in, got: Connection")
    assert line.endswith("check host, port, account, certificates and that it runs")
    assert sum(shown.startswith("ok ") for shown in told.lines) >= 4


def test_an_unreachable_broker_costs_no_photo(tmp_path: Path, unused_port: int) -> None:
    config, photos = installed(tmp_path, unused_port)
    (photos / "good.jpg").write_bytes(GOOD)
    told = gateway(config, "run", "--until-empty", "1")
    assert told.code == 3
    assert "the broker was not reached; nothing is lost" in told.errors[-1]
    counts = json.loads("".join(gateway(config, "receipt", "--json").lines))
    assert counts["frames_queued"] == 1
    assert counts["queued_messages"] >= 1


@pytest.mark.parametrize(("place", "got"), [("/proc/seguia", "No such file"), ("taken", "File exists")])
def test_a_gateway_without_a_folder_it_may_write_says_so(
    tmp_path: Path, unused_port: int, place: str, got: str
) -> None:
    config, photos = installed(tmp_path, unused_port)
    (photos / "good.jpg").write_bytes(GOOD)
    (tmp_path / "taken").write_text("a file stands where the folder should")
    content = config.read_text(encoding="utf-8")
    config.write_text(content.replace('data_dir = "data"', f'data_dir = "{place}"'), encoding="utf-8")
    told = gateway(config, "run", "--once")
    assert told.code == 3
    (line,) = told.errors
    assert f"{place}: expected a data folder that can be written, got: {got}" in line
    assert line.endswith("correct its permissions, or data_dir")
    assert (photos / "good.jpg").read_bytes() == GOOD
    examined = gateway(config, "check")
    assert examined.code == 3
    assert "correct data_dir" in examined.about("data: ")


def test_a_configuration_that_cannot_be_written_is_told(unused_port: int) -> None:
    told = gateway(Path("/proc/g/gateway.toml"), "init", "--organisation", "o", "--gateway", "g", "--parcel", "P")
    assert told.code == 2
    assert told.errors == (
        "seguia: /proc/g/gateway.toml: cannot be written (No such file or directory); choose another --config",
    )


def test_masks_that_cannot_be_written_leave_the_answers(tmp_path: Path) -> None:
    photo = tmp_path / "good.jpg"
    photo.write_bytes(GOOD)
    told = seguia("detect", photo, "--mask-dir", "/proc")
    assert told.code == 1
    assert "/proc/good.png: expected to write a mask" in told.about("choose another --mask-dir")
    assert json.loads(told.lines[0])["sha256"] is not None
