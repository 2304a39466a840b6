"""Gathered and corrected weather in the form of the contract: CF names and units, read back as it was."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cloud.variables import VARIABLES
from cloud.weather.forecast import read_forecast
from cloud.weather.services.cubes import attributes_of, issued_cube


@pytest.mark.parametrize("name", list(VARIABLES))
def test_every_variable_says_its_unit_and_how_it_sums_a_day_up(name: str) -> None:
    attributes = attributes_of(name)
    assert attributes["units"] == VARIABLES[name].unit
    assert attributes["cell_methods"].startswith("time: ")
    assert attributes["long_name"]


def forecast() -> xr.Dataset:
    order, shape = ("time", "member", "site"), (3, 2, 1)
    return xr.Dataset(
        {
            "tmin_c": (order, np.arange(6.0).reshape(shape)),
            "tmax_c": (order, np.arange(6.0).reshape(shape) + 12.0),
            "et0_mm": (order, np.full(shape, 4.5)),
            "unknown": (order, np.zeros(shape)),
        },
        coords={
            "time": np.array(["2026-05-11", "2026-05-12", "2026-05-13"], dtype="datetime64[ns]"),
            "member": [0, 1],
            "latitude": ("site", [32.3]),
            "longitude": ("site", [-6.4]),
            "elevation_m": ("site", [500.0]),
        },
        attrs={"issued_at": "2026-05-10T18:00:00", "source": "ahead.nc", "history": "corrected", "sha256": "0" * 64},
    )


def test_a_forecast_as_it_is_used_is_read_back_as_it_was(tmp_path: Path) -> None:
    cube = issued_cube(forecast())
    assert cube["tmin_c"].dims == ("issued_at", "lead", "member", "site")
    assert cube["lead"].values.tolist() == [1, 2, 3]
    assert "unknown" not in cube
    assert cube.attrs["history"] == "corrected"
    assert "sha256" not in cube.attrs
    cube.to_netcdf(tmp_path / "used.nc")
    back = read_forecast(tmp_path / "used.nc", date(2026, 5, 12))
    assert back.attrs["issued_at"][:19] == "2026-05-10T18:00:00"
    for name in ("tmin_c", "tmax_c", "et0_mm"):
        assert back[name].values.tolist() == forecast()[name].values.tolist()
    assert str(back["time"].values[0])[:10] == "2026-05-11"
