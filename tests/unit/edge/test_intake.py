import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from edge.clock import Clock
from edge.contract import Detection
from edge.errors import StoreUnavailableError, UnreadableFrameError
from edge.evidence import Sighting
from edge.intake import Intake, IntakeTools, stress_of
from edge.logbook import Logbook
from edge.metadata import FrameMetadata
from edge.outbox import Outbox, Priority
from edge.settings.delivery import EvidenceConfig
from edge.settings.watch import WatchConfig
from edge.sources.folder import Drop, FolderSource
from edge.voice import Voice
from edge.wire import decode_detection, decode_evidence

LEVELS = EvidenceConfig()
PICTURE = np.full((30, 40, 3), 90, dtype=np.uint8)


def opinion(**values: object) -> Detection:
    return Detection.model_validate({"sha256": "a" * 64, "model": None, "opinion": True, **values})


class Field:
    """A watched folder, a queue and a detector in the test's hands."""

    def __init__(self, base: Path, levels: EvidenceConfig = LEVELS) -> None:
        self.base = base
        self.levels = levels
        self.told: list[str] = []
        self.looked: list[str] = []
        self.answer: Callable[[Drop], Detection] = lambda _: opinion(wilting_probability=0.1)
        (base / "photos").mkdir(exist_ok=True)
        self.outbox = Outbox(base / "outbox.sqlite", boot="b1", tell=self.told.append)
        self.build()

    def build(self) -> None:
        watch = WatchConfig(folder=self.base / "photos", parcel_id="P1", camera_id="cam")
        clock, voice = Clock(), Voice(self.told.append)
        source = FolderSource(watch, settle_s=0.0, clock=clock, voice=voice)
        tools = IntakeTools(outbox=self.outbox, look=self.look, clock=clock, voice=voice)
        self.intake = Intake((source,), self.levels, tools)
        self.logbook = Logbook(self.outbox.database)

    def look(self, drop: Drop, metadata: FrameMetadata | None) -> Sighting:
        self.looked.append(drop.path.name)
        detection = self.answer(drop)
        if metadata is not None:
            detection = detection.model_copy(update={"taken_at": metadata.taken_at})
        return Sighting(detection=detection, picture=PICTURE)

    def drop(self, name: str, content: bytes | None = None) -> Path:
        path = self.base / "photos" / name
        path.write_bytes(content if content is not None else name.encode())
        return path

    def poll(self) -> list[str]:
        return [self.intake.take(source, drop) for source, drop in self.intake.ready()]

    def detections(self) -> list[Detection]:
        return [
            decode_detection("gw", message.payload)[1]
            for message in self.outbox.pending(99)
            if message.kind == "detection"
        ]


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Field]:
    made = Field(tmp_path)
    yield made
    made.outbox.close()


def test_a_photo_becomes_one_queued_detection_of_its_parcel(field: Field) -> None:
    field.drop("a.jpg")
    field.drop("a.json", b'{"taken_at": "2026-07-01T10:00:00Z"}')
    assert field.poll() == ["queued"]
    (detection,) = field.detections()
    assert (detection.parcel_id, detection.camera_id) == ("P1", "cam")
    assert detection.taken_at == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert field.poll() == []
    assert field.looked == ["a.jpg"]


def test_a_parcel_and_camera_named_by_the_photo_itself_win(field: Field) -> None:
    field.answer = lambda _: opinion(parcel_id="P9", camera_id="own")
    field.drop("a.jpg")
    field.poll()
    assert [(each.parcel_id, each.camera_id) for each in field.detections()] == [("P9", "own")]


def test_the_same_content_under_a_new_stamp_is_not_looked_at_again(field: Field) -> None:
    path = field.drop("a.jpg")
    field.poll()
    os.utime(path, (1_700_000_000, 1_700_000_000))
    assert field.poll() == ["known"]
    assert field.poll() == []
    assert field.looked == ["a.jpg"]


def test_new_content_under_an_old_name_is_a_new_photo(field: Field) -> None:
    field.drop("a.jpg", b"one")
    field.poll()
    field.drop("a.jpg", b"three")
    assert field.poll() == ["queued"]
    assert len(field.detections()) == 2


def test_files_are_remembered_over_a_restart(field: Field) -> None:
    field.drop("a.jpg")
    field.poll()
    field.build()
    assert field.poll() == []
    assert len(field.detections()) == 1


def test_a_crash_before_the_commit_leaves_no_half_and_the_file_is_taken_again(field: Field) -> None:
    field.drop("a.jpg")
    begun = field.logbook.remember

    def power_cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    field.intake._logbook.remember = power_cut  # type: ignore[method-assign]  # the cut comes here
    with pytest.raises(KeyboardInterrupt):
        field.poll()
    assert field.outbox.counts().messages == 0
    field.intake._logbook.remember = begun  # type: ignore[method-assign]  # power is back
    assert field.poll() == ["queued"]
    assert len(field.detections()) == 1


def test_an_unreadable_file_is_set_aside_and_the_others_go_on(field: Field, tmp_path: Path) -> None:
    def answer(drop: Drop) -> Detection:
        if drop.path.name == "bad.jpg":
            raise UnreadableFrameError(f"{drop.path}: expected a JPEG, got text")
        return opinion()

    field.answer = answer
    field.drop("bad.jpg")
    field.drop("good.jpg")
    assert sorted(field.poll()) == ["queued", "rejected"]
    assert len(field.told) == 1
    assert "expected a JPEG, got text" in field.told[0]
    assert "rejected/bad.jpg" in field.told[0]
    assert (tmp_path / "rejected" / "bad.jpg.reason.txt").exists()
    assert field.logbook.counters()["frames_rejected"] == 1


def test_a_rejected_file_dropped_again_gets_another_look(field: Field, tmp_path: Path) -> None:
    def refuse(drop: Drop) -> Detection:
        raise UnreadableFrameError(f"{drop.path}: no temperature unit")

    field.answer = refuse
    field.drop("a.jpg")
    assert field.poll() == ["rejected"]
    field.answer = lambda _: opinion()
    (tmp_path / "rejected" / "a.jpg").rename(tmp_path / "photos" / "a.jpg")
    assert field.poll() == ["queued"]


def test_a_rejected_file_that_cannot_be_moved_is_told_once(field: Field, tmp_path: Path) -> None:
    (tmp_path / "rejected").write_text("in the way")

    def refuse(drop: Drop) -> Detection:
        raise UnreadableFrameError(f"{drop.path}: no picture")

    field.answer = refuse
    field.drop("a.jpg")
    assert field.poll() == ["rejected"]
    assert field.poll() == []
    assert "left where it is" in field.told[0]
    assert len(field.told) == 1


def test_an_error_nobody_expected_costs_one_file_not_the_daemon(field: Field) -> None:
    def stumble(drop: Drop) -> Detection:
        raise ZeroDivisionError("in a library")

    field.answer = stumble
    field.drop("a.jpg")
    assert field.poll() == ["rejected"]
    assert "ZeroDivisionError: in a library" in field.told[0]


def test_a_file_that_kills_the_process_again_and_again_is_set_aside(field: Field) -> None:
    def die(drop: Drop) -> Detection:
        raise SystemExit(139)

    field.answer = die
    field.drop("a.jpg")
    for _ in range(6):
        with pytest.raises(SystemExit):
            field.poll()
        field.build()
    assert field.poll() == ["rejected"]
    assert "stopped 6 times" in field.told[0]


def test_a_photo_that_a_weak_battery_cut_off_a_few_times_is_looked_at_still(field: Field) -> None:
    def cut_off(drop: Drop) -> Detection:
        raise SystemExit(9)

    def look(drop: Drop) -> Detection:
        return opinion(wilting_probability=0.1)

    field.drop("a.jpg")
    for _ in range(5):
        field.answer = cut_off
        with pytest.raises(SystemExit):
            field.poll()
        field.build()
    field.answer = look
    assert field.poll() == ["queued"]


def test_a_file_at_which_the_gateway_stopped_holds_up_no_other(field: Field) -> None:
    def die(drop: Drop) -> Detection:
        if drop.path.name == "a.jpg":
            raise SystemExit(139)
        return opinion(wilting_probability=0.1)

    field.answer = die
    field.drop("a.jpg")
    with pytest.raises(SystemExit):
        field.poll()
    field.drop("b.jpg")
    field.build()
    with pytest.raises(SystemExit):
        field.poll()
    assert field.looked == ["a.jpg", "b.jpg", "a.jpg"]


def test_a_full_disk_is_held_against_no_file_however_long_it_lasts(field: Field) -> None:
    full = [True] * 8

    def answer(_: Drop) -> Detection:
        if full:
            full.pop()
            raise StoreUnavailableError("disk full")
        return opinion()

    field.answer = answer
    field.drop("a.jpg")
    for _ in range(8):
        with pytest.raises(StoreUnavailableError):
            field.poll()
    assert field.poll() == ["queued"]


def test_a_queue_that_cannot_be_written_is_not_the_files_fault(field: Field) -> None:
    field.drop("a.jpg")
    field.outbox.database.rows("PRAGMA query_only = 1")
    with pytest.raises(StoreUnavailableError):
        field.poll()
    field.outbox.database.rows("PRAGMA query_only = 0")
    assert field.poll() == ["queued"]


def test_a_queue_that_fills_while_queueing_is_not_the_files_fault_either(field: Field) -> None:
    field.drop("a.jpg")

    def answer(_: Drop) -> Detection:
        field.outbox.database.rows("PRAGMA query_only = 1")
        return opinion()

    field.answer = answer
    with pytest.raises(StoreUnavailableError):
        field.poll()
    assert (field.base / "photos" / "a.jpg").exists()


def test_a_dangling_link_is_set_aside(field: Field) -> None:
    (field.base / "photos" / "a.jpg").symlink_to(field.base / "gone.jpg")
    assert field.poll() == ["rejected"]
    assert "cannot be opened" in field.told[0]


def test_a_detection_too_long_for_the_wire_is_set_aside_with_the_way_out(field: Field) -> None:
    field.answer = lambda _: opinion(
        parcel_id="p" * 80, camera_id="c" * 80, reasons=tuple(f"a_reason_of_forty_letters_{n:014d}" for n in range(8))
    )
    field.drop("a.jpg")
    assert field.poll() == ["rejected"]
    assert "at most 512 bytes" in field.told[0]


def wilting(*probabilities: float) -> Callable[[Drop], Detection]:
    values = iter(probabilities)
    return lambda _: opinion(wilting_probability=next(values))


@pytest.mark.parametrize(("policy", "pictures"), [("never", 0), ("onset", 2), ("always", 5)])
def test_pictures_go_with_detections_as_the_policy_says(tmp_path: Path, policy: str, pictures: int) -> None:
    field = Field(tmp_path, EvidenceConfig.model_validate({"policy": policy}))
    field.answer = wilting(0.2, 0.7, 0.8, 0.1, 0.6)
    for number in range(5):
        field.drop(f"{number}.jpg")
        field.poll()
    messages = field.outbox.pending(99)
    assert sum(message.kind == "evidence" for message in messages) == pictures
    onsets = [message for message in messages if message.priority is Priority.ONSET]
    values = [decode_detection("gw", message.payload)[1].wilting_probability for message in onsets]
    assert values == [0.7, 0.6]
    field.outbox.close()


def test_a_picture_names_its_detection(field: Field) -> None:
    field.answer = wilting(0.9)
    field.drop("a.jpg")
    field.poll()
    detection, picture = field.outbox.pending(99)
    evidence = decode_evidence("gw", picture.payload)[1]
    assert (evidence.detection_boot, evidence.detection_sequence) == (detection.name.boot, detection.name.sequence)
    assert evidence.parcel_id == "P1"


def test_an_abstention_neither_begins_nor_ends_stress(field: Field) -> None:
    field.answer = wilting(0.9)
    field.drop("a.jpg")
    field.poll()
    field.answer = lambda _: opinion(opinion=False, reasons=("dark",))
    field.drop("b.jpg")
    field.poll()
    field.answer = wilting(0.9)
    field.drop("c.jpg")
    field.poll()
    assert field.logbook.counters()["stress_onsets"] == 1
    assert field.logbook.counters()["frames_without_opinion"] == 1


def test_a_photo_without_anything_to_show_is_queued_all_the_same(tmp_path: Path) -> None:
    field = Field(tmp_path, EvidenceConfig(policy="always"))
    field.intake._tools = IntakeTools(
        outbox=field.outbox, look=lambda *_: Sighting(detection=opinion()), clock=Clock(), voice=Voice()
    )
    field.drop("a.jpg")
    assert field.poll() == ["queued"]
    assert [message.kind for message in field.outbox.pending(9)] == ["detection"]
    field.outbox.close()


@pytest.mark.parametrize(
    ("values", "stressed"),
    [
        ({"stress_index": 0.3}, True),
        ({"stress_index": 0.29, "wilting_probability": 0.9}, False),
        ({"cwsi": 0.5, "wilting_probability": 0.0}, True),
        ({"wilting_probability": 0.49}, False),
        ({}, None),
        ({"opinion": False, "reasons": ("dark",), "stress_index": 0.9}, None),
    ],
)
def test_stress_is_judged_by_the_best_quantity_there_is(values: dict[str, object], stressed: bool | None) -> None:  # noqa: FBT001 -- a table of cases
    assert stress_of(opinion(**values), LEVELS) is stressed


def test_files_still_being_written_are_counted(field: Field) -> None:
    field.intake._sources[0]._settle_s = 60.0
    field.drop("a.jpg")
    assert field.poll() == []
    assert field.intake.unsettled == 1
