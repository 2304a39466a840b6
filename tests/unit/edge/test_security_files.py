"""Files made to harm a gateway: none takes its memory, its time or its process."""

import io
import os
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge import exif, tiff
from edge.clock import Clock
from edge.contract import Detection
from edge.errors import ConfigurationError, UnreadableFrameError
from edge.evidence import Sighting
from edge.frame import MAX_FILE_BYTES, content_sha256, load_frame
from edge.intake import Intake, IntakeTools
from edge.metadata import read_sidecar, read_table
from edge.outbox import Outbox
from edge.settings.delivery import EvidenceConfig
from edge.settings.watch import WatchConfig
from edge.sources.folder import FolderSource
from edge.voice import Voice, tell_operator

JPEG = bytes(cv2.imencode(".jpg", np.full((16, 16, 3), 90, np.uint8))[1])
WIDTH, HEIGHT = 256, 257


def refused(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(UnreadableFrameError) as caught:
        load_frame(path)
    return str(caught.value)


def tiff_of(entries: list[tuple[int, int, int, bytes]], body: bytes = b"") -> bytes:
    """Little-endian TIFF: ``body`` at byte 8, then one directory of (tag, kind, count, four bytes)."""
    listed = b"".join(struct.pack("<HHI", *entry[:3]) + entry[3].ljust(4, b"\0") for entry in entries)
    return b"II*\0" + struct.pack("<I", 8 + len(body)) + body + struct.pack("<H", len(entries)) + listed + b"\0" * 4


def whole(value: int) -> bytes:
    return struct.pack("<I", value)


def npz_of(content: bytes, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        archive.writestr("image.npy", content)
    return stream.getvalue()


@pytest.mark.parametrize("mark", [0x00, 0x01, 0xD0, 0xD8])
def test_a_jpeg_whose_size_differs_between_readers_is_refused_before_it_is_decoded(tmp_path: Path, mark: int) -> None:
    start = JPEG.find(b"\xff\xc0")
    end = start + 2 + struct.unpack_from(">H", JPEG, start + 2)[0]
    small = JPEG[start:end]
    large = small[:5] + struct.pack(">HH", 10_000, 20_000) + small[9:]
    # A reader that takes the mark for a segment sees 16 x 16 pixels, one that passes it over sees 20,000 x 10,000.
    hidden = large + b"\xff\xfe" + struct.pack(">H", 2 + len(small))
    two_faced = b"\xff" + bytes([mark]) + struct.pack(">H", 2 + len(hidden)) + hidden + small
    told = refused(tmp_path / "a.jpg", JPEG[:start] + two_faced + JPEG[end:])
    assert f"got the mark {mark:#04x}" in told


def test_of_two_equal_tiff_tags_the_first_counts_as_for_the_decoder(tmp_path: Path) -> None:
    data = zlib.compress(b"\0" * 64)
    entries = [
        (WIDTH, 4, 1, whole(20_000)),
        (WIDTH, 4, 1, whole(4)),
        (HEIGHT, 4, 1, whole(10_000)),
        (HEIGHT, 4, 1, whole(4)),
        (258, 4, 1, whole(8)),
        (273, 4, 1, whole(8)),
        (279, 4, 1, whole(len(data))),
    ]
    assert "at most 50 million pixels, got 20000 x 10000" in refused(tmp_path / "a.tif", tiff_of(entries, data))


@pytest.mark.parametrize("tag", [WIDTH, 273, 339])
@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_an_endless_number_in_a_tiff_tag_is_no_number(tmp_path: Path, tag: int, value: float) -> None:
    entries = {WIDTH: (4, whole(4)), HEIGHT: (4, whole(4)), 273: (4, whole(8)), 279: (4, whole(16))}
    entries[tag] = (11, struct.pack("<f", value))
    content = tiff_of([(name, kind, 1, raw) for name, (kind, raw) in entries.items()], b"\0" * 16)
    assert tag not in tiff.first_directory(content).tags
    assert "expected" in refused(tmp_path / "a.tif", content)


@pytest.mark.parametrize("kind", [1, 7])
def test_tiff_tags_that_share_their_data_do_not_multiply_it(tmp_path: Path, kind: int) -> None:
    body = b"\0" * 1_000_000
    content = tiff_of([(1000 + place, kind, len(body), whole(8)) for place in range(300)], body)
    tracemalloc.start()
    told = refused(tmp_path / "a.tif", content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "TIFF tags of" in told
    assert peak < 60_000_000


def test_an_npz_cannot_unpack_to_more_than_its_array(tmp_path: Path) -> None:
    header = b"\x93NUMPY\x02\0" + struct.pack("<I", 100_000_000)
    content = npz_of(header + b" " * 100_000_000)
    tracemalloc.start()
    told = refused(tmp_path / "a.npz", content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "header of at most" in told
    assert peak < 5_000_000


@pytest.mark.parametrize("compression", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_an_npz_packed_in_a_way_numpy_never_does_is_refused(tmp_path: Path, compression: int) -> None:
    assert "stored or deflated" in refused(tmp_path / "a.npz", npz_of(b"\x93NUMPY\1\0" + b" " * 300, compression))


def test_an_npz_of_very_many_members_is_refused(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for place in range(1500):
            archive.writestr(f"{place}.npy", b"")
    assert "members" in refused(tmp_path / "a.npz", stream.getvalue())


def test_a_sidecar_nested_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[" * 60_000)
    with pytest.raises(UnreadableFrameError, match=r"a\.json: expected a sidecar"):
        read_sidecar(tmp_path / "a.jpg")


def test_a_table_with_an_endless_cell_is_refused_as_a_table(tmp_path: Path) -> None:
    table = tmp_path / "metadata.csv"
    table.write_text("path,taken_at,camera_id\na.jpg," + "x" * 200_000 + ",c\n")
    with pytest.raises(ConfigurationError, match="CSV"):
        read_table(table)


def test_a_row_whose_path_no_file_can_have_is_a_problem_of_that_row(tmp_path: Path) -> None:
    table = tmp_path / "metadata.csv"
    table.write_text("path,taken_at,camera_id\n\0/a.jpg,2026-07-01T10:00:00Z,c1\na.jpg,2026-07-01T10:00:00Z,c2\n")
    read = read_table(table)
    assert len(read.problems) == 1
    assert "line 2: path" in read.problems[0]
    found = read.of(tmp_path / "a.jpg")
    assert found is not None
    assert found.camera_id == "c2"


def test_only_a_file_is_hashed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "endless.jpg").symlink_to("/dev/zero")
    assert content_sha256(tmp_path / "pipe.jpg") is None
    assert content_sha256(tmp_path / "endless.jpg") is None


class Watched:
    """A folder that somebody else may write to, and the intake that watches it."""

    def __init__(self, base: Path, tell: Callable[[str], None]) -> None:
        self.folder = base / "photos"
        self.folder.mkdir()
        self.outbox = Outbox(base / "outbox.sqlite", boot="b1", tell=tell)
        voice, clock = Voice(tell), Clock()
        source = FolderSource(
            WatchConfig(folder=self.folder, parcel_id="P1", camera_id="c"), settle_s=0.0, clock=clock, voice=voice
        )
        detection = Detection(sha256="a" * 64, model=None, opinion=True)
        tools = IntakeTools(
            outbox=self.outbox,
            look=lambda _drop, _metadata: Sighting(detection=detection, picture=np.zeros((8, 8, 3), np.uint8)),
            clock=clock,
            voice=voice,
        )
        self.intake = Intake((source,), EvidenceConfig(policy="never"), tools)

    def poll(self) -> list[str]:
        return sorted(self.intake.take(source, drop) for source, drop in self.intake.ready())


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def watched(tmp_path: Path, told: list[str]) -> Watched:
    return Watched(tmp_path, told.append)


def test_pipes_devices_and_giants_are_set_aside_and_the_next_photo_is_taken(
    watched: Watched, tmp_path: Path, told: list[str]
) -> None:
    os.mkfifo(watched.folder / "pipe.jpg")
    (watched.folder / "endless.jpg").symlink_to("/dev/zero")
    with (watched.folder / "giant.jpg").open("wb") as giant:
        giant.truncate(MAX_FILE_BYTES * 1000)
    (watched.folder / "good.jpg").write_bytes(JPEG)
    assert watched.poll() == ["queued", "rejected", "rejected", "rejected"]
    assert {path.name for path in (tmp_path / "rejected").iterdir() if not path.name.endswith(".txt")} == {
        "pipe.jpg",
        "endless.jpg",
        "giant.jpg",
    }
    assert any("giant.jpg: expected a readable file of at most" in line for line in told)
    assert watched.poll() == []
    watched.outbox.close()


def test_a_name_that_is_no_text_does_not_stop_the_gateway(watched: Watched, told: list[str]) -> None:
    (Path(os.fsdecode(os.fsencode(watched.folder) + b"/\xff.jpg"))).write_bytes(JPEG)
    (watched.folder / "good.jpg").write_bytes(JPEG)
    assert watched.poll() == ["queued"]
    assert watched.poll() == []
    assert len([line for line in told if "UTF-8" in line]) == 1
    watched.outbox.close()


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), lambda path: path.mkdir()])
def test_a_metadata_table_that_is_no_file_is_told_and_photos_go_on(
    watched: Watched, told: list[str], make: Callable[[Path], None]
) -> None:
    make(watched.folder / "metadata.csv")
    (watched.folder / "good.jpg").write_bytes(JPEG)
    assert watched.poll() == ["queued"]
    assert any("metadata.csv: expected a file of at most" in line for line in told)
    watched.outbox.close()


def test_a_damaged_metadata_table_rejects_no_photo(watched: Watched, told: list[str]) -> None:
    (watched.folder / "metadata.csv").write_text("path,taken_at,camera_id\na," + "x" * 200_000 + ",c\n")
    (watched.folder / "good.jpg").write_bytes(JPEG)
    assert watched.poll() == ["queued"]
    assert any("photos go on without it" in line for line in told)
    watched.outbox.close()


def test_a_file_name_cannot_forge_a_line_or_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    tell_operator("photos/a\nseguia gateway: all is well\x1b]0;x\x07\x9b2J\u202e.jpg: damaged, حقل é")
    written = capsys.readouterr().err
    assert written.count("\n") == 1
    assert "\\n" in written
    assert not any(letter in written for letter in "\x1b\x07\x9b\u202e")
    assert "حقل é" in written


@pytest.mark.parametrize("place", [-8.0, 1e300])
def test_an_exif_directory_at_an_impossible_place_is_no_directory(place: float) -> None:
    entry = struct.pack("<HHII", tiff.EXIF_DIRECTORY, 12, 1, 26)
    block = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 1) + entry + b"\0" * 4 + struct.pack("<d", place)
    assert tiff.first_directory(block).number(tiff.EXIF_DIRECTORY, 0) == int(place)
    assert exif.taken_at(block, None) is None
