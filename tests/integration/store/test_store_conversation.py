"""Texts heard once, with all their effects, in both databases."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from cloud.adapters.ledger import verify
from cloud.adapters.store.store import Store
from cloud.conversation.context import Context
from cloud.conversation.hearing import hear
from cloud.conversation.reading import Heard, HeardText, KeptReading
from cloud.conversation.taking import hear_new, take_answers
from cloud.messages import Delivery, Farmer, Inbound
from cloud.people.ties import Tie
from cloud.records import CanalTurn, FarmerReference, IrrigationEvent, Parcel, WaterSource
from cloud.speech.render import render
from tests.integration.store.conftest import NOW
from tests.spoken import verdict

BEGIN = NOW - timedelta(hours=6)
NUMBERS = {"F1": "+212600000001", "F2": "+212600000002"}


@pytest.fixture
def desk(store: Store) -> Store:
    store.save_parcels([parcel("P1", "F1"), parcel("P2", "F2")])
    people = [Farmer(id=name, name="Somebody", phone_number=number, language="en") for name, number in NUMBERS.items()]
    store.save_farmers(people)
    return store


def parcel(name: str, farmer: str) -> Parcel:
    who = FarmerReference(id=farmer, language="en")
    return Parcel(id=name, crop="maize", latitude=32.3, longitude=-6.3, farmer=who, water=WaterSource(canal="K1"))


def write(store: Store, words: str, *, who: str = "F1", after_h: float = 0.0, **more: str) -> None:
    at = NOW + timedelta(hours=after_h)
    content = {"carrier": "test", "carrier_id": f"{who}-{words}-{after_h}", "phone_number": NUMBERS.get(who, who)}
    store.add_inbound(Inbound.model_validate({**content, "text": words, "received_at": at, **more}))


def tell(store: Store, parcel_id: str = "P1", farmer_id: str = "F1", begin: datetime = BEGIN) -> str:
    """Tell an irrigation of 21 mm, and let it reach its farmer."""
    spoken = verdict(
        parcel_id=parcel_id,
        parcel_name=parcel_id,
        day=begin.date(),
        start_window=(begin, begin + timedelta(hours=2)),
    ).model_copy(update={"valid_until": begin + timedelta(hours=2)})
    told_at = begin - timedelta(hours=12)
    store.save_day(begin.date(), (), [spoken])
    message = render(spoken, language="en", farmer_id=farmer_id)
    name = store.queue_message(message, verdict_digest=spoken.digest(), now=told_at)
    store.claim_due(told_at + timedelta(hours=1), 10)
    store.record_delivery(Delivery(message_id=name, state="wired", carrier="test", carrier_id=name[:8], at=told_at))
    return name


def test_a_text_is_heard_once_and_kept_with_its_event(desk: Store) -> None:
    name = tell(desk)
    write(desk, "4")
    (kept,) = hear_new(desk, now=NOW).readings
    assert (kept.reading.meaning, kept.reading.about, kept.reading.depth_mm) == ("half", name, 10.5)
    assert hear_new(desk, now=NOW).readings == []
    (event,) = desk.events()
    assert (event.depth_mm, event.sigma_fraction, event.told_at) == (10.5, 0.35, NOW)
    assert desk.readings_of(["F1"], NOW - timedelta(days=1)) == (kept,)
    assert verify(desk).intact


def test_two_processes_that_hear_the_same_text_keep_it_once(desk: Store) -> None:
    tell(desk)
    write(desk, "1")
    (text,) = desk.unheard(10)
    heard = hear(text, Context())
    assert len(desk.keep_heard(text, heard, NOW)) == 1
    assert desk.keep_heard(text, heard, NOW) == ()
    assert len(desk.readings_of(["F1"], NOW - timedelta(days=1))) == 1


def test_hearing_cut_short_is_taken_up_where_it_stopped(desk: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(desk)
    for number, words in enumerate(("1", "STOP", "2")):
        write(desk, words, after_h=float(number))
    real = desk.keep_heard
    calls: list[HeardText] = []

    def dying(text: HeardText, heard: Sequence[Heard], now: datetime) -> tuple[KeptReading, ...]:
        calls.append(text)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(text, heard, now)

    monkeypatch.setattr(desk, "keep_heard", dying)
    with pytest.raises(KeyboardInterrupt):
        hear_new(desk, now=NOW + timedelta(hours=3))
    monkeypatch.undo()
    hear_new(desk, now=NOW + timedelta(hours=3))
    said = desk.readings_of(["F1"], NOW - timedelta(days=1))
    assert [one.reading.meaning for one in said] == ["done", "stop", "not_done"]
    assert [one.given for one in desk.consents("F1")] == [False]
    assert [event.depth_mm for event in desk.events()] == [21.0, 0.0]
    assert verify(desk).intact


def test_stop_is_heard_even_where_the_carriers_clock_runs_ahead(desk: Store) -> None:
    write(desk, "STOP", after_h=5.0)
    hear_new(desk, now=NOW)
    assert desk.refused(NOW) == {"F1"}
    write(desk, "start", after_h=6.0, carrier="ussd")
    hear_new(desk, now=NOW + timedelta(hours=1))
    assert desk.refused(NOW + timedelta(hours=2)) == frozenset()
    assert [one.how for one in desk.consents("F1")] == ["sms", "ussd"]


def test_a_carriers_opt_out_is_the_carriers_word(desk: Store) -> None:
    write(desk, "STOP", carrier_id="optout-1")
    hear_new(desk, now=NOW)
    assert [one.how for one in desk.consents("F1")] == ["carrier"]


def test_a_strangers_text_is_kept_and_told(desk: Store) -> None:
    write(desk, "1", who="+212600000099")
    write(desk, "1", who="+33612345678")
    write(desk, "1", who="INFO")
    taken = hear_new(desk, now=NOW)
    assert [one.reading.outcome for one in taken.readings] == ["unknown_number"] * 3
    assert len(desk.notes_since(NOW)) == 3
    assert "2126" not in " ".join(desk.notes_since(NOW))
    assert desk.events() == ()


def test_a_number_that_two_share_is_both(desk: Store) -> None:
    desk.save_farmers([Farmer(id="F2", name="Else", phone_number=NUMBERS["F1"], language="en")])
    tell(desk, "P1", "F1")
    tell(desk, "P2", "F2", BEGIN + timedelta(minutes=30))
    write(desk, "1")
    (kept,) = hear_new(desk, now=NOW).readings
    # The second was told half an hour after the first.
    assert (kept.reading.farmer_id, kept.reading.parcel_id) == ("F2", "P2")
    write(desk, "STOP", after_h=1.0)
    hear_new(desk, now=NOW + timedelta(hours=1))
    assert desk.refused(NOW + timedelta(hours=1)) == {"F1", "F2"}


def test_a_worker_who_was_told_may_answer_and_name_the_parcel(desk: Store) -> None:
    desk.save_ties([Tie(farmer_id="F2", parcel_id="P1", role="worker", since=NOW.date() - timedelta(days=9))])
    tell(desk, "P1", "F2")
    write(desk, "6 p1", who="F2")
    write(desk, "1", who="F2", after_h=0.5)
    rain, done = hear_new(desk, now=NOW).readings
    assert (rain.reading.parcel_id, done.reading.parcel_id) == ("P1", "P1")


def test_a_corrected_advice_is_what_was_told(desk: Store) -> None:
    tell(desk)
    tell(desk, begin=BEGIN + timedelta(hours=1))
    (told,) = desk.told_irrigations(NOW - timedelta(days=2), ["F1"])
    assert told.begin == BEGIN + timedelta(hours=1)


def test_what_a_meter_saw_teaches_trust(desk: Store) -> None:
    tell(desk, begin=BEGIN - timedelta(days=4))
    write(desk, "1", after_h=-90.0)
    hear_new(desk, now=NOW)
    desk.add_events(
        [IrrigationEvent(parcel_id="P1", started_at=BEGIN - timedelta(days=4), depth_mm=3.0, source="meter")]
    )
    tell(desk)
    write(desk, "1")
    hear_new(desk, now=NOW)
    assert desk.events()[-1].sigma_fraction == pytest.approx(0.2 * (3 / 11) / 0.2, abs=1e-3)


def test_answers_of_everybody_come_from_what_was_kept(desk: Store) -> None:
    tell(desk)
    tell(desk, "P2", "F2")
    write(desk, "1")
    write(desk, "2", after_h=1.0)
    write(desk, "4", who="F2")
    write(desk, "STOP", who="F2", after_h=2.0)
    answers = take_answers(desk, desk.parcels(), now=NOW + timedelta(hours=3))
    assert {name: one.silenced for name, one in answers.items()} == {"F1": False, "F2": True}
    # The last word about each: one of eleven not given, and half of one.
    assert answers["F1"].compliance == pytest.approx(8 / 11)
    assert answers["F2"].compliance == pytest.approx(8.5 / 11)
    assert [told.parcel_id for told in answers["F2"].told] == ["P2"]
    assert take_answers(desk, desk.parcels(), now=NOW + timedelta(hours=3)) == answers


def test_a_swap_is_kept_word_by_word(desk: Store) -> None:
    ahead = NOW + timedelta(days=2)
    turns = [
        CanalTurn(canal="K1", parcel_id=name, starts_at=ahead + later, ends_at=ahead + later * 2, flow_m3_h=90)
        for name, later in (("P1", timedelta(hours=1)), ("P2", timedelta(hours=3)))
    ]
    write(desk, "swap P1 P2")
    write(desk, "7", who="F2", after_h=1.0)
    hear_new(desk, now=NOW + timedelta(hours=1), turns=lambda: turns)
    steps = desk.swap_steps(NOW.date())
    assert [(one.act, one.by) for one in steps] == [("proposed", "F1"), ("agreed", "F2")]
    assert len({one.swap for one in steps}) == 1
    assert verify(desk).intact


def test_a_text_of_an_erased_number_is_passed_over(desk: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    write(desk, "1")
    monkeypatch.setattr("cloud.adapters.store.conversation.unseal_many", lambda *_: [None])
    (kept,) = hear_new(desk, now=NOW).readings
    assert kept.reading.outcome == "unreadable"
    monkeypatch.undo()
    assert hear_new(desk, now=NOW).readings == []


def test_a_text_that_cannot_be_heard_keeps_no_other_waiting(desk: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(desk)
    write(desk, "2")
    write(desk, "1", after_h=1.0)

    def fails_first(text: HeardText, context: Context) -> tuple[Heard, ...]:
        assert text.inbound is not None
        if text.inbound.text == "2":
            raise ValueError("a rule of our own")
        return hear(text, context)

    monkeypatch.setattr("cloud.conversation.taking.hear", fails_first)
    taken = hear_new(desk, now=NOW)
    assert [one.reading.outcome for one in taken.readings] == ["unreadable", "taken"]
    assert "could not be heard (ValueError)" in taken.notes[0]


def test_who_gave_a_parcel_up_may_answer_for_it_and_no_longer_swap_its_turn(desk: Store) -> None:
    begin = NOW.replace(hour=0) + timedelta(days=2)
    turns = [
        CanalTurn(canal="K1", parcel_id=name, starts_at=at, ends_at=at + timedelta(hours=1), flow_m3_h=90)
        for name, at in (("P1", begin), ("P2", begin + timedelta(hours=2)))
    ]
    desk.save_farmers([Farmer(id="F3", name="Before", phone_number="+212600000003", language="en")])
    yesterday = (NOW - timedelta(days=1)).date()
    left = Tie(farmer_id="F3", parcel_id="P1", role="worker", since=yesterday - timedelta(days=9), until=yesterday)
    desk.save_ties([left])
    tell(desk, farmer_id="F3")
    write(desk, "swap P1 P2", who="+212600000003")
    write(desk, "1", who="+212600000003", after_h=1.0)
    asked, answered = hear_new(desk, now=NOW + timedelta(hours=2), turns=lambda: turns).readings
    assert (asked.reading.farmer_id, asked.reading.outcome, asked.reading.swap) == ("F3", "wish", None)
    assert (answered.reading.meaning, answered.reading.parcel_id) == ("done", "P1")
    assert desk.swap_steps(NOW.date()) == ()


def test_a_number_given_up_may_answer_and_no_longer_swap_a_turn(desk: Store) -> None:
    begin = NOW.replace(hour=0) + timedelta(days=2)
    turns = [
        CanalTurn(canal="K1", parcel_id=name, starts_at=at, ends_at=at + timedelta(hours=1), flow_m3_h=90)
        for name, at in (("P1", begin), ("P2", begin + timedelta(hours=2)))
    ]
    tell(desk)
    desk.save_farmers([Farmer(id="F1", name="Somebody", phone_number="+212600000009", language="en")])
    write(desk, "swap P1 P2", who=NUMBERS["F1"], after_h=1.0)
    write(desk, "1", who=NUMBERS["F1"], after_h=2.0)
    asked, answered = hear_new(desk, now=NOW + timedelta(hours=3), turns=lambda: turns).readings
    assert (asked.reading.outcome, asked.reading.swap) == ("wish", None)
    assert (answered.reading.meaning, answered.reading.parcel_id) == ("done", "P1")
    write(desk, "swap P1 P2", who="+212600000009", after_h=4.0)
    hear_new(desk, now=NOW + timedelta(hours=5), turns=lambda: turns)
    assert [(step.act, step.by) for step in desk.swap_steps(NOW.date())] == [("proposed", "F1")]
