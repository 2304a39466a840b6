from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from cloud.records import Parcel, Quantiles, Recommendation, Soil, Verdict
from cloud.water_day import ObservedChange, WaterDay
from cloud.weather.forcing import Forcing

ZONE = ZoneInfo("Africa/Casablanca")
FLOWS = {
    "etc_adj_mm": 1.0,
    "rain_mm": -1.0,
    "runoff_mm": 1.0,
    "irrigation_mm": -1.0,
    "deep_percolation_mm": 1.0,
    "capillary_rise_mm": -1.0,
    "root_growth_mm": 1.0,
    "correction_mm": 1.0,
}
MakeRows = Callable[..., tuple[WaterDay, ...]]
MakeVerdict = Callable[..., Verdict]


@pytest.fixture
def make_rows() -> MakeRows:
    """Rows whose depletion follows from their own flows; each day is a mapping of what moved."""

    def made(first: date, opening_mm: float, days: list[dict[str, Any]]) -> tuple[WaterDay, ...]:
        rows, depletion = [], opening_mm
        for place, flows in enumerate(days):
            depletion += sum(sign * float(flows.get(name, 0.0)) for name, sign in FLOWS.items())
            content = {
                **dict.fromkeys(WaterDay.model_fields, 0.0),
                "parcel_id": "plot-7",
                "day": first + timedelta(days=place),
                "et0_mm": 6.0,
                "kcb": 0.9,
                "ke": 0.1,
                "ks": 1.0,
                "root_depth_m": 0.8,
                "total_available_mm": 120.0,
                "readily_available_mm": 60.0,
                "depletion_mm": depletion,
                "depletion_p10_mm": depletion - 8.0,
                "depletion_p90_mm": depletion + 9.0,
                "observations": (),
                "profile_water_mm": None,
                "profile_water_p10_mm": None,
                "profile_water_p90_mm": None,
                **flows,
            }
            rows.append(WaterDay.model_validate(content))
        return tuple(rows)

    return made


@pytest.fixture
def make_verdict() -> MakeVerdict:
    """An irrigation of 40 mm proposed for 2026-05-14, with what a test changes."""

    def made(decision: str = "release", spoken: dict[str, object] | None = None, **changes: object) -> Verdict:
        given: dict[str, object] = {
            "parcel_id": "plot-7",
            "parcel_name": "Seven",
            "timezone": "Africa/Casablanca",
            "day": date(2026, 5, 14),
            "action": "irrigate",
            "start_window": (datetime(2026, 5, 14, 18, tzinfo=ZONE), datetime(2026, 5, 14, 22, tzinfo=ZONE)),
            "depth_mm": Quantiles(p10=30.0, p50=40.0, p90=50.0),
            "volume_m3": 400.0,
            "duration_h": 6.25,
            "next_check_day": date(2026, 5, 18),
            "depletion_mm": Quantiles(p10=32.0, p50=41.0, p90=52.0),
            "stress_probability_if_followed": 0.0,
            "stress_probability_if_ignored": 0.62,
            "reason_code": "stress_expected",
            "code_version": "1.2.3",
            **changes,
        }
        proposed = Recommendation.model_validate(given)
        return Verdict(
            proposed=proposed,
            recommendation=Recommendation.model_validate({**given, **(spoken or {})}),
            decision=decision,
            checks=(),
            explanation="within every limit",
            valid_until=datetime(2026, 5, 15, tzinfo=UTC),
        )

    return made


def seen(**changes: object) -> ObservedChange:
    content = {
        "observed_at": datetime(2026, 5, 10, 11, 30, tzinfo=UTC),
        "kind": "stress_index",
        "source": "camera north",
        "seen": 0.42,
        "sigma": 0.1,
        "expected": 0.18,
        "expected_sigma": 0.08,
        "correction_mm": 6.3,
        **changes,
    }
    return ObservedChange.model_validate(content)


@pytest.fixture
def make_seen() -> Callable[..., ObservedChange]:
    """A camera's sighting, with what a test changes."""
    return seen


SEASON_FIRST = date(2024, 5, 1)
PARCELS = tuple(
    Parcel(
        id=name,
        crop="maize",
        planted_on=date(2024, 4, 1),
        latitude=32.3,
        longitude=-6.35,
        timezone=zone,
        soil=Soil(texture="clay loam"),
    )
    for name, zone in (("east", "Asia/Tokyo"), ("west", "Africa/Casablanca"))
)


def weather(days: int) -> Forcing:
    def wide(value: float) -> np.ndarray:
        return np.full((days, len(PARCELS)), value)

    return Forcing(
        days=np.arange(np.datetime64(SEASON_FIRST), np.datetime64(SEASON_FIRST) + days),
        et0_mm=wide(5.0),
        rain_mm=wide(0.0),
        wind_2m_m_s=wide(2.0),
        rh_min_percent=wide(45.0),
        tmin_c=wide(12.0),
        tmax_c=wide(28.0),
        radiation_mj_m2=wide(22.0),
    )


@pytest.fixture(scope="session")
def season() -> Callable[[int], tuple[tuple[Parcel, ...], Forcing]]:
    """Two parcels, east in Tokyo and west in Morocco, and dry weather of some days for them."""
    return lambda days: (PARCELS, weather(days))
