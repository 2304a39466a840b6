import numpy as np
import pytest

from cloud.agronomy.et0 import (
    CALIBRATION_DAYS,
    METHOD_CALIBRATED,
    METHOD_FULL,
    METHOD_HARGREAVES,
    DailyWeather,
    hargreaves_factor,
    reference_et,
)
from cloud.variables import Floats

DAYS = 120


def season(known_until: int) -> DailyWeather:
    """A dry windy spring in which all but temperature stops on a day."""
    generator = np.random.default_rng(5)
    tmin = generator.uniform(8.0, 16.0, DAYS)

    def measured(values: Floats) -> Floats:
        return np.where(np.arange(DAYS) < known_until, values, np.nan)

    unknown = np.full(DAYS, np.nan)
    return DailyWeather(
        day_of_year=np.arange(90.0, 90.0 + DAYS),
        latitude_deg=np.full(DAYS, 32.3),
        elevation_m=np.full(DAYS, 500.0),
        tmin_c=tmin,
        tmax_c=tmin + generator.uniform(8.0, 18.0, DAYS),
        rh_mean_percent=unknown,
        rh_min_percent=measured(np.full(DAYS, 15.0)),
        rh_max_percent=measured(np.full(DAYS, 55.0)),
        dewpoint_c=unknown,
        wind_2m_m_s=measured(np.full(DAYS, 4.0)),
        radiation_mj_m2=measured(np.full(DAYS, 25.0)),
        sunshine_h=unknown,
        et0_mm=unknown,
    )


def test_hargreaves_learns_what_it_misses_from_earlier_days() -> None:
    full = reference_et(season(DAYS))
    plain = reference_et(season(60))
    learned = reference_et(season(60), in_order=True)
    assert set(plain.method[60:]) == {METHOD_HARGREAVES}
    assert set(learned.method[60:]) == {METHOD_CALIBRATED}
    assert set(learned.method[:60]) == {METHOD_FULL}
    missed = np.abs(full.et0_mm[60:].mean() - plain.et0_mm[60:].mean())
    assert np.abs(full.et0_mm[60:].mean() - learned.et0_mm[60:].mean()) < 0.5 * missed


def test_the_factor_uses_no_later_day() -> None:
    whole = reference_et(season(60), in_order=True).et0_mm
    later = season(60)
    later.radiation_mj_m2[80:] = 1.0
    later.tmax_c[80:] += 10.0
    assert reference_et(later, in_order=True).et0_mm[:80] == pytest.approx(whole[:80])


def test_a_short_record_leaves_hargreaves_as_it_is() -> None:
    few = reference_et(season(CALIBRATION_DAYS - 1), in_order=True)
    assert set(few.method[CALIBRATION_DAYS:]) == {METHOD_HARGREAVES}


def test_the_factor_is_the_ratio_of_sums_within_bounds() -> None:
    ones = np.ones((40, 2))
    factor = hargreaves_factor(ones, np.stack([np.full(40, 1.2), np.full(40, 9.0)], axis=1))
    assert factor[28].tolist() == [1.0, 1.0]
    assert factor[-1].tolist() == pytest.approx([1.2, 1.6])
