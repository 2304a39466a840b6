import math

import pytest

from cloud.advice.dose import DoseLimits, dose_of, duration_of, round_half_up, volume_of
from cloud.records import Quantiles

FREE = DoseLimits(min_mm=5.0, max_mm=60.0)


def wanted(p50: float, spread: float = 4.0) -> Quantiles:
    return Quantiles(p10=p50 - spread, p50=p50, p90=p50 + spread)


def test_halves_round_up() -> None:
    assert round_half_up(2.5) == 3.0
    assert round_half_up(2.4999) == 2.0
    assert round_half_up(1.05, 12) == pytest.approx(13 / 12)


def test_volume_is_ten_times_depth_times_area_to_one_cubic_metre() -> None:
    assert volume_of(25.0, 1.13) == 283.0
    assert volume_of(7.0, 0.04) == 3.0


def test_duration_is_volume_over_flow_to_five_minutes() -> None:
    assert duration_of(283.0, 30.0) == pytest.approx(113 / 12)
    assert duration_of(283.0, None) is None


def test_a_dose_within_the_limits_is_rounded_once() -> None:
    dose = dose_of(wanted(24.6), 1.13, 30.0, FREE)
    assert dose is not None
    assert dose.depth_mm == Quantiles(p10=21.0, p50=25.0, p90=29.0)
    assert dose.volume_m3 == 283.0
    assert dose.duration_h == pytest.approx(113 / 12)


def test_a_small_need_is_raised_to_the_smallest_event() -> None:
    dose = dose_of(wanted(2.0, 1.0), 1.0, None, FREE)
    assert dose is not None
    assert dose.depth_mm.p50 == 5.0
    assert dose.duration_h is None


def test_a_smallest_event_between_two_millimetres_is_rounded_up() -> None:
    dose = dose_of(wanted(2.0, 1.0), 1.0, None, DoseLimits(min_mm=5.2, max_mm=60.0))
    assert dose is not None
    assert dose.depth_mm.p50 == 6.0


def test_a_large_need_is_cut_to_the_largest_event() -> None:
    dose = dose_of(wanted(90.0), 1.0, 30.0, FREE)
    assert dose is not None
    assert dose.depth_mm == Quantiles(p10=60.0, p50=60.0, p90=60.0)


@pytest.mark.parametrize("area_ha", [0.13, 0.9, 1.13, 7.77])
def test_the_rounded_volume_stays_within_a_quota(area_ha: float) -> None:
    quota = volume_of(17.0, area_ha) + 0.3
    dose = dose_of(wanted(40.0), area_ha, 30.0, DoseLimits(min_mm=1.0, max_mm=60.0, volume_m3=quota))
    assert dose is not None
    assert dose.volume_m3 <= quota
    assert dose.depth_mm.p50 >= 16.0


@pytest.mark.parametrize("flow_m3_h", [7.0, 33.3, 61.0])
def test_the_rounded_time_stays_within_the_hours(flow_m3_h: float) -> None:
    dose = dose_of(wanted(40.0), 2.0, flow_m3_h, DoseLimits(min_mm=1.0, max_mm=60.0, hours=3.0))
    assert dose is not None
    assert dose.duration_h is not None
    assert dose.duration_h <= 3.0
    assert dose.volume_m3 == volume_of(dose.depth_mm.p50, 2.0)


def test_less_than_the_smallest_event_is_no_dose() -> None:
    assert dose_of(wanted(40.0), 1.0, None, DoseLimits(min_mm=10.0, max_mm=60.0, volume_m3=99.0)) is None
    assert dose_of(wanted(40.0), 1.0, None, DoseLimits(min_mm=10.0, max_mm=60.0, volume_m3=100.0)) is not None


def test_a_volume_that_rounds_to_nothing_is_no_dose() -> None:
    assert dose_of(wanted(3.0, 0.5), 0.01, None, DoseLimits(min_mm=1.0, max_mm=4.0)) is None
    assert dose_of(wanted(3.0, 0.5), 0.002, None, DoseLimits(min_mm=1.0, max_mm=60.0)) is None


def test_limits_default_to_none() -> None:
    assert FREE.volume_m3 == math.inf
    assert FREE.hours == math.inf


def test_a_dose_of_no_minutes_is_no_dose() -> None:
    # 0.02 ha and 10 mm are 2 m3: 2 minutes at 60 m3/h, which would be told as none.
    wanted = Quantiles(p10=10.0, p50=10.0, p90=10.0)
    assert dose_of(wanted, 0.02, 60.0, DoseLimits(min_mm=0.0, max_mm=50.0)) is None
    short = dose_of(wanted, 0.02, 30.0, DoseLimits(min_mm=0.0, max_mm=50.0))
    assert short is not None
    assert short.duration_h == 5.0 / 60.0
