import numpy as np
import pytest
import xarray as xr

from cloud.weather.scrutiny.beside import taken_apart

ORDER = ("time", "site")


def file_of(**units: str) -> xr.Dataset:
    ones = np.ones((2, 3))
    return xr.Dataset(
        {"et0_mm": (ORDER, ones), **{name: (ORDER, 0.3 * ones, {"units": unit}) for name, unit in units.items()}}
    )


def test_errors_and_percentiles_in_the_variables_unit_are_taken_from_the_weather() -> None:
    weather, beside = taken_apart(file_of(et0_mm_sigma="mm", et0_mm_p10="mm", et0_mm_p90="mm"), ORDER)
    assert list(weather.data_vars) == ["et0_mm"]
    assert sorted(beside) == ["et0_mm_p10", "et0_mm_p90", "et0_mm_sigma"]
    assert beside["et0_mm_sigma"][1] == pytest.approx(0.3 * np.ones((2, 3)))


def test_an_error_in_another_unit_or_of_nothing_known_is_left() -> None:
    weather, beside = taken_apart(file_of(et0_mm_sigma="cm", strange_sigma="mm"), ORDER)
    assert beside == {}
    assert set(weather.data_vars) == {"et0_mm", "et0_mm_sigma", "strange_sigma"}


def test_an_error_of_another_shape_is_left() -> None:
    odd = file_of().assign(et0_mm_sigma=("site", np.ones(3), {"units": "mm"}))
    assert taken_apart(odd, ORDER)[1] == {}


def test_flags_are_taken_and_days_without_any_are_missing() -> None:
    flags = np.array([[1.0, 2.0, np.nan], [1.0, 1.0, 2.0]])
    weather, beside = taken_apart(file_of().assign_coords(et0_mm_quality=(("site", "time"), flags.T)), ORDER)
    assert "et0_mm_quality" not in weather.variables
    assert beside["et0_mm_quality"][1].tolist() == [[1, 2, 0], [1, 1, 2]]
    assert beside["et0_mm_quality"][1].dtype == np.int8
