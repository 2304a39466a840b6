"""One parcel whose dose the judge withheld, and what people may say of it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cloud.records import Check, IrrigationSystem, Parcel, Recommendation, Soil, Verdict
from cloud.review.word import Word

DAY = date(2026, 6, 10)
NOW = datetime(2026, 6, 10, 7, tzinfo=UTC)
ZONE = ZoneInfo("Africa/Casablanca")
FAILED = Check(name="waiting_is_safe", passed=False, measured=66.0, limit=60.0)
PASSED = Check(name="weather_is_fresh", passed=True, measured=1.0, limit=3.0)
ParcelOf = Callable[..., Parcel]
AdviceOf = Callable[..., Recommendation]
HeldOf = Callable[..., Verdict]
WordOf = Callable[..., Word]


@pytest.fixture
def parcel_of() -> ParcelOf:
    """Two hectares under sprinklers, 40 m3/h."""

    def make(**changes: object) -> Parcel:
        given = {
            "id": "plot",
            "crop": "maize",
            "planted_on": date(2026, 3, 25),
            "latitude": 32.3,
            "longitude": -6.4,
            "area_ha": 2.0,
            "soil": Soil(texture="loam"),
            "irrigation": IrrigationSystem(method="sprinkler", flow_m3_h=40.0),
        }
        return Parcel.model_validate({**given, **changes})

    return make


@pytest.fixture
def advice_of() -> AdviceOf:
    """24 mm on two hectares: 480 m3, 12 hours."""

    def make(**changes: object) -> Recommendation:
        begin = datetime(2026, 6, 10, 18, tzinfo=ZONE)
        given = {
            "parcel_id": "plot",
            "parcel_name": "plot",
            "timezone": "Africa/Casablanca",
            "day": DAY,
            "action": "irrigate",
            "start_window": (begin, begin + timedelta(hours=2)),
            "depth_mm": {"p10": 20.0, "p50": 24.0, "p90": 28.0},
            "volume_m3": 480.0,
            "duration_h": 12.0,
            "next_check_day": date(2026, 6, 13),
            "depletion_mm": {"p10": 15.0, "p50": 18.0, "p90": 24.0},
            "stress_probability_if_ignored": 0.5,
            "reason_code": "stress_expected",
            "code_version": "test",
        }
        return Recommendation.model_validate({**given, **changes})

    return make


@pytest.fixture
def held_of(advice_of: AdviceOf) -> HeldOf:
    """A verdict that keeps an advice back until the end of its day."""

    def make(proposed: Recommendation | None = None, **changes: object) -> Verdict:
        proposed = proposed or advice_of()
        silent = {"action": "hold", "start_window": None, "depth_mm": None, "volume_m3": None, "duration_h": None}
        given = {
            "proposed": proposed,
            "recommendation": proposed.model_copy(update=silent),
            "decision": "hold",
            "checks": (PASSED, FAILED),
            "explanation": "Held for a person: made for a test.",
            "valid_until": datetime(2026, 6, 11, tzinfo=ZONE),
        }
        return Verdict.model_validate({**given, **changes})

    return make


@pytest.fixture
def word_of(held_of: HeldOf) -> WordOf:
    def make(**changes: object) -> Word:
        given = {
            "parcel_id": "plot",
            "day": DAY,
            "held": held_of().digest(),
            "act": "approve",
            "reviewer": "a" * 64,
            "decided_at": NOW,
            "final": True,
        }
        return Word.model_validate({**given, **changes})

    return make
