import numpy as np
import pytest

from cloud.errors import UnitError
from cloud.weather.tables.columns import COLUMNS, column_of, conversion, to_2m, understands

ONE = np.array([1.0])


@pytest.mark.parametrize(
    ("variable", "unit", "value", "expected"),
    [
        ("tmin_c", "K", 300.0, 26.85),
        ("tmax_c", "degree_Celsius", 20.0, 20.0),
        ("tmax_c", "°F", 50.0, 10.0),
        ("rain_mm", "m", 0.0042, 4.2),
        ("rain_mm", "m of water equivalent", 0.0042, 4.2),
        ("rain_mm", "mm/day", 4.2, 4.2),
        ("rain_mm", "cm", 1.0, 10.0),
        ("rain_mm", "kg m-2", 4.2, 4.2),
        ("rain_mm", "kg m**-2 s**-1", 1e-4, 8.64),
        ("radiation_mj_m2", "W/m2", 250.0, 21.6),
        ("radiation_mj_m2", "J m**-2", 2.1e7, 21.0),
        ("radiation_mj_m2", "MJ/m^2/day", 21.0, 21.0),
        ("radiation_mj_m2", "kW-hr/m^2/day", 5.0, 18.0),
        ("wind_2m_m_s", "km/h", 36.0, 10.0),
        ("wind_2m_m_s", "m s**-1", 3.0, 3.0),
        ("wind_2m_m_s", "knots", 10.0, 5.14444),
        ("rh_mean_percent", "1", 0.5, 50.0),
        ("sunshine_h", "s", 3600.0, 1.0),
    ],
)
def test_declared_units_become_ours(variable: str, unit: str, value: float, expected: float) -> None:
    assert conversion(variable, unit, "file.nc: x")(ONE * value)[0] == pytest.approx(expected)


@pytest.mark.parametrize("unit", ["", "furlong", "mm h-1"])
def test_units_that_are_not_understood_are_refused(unit: str) -> None:
    with pytest.raises(UnitError, match="declare the units"):
        conversion("rain_mm", unit, "file.nc: tp")


def test_our_own_names_and_those_of_nasa_power_are_known() -> None:
    assert column_of("tmin_k", {}) is COLUMNS["tmin_k"]
    radiation = column_of("allsky_sfc_sw_dwn", {"allsky_sfc_sw_dwn": "kW-hr/m^2/day"})
    assert radiation is not None
    assert radiation.convert(ONE)[0] == pytest.approx(3.6)
    near, high = column_of("ws2m", {}), column_of("ws10m", {})
    assert near is not None
    assert high is not None
    assert (near.wind_height_m, high.wind_height_m) == (2.0, 10.0)
    assert near.rank < high.rank


def test_the_highest_wind_of_a_day_is_told_and_made_a_mean() -> None:
    column = column_of("windspeed_max_kmh", {})
    assert column is not None
    assert column.convert(ONE * 36.0)[0] == pytest.approx(10.0 / 1.82)
    assert column.told == "windspeed_max_kmh is the day's highest wind; its mean is taken as 1/1.82 of it"


@pytest.mark.parametrize("header", ["rafale_km_h", "temp_c", "rain (furlong)", "dewpoint_max_c", "colour"])
def test_other_statistics_and_units_are_no_daily_variable(header: str) -> None:
    assert column_of(header, {}) is None


def test_wind_is_brought_to_two_metres() -> None:
    # FAO-56 example 14: 3.2 m/s at 10 m is 2.4 m/s at 2 m.
    assert to_2m(ONE * 3.2, 10.0)[0] == pytest.approx(2.39, abs=0.01)
    assert to_2m(ONE, 2.0)[0] == 1.0
    assert understands("rain_mm", "inch")
    assert not understands("rain_mm", "m/s")
