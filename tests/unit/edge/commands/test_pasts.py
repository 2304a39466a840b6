from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.commands.pasts import GivenOrder, Pasts, by_time
from edge.contract import Detection
from edge.finding import DetectionResult
from edge.frame import Frame, load_frame
from edge.history import CameraMemory, Dawn
from edge.metadata import FrameMetadata, MetadataTable
from tests.unit.edge.test_frame import exif_block, jpeg, with_exif

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def frame(camera_id: str | None) -> Frame:
    return Frame(path=Path("a.jpg"), sha256="a" * 24, width=4, height=3, camera_id=camera_id)


def test_each_camera_has_its_own_past_and_a_nameless_one_has_none() -> None:
    pasts = Pasts(None)
    memory = CameraMemory(camera_id="C", dawn=Dawn(day=NOON.date(), taken_at=NOON, wilting_score=1.0))
    result = DetectionResult(
        detection=Detection(sha256="a" * 24, model=None, opinion=True), mask=np.zeros((3, 4), np.uint8), memory=memory
    )
    pasts.keep(result)
    pasts.keep(DetectionResult(detection=result.detection, mask=result.mask))
    known, fresh = pasts.of(frame("C")), pasts.of(frame("D"))
    assert known is not None
    assert fresh is not None
    assert (known.memory, known.zone) == (memory, UTC)
    assert fresh.memory == CameraMemory(camera_id="D")
    assert pasts.of(frame(None)) is None


def test_files_are_looked_at_in_the_order_of_their_moments(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("noon.jpg", "undated.jpg", "dawn.jpg", "unknown.jpg", "later.jpg")]
    rows = {
        str(files[0]): FrameMetadata(taken_at=NOON),
        str(files[1]): FrameMetadata(camera_id="C"),
        str(files[2]): FrameMetadata(taken_at=NOON - timedelta(hours=6)),
        str(files[4]): FrameMetadata(taken_at=NOON),
    }
    assert by_time(files, MetadataTable(folder=tmp_path, rows=rows)) == [2, 0, 4, 1, 3]
    assert by_time(files, None) == [0, 1, 2, 3, 4]


def test_the_clock_in_a_photo_and_its_sidecar_decide_as_they_do_when_it_is_read(tmp_path: Path) -> None:
    late, early, beside, damaged = (tmp_path / name for name in ("late.jpg", "early.jpg", "beside.png", "damaged.png"))
    for path, moment in ((late, b"2026:07:01 15:00:00"), (early, b"2026:07:01 06:00:00")):
        path.write_bytes(with_exif(jpeg(np.zeros((4, 6, 3), np.uint8)), exif_block(moment)))
    beside.with_suffix(".json").write_text('{"taken_at": "2026-07-01T10:00"}')
    damaged.with_suffix(".json").write_text("[]")
    rows = {str(late): FrameMetadata(taken_at=NOON - timedelta(days=9)), str(early): FrameMetadata(camera_id="C")}
    table = MetadataTable(folder=tmp_path, rows=rows)
    files = [late, damaged, beside, early]
    assert by_time(files, table) == [3, 2, 0, 1]
    assert by_time(files, table, timezone(timedelta(hours=-6))) == [3, 2, 0, 1]
    assert [load_frame(path, metadata=table.of(path)).taken_at for path in (late, early)] == [
        NOON + timedelta(hours=3),
        NOON - timedelta(hours=6),
    ]


@settings(max_examples=30)
@given(st.permutations(range(8)))
def test_answers_are_handed_on_in_the_given_order_each_once(order: list[int]) -> None:
    handed: list[int] = []
    given_order = GivenOrder()
    for index in order:
        given_order.hand(index, partial(handed.append, index))
    assert handed == list(range(8))
