import numpy as np
import pytest
import xarray as xr

from cloud.errors import InputError, MissingDataError, UnitError
from cloud.variables import VARIABLES, check_bounds, guessed_unit, require


def dataset(**columns: list[float]) -> xr.Dataset:
    return xr.Dataset({name: (("time",), np.array(values)) for name, values in columns.items()})


def test_every_variable_says_its_unit_in_its_name() -> None:
    for name, variable in VARIABLES.items():
        assert variable.name == name
        assert variable.low < variable.high
        assert 0.0 <= variable.allowed_missing_fraction <= 1.0


def test_a_complete_dataset_passes() -> None:
    whole = dataset(tmin_c=[10.0, 11.0], rain_mm=[0.0, 3.0])
    require(whole, "tmin_c", "rain_mm")
    assert set(whole.data_vars) == {"tmin_c", "rain_mm"}


def test_what_is_absent_or_full_of_gaps_is_refused() -> None:
    with pytest.raises(InputError, match="expected variable rain_mm"):
        require(dataset(tmin_c=[10.0]), "rain_mm")
    with pytest.raises(MissingDataError, match="50%"):
        require(dataset(rain_mm=[0.0, float("nan")]), "rain_mm")
    with pytest.raises(MissingDataError, match="100%"):
        require(dataset(rain_mm=[]), "rain_mm")


def test_implausible_values_are_refused() -> None:
    with pytest.raises(InputError, match="got -5 in 1 of 2"):
        check_bounds("rain_mm", np.array([1.0, -5.0]), "file")
    with pytest.raises(UnitError, match="tmax_k"):
        check_bounds("tmax_c", np.array([300.0, 301.0]), "file")


def test_units_are_guessed_only_from_known_values() -> None:
    assert guessed_unit("tmax_c", np.array([np.nan])) is None
    assert guessed_unit("rain_mm", np.array([900.0])) is None
    assert guessed_unit("tmax_c", np.array([20.0, 30.0])) is None
