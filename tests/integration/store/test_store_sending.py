"""Whose turn it is, what a lost answer is told by, and what the store knows of channels."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from cloud.adapters.ledger import verify
from cloud.adapters.store.sending_tables import MESSAGE_STATE, WAITING_REPORTS
from cloud.adapters.store.store import Store
from cloud.dispatch.carrier import ChannelHalt, Settlement
from cloud.dispatch.timing import Leave, earliest
from cloud.messages import Delivery, Farmer, Message

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
NUMBERS = {"f1": "+212612345678", "f2": "+212612345679"}


def message(text: str = "Irrigate", *, kind: str = "irrigate", hours: int = 48, farmer: str = "f1") -> Message:
    return Message(
        parcel_id="p1",
        kind=kind,
        language="fr",
        text=text,
        encoding="gsm7",
        segments=2,
        valid_until=NOW + timedelta(hours=hours),
        reviewed=True,
        farmer_id=farmer,
    )


@pytest.fixture
def desk(store: Store) -> Store:
    store.save_farmers([Farmer(id=name, name=name, phone_number=number) for name, number in NUMBERS.items()])
    return store


def queue(store: Store, *messages: Message) -> list[str]:
    queued = store.queue_messages([(one, "d" * 64) for one in messages], now=NOW)
    assert queued.problems == ()
    return [name for name in queued.message_ids if name is not None]


def states(store: Store) -> dict[str, str]:
    return {entry.message.text: entry.state for entry in store.message_log()}


def said(message_id: str, state: str, carrier_id: str | None = None, **more: object) -> Delivery:
    content = {"message_id": message_id, "state": state, "carrier": "at", "carrier_id": carrier_id, "at": NOW, **more}
    return Delivery.model_validate(content)


def test_many_texts_are_queued_at_once_and_one_that_cannot_be_keeps_no_other_waiting(desk: Store) -> None:
    texts = [message("a"), message("b", farmer="nobody"), message("c").model_copy(update={"farmer_id": None})]
    queued = desk.queue_messages([(one, "d") for one in [*texts, message("d"), message("a")]], now=NOW)
    assert [name is not None for name in queued.message_ids] == [True, False, False, True, True]
    assert (
        queued.message_ids[0] == queued.message_ids[4] == desk.queue_message(message("a"), verdict_digest="d", now=NOW)
    )
    assert len(queued.problems) == 2
    assert "expected a known farmer, got nobody" in queued.problems[0]
    assert "expected farmer_id, got none" in queued.problems[1]
    assert sorted(states(desk)) == ["a", "d"]
    assert verify(desk).intact


def test_answers_go_before_advice_and_advice_before_what_can_wait(desk: Store) -> None:
    queue(desk, message("alive", kind="alive"), message("advice"), message("thanks", kind="thanks"))
    assert [one.message.text for one in desk.claim_due(NOW, 2)] == ["thanks", "advice"]
    assert [one.message.text for one in desk.claim_due(NOW, 2)] == ["alive"]


def test_a_message_waits_for_the_hour_of_its_farmer(desk: Store) -> None:
    queue(desk, *(message(f"text {number}") for number in range(3)), message("now", kind="thanks"))
    evening = NOW + timedelta(hours=8)

    def leaves(now: datetime, farmer: Farmer, one: Message) -> Leave:
        assert farmer.phone_number == NUMBERS["f1"]
        return Leave(at=now if one.kind == "thanks" else max(now, evening), why="the evening")

    assert [one.message.text for one in desk.claim_due(NOW, 10, leaves=leaves)] == ["now"]
    assert desk.claim_due(NOW + timedelta(hours=7), 10, leaves=leaves) == ()
    waiting = [entry for entry in desk.message_log() if entry.state == "queued"]
    assert {entry.reason for entry in waiting} == {"waits for the evening"}
    assert len(desk.claim_due(evening, 10, leaves=leaves)) == 3
    assert verify(desk).intact


def test_by_its_own_hours_a_farmer_is_told_in_the_evening(desk: Store) -> None:
    early = Farmer(id="f2", name="f2", phone_number=NUMBERS["f2"], quiet_from=time(17), quiet_until=time(4))
    desk.save_farmers([early])
    tomorrow = date(2026, 5, 2)
    queue(
        desk,
        message("late").model_copy(update={"day": tomorrow}),
        message("early", farmer="f2").model_copy(update={"day": tomorrow}),
    )
    for moment, text in ((14, "early"), (16, "late")):
        now = NOW.replace(hour=moment, minute=30)
        assert [one.message.text for one in desk.claim_due(now, 10, leaves=earliest)] == [text]


def test_where_waiting_leaves_no_time_the_message_is_dropped_with_its_reason(desk: Store) -> None:
    queue(desk, message("short", hours=2), message("long"))
    later = NOW + timedelta(hours=3)
    assert desk.claim_due(NOW, 10, leaves=lambda *_: Leave(at=later, why="the end of the quiet hours")) == ()
    assert states(desk) == {"short": "expired", "long": "queued"}
    reason = next(entry.reason for entry in desk.message_log() if entry.message.text == "short")
    assert reason is not None
    assert reason.startswith("waiting for the end of the quiet hours leaves no time before its validity ends at")


def test_more_messages_than_one_look_takes_all_wait(desk: Store) -> None:
    queue(desk, *(message(f"text {number}") for number in range(450)), message("last", farmer="f2"))

    def leaves(now: datetime, farmer: Farmer, _: Message) -> Leave:
        return Leave(at=now if farmer.id == "f2" else now + timedelta(hours=1), why="the evening")

    assert [one.message.text for one in desk.claim_due(NOW, 10, leaves=leaves)] == ["last"]


def test_what_one_carrier_handed_on_is_not_given_to_it_again(desk: Store) -> None:
    (name,) = queue(desk, message())
    desk.claim_due(NOW, 1, carrier="at", handing_on=True)
    desk.settle([Settlement(delivery=said(name, "queued", reason="HTTP 503"), retry_at=NOW, handed_on=True)])
    assert desk.claim_due(NOW, 1, carrier="at", handing_on=True) == ()
    (again,) = desk.claim_due(NOW, 1, carrier="other")
    assert again.attempts == 1
    desk.settle([Settlement(delivery=said(name, "queued", reason="down"), retry_at=NOW)])
    assert len(desk.claim_due(NOW, 1, carrier="at", handing_on=True)) == 1


def test_a_carrier_left_alone_takes_what_it_had_handed_on(desk: Store) -> None:
    (name,) = queue(desk, message())
    desk.claim_due(NOW, 1, carrier="at", handing_on=True)
    desk.settle([Settlement(delivery=said(name, "queued"), retry_at=NOW, handed_on=True)])
    assert len(desk.claim_due(NOW, 1, carrier="at")) == 1


def test_after_a_crash_a_carrier_that_takes_a_message_once_is_asked_again_and_no_other(desk: Store) -> None:
    queue(desk, message())
    desk.claim_due(NOW, 1, carrier="spool")
    assert desk.recover_claims(NOW, repeatable=frozenset({"spool"})) == 0
    assert desk.claim_due(NOW, 1, carrier="at") == ()
    (again,) = desk.claim_due(NOW, 1, carrier="spool")
    desk.settle([Settlement(delivery=said(again.message_id, "queued"), retry_at=NOW)])
    assert desk.claim_due(NOW, 1, carrier="at") == (), "it may have left over the other"
    assert len(desk.claim_due(NOW, 1, carrier="spool")) == 1
    assert verify(desk).intact


def lose(store: Store, *names: str) -> None:
    """Hand messages over and lose the answers."""
    assert len(store.claim_due(NOW, 10, carrier="at")) == len(names)
    store.settle([Settlement(delivery=said(name, "unknown", reason="the answer was lost")) for name in names])


def report(store: Store, carrier_id: str, state: str = "delivered", *, farmer: str = "f1", minutes: int = 1) -> None:
    word = said("", state, carrier_id, at=NOW + timedelta(minutes=minutes))
    store.record_delivery(word, phone_number=NUMBERS[farmer])


def test_the_report_of_a_telephone_tells_that_a_message_whose_answer_was_lost_was_sent(desk: Store) -> None:
    names = queue(desk, message("one"), message("other", farmer="f2"))
    lose(desk, *names)
    report(desk, "c1")
    assert states(desk) == {"one": "delivered", "other": "unknown"}
    assert next(entry.carrier_id for entry in desk.message_log() if entry.message.text == "one") == "c1"
    report(desk, "c1", minutes=2)
    assert states(desk)["one"] == "delivered"
    with desk.reading() as connection:
        assert connection.execute(select(WAITING_REPORTS)).all() == []
    assert verify(desk).intact


def test_one_report_for_two_doubtful_messages_tells_nothing_until_the_second_comes(desk: Store) -> None:
    lose(desk, *queue(desk, message("one"), message("two")))
    report(desk, "c1", "sent")
    report(desk, "c1", "delivered")
    assert set(states(desk).values()) == {"unknown"}
    report(desk, "c2", "failed")
    assert sorted(states(desk).values()) == ["delivered", "failed"]


def test_a_report_from_before_the_handing_over_means_another_message(desk: Store) -> None:
    names = queue(desk, message())
    report(desk, "c0", minutes=-5)
    lose(desk, *names)
    assert set(states(desk).values()) == {"unknown"}
    report(desk, "c1")
    assert set(states(desk).values()) == {"delivered"}


def test_while_another_text_is_being_sent_to_the_telephone_a_report_may_be_its(desk: Store) -> None:
    lose(desk, *queue(desk, message("lost")))
    (flying,) = queue(desk, message("flying"))
    desk.claim_due(NOW, 1, carrier="at")
    report(desk, "c2")
    assert states(desk) == {"lost": "unknown", "flying": "sending"}
    desk.settle([Settlement(delivery=said(flying, "wired", "c2"))])
    assert states(desk) == {"lost": "unknown", "flying": "delivered"}


def test_reports_that_came_while_the_sender_was_dead_are_read_when_it_recovers(desk: Store) -> None:
    queue(desk, message())
    desk.claim_due(NOW, 1, carrier="at")
    report(desk, "c1")
    assert set(states(desk).values()) == {"sending"}
    desk.recover_claims(NOW + timedelta(minutes=2))
    assert set(states(desk).values()) == {"delivered"}


def test_a_report_of_another_carrier_or_telephone_tells_nothing(desk: Store) -> None:
    lose(desk, *queue(desk, message()))
    desk.record_delivery(said("", "delivered", "c1", carrier="other"), phone_number=NUMBERS["f1"])
    report(desk, "c2", farmer="f2")
    desk.record_delivery(said("", "delivered", "c3"))
    assert set(states(desk).values()) == {"unknown"}


def test_a_text_reported_delivered_again_and_again_is_seen(desk: Store) -> None:
    names = queue(desk, message("often"), message("once"))
    desk.claim_due(NOW, 10, carrier="at")
    desk.settle([Settlement(delivery=said(name, "wired", f"c{place}")) for place, name in enumerate(names)])
    for _ in range(31):
        report(desk, "c0")
    report(desk, "c1")
    assert desk.delivered_too_often(NOW) == ((names[0], 31),)
    assert verify(desk).intact


def test_a_halted_channel_stays_halted_until_it_is_opened(desk: Store, reopened: Callable[[], Store]) -> None:
    assert desk.channel_halt("at") is None
    halt = ChannelHalt(carrier="at", since=NOW, reason="405 \x00 InsufficientBalance")
    desk.halt_channel(halt)
    with reopened() as second:
        found = second.channel_halt("at")
        assert found is not None
        assert (found.since, found.reason) == (NOW, "405 \ufffd InsufficientBalance")
        assert second.channel_halt("other") is None
        assert second.halts() == (found,)
        second.open_channel("at", at=NOW, reason="filled up")
        second.open_channel("at", at=NOW, reason="filled up")
    assert desk.channel_halt("at") is None
    assert desk.halts() == ()
    assert verify(desk).intact


def test_the_days_parts_are_those_that_left_or_may_have(desk: Store) -> None:
    names = queue(desk, *(message(f"text {number}") for number in range(5)))
    assert (desk.segments_waiting(), desk.segments_since(NOW)) == (10, 0)
    desk.claim_due(NOW, 4, carrier="at")
    desk.settle(
        [
            Settlement(delivery=said(names[0], "wired", "c0")),
            Settlement(delivery=said(names[1], "unknown")),
            Settlement(delivery=said(names[2], "queued"), retry_at=NOW + timedelta(hours=1)),
            Settlement(delivery=said(names[3], "halted")),
        ]
    )
    assert desk.segments_since(NOW) == 4
    assert desk.segments_since(NOW + timedelta(seconds=1)) == 0
    assert desk.segments_waiting() == 4
    assert desk.counted() == {"queued": 2, "unknown": 1}


def test_old_messages_keep_their_place_when_the_tables_grow(desk: Store) -> None:
    names = queue(desk, message("a"), message("b"))
    with desk.reading() as connection:
        rows = connection.execute(select(MESSAGE_STATE.c.message_id, MESSAGE_STATE.c.place))
        places = {row.message_id: row.place for row in rows}
    assert places[names[0]] < places[names[1]]
