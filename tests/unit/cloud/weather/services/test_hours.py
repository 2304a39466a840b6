"""Hours into local days: days of 23 and 25 hours, unknown hours, and which day an hour belongs to."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.variables import Floats
from cloud.weather.services.hours import HOUR_S, local_days


def stamps(first: datetime, hours: int) -> np.ndarray:
    return int(first.timestamp()) + HOUR_S * np.arange(hours, dtype=np.int64)


def column(values: Floats) -> Floats:
    return values[:, None]


def test_a_day_is_gathered_by_hand_arithmetic() -> None:
    at = stamps(datetime(2026, 6, 1, tzinfo=UTC), 49)
    temperature = np.concatenate([np.linspace(10, 33, 24), np.linspace(12, 35, 24), [0.0]])
    rain = np.zeros(49)
    rain[0], rain[24], rain[25] = 50.0, 3.0, 7.0
    days, values = local_days(
        at,
        {
            "temperature_c": column(temperature),
            "rain_mm": column(rain),
            "radiation_w_m2": column(np.full(49, 250.0)),
            "relative_humidity_percent": column(np.tile([40.0, 60.0], 25)[:49]),
        },
        "UTC",
    )
    assert days.astype(str).tolist() == ["2026-05-31", "2026-06-01", "2026-06-02", "2026-06-03"]
    np.testing.assert_allclose(values["tmin_c"][:, 0], [np.nan, 10.0, 12.0, np.nan])
    np.testing.assert_allclose(values["tmax_c"][:, 0], [np.nan, 33.0, 35.0, np.nan])
    # The rain stamped midnight fell in the hour before it: on the day that ends there.
    np.testing.assert_allclose(values["rain_mm"][:, 0], [np.nan, 3.0, 7.0, np.nan])
    np.testing.assert_allclose(values["radiation_mj_m2"][1:3, 0], 250.0 * 86400e-6)
    np.testing.assert_allclose(values["rh_mean_percent"][1, 0], 50.0)
    np.testing.assert_allclose([values["rh_min_percent"][1, 0], values["rh_max_percent"][1, 0]], [40.0, 60.0])


@pytest.mark.parametrize(
    ("zone", "month", "day", "hours"),
    [
        ("Europe/Paris", 3, 29, 23),
        ("Europe/Paris", 10, 25, 25),
        ("Africa/Casablanca", 2, 15, 25),  # Ramadan begins: the clock goes back
        ("Africa/Casablanca", 3, 22, 23),  # and forward again after it
        ("Africa/Casablanca", 6, 3, 24),
    ],
)
def test_a_day_has_the_hours_of_its_clock(zone: str, month: int, day: int, hours: int) -> None:
    at = stamps(datetime(2026, month, day - 2, tzinfo=UTC), 24 * 5)
    days, values = local_days(at, {"rain_mm": column(np.ones(at.size))}, zone)
    where = days.astype(str).tolist().index(f"2026-{month:02}-{day:02}")
    assert values["rain_mm"][where, 0] == hours


def test_one_unknown_hour_makes_the_day_unknown_for_its_member_only() -> None:
    at = stamps(datetime(2026, 6, 1, tzinfo=UTC), 24)
    temperature = np.full((24, 2), 20.0)
    temperature[7, 1] = np.nan
    days, values = local_days(at, {"temperature_c": temperature}, "UTC")
    row = days.astype(str).tolist().index("2026-06-01")
    np.testing.assert_array_equal(values["tmin_c"][row], [20.0, np.nan])


@given(
    zone=st.sampled_from(["Africa/Casablanca", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"]),
    hour=st.integers(394_000, 500_000),
    hours=st.integers(1, 120),
)
def test_no_rain_is_made_or_counted_twice(zone: str, hour: int, hours: int) -> None:
    at = HOUR_S * (hour + np.arange(hours, dtype=np.int64))
    _, values = local_days(at, {"rain_mm": column(np.ones(hours))}, zone)
    known = values["rain_mm"][~np.isnan(values["rain_mm"])]
    assert known.sum() <= hours
    assert ((known >= 23) & (known <= 25)).all()
    assert known.sum() >= hours - 50
