import numpy as np
import pytest

from cloud.errors import UnitError
from cloud.variables import VARIABLES
from cloud.weather.columns import COLUMNS, conversion, to_2m


def test_every_header_leads_to_a_known_variable() -> None:
    assert {column.variable for column in COLUMNS.values()} == set(VARIABLES)


@pytest.mark.parametrize(
    ("variable", "unit", "value", "expected"),
    [
        ("tmax_c", "K", 300.15, 27.0),
        ("tmax_c", "degree_Fahrenheit", 80.6, 27.0),
        ("tmax_c", "Celsius", 27.0, 27.0),
        ("rain_mm", "m", 0.004, 4.0),
        ("rain_mm", "kg m-2", 4.0, 4.0),
        ("rain_mm", "kg m-2 s-1", 1.0 / 86400.0, 1.0),
        ("rain_mm", "inches", 1.0, 25.4),
        ("radiation_mj_m2", "J m**-2", 2e7, 20.0),
        ("radiation_mj_m2", "W/m2", 100.0, 8.64),
        ("rh_mean_percent", "1", 0.45, 45.0),
        ("wind_2m_m_s", "km/h", 36.0, 10.0),
        ("sunshine_h", "s", 7200.0, 2.0),
        ("et0_mm", "mm day-1", 5.0, 5.0),
    ],
)
def test_declared_units_become_ours(variable: str, unit: str, value: float, expected: float) -> None:
    assert conversion(variable, unit, "file")(np.array([value]))[0] == pytest.approx(expected)


@pytest.mark.parametrize("unit", ["", "furlong", "mm"])
def test_other_units_are_refused(unit: str) -> None:
    with pytest.raises(UnitError, match=r"file: tmax_c: expected units degc or k or degf"):
        conversion("tmax_c", unit, "file")


def test_wind_at_2_m_stays_as_it_is() -> None:
    assert to_2m(np.array([3.0]), 2.0)[0] == 3.0
    assert to_2m(np.array([3.2]), 10.0)[0] == pytest.approx(2.393, abs=0.001)
