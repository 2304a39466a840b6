import numpy as np
import pytest

from cloud.variables import Days, Floats
from cloud.weather.blend.normal_year import NormalYear, normal_year


def years(count: int) -> Days:
    return np.arange(np.datetime64("1990-01-01"), np.datetime64(f"{1990 + count}-01-01"))


def wave(days: Days) -> Floats:
    ordinal = (days - days.astype("datetime64[Y]")).astype(np.float64) + 1.0
    values: Floats = 4.0 - 3.0 * np.cos(2.0 * np.pi * ordinal / 365.25)
    return values


def of_years(offsets: list[float]) -> tuple[Days, Floats]:
    days = years(len(offsets))
    return days, wave(days) + np.array(offsets)[days.astype("datetime64[Y]").astype(int) - 20]


def test_the_course_of_the_year_is_found_again() -> None:
    days, values = of_years([0.0] * 4)
    found = normal_year(days, values)
    assert found is not None
    assert found.at(days) == pytest.approx(values, abs=1e-9)


def test_gaps_do_not_move_it() -> None:
    days, values = of_years([0.0] * 5)
    values = np.where(np.arange(values.size) % 7 == 3, np.nan, values)
    found = normal_year(days, values)
    assert found is not None
    assert found.at(days) == pytest.approx(wave(days), abs=1e-9)


def test_two_years_tell_no_normal_year_and_five_no_spread_of_years() -> None:
    assert normal_year(*of_years([0.0] * 2)) is None
    few = normal_year(*of_years([0.1, -0.1, 0.0, 0.2, -0.2]))
    assert few is not None
    assert np.isnan(few.yearly_sigma)
    days = years(3)
    assert not few.drift(days, wave(days) + 5.0).any()


def test_the_spread_of_years_is_that_of_their_means() -> None:
    offsets = [0.3, -0.3, 0.1, -0.1, 0.2, -0.2, 0.0, 0.0]
    found = normal_year(*of_years(offsets))
    assert found is not None
    assert found.yearly_sigma == pytest.approx(np.std(offsets, ddof=1), abs=0.01)


def a_normal_year(sigma: float) -> NormalYear:
    found = normal_year(*of_years([0.0] * 4))
    assert found is not None
    return NormalYear(coefficients=found.coefficients, yearly_sigma=sigma)


def test_a_hot_year_within_two_sigmas_is_left_alone() -> None:
    days = years(3)
    assert not a_normal_year(0.2).drift(days, wave(days) + 0.39).any()


def test_what_goes_beyond_two_sigmas_is_drift_once_300_days_are_known() -> None:
    days = years(3)
    drift = a_normal_year(0.2).drift(days, wave(days) + 1.0)
    assert not drift[:299].any()
    assert drift[299:] == pytest.approx(0.6, abs=1e-9)
    falling = a_normal_year(0.2).drift(days, wave(days) - 1.0)
    assert falling[-1] == pytest.approx(-0.6, abs=1e-9)


def test_drift_looks_back_and_never_ahead() -> None:
    days = years(4)
    before, after = wave(days), wave(days)
    after[800:] += 3.0
    normal = a_normal_year(0.1)
    assert normal.drift(days, before)[:800] == pytest.approx(normal.drift(days, after)[:800])
    assert normal.drift(days, after)[-1] > 2.5


def test_gaps_count_as_nothing_and_a_year_with_too_many_tells_no_drift() -> None:
    days = years(3)
    values = np.where(np.arange(days.size) % 2 == 0, np.nan, wave(days) + 2.0)
    assert not a_normal_year(0.1).drift(days, values).any()
