from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.contract import SmsInbound
from edge.gsm.incoming import IncomingText, read_pdu
from edge.outbox import Outbox
from edge.postbox import Postbox
from edge.wire import decode_inbound
from simulations.modem.network import delivery

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
NUMBER = "+212612345678"


class Box:
    """A postbox and the queue it tells through."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.outbox = Outbox(file, boot="b1", now=lambda: NOON)
        self.postbox = Postbox(self.outbox)

    def hear(self, *pdus: str, now: datetime = NOON) -> None:
        for pdu in pdus:
            text = read_pdu(pdu)
            assert isinstance(text, IncomingText)
            self.postbox.hear(pdu, text, now)

    def told(self) -> list[SmsInbound]:
        return [decode_inbound("gw", queued.payload)[1] for queued in self.outbox.pending(99)]

    def texts(self) -> list[str]:
        return [word.text for word in self.told()]


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path / "outbox.sqlite")
    yield made
    made.outbox.close()


def test_a_text_read_twice_is_told_once_even_after_a_restart(box: Box) -> None:
    (pdu,) = delivery(NUMBER, "1", NOON)
    box.hear(pdu, pdu)
    box.outbox.close()
    again = Box(box.file)
    again.hear(pdu)
    (word,) = again.told()
    assert (word.path, word.phone_number, word.text, word.received_at) == ("sms", NUMBER, "1", NOON)
    again.hear(*delivery(NUMBER, "1", NOON + timedelta(seconds=1)))
    assert len(again.told()) == 2, "said a second time, it is a second text"
    again.outbox.close()


def test_parts_are_joined_in_whatever_order_they_come(box: Box) -> None:
    text = "قطعة " * 40
    first, *others = delivery(NUMBER, text, NOON)
    box.hear(*others, others[0])
    assert box.texts() == []
    box.hear(first)
    assert box.texts() == [text]
    box.hear(first, *others)
    assert box.texts() == [text]


def test_parts_of_two_people_are_not_mixed(box: Box) -> None:
    one, two = ("أ" * 100, "ب" * 100)
    mine, yours = delivery(NUMBER, one, NOON), delivery("+212699999999", two, NOON)
    box.hear(mine[0], yours[1], yours[0], mine[1])
    assert box.texts() == [two, one]


def test_what_came_of_a_text_is_told_after_a_day(box: Box) -> None:
    first, _, last = delivery(NUMBER, "a" * 320, NOON)
    box.hear(last, first)
    box.postbox.tell_incomplete(NOON + timedelta(hours=23))
    assert box.texts() == []
    box.postbox.tell_incomplete(NOON + timedelta(hours=25))
    assert box.texts() == ["a" * 153 + " ... " + "a" * 14]
    box.postbox.tell_incomplete(NOON + timedelta(hours=26))
    assert len(box.texts()) == 1


def test_a_missed_call_means_call_me(box: Box) -> None:
    box.postbox.called(NUMBER, NOON)
    (word,) = box.told()
    assert (word.path, word.phone_number, word.text, word.received_at) == ("call", NUMBER, "3", NOON)


def test_names_say_nothing_of_number_or_text(box: Box, tmp_path: Path) -> None:
    other = Box(tmp_path / "other.sqlite")
    (pdu,) = delivery(NUMBER, "1", NOON)
    for each in (box, other):
        each.hear(pdu)
    assert box.told()[0].name != other.told()[0].name, "each gateway names by a key of its own"
    other.outbox.close()


@pytest.mark.parametrize(
    ("sent_at", "now", "received_at"),
    [
        (NOON - timedelta(hours=30), NOON, NOON - timedelta(hours=30)),
        (NOON + timedelta(days=3), NOON, NOON),
        (NOON, datetime(2001, 1, 1, tzinfo=UTC), NOON),
    ],
)
def test_the_networks_time_counts_unless_it_cannot_be(
    box: Box, sent_at: datetime, now: datetime, received_at: datetime
) -> None:
    box.hear(*delivery(NUMBER, "1", sent_at), now=now)
    assert box.told()[0].received_at == received_at


def test_a_text_without_any_time_says_so(box: Box) -> None:
    text = IncomingText(number="", sent_at=None, text="1", joint=None)
    box.postbox.hear("00", text, datetime(2001, 1, 1, tzinfo=UTC))
    assert (box.told()[0].received_at, box.told()[0].phone_number) == (None, "unknown")


def test_what_cannot_be_read_is_kept_for_an_operator(box: Box) -> None:
    for _ in range(2):
        box.postbox.set_aside("0003AA", "type 3", NOON)
    assert box.outbox.database.rows("SELECT pdu, reason FROM unread") == [("0003AA", "type 3")]
    assert box.told() == []


def test_old_names_are_forgotten(box: Box) -> None:
    (pdu,) = delivery(NUMBER, "1", NOON)
    box.hear(pdu)
    box.postbox.forget_old(NOON + timedelta(days=401))
    assert box.outbox.database.rows("SELECT count(*) FROM heard") == [(0,)]


def test_a_listener_that_keeps_a_text_keeps_it_from_the_cloud_and_one_that_overhears_does_not(box: Box) -> None:
    overheard: list[str] = []

    def overhears(word: SmsInbound, now: datetime) -> bool:
        overheard.append(word.text)
        return now != NOON

    def is_told_last(word: SmsInbound, now: datetime) -> bool:
        overheard.append("late")
        return False

    box.postbox.listeners += [overhears, lambda word, _: word.text == "S", is_told_last]
    box.hear(*delivery(NUMBER, "S", NOON), *delivery(NUMBER, "1", NOON))
    assert overheard == ["S", "1", "late"]
    assert box.texts() == ["1"]


def test_a_text_whose_hearing_fails_is_heard_again(box: Box) -> None:
    (pdu,) = delivery(NUMBER, "S", NOON)

    def fails(word: SmsInbound, now: datetime) -> bool:
        raise RuntimeError("power")

    box.postbox.listeners.append(fails)
    with pytest.raises(RuntimeError):
        box.hear(pdu)
    box.postbox.listeners.clear()
    box.hear(pdu)
    assert box.texts() == ["S"]
