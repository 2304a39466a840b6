"""NASA POWER: fill values, units, missing days, and answers for somewhere else."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest

from cloud.errors import InputError, UnitError
from cloud.weather.services.nasa_power import power_request, read_power
from cloud.weather.services.request import Daily, Place
from tests.weather_server import power_answer

PLACE = Place(latitude=32.3, longitude=-6.4, timezone="Africa/Casablanca")
REQUEST = power_request(PLACE, date(2026, 1, 1), date(2026, 1, 5))


def answer() -> dict[str, Any]:
    return power_answer(dict(REQUEST.query), known_until=date(2026, 1, 3))


def read(content: object) -> Daily:
    return read_power(json.dumps(content).encode(), PLACE)


def test_fill_values_are_missing_and_never_numbers() -> None:
    daily = read(answer())
    assert daily.days.astype(str).tolist() == [f"2026-01-0{day}" for day in range(1, 6)]
    assert daily.elevation_m == 512.3
    np.testing.assert_array_equal(daily.values["tmax_c"][:, 0], [25.5, 25.5, 25.5, np.nan, np.nan])
    np.testing.assert_array_equal(daily.values["radiation_mj_m2"][:3, 0], 19.5)


@pytest.mark.parametrize("fill", [-999, -99.0, -777.0])
def test_its_own_fill_value_counts_and_so_do_the_usual_ones(fill: float) -> None:
    content = answer()
    content["header"]["fill_value"] = -777.0
    content["properties"]["parameter"]["PRECTOTCORR"]["20260102"] = fill
    assert np.isnan(read(content).values["rain_mm"][1, 0])


def test_a_missing_day_is_unknown() -> None:
    content = answer()
    for series in content["properties"]["parameter"].values():
        del series["20260102"]
    daily = read(content)
    assert daily.days.size == 5
    assert np.isnan(daily.values["tmin_c"][1, 0])


def test_radiation_in_watts_is_converted_and_another_unit_refused() -> None:
    content = answer()
    content["parameters"]["ALLSKY_SFC_SW_DWN"]["units"] = "W/m^2"
    np.testing.assert_allclose(read(content).values["radiation_mj_m2"][0, 0], 19.5 * 0.0864)
    content["parameters"]["ALLSKY_SFC_SW_DWN"]["units"] = "kW-hr/m^2/day"
    with pytest.raises(UnitError, match="ALLSKY_SFC_SW_DWN: expected units such as"):
        read(content)
    content["parameters"] = {}
    with pytest.raises(UnitError, match="got 'none'"):
        read(content)


def test_a_parameter_that_is_not_there_is_told() -> None:
    content = answer()
    del content["properties"]["parameter"]["RH2M"]
    assert read(content).problems == ("nasa-power at 32.30, -6.40: RH2M is missing from the answer",)


def without_temperature(content: dict[str, Any]) -> None:
    del content["properties"]["parameter"]["T2M_MAX"]


def no_days(content: dict[str, Any]) -> None:
    content["properties"]["parameter"] = {"T2M_MIN": {}, "T2M_MAX": {}}


def odd_day(content: dict[str, Any]) -> None:
    content["properties"]["parameter"]["T2M_MIN"]["2026-01-01"] = 3.0


def swapped(content: dict[str, Any]) -> None:
    content["geometry"]["coordinates"] = [32.3, -6.4, 500.0]


def no_place(content: dict[str, Any]) -> None:
    content["geometry"]["coordinates"] = []


def words(content: dict[str, Any]) -> None:
    content["properties"]["parameter"]["T2M_MIN"]["20260101"] = "cold"


def refused_by_the_service(content: dict[str, Any]) -> None:
    content.clear()
    content.update({"header": "The POWER Daily API failed", "messages": ["start date is after end date"]})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (without_temperature, "expected T2M_MAX"),
        (no_days, "expected days, got none"),
        (odd_day, "expected days like 20260501, got '2026-01-01'"),
        (swapped, "expected weather near 32.30, -6.40"),
        (no_place, "expected geometry.coordinates"),
        (words, "expected a number or null, got 'cold'"),
        (refused_by_the_service, "start date is after end date"),
    ],
)
def test_an_answer_that_cannot_be_right_is_refused(change: Callable[[dict[str, Any]], None], told: str) -> None:
    content = answer()
    change(content)
    with pytest.raises(InputError) as refused:
        read(content)
    assert told in str(refused.value)
