"""A farmer's answer in the real store: found by the number, counted once, and heard before anything else is said."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store
from cloud.conversation.taking import take_answers
from cloud.messages import Delivery, Farmer, Inbound
from cloud.records import FarmerReference, IrrigationSystem, Parcel, Quantiles, Recommendation, Verdict
from cloud.speech.render import render

BEGIN = datetime.fromisoformat("2026-07-15T06:00:00+01:00")
TOLD_AT = BEGIN - timedelta(hours=12)
NOW = BEGIN + timedelta(hours=8)
PARCEL = Parcel(
    id="P01",
    crop="maize",
    planted_on=date(2026, 5, 1),
    latitude=32.3,
    longitude=-6.3,
    irrigation=IrrigationSystem(method="drip", flow_m3_h=50.0),
    farmer=FarmerReference(id="F01", language="ary"),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'seguia.db'}", PersonalKeys.generate(), create=True) as opened:
        opened.save_parcels([PARCEL])
        opened.save_farmers([Farmer(id="F01", name="Fatima", phone_number="+212600000001", language="ary")])
        yield opened


def tell(store: Store) -> None:
    advice = Recommendation(
        parcel_id="P01",
        parcel_name="Dra 1",
        timezone="Africa/Casablanca",
        day=BEGIN.date(),
        action="irrigate",
        start_window=(BEGIN, BEGIN + timedelta(hours=2)),
        depth_mm=Quantiles(p10=15.0, p50=20.0, p90=25.0),
        volume_m3=200.0,
        duration_h=4.0,
        reason_code="stress_expected",
        code_version="test",
    )
    verdict = Verdict(
        proposed=advice,
        recommendation=advice,
        decision="release",
        checks=(),
        explanation="made for a test",
        valid_until=BEGIN + timedelta(hours=2),
    )
    message = render(verdict, language="ary", farmer_id="F01", draft=True)
    name = store.queue_message(message, verdict_digest=verdict.digest(), now=TOLD_AT)
    store.claim_due(TOLD_AT, 10)
    store.record_delivery(Delivery(message_id=name, state="wired", carrier="test", carrier_id="x1", at=TOLD_AT))


def answer(store: Store, text: str, *, number: str = "0600000001") -> None:
    store.add_inbound(
        Inbound(
            carrier="test",
            carrier_id=f"in-{text}",
            phone_number=number,
            text=text,
            received_at=BEGIN + timedelta(hours=6),
        )
    )


def test_an_answer_is_counted_once_however_often_the_night_asks(store: Store) -> None:
    tell(store)
    answer(store, "1")
    for _ in range(2):
        answers = take_answers(store, store.parcels(), now=NOW)
        assert not answers["F01"].silenced
    (event,) = store.events()
    assert (event.parcel_id, event.depth_mm, event.started_at, event.source) == ("P01", 20.0, BEGIN, "reply")


def test_stop_is_heard(store: Store) -> None:
    answer(store, "حبس")
    assert take_answers(store, store.parcels(), now=NOW)["F01"].silenced


def test_a_strangers_answer_changes_nothing(store: Store) -> None:
    tell(store)
    answer(store, "1", number="+212600000099")
    take_answers(store, store.parcels(), now=NOW)
    assert store.events() == ()
