"""What gateways said while they were alone: heard late, kept once, told to nobody again. SYNTHETIC."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from cloud.adapters.ledger import verify
from cloud.adapters.mqtt import Ingest, IngestSettings
from cloud.adapters.store.store import Store
from cloud.adapters.store.tables import MESSAGES
from cloud.adapters.store.threads import thread_of
from cloud.config import BrokerConfig
from cloud.conversation.taking import take_answers
from cloud.errors import InputError
from cloud.ingest import read_arrival
from cloud.messages import Farmer, Inbound
from cloud.presumption import presumed_irrigations
from cloud.records import Quantiles, Recommendation, Verdict
from cloud.telling import Telling, tell
from edge.contract import SmsReport, topic_of
from edge.gateway_advice import GatewayAdvice, encode_advice
from edge.plan import PlanBundle
from edge.wire import encode_sms
from tests.synthetic_season import parcel
from tests.unit.edge.test_advice import plan

DAY = date(2026, 6, 12)
SAID_AT = datetime(2026, 6, 11, 17, 0, tzinfo=UTC)
NOW = datetime(2026, 6, 12, 6, 0, tzinfo=UTC)
TEXT = "plot: irrigate on Friday 12/06 (start 18:00-22:00) for 18 hours 30 min (740 m3, 37 mm). 1 = done, 2 = not."


def advice(**changes: object) -> GatewayAdvice:
    content: dict[str, object] = {
        "id": "advice." + "ab" * 16,
        "parcel_id": "plot",
        "day": DAY,
        "kind": "irrigate",
        "plan_number": 7,
        "at": SAID_AT,
        "depth_mm": 37.0,
        "volume_m3": 740.0,
        "duration_h": 18.5,
        "starts_from": datetime(2026, 6, 12, 17, tzinfo=UTC),
        "starts_to": datetime(2026, 6, 12, 21, tzinfo=UTC),
        "missing_mm": 55.0,
        "spread_mm": 10.0,
        "reason": "dose",
        "farmer_id": "f1",
        "language": "en",
        "text": TEXT,
        "valid_until": datetime(2026, 6, 12, 21, tzinfo=UTC),
    }
    return GatewayAdvice.model_validate({**content, **changes})


@pytest.fixture
def desk(store: Store) -> Store:
    store.save_farmers([Farmer(id="f1", name="Somebody", phone_number="+212612345678", language="en")])
    own = parcel(farmer={"id": "f1", "language": "en"})
    store.save_parcels([own])
    bundle = PlanBundle(
        organisation="coop",
        gateway="gw-01",
        number=7,
        made_at=SAID_AT - timedelta(days=3),
        until=SAID_AT + timedelta(days=28),
        plans=(plan(parcel_id="plot"),),
    )
    store.keep_plan(bundle, b"signed")
    store.keep_plan(bundle, b"signed")
    return store


def arrive(desk: Store, said: GatewayAdvice, sequence: int = 1, gateway: str = "gw-01") -> str:
    topic = topic_of("coop", gateway, "advice")
    (outcome,) = desk.receive([read_arrival(topic, encode_advice(said, "b1", sequence), NOW)])
    return outcome


def report(desk: Store, state: str, sequence: int, **more: object) -> None:
    word = SmsReport.model_validate({"id": advice().id, "state": state, "at": NOW, **more})
    topic = topic_of("coop", "gw-01", "report")
    desk.receive([read_arrival(topic, encode_sms(word, "b1", sequence), NOW)])


def verdict(**changes: object) -> Verdict:
    begin = datetime.fromisoformat("2026-06-12T18:00:00+01:00")
    proposed = Recommendation.model_validate(
        {
            "parcel_id": "plot",
            "parcel_name": "plot",
            "timezone": "Africa/Casablanca",
            "day": DAY,
            "action": "irrigate",
            "start_window": (begin, begin + timedelta(hours=4)),
            "depth_mm": Quantiles(p10=30.0, p50=37.0, p90=44.0),
            "volume_m3": 740.0,
            "duration_h": 18.5,
            "reason_code": "stress_expected",
            "code_version": "test",
            **changes,
        }
    )
    until = begin + timedelta(hours=4)
    return Verdict(
        proposed=proposed, recommendation=proposed, decision="release", checks=(), explanation="", valid_until=until
    )


def test_bundles_are_kept_once_and_the_newest_is_known(desk: Store) -> None:
    assert desk.newest_plan("coop", "gw-01") == (7, b"signed")
    assert desk.newest_plan("coop", "gw-02") is None
    assert desk.newest_plan_number() == 7
    assert verify(desk).problems == ()


def test_an_advice_that_arrives_twice_is_one_message_that_left(desk: Store) -> None:
    assert arrive(desk, advice()) == "stored"
    assert arrive(desk, advice()) == "known"
    (said,) = desk.said_since(SAID_AT - timedelta(days=1))
    assert (said.state, said.message.text, said.message.day) == ("wired", TEXT, DAY)
    assert said.carrier_id == f"gw-01/{advice().id}"
    assert [one.day for one in desk.gateway_advice("plot", DAY)] == [DAY]
    assert desk.gateway_advice("plot", DAY)[0].text is None
    assert verify(desk).problems == ()


def test_the_persons_thread_shows_it_where_it_was_said(desk: Store) -> None:
    arrive(desk, advice())
    (one,) = thread_of(desk, "f1")
    assert (one.text, one.at, one.from_person) == (TEXT, SAID_AT, False)


def test_it_is_never_claimed_and_its_reports_move_it(desk: Store) -> None:
    arrive(desk, advice())
    assert desk.claim_due(NOW, 10) == ()
    report(desk, "taken", 2)
    report(desk, "sent", 3)
    report(desk, "delivered", 4)
    assert [one.state for one in desk.said_since(SAID_AT - timedelta(days=1))] == ["delivered"]


def test_what_its_own_book_refused_was_not_said(desk: Store) -> None:
    arrive(desk, advice())
    report(desk, "refused", 2, reason="said already, by the gateway itself or for the cloud")
    (said,) = desk.said_since(SAID_AT - timedelta(days=1))
    assert (said.state, said.reason) == ("failed", "said already, by the gateway itself or for the cloud")


def test_the_cloud_does_not_say_it_again_and_corrects_what_it_knows_better(desk: Store) -> None:
    arrive(desk, advice())
    same = tell(desk, [verdict()], {}, Telling(day=DAY, now=NOW))
    assert (same.messages, same.problems) == ([], [])
    other = verdict(depth_mm=Quantiles(p10=10.0, p50=20.0, p90=30.0), volume_m3=400.0, duration_h=10.0)
    told = tell(desk, [other], {}, Telling(day=DAY, now=NOW))
    assert [one.kind for one in told.messages] == ["correction"]
    assert "740" in told.messages[0].text


def test_a_told_irrigation_is_presumed_once_even_when_it_is_heard_of_weeks_later(desk: Store) -> None:
    arrive(desk, advice())
    for weeks in (0, 4):
        now = NOW + timedelta(days=2, weeks=weeks)
        parcels = desk.parcels()
        answers = take_answers(desk, parcels, now=now)
        by_id = {one.id: one for one in parcels}
        (presumed,) = presumed_irrigations(answers.values(), (), by_id, now.date())
        assert presumed.depth_mm == pytest.approx(0.9 * 37.0, abs=0.1)
        assert presumed_irrigations(answers.values(), [presumed], by_id, now.date()) == ()


def test_an_answer_to_the_gateway_counts_with_the_gateways_numbers(desk: Store) -> None:
    arrive(desk, advice())
    desk.add_inbound(
        Inbound(
            carrier="modem",
            carrier_id="gw-01/x",
            phone_number="+212612345678",
            text="1",
            received_at=datetime(2026, 6, 13, 7, tzinfo=UTC),
        )
    )
    take_answers(desk, desk.parcels(), now=NOW + timedelta(days=2))
    (event,) = desk.events()
    assert (event.source, event.depth_mm) == ("reply", 37.0)


def test_nobody_is_told_of_another_gateways_parcel(desk: Store) -> None:
    for said, gateway in ((advice(parcel_id="other"), "gw-01"), (advice(), "gw-02"), (advice(plan_number=8), "gw-01")):
        with pytest.raises(InputError, match="plan made for it"):
            arrive(desk, said, gateway=gateway)
    ingest = Ingest(desk, IngestSettings(broker=BrokerConfig(port=1)), lambda: NOW, tell=lambda _: None)
    (handled,) = ingest.handle(topic_of("coop", "gw-02", "advice"), encode_advice(advice(), "b1", 5))
    assert handled.outcome == "parked"
    assert desk.said_since(SAID_AT - timedelta(days=1)) == ()


def test_what_cannot_be_read_is_parked_without_a_person() -> None:
    payload = json.loads(encode_advice(advice(), "b1", 1))
    broken = json.dumps({**payload, "day": "yesterday"}).encode()
    arrival = read_arrival(topic_of("coop", "gw-01", "advice"), broken, NOW)
    assert not isinstance(arrival.content, GatewayAdvice)
    assert b"Friday" not in arrival.content.payload  # type: ignore[union-attr]


def test_advice_without_a_text_and_of_unknown_people_is_kept_without_a_message(desk: Store) -> None:
    assert arrive(desk, advice(text=None, farmer_id=None, language=None, valid_until=None)) == "stored"
    assert arrive(desk, advice(id="advice." + "cd" * 16, farmer_id="gone"), 2) == "stored"
    assert desk.said_since(SAID_AT - timedelta(days=1)) == ()
    assert len(desk.gateway_advice("plot", DAY)) == 2


def test_an_advice_from_a_clock_that_is_ahead_was_queued_when_it_was_heard_at_the_latest(desk: Store) -> None:
    arrive(desk, advice(at=NOW + timedelta(hours=5)))
    with desk.reading() as connection:
        (queued_at,) = connection.execute(select(MESSAGES.c.queued_at)).scalars()
    assert queued_at == NOW
