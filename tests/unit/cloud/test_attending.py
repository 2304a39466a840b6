"""Texts attended to: each step once, and what cannot be done now left waiting or told."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from cloud.attending import Attended, Looked, Office, hear_and_answer, renew_waiting
from cloud.conversation.reading import HeardText, KeptReading
from cloud.errors import MissingDataError
from cloud.messages import Farmer, Inbound, Message
from cloud.records import FarmerReference, Parcel, Verdict
from cloud.replies import ToldIrrigation
from cloud.speech.voice import Voice
from tests.conversation_double import Listening
from tests.spoken import verdict

BEGIN = datetime(2026, 7, 15, 5, tzinfo=UTC)
NOW = BEGIN + timedelta(hours=4)
DAY = date(2026, 7, 15)
LAND = tuple(
    Parcel(id=name, crop="maize", latitude=32.3, longitude=-6.3, farmer=FarmerReference(id="F1", language="en"))
    for name in ("P1", "P2")
)


class Store(Listening):
    """The listening double with what follows from texts."""

    def __init__(self, *texts: str, people: Sequence[str] = ("F1",)) -> None:
        super().__init__()
        self.people = people
        self.land = LAND
        self.queued: list[Message] = []
        self.answered: dict[int, str] = {}
        self.renewed: dict[int, str] = {}
        self.days: dict[str, date] = {}
        self.told = [
            ToldIrrigation(
                parcel_id="P1", queued_at=BEGIN - timedelta(hours=9), begin=BEGIN, depth_mm=20.0, farmer_id="F1"
            )
        ]
        for place, words in enumerate(texts, start=1):
            at = NOW - timedelta(hours=1)
            content = {"carrier": "test", "carrier_id": str(place), "phone_number": "+212600000001", "text": words}
            inbound = Inbound.model_validate({**content, "received_at": at})
            self.inbound.append(
                HeardText(position=place, received_at=at, carrier="test", farmer_ids=("F1",), inbound=inbound)
            )

    def parcels(self) -> tuple[Parcel, ...]:
        return self.land

    def unanswered(self, limit: int) -> Sequence[KeptReading]:
        return [one for one in self.readings if one.reading.answer is not None and one.position not in self.answered][
            :limit
        ]

    def keep_answers(self, reading: int, messages: Sequence[Message], result: str, now: datetime) -> bool:
        assert now.tzinfo is not None
        self.answered[reading] = result
        self.queued += messages
        return True

    def unrenewed(self, limit: int) -> Sequence[KeptReading]:
        return [one for one in self.readings if one.reading.parcel_id and one.position not in self.renewed][:limit]

    def keep_renewed(self, readings: Collection[int], result: str, verdict_digest: str | None, now: datetime) -> None:
        assert verdict_digest is None or now.tzinfo is not None
        self.renewed |= dict.fromkeys(readings, result)

    def farmer(self, farmer_id: str) -> Farmer | None:
        known = farmer_id in self.people
        return Farmer(id=farmer_id, name="x", phone_number="+212600000001", language="en") if known else None

    def verdict_of(self, parcel_id: str) -> Verdict | None:
        day = self.days.get(parcel_id)
        return None if day is None else verdict(parcel_id=parcel_id, day=day)


@dataclass
class Eyes:
    """Looks again, or cannot."""

    asked: list[tuple[date, tuple[str, ...], tuple[str, ...]]] = field(default_factory=list)
    blind: bool = False
    overlooks: bool = False
    blind_after: date = date.max

    def __call__(
        self, day: date, parcel_ids: Collection[str], given: Collection[str], now: datetime
    ) -> Mapping[str, Looked]:
        assert now.tzinfo is not None
        self.asked.append((day, tuple(parcel_ids), tuple(given)))
        if self.blind or day > self.blind_after:
            raise MissingDataError("weather: expected some, got none; wait")
        return (
            {}
            if self.overlooks
            else {one: Looked(result="wait", verdict_digest="d", corrected=1) for one in parcel_ids}
        )


def office(eyes: Eyes | None = None) -> Office:
    return Office(look_again=eyes or Eyes(), turns=lambda: (), voice=Voice(draft=True))


def kinds(store: Store) -> list[str]:
    return [one.kind for one in store.queued]


def test_a_round_hears_answers_and_looks_again_once() -> None:
    store, eyes = Store("1", "3", "blah"), Eyes()
    heard = hear_and_answer(store, office(eyes), NOW)
    assert (heard.heard, heard.answers, kinds(store)) == (3, 3, ["thanks", "call_soon", "help"])
    assert len(heard.notes) == 2
    looked = renew_waiting(store, office(eyes), NOW)
    assert (looked.renewed, looked.corrected) == (1, 1)
    assert eyes.asked == [(DAY, ("P1",), ("P1",))]
    assert hear_and_answer(store, office(eyes), NOW).idle
    assert renew_waiting(store, office(eyes), NOW).idle


def test_the_day_looked_at_is_the_last_one_told_and_never_one_gone_by() -> None:
    for held, day in ((DAY + timedelta(days=1), DAY + timedelta(days=1)), (DAY - timedelta(days=3), DAY)):
        store, eyes = Store("1"), Eyes()
        store.days["P1"] = held
        hear_and_answer(store, office(), NOW)
        renew_waiting(store, office(eyes), NOW)
        # What was done on another day does not silence a correction of this one.
        assert eyes.asked == [(day, ("P1",), ("P1",) if day == DAY else ())]


def test_an_answer_to_somebody_erased_is_told_and_not_tried_again() -> None:
    store = Store("1", people=())
    done = hear_and_answer(store, office(), NOW)
    assert (done.answers, store.queued) == (0, [])
    assert "expected a known farmer" in done.problems[0]
    assert hear_and_answer(store, office(), NOW).problems == []
    assert "not answered" in store.answered[0]


def test_a_day_that_cannot_be_decided_now_is_left_waiting() -> None:
    store, eyes = Store("1", "6 P2"), Eyes(blind=True)
    hear_and_answer(store, office(), NOW)
    done = renew_waiting(store, office(eyes), NOW)
    assert store.renewed == {}
    assert "looked at again later" in done.problems[0]
    eyes.blind = False
    assert renew_waiting(store, office(eyes), NOW).renewed == 2


def test_water_that_could_not_be_looked_at_for_hours_is_left_to_the_night() -> None:
    store = Store("1")
    hear_and_answer(store, office(), NOW)
    done = renew_waiting(store, office(Eyes(blind=True)), NOW + timedelta(hours=7))
    assert list(store.renewed.values()) == ["left to the night"]
    assert done.problems


def test_a_parcel_that_is_gone_or_not_decided_keeps_nobody_waiting() -> None:
    store = Store("1", "6 P2")
    hear_and_answer(store, office(), NOW)
    store.land = LAND[1:]
    assert renew_waiting(store, office(Eyes(overlooks=True)), NOW).renewed == 2
    assert list(store.renewed.values()) == ["no such parcel any more", "not decided"]


def test_what_waits_keeps_what_came_later_waiting_too() -> None:
    store = Store("1", "6 P2")
    store.days["P1"] = DAY + timedelta(days=1)
    hear_and_answer(store, office(), NOW)

    done = renew_waiting(store, office(Eyes(blind_after=DAY)), NOW)
    assert (done.renewed, store.renewed) == (0, {})


def test_rounds_add_up() -> None:
    whole = Attended()
    whole.add(Attended(heard=1, answers=2, renewed=3, corrected=4, notes=["n"], problems=["p"]))
    whole.add(Attended(heard=1))
    assert (whole.heard, whole.answers, whole.renewed, whole.corrected) == (2, 2, 3, 4)
    assert (whole.notes, whole.problems, whole.idle) == (["n"], ["p"], False)
    assert Attended().idle


@pytest.mark.parametrize("late_h", [0.0, 13.0])
def test_a_late_text_is_remembered_as_answered_and_nothing_is_said(late_h: float) -> None:
    store = Store("HELP")
    hear_and_answer(store, office(), NOW + timedelta(hours=late_h))
    assert kinds(store) == ([] if late_h else ["help"])
    assert len(store.answered) == 1
