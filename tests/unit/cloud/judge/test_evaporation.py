import numpy as np
import pytest

from cloud.judge.evaporation import (
    HIGH_MARGIN,
    LOW_MARGIN,
    bracket_mm,
    extraterrestrial_mj_m2,
    hargreaves_samani_mm,
    priestley_taylor_mm,
)


def array(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array(values, dtype=np.float64)


def test_extraterrestrial_radiation_of_the_worked_example() -> None:
    # FAO-56 example 8: 20 degrees south on 3 September is 32.2 MJ m-2 d-1.
    assert extraterrestrial_mj_m2(array(246.0), array(-20.0))[0] == pytest.approx(32.2, abs=0.1)


def test_the_polar_night_is_dark_and_the_polar_day_finite() -> None:
    night, day = extraterrestrial_mj_m2(array(355.0, 172.0), array(80.0))
    assert night == pytest.approx(0.0, abs=1e-9)
    assert 30.0 < day < 50.0


def test_hargreaves_of_the_worked_example() -> None:
    # FAO-56 example 20: 14.8 to 26.6 degC at 40.6 MJ m-2 d-1 (16.6 mm d-1) gives 5.0 mm d-1.
    assert hargreaves_samani_mm(array(14.8), array(26.6), array(40.6))[0] == pytest.approx(5.0, abs=0.05)


def test_no_temperature_range_gives_no_evaporation_and_never_less() -> None:
    assert hargreaves_samani_mm(array(20.0, 25.0), array(20.0, 20.0), array(40.0)).tolist() == [0.0, 0.0]


def test_priestley_taylor_lies_near_net_radiation_on_a_warm_day() -> None:
    value = priestley_taylor_mm(array(15.0), array(32.0), array(25.0), array(40.0))[0]
    # Net radiation about 14 MJ: 0.408 * 14 = 5.7 mm; times alpha and the slope's share about 0.92.
    assert 4.5 < value < 7.0


def test_more_sun_evaporates_more_and_a_dark_cold_day_nothing_negative() -> None:
    values = priestley_taylor_mm(array(5.0, 5.0), array(15.0, 15.0), array(1.0, 20.0), array(25.0))
    assert 0.0 <= values[0] < values[1]


def test_the_bracket_holds_both_references() -> None:
    low, middle, high = bracket_mm(array(5.0, np.nan), array(6.0, 6.0), array(np.nan, np.nan))
    assert (low[0], middle[0], high[0]) == (LOW_MARGIN * 5.0, 5.5, pytest.approx(HIGH_MARGIN * 6.0))
    assert np.isnan([low[1], middle[1], high[1]]).all()
