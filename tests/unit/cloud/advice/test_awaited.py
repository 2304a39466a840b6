from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from cloud.advice.awaited import owing_reasons
from cloud.advice.prepare import Ready
from cloud.records import Evidence, Quantiles, Recommendation, Verdict
from cloud.weather.forcing import forcing_for
from tests.synthetic_season import parcel, past

DAY = date(2026, 6, 10)
WINDOW = (datetime(2026, 6, 10, 18, tzinfo=UTC), datetime(2026, 6, 10, 22, tzinfo=UTC))


def told(day: date, reason: str, rain_mm: float, *, irrigate: bool = False) -> Recommendation:
    amounts: dict[str, object] = {}
    if irrigate:
        amounts = {"start_window": WINDOW, "depth_mm": Quantiles(p10=20.0, p50=20.0, p90=20.0), "volume_m3": 400.0}
    return Recommendation.model_validate(
        {
            "parcel_id": "plot",
            "parcel_name": "plot",
            "timezone": "UTC",
            "day": day,
            "action": "irrigate" if irrigate else "wait",
            "reason_code": reason,
            "evidence": (Evidence(kind="forecast_rain_mm", value=rain_mm, source="forecast"),),
            "code_version": "test",
            **amounts,
        }
    )


def verdict(one: Recommendation) -> Verdict:
    return Verdict(
        proposed=one,
        recommendation=one,
        decision="release",
        checks=(),
        explanation="",
        valid_until=datetime(2026, 6, 11, tzinfo=UTC),
    )


@pytest.fixture
def ready() -> Ready:
    fields = (parcel("plot"),)
    weather = forcing_for(fields, past(DAY - timedelta(days=1)))
    dry = replace(weather, rain_mm=np.zeros_like(weather.rain_mm))
    return Ready(parcels=fields, weather=dry, held={}, problems=())


def reason(ready: Ready, *history: Recommendation, still_mm: float = 1.0) -> str:
    now = told(DAY, "stress_expected", still_mm, irrigate=True)
    (answer,) = owing_reasons([now], [verdict(one) for one in history], ready)
    return answer.reason_code


def test_rain_that_did_not_come_is_owned_to(ready: Ready) -> None:
    waited = told(DAY - timedelta(days=3), "rain_expected", 12.0)
    (answer,) = owing_reasons([told(DAY, "stress_expected", 0.5, irrigate=True)], [verdict(waited)], ready)
    assert answer.reason_code == "rain_did_not_come"
    assert [(fact.kind, fact.value) for fact in answer.evidence[1:]] == [
        ("rain_waited_for_mm", 12.0),
        ("rain_since_mm", 0.0),
    ]


def test_rain_that_came_or_may_still_come_is_no_excuse(ready: Ready) -> None:
    waited = told(DAY - timedelta(days=3), "rain_expected", 12.0)
    assert reason(ready, waited, still_mm=8.0) == "stress_expected"
    assert ready.weather is not None
    rained = ready.weather.rain_mm.copy()
    rained[-2] = 7.0
    wet = replace(ready, weather=replace(ready.weather, rain_mm=rained))
    assert reason(wet, waited) == "stress_expected"


def test_only_the_last_wait_of_the_last_days_counts(ready: Ready) -> None:
    long_ago = told(DAY - timedelta(days=9), "rain_expected", 12.0)
    little = told(DAY - timedelta(days=2), "rain_expected", 1.0)
    before = told(DAY - timedelta(days=4), "rain_expected", 20.0)
    assert reason(ready, long_ago) == "stress_expected"
    assert reason(ready, before, little) == "stress_expected"
    assert reason(ready, before) == "rain_did_not_come"
    assert reason(ready, told(DAY - timedelta(days=2), "soil_has_water", 12.0)) == "stress_expected"


def test_a_gap_in_the_weather_or_a_strange_parcel_says_nothing(ready: Ready) -> None:
    waited = told(DAY - timedelta(days=3), "rain_expected", 12.0)
    assert ready.weather is not None
    gap = ready.weather.rain_mm.copy()
    gap[-1] = np.nan
    assert reason(replace(ready, weather=replace(ready.weather, rain_mm=gap)), waited) == "stress_expected"
    assert reason(replace(ready, weather=None), waited) == "stress_expected"
    assert reason(replace(ready, parcels=()), waited) == "stress_expected"


def test_a_wait_keeps_its_reason(ready: Ready) -> None:
    waited = told(DAY - timedelta(days=3), "rain_expected", 12.0)
    now = told(DAY, "soil_has_water", 0.0)
    assert owing_reasons([now], [verdict(waited)], ready) == (now,)
