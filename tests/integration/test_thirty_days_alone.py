"""Thirty days without the cloud, replayed: advice each day, within the judge's limits, merged afterwards. SYNTHETIC."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cloud.adapters.ledger import verify
from cloud.adapters.mqtt import Ingest, IngestSettings
from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store
from cloud.adapters.store.threads import thread_of
from cloud.config import BrokerConfig
from cloud.conversation.taking import take_answers
from cloud.daily import DayInputs
from cloud.irrigation_accounts import counted_once
from cloud.judge.judge import JudgeInputs, judge
from cloud.presumption import presumed_irrigations
from cloud.records import IrrigationEvent, Quantiles, Recommendation
from cloud.speech.readback import read_back
from edge.contract import SmsInbound, topic_of
from edge.gateway_advice import GatewayAdvice, decode_advice
from tests.plan_world import DAY, NUMBER, ZONE, Alone, bundle_of, farmer, planned, signed
from tests.synthetic_season import ahead, past

DAYS = 30
OF_FILES = {"inputs_named", "forecast_widens", "forecast_is_fresh"}
"""Questions about the files of a night, of which a gateway has none."""
LATEST_FORECAST = DAY + timedelta(days=27)


class Month:
    """A month at a gateway that is left alone; its farmer does as told, and says so."""

    def __init__(self, folder: Path) -> None:
        self.inputs, made = planned()
        self.bundle = bundle_of(made, farmer())
        self.alone = Alone(folder=folder)
        self.alone.fallback.take(signed(self.bundle))
        for number in range(DAYS + 1):
            day = DAY + timedelta(days=number)
            for hour in (9, 14, 17, 18, 21):
                self.alone.at(day, hour, 10)
            self.alone.at(day, 23, 30)
            self.reply(number)
        self.said: list[GatewayAdvice] = [decode_advice("gw-01", payload)[1] for payload in self.alone.told()]

    def reply(self, number: int) -> None:
        word = SmsInbound(name=f"{number:024x}", phone_number=NUMBER, text="1", received_at=self.alone.now)
        self.alone.fallback.overhear(word, self.alone.now)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    found = Month(tmp_path_factory.mktemp("month"))
    yield found
    found.alone.outbox.close()


def test_every_day_is_advised_once_and_told_at_most_once(month: Month) -> None:
    assert [one.day for one in month.said] == [DAY + timedelta(days=number) for number in range(1, DAYS + 1)]
    texts = month.alone.texts()
    assert len({text["about"] for text in texts}) == len(texts)
    assert Counter(one.kind for one in month.said)["irrigate"] >= 5
    for one in month.said:
        if one.text is not None:
            heard = read_back(one.text, "en", told_on=one.day)
            assert heard.day == one.day
            assert heard.depth_mm == one.depth_mm


def test_bounds_widen_and_the_store_stays_small(month: Month) -> None:
    spreads = [one.spread_mm for one in month.said]
    assert spreads == sorted(spreads)
    folder = month.alone.folder
    assert sum(file.stat().st_size for file in folder.iterdir()) < 2e6


def test_the_judge_itself_finds_every_advice_within_its_limits(month: Month) -> None:
    events = list(month.inputs.events)
    events += [
        _watered(datetime(given.day.year, given.day.month, given.day.day, 19, tzinfo=UTC), given.told_mm)
        for given in month.bundle.plans[0].given
    ]
    for one in month.said:
        found = _judged(month.inputs, one, tuple(events))
        assert {name for name, passed in found.items() if not passed} <= OF_FILES, one
        if one.starts_from is not None:
            events.append(_watered(one.starts_from, one.depth_mm))


def _watered(at: datetime, depth_mm: float | None) -> IrrigationEvent:
    return IrrigationEvent(parcel_id="plot", started_at=at, depth_mm=depth_mm or 0.0, source="reply")


def _judged(inputs: DayInputs, one: GatewayAdvice, events: tuple[IrrigationEvent, ...]) -> dict[str, bool]:
    irrigates, missing, spread = one.depth_mm is not None, one.missing_mm, one.spread_mm
    window = None
    if one.starts_from is not None and one.starts_to is not None:
        window = (one.starts_from.astimezone(ZONE), one.starts_to.astimezone(ZONE))
    dose = one.depth_mm or 0.0
    proposed = Recommendation(
        parcel_id="plot",
        parcel_name="plot",
        timezone="Africa/Casablanca",
        day=one.day,
        action="irrigate" if irrigates else "wait",
        start_window=window,
        depth_mm=Quantiles(p10=max(dose - spread, 0.0), p50=dose, p90=dose + spread) if irrigates else None,
        volume_m3=one.volume_m3,
        duration_h=one.duration_h,
        next_check_day=one.day + timedelta(days=1),
        depletion_mm=Quantiles(p10=max(missing - spread, 0.0), p50=missing, p90=missing + spread),
        reason_code="stress_expected" if irrigates else "soil_has_water",
        code_version="plan",
    )
    given = JudgeInputs(
        parcels=inputs.parcels,
        weather=past(one.day - timedelta(days=1)),
        forecast=ahead(one.day) if one.day <= LATEST_FORECAST else None,
        events=events,
    )
    (verdict,) = judge([proposed], given)
    return {check.name: check.passed for check in verdict.checks}


def test_afterwards_the_cloud_knows_all_of_it_once_and_says_none_of_it(month: Month, tmp_path: Path) -> None:
    back = datetime(2026, 7, 11, 8, tzinfo=UTC)
    store = Store.open(f"sqlite:///{tmp_path / 'seguia.db'}", PersonalKeys.generate(), create=True)
    store.save_farmers([farmer()])
    store.save_parcels([month.inputs.parcels[0].model_copy(update={"farmer": None})])
    store.keep_plan(month.bundle, signed(month.bundle))
    ingest = Ingest(store, IngestSettings(broker=BrokerConfig(port=1)), lambda: back, tell=lambda _: None)
    for _ in range(2):
        for waiting in month.alone.outbox.pending(1000):
            ingest.handle(topic_of("coop", "gw-01", waiting.kind), waiting.payload)
    told = [one for one in month.said if one.text is not None]
    assert len(thread_of(store, "f-1")) == len(told)
    assert [one.text for one in thread_of(store, "f-1")] == [one.text for one in told]
    assert store.claim_due(back, 100) == ()
    assert store.waiting() == 0
    answers = take_answers(store, store.parcels(), now=back)
    presumed = presumed_irrigations(answers.values(), (), {"plot": month.inputs.parcels[0]}, back.date())
    days = [one.started_at.astimezone(ZONE).date() for one in presumed]
    assert days == sorted(set(days))
    assert set(days) <= {one.day for one in told if one.depth_mm is not None}
    assert len(counted_once(presumed)[0]) == len(presumed)
    assert verify(store).problems == ()
