"""Water of a season, counted by hand."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.impact.metering import Metered, Reading, Season, from_counters, from_events, intervals_of

FIRST = date(2025, 5, 1)
DAYS = 100
MOST_M3 = 250.0


def season(area_ha: float = 1.0, days: int = DAYS) -> Season:
    return Season(
        first=FIRST,
        last=FIRST + timedelta(days=days - 1),
        area_ha=area_ha,
        need_mm=np.full(days, 5.0),
        most_mm_per_day=25.0,
    )


def at(day: float) -> datetime:
    return datetime(2025, 5, 1, tzinfo=UTC) + timedelta(days=day)


def readings(*pairs: tuple[float, float], meter: str = "m") -> list[Reading]:
    return [Reading(meter=meter, at=at(day), counter_m3=counter) for day, counter in pairs]


def weekly(
    rate_m3: float = 50.0, start: float = 1000.0, days: int = DAYS, leave: tuple[int, ...] = ()
) -> list[Reading]:
    return readings(*((day, start + rate_m3 * day) for day in range(0, days + 1, 5) if day not in leave))


def test_a_counter_read_every_five_days_gives_its_difference() -> None:
    found = from_counters(weekly(), season(area_ha=2.0))
    # 100 days x 50 m3 over 2 ha = 2500 m3/ha = 250 mm.
    assert found == Metered(used_mm=250.0, low_mm=250.0, high_mm=250.0, gap_fraction=0.0)


def test_readings_that_are_left_out_between_two_lose_nothing() -> None:
    found = from_counters(weekly(leave=(40, 45, 50, 55)), season())
    assert found.used_mm == pytest.approx(500.0)
    assert found.gap_fraction == 0.0


def test_a_season_that_ends_without_readings_has_a_most_and_a_least() -> None:
    found = from_counters(weekly(days=80), season())
    assert found.low_mm == pytest.approx(400.0)
    assert found.used_mm == pytest.approx(500.0)
    # 20 days at the largest rate that was seen, 5 mm a day.
    assert found.high_mm == pytest.approx(500.0)
    assert found.gap_fraction == pytest.approx(0.2)


def test_what_is_not_seen_can_be_no_more_than_the_fastest_days_that_were() -> None:
    fast = readings((0, 0.0), (5, 500.0), (10, 500.0), (80, 3000.0))
    found = from_counters(fast, season())
    # 500 m3 in 5 days is 10 mm a day; 20 days unseen.
    assert found.low_mm == pytest.approx(300.0)
    assert found.high_mm == pytest.approx(500.0)
    assert found.used_mm == pytest.approx(375.0)


def test_a_counter_that_rolls_over_goes_on() -> None:
    found = from_counters(readings((0, 99_900.0), (5, 99_990.0), (10, 40.0), (100, 4000.0)), season())
    assert found.used_mm == pytest.approx(410.0)
    assert "rolled over at 100000 m3" in found.notes[0]


def test_a_counter_set_back_hides_one_interval() -> None:
    kept = [*weekly(days=50), *readings((55, 30.0), (100, 2280.0))]
    found = from_counters(kept, season())
    assert found.low_mm == pytest.approx(475.0)
    assert found.used_mm == pytest.approx(500.0)
    assert found.high_mm == pytest.approx(500.0)
    assert found.gap_fraction == pytest.approx(0.05)
    assert "fell from" in found.notes[0]


def test_a_replaced_meter_hides_only_the_days_between_them() -> None:
    old, new = weekly(days=50), readings((50.5, 7.0), (100, 2482.0), meter="n")
    found = from_counters([*new, *old], season())
    assert found.used_mm == pytest.approx(497.5)
    assert found.gap_fraction == 0.0
    late = readings((60, 7.0), (100, 2007.0), meter="n")
    wide = from_counters([*old, *late], season())
    assert wide.gap_fraction == pytest.approx(0.1)
    assert (wide.low_mm, wide.high_mm) == pytest.approx((450.0, 500.0))
    assert "meter replaced" in wide.notes[0]


def test_one_misread_number_is_left_out() -> None:
    slipped = [one for one in weekly() if one.at != at(50)] + readings((50, 350.0))
    found = from_counters(slipped, season())
    assert found.used_mm == pytest.approx(500.0)
    assert found.gap_fraction == 0.0
    assert "fits no neighbour" in found.notes[0]


def test_more_than_the_parcel_can_take_is_not_believed() -> None:
    leap = [*weekly(days=50), *readings((55, 30_000.0), (100, 32_250.0))]
    found = from_counters(leap, season())
    assert found.used_mm == pytest.approx(500.0)
    assert found.gap_fraction == pytest.approx(0.05)
    assert "not believed" in found.notes[0]


def test_a_short_interval_over_the_edge_is_shared_out_and_a_long_one_is_not() -> None:
    short = from_counters(readings((-5, 0.0), (5, 500.0), (100, 5250.0)), season())
    assert short.used_mm == pytest.approx(500.0)
    long = from_counters(readings((-40, 0.0), (20, 3000.0), (100, 7000.0)), season())
    assert long.low_mm == pytest.approx(400.0)
    assert long.high_mm == pytest.approx(700.0)
    assert long.used_mm == pytest.approx(500.0)
    assert long.gap_fraction == pytest.approx(0.2)


def test_nothing_read_is_unknown_and_never_zero() -> None:
    for given_readings in ([], readings((0, 5.0)), readings((-90, 0.0), (-50, 5.0))):
        found = from_counters(given_readings, season())
        assert np.isnan(found.used_mm)
        assert found.gap_fraction == 1.0


def test_a_season_that_needs_nothing_on_the_days_seen_is_filled_by_days() -> None:
    dry = Season(
        first=FIRST,
        last=FIRST + timedelta(days=9),
        area_ha=1.0,
        need_mm=np.r_[np.zeros(5), np.full(5, 5.0)],
        most_mm_per_day=25.0,
    )
    assert from_counters(readings((0, 0.0), (5, 250.0)), dry).used_mm == pytest.approx(50.0)


def test_two_readings_of_one_moment_are_no_interval() -> None:
    found, _ = intervals_of(readings((0, 1.0), (0, 1.0), (5, 6.0)), MOST_M3)
    assert [one.volume_m3 for one in found] == [5.0]


def test_single_events_add_up_and_days_without_a_meter_are_a_gap() -> None:
    events = [(FIRST + timedelta(days=10 * number), 40.0) for number in range(10)]
    whole = from_events([*events, (FIRST - timedelta(days=1), 99.0)], [], season())
    assert whole == Metered(used_mm=400.0, low_mm=400.0, high_mm=400.0, gap_fraction=0.0)
    out = [(FIRST + timedelta(days=85), FIRST + timedelta(days=94))]
    gap = from_events([one for one in events if one[0] != FIRST + timedelta(days=90)], out, season())
    assert gap.low_mm == pytest.approx(360.0)
    assert gap.used_mm == pytest.approx(400.0)
    # Ten days at the wettest ten days' rate.
    assert gap.high_mm == pytest.approx(400.0)
    assert gap.gap_fraction == pytest.approx(0.1)


def test_no_event_at_all_is_a_season_without_irrigation_where_the_meter_ran() -> None:
    assert from_events([], [], season()).used_mm == 0.0
    out = from_events([], [(FIRST, FIRST + timedelta(days=9))], season())
    assert (out.low_mm, out.used_mm, out.high_mm) == (0.0, 0.0, 250.0)


@settings(max_examples=60, deadline=None)
@given(
    rates=st.lists(st.floats(0.0, 200.0), min_size=20, max_size=20),
    lost=st.sets(st.integers(0, 20), max_size=18),
    reset=st.integers(1, 20),
)
def test_what_was_truly_used_lies_between_least_and_most(rates: list[float], lost: set[int], reset: int) -> None:
    counters = np.concatenate([[0.0], np.cumsum(np.array(rates) * 5.0)])
    kept = [
        Reading(meter="a" if place < reset else "b", at=at(5.0 * place), counter_m3=float(counter))
        for place, counter in enumerate(counters)
        if place not in lost
    ]
    found = from_counters(kept, season())
    if np.isfinite(found.used_mm):
        assert found.low_mm <= found.used_mm + 1e-9 <= found.high_mm + 2e-9
        assert found.low_mm <= counters[-1] / 10.0 + 1e-6
        assert 0.0 <= found.gap_fraction <= 1.0
