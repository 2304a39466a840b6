"""What followed from texts, each once, in both databases; and the records of some parcels alone."""

from datetime import UTC, datetime, timedelta

import pytest

from cloud.adapters.ledger import verify
from cloud.adapters.store.store import Store
from cloud.conversation.reading import SwapStep
from cloud.conversation.taking import hear_new
from cloud.messages import Farmer, Inbound, Message
from cloud.records import FarmerReference, IrrigationEvent, Observation, Parcel
from edge.contract import Detection, MessageId
from tests.integration.store.conftest import NOW
from tests.spoken import verdict

NUMBER = "+212600000001"
PEOPLE = FarmerReference(id="F1", language="en")
LAND = tuple(Parcel(id=name, crop="maize", latitude=32.3, longitude=-6.3, farmer=PEOPLE) for name in ("P1", "P2", "P3"))


@pytest.fixture
def desk(store: Store) -> Store:
    store.save_parcels(LAND)
    store.save_farmers([Farmer(id="F1", name="Somebody", phone_number=NUMBER, language="en")])
    return store


def hear(store: Store, *texts: str) -> list[int]:
    for place, words in enumerate(texts):
        at = NOW + timedelta(minutes=place)
        content = {"carrier": "test", "carrier_id": f"{place}{words}", "phone_number": NUMBER, "text": words}
        store.add_inbound(Inbound.model_validate({**content, "received_at": at}))
    return [one.position for one in hear_new(store, now=NOW + timedelta(hours=1)).readings]


def message(text: str = "noted") -> Message:
    return Message(
        parcel_id="P1",
        kind="thanks",
        language="en",
        text=text,
        encoding="gsm7",
        segments=1,
        valid_until=NOW + timedelta(hours=9),
        reviewed=True,
        farmer_id="F1",
    )


def test_an_answer_is_queued_once_with_the_memory_of_it(desk: Store) -> None:
    first, second = hear(desk, "HELP", "3")
    assert [one.position for one in desk.unanswered(10)] == [first, second]
    assert desk.keep_answers(first, [message()], "answered", NOW)
    assert not desk.keep_answers(first, [message("again")], "answered", NOW)
    assert [one.position for one in desk.unanswered(10)] == [second]
    assert [one.message.text for one in desk.message_log()] == ["noted"]
    (step,) = desk.followed([first, second])
    assert (step.reading, step.step, step.result) == (first, "answered", "answered")
    assert step.reference == desk.message_log()[0].message_id
    assert verify(desk).intact


def test_an_answer_that_cannot_be_queued_leaves_nothing_behind(desk: Store) -> None:
    (first,) = hear(desk, "HELP")
    with pytest.raises(Exception, match="expected a known farmer"):
        desk.keep_answers(first, [message(), message("x").model_copy(update={"farmer_id": "F9"})], "answered", NOW)
    assert desk.message_log() == ()
    assert desk.followed([first]) == ()


def test_texts_that_changed_water_wait_until_they_were_looked_at(desk: Store) -> None:
    rain, *_ = hear(desk, "6 P1", "HELP", "6 P2")
    waiting = desk.unrenewed(10)
    assert [one.reading.parcel_id for one in waiting] == ["P1", "P2"]
    desk.keep_renewed([rain], "wait; nothing new to say", "d" * 64, NOW)
    desk.keep_renewed([rain], "again", None, NOW)
    assert [one.reading.parcel_id for one in desk.unrenewed(10)] == ["P2"]
    assert [one.result for one in desk.followed([rain])] == ["wait; nothing new to say"]


def test_texts_that_nobody_attends_to_are_counted(desk: Store) -> None:
    hear(desk, "HELP", "3")
    desk.add_inbound(
        Inbound(carrier="test", carrier_id="9", phone_number=NUMBER, text="1", received_at=NOW + timedelta(hours=2))
    )
    assert desk.waiting_texts(NOW + timedelta(hours=1)) == 2
    assert desk.waiting_texts(NOW + timedelta(hours=3)) == 3
    assert desk.waiting_texts(NOW) == 0


def test_a_wish_to_be_called_waits_until_somebody_calls(desk: Store) -> None:
    wish, other = hear(desk, "3", "HELP")
    assert [one.position for one in desk.calls_wanted(NOW - timedelta(days=1))] == [wish]
    assert not desk.keep_called(other, "Amina", "called", NOW)
    assert desk.keep_called(wish, "Amina", "called", NOW)
    assert not desk.keep_called(wish, "Amina", "called", NOW)
    assert desk.calls_wanted(NOW - timedelta(days=1)) == ()
    (step,) = desk.followed([wish])
    assert step.reference == desk.reviewer_mark("amina")


def test_an_agronomists_swap_keeps_a_mark_of_the_name(desk: Store) -> None:
    step = SwapStep(
        swap="s", act="agreed", day=NOW.date(), parcel_id="P1", other_parcel_id="P2", by="agronomist", at=NOW
    )
    desk.keep_swaps([step], mark="Amina")
    (kept,) = desk.swap_steps(NOW.date())
    assert kept == step.model_copy(update={"mark": desk.reviewer_mark("Amina")})
    assert desk.swap_steps(NOW.date() + timedelta(days=1)) == ()


def test_a_portion_reads_what_a_night_reads_of_its_parcels(desk: Store) -> None:
    at = datetime(2026, 4, 20, 6, tzinfo=UTC)
    desk.add_events(
        [IrrigationEvent(parcel_id=one.id, started_at=at, depth_mm=9.0, source="meter") for one in LAND]
        + [IrrigationEvent(parcel_id="P1", started_at=at - timedelta(days=1), depth_mm=8.0, source="reply")]
    )
    probe = Observation(parcel_id="P1", observed_at=at, kind="depletion_mm", value=40.0, sigma=5.0, source="probe")
    desk.save_observations([probe, probe.model_copy(update={"parcel_id": "P3"})])
    desk.save_observations([probe.model_copy(update={"value": 30.0})])
    for number, one in enumerate(LAND):
        photo = {"parcel_id": one.id, "camera_id": "c", "taken_at": at, "sha256": "a" * 64, "opinion": False}
        model = {"name": "canopy", "version": "1.0.0", "sha256": "c" * 64}
        detection = Detection.model_validate({**photo, "model": model, "reasons": ("blurred",)})
        desk.add_detection(MessageId(gateway="g", boot="b", sequence=number), "o", detection, at + timedelta(hours=1))
    for name in ("P1", "P2"):
        for depth in (20.0, 25.0):
            told = verdict(parcel_id=name, day=at.date(), volume_m3=depth * 5.0)
            desk.save_day(at.date(), (), [told])
    portion, since, until = desk.portion(LAND[:2]), at - timedelta(days=2), at + timedelta(days=2)
    names = {"P1", "P2"}
    assert portion.parcels() == LAND[:2]
    assert portion.events() == tuple(one for one in desk.events() if one.parcel_id in names)
    assert portion.observations(since, until) == tuple(
        one for one in desk.observations(since, until) if one.parcel_id in names
    )
    assert [one.value for one in portion.observations(since, until)] == [30.0]
    assert portion.observations(until, until) == ()
    assert portion.detections(since, until) == tuple(
        one for one in desk.detections(since, until) if one.parcel_id in names
    )
    assert [(one.detection, one.received_at) for one in portion.detections_taken(since, until)] == [
        (one.detection, one.received_at)
        for one in desk.detections_taken(since, until)
        if one.detection.parcel_id in names
    ]
    assert portion.verdicts(at.date()) == tuple(
        one for one in desk.verdicts(at.date()) if one.proposed.parcel_id in names
    )
    assert portion.verdicts(None) == portion.verdicts(at.date())
    assert portion.verdicts(until.date()) == ()
