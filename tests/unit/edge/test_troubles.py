import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.database import Database
from edge.errors import StoreUnavailableError
from edge.health import HEARTBEAT_MAX_BYTES, fitted, heartbeat_of
from edge.heartbeat import CameraState, Heartbeat, TroubleState
from edge.outbox import Outbox
from edge.troubles import Trouble, Troubles
from edge.voice import Voice
from edge.wire import encode

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "outbox.sqlite", tell=lambda _: None)
    yield opened
    opened.close()


def test_what_is_wrong_stands_until_it_is_over_and_keeps_its_beginning(database: Database) -> None:
    times = iter([NOON, NOON.replace(hour=13), NOON.replace(hour=14)])
    book = Troubles(database, lambda: next(times))
    book.open("broker", "no answer")
    book.open("modem", "no SIM")
    book.open("broker", "refused")
    assert book.standing() == (
        Trouble(part="broker", text="refused", since=NOON),
        Trouble(part="modem", text="no SIM", since=NOON.replace(hour=13)),
    )
    book.over("broker")
    book.over("never")
    assert [each.part for each in book.standing()] == ["modem"]


def test_another_reader_sees_it_and_a_start_begins_anew(database: Database) -> None:
    Troubles(database, lambda: NOON).open("modem", "no SIM")
    assert [each.part for each in Troubles(database).standing()] == ["modem"]
    assert Troubles(database, begin=True).standing() == ()


def test_a_beginning_by_a_clock_that_cannot_be_believed_is_unknown(database: Database) -> None:
    book = Troubles(database, lambda: datetime(1970, 1, 1, tzinfo=UTC))
    book.open("clock", "it is 1970")
    assert book.standing()[0].since is None


def test_the_voice_writes_down_what_it_says_and_what_it_said_before(database: Database) -> None:
    told: list[str] = []
    voice, book = Voice(told.append), Troubles(database, lambda: NOON)
    voice.trouble("watch", "photos: no such folder")
    voice.keep(book)
    voice.trouble("broker", "no answer")
    voice.trouble("broker", "no answer")
    assert [each.part for each in book.standing()] == ["watch", "broker"]
    voice.over("watch", "photos: watched again")
    voice.over("never said", "is over")
    assert [each.part for each in book.standing()] == ["broker"]
    assert told == ["photos: no such folder", "no answer", "photos: watched again"]


class SometimesFull(Troubles):
    full = True

    def open(self, part: str, text: str) -> None:
        if self.full:
            raise StoreUnavailableError("disk full")
        super().open(part, text)


def test_a_full_disk_silences_nobody_and_what_was_not_written_is_written_later(database: Database) -> None:
    told: list[str] = []
    voice, book = Voice(told.append), SometimesFull(database, lambda: NOON)
    voice.keep(book)
    voice.trouble("store", "disk full")
    voice.trouble("broker", "no answer")
    assert told == ["disk full", "no answer"]
    assert book.standing() == ()
    book.full = False
    voice.over("store", "there is space again")
    assert [each.part for each in book.standing()] == ["broker"]


class Overtaken(Troubles):
    """A book into which another thread's word comes between reading and writing."""

    def __init__(self, database: Database, meanwhile: list[Voice]) -> None:
        super().__init__(database, lambda: NOON)
        self.meanwhile = meanwhile

    def open(self, part: str, text: str) -> None:
        if self.meanwhile:
            voice = self.meanwhile.pop()
            other = threading.Thread(target=voice.over, args=(part, "over"))
            other.start()
            other.join()
        super().open(part, text)


def test_the_last_word_stands_whatever_the_order_of_the_threads(database: Database) -> None:
    voice = Voice(lambda _: None)
    book = Overtaken(database, [voice])
    voice.keep(book)
    voice.trouble("modem", "no SIM")
    assert book.standing() == ()


def test_a_heartbeat_tells_the_oldest_troubles_cut_short(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite")
    book = Troubles(outbox.database, lambda: NOON)
    for number in range(5):
        book.open(f"part {number}", "é" * 500)
    beat = heartbeat_of(outbox, Clock(now=lambda: NOON), ())
    assert [each.part for each in beat.troubles] == ["part 0", "part 1", "part 2"]
    assert all(len(each.text) == 80 and each.text.endswith("…") for each in beat.troubles)
    book.over("part 0")
    book.open("part 1", "short")
    assert heartbeat_of(outbox, Clock(now=lambda: NOON), ()).troubles[0].text == "short"
    assert beat.trouble_count == 5
    assert len(beat.model_dump_json().encode()) < 1000
    outbox.close()


def test_a_heartbeat_that_is_too_large_lets_the_last_troubles_and_cameras_go() -> None:
    troubles = tuple(TroubleState(part=f"part {number}", text="x" * 80, since=NOON) for number in range(3))
    cameras = tuple(CameraState(camera_id=f"mast-{number}", last_at=NOON, troubles=("dirty",)) for number in range(16))
    beat = Heartbeat(online=True, troubles=troubles, cameras=cameras, trouble_count=9)
    small = fitted(beat)
    assert len(encode(small)) <= HEARTBEAT_MAX_BYTES < len(encode(beat))
    assert small.troubles == troubles[:1], "what is wrong longest is told to the last"
    assert small.cameras == cameras[: len(small.cameras)] != ()
    assert small.trouble_count == 9
    assert fitted(small) is small
    bare = Heartbeat(online=True, software="y" * 2000, troubles=troubles)
    assert fitted(bare).troubles == ()
