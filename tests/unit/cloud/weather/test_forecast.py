from datetime import date
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cloud.errors import InputError, MissingDataError
from cloud.weather.forecast import read_forecast


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "forecast.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_newest_issue_not_after_the_day_is_used(tmp_path: Path) -> None:
    rows = "".join(
        f"{issue},{member},2024-05-{day:02d},10,{tmax},{member}\n"
        for issue, tmax in (("2024-05-01T06:00", 20), ("2024-05-02T06:00", 25), ("2024-05-03T06:00+01:00", 30))
        for member in (0, 1, 10)
        for day in (3, 4)
    )
    path = written(tmp_path, "# latitude: 32.3\nissued_at,member,date,tmin_c,tmax_c,rain_mm\n" + rows)
    dataset = read_forecast(path, date(2024, 5, 2))
    assert dict(dataset.sizes) == {"time": 2, "member": 3, "site": 1}
    assert set(dataset["tmax_c"].values.ravel()) == {25.0}
    assert dataset["rain_mm"].values[0, :, 0].tolist() == [0.0, 1.0, 10.0]
    assert dataset.attrs["issued_at"].startswith("2024-05-02")
    with pytest.raises(MissingDataError, match="not after 2024-04-30"):
        read_forecast(path, date(2024, 4, 30))


def test_a_forecast_without_members_and_with_a_hole(tmp_path: Path) -> None:
    text = "issued_at,date,tmin_c,tmax_c\n2024-05-01,2024-05-02,10,20\n2024-05-01,2024-05-04,10,20\nx,2024-05-05,1,2\n"
    dataset = read_forecast(written(tmp_path, text), date(2024, 5, 1))
    assert dict(dataset.sizes) == {"time": 3, "member": 1, "site": 1}
    assert np.isnan(dataset["tmin_c"].values[1, 0, 0])
    assert "line 4" in dataset.attrs["problems"]


def test_members_may_have_names(tmp_path: Path) -> None:
    text = "issued_at,member,date,tmin_c,tmax_c\n2024-05-01,b,2024-05-02,10,22\n2024-05-01,a,2024-05-02,10,21\n"
    dataset = read_forecast(written(tmp_path, text), date(2024, 5, 1))
    assert dataset["tmax_c"].values[0, :, 0].tolist() == [21.0, 22.0]


def test_a_forecast_needs_its_issue(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="add issued_at"):
        read_forecast(written(tmp_path, "date,tmin_c,tmax_c\n2024-05-02,10,20\n"), date(2024, 5, 1))


def test_dates_in_another_order_are_named_not_taken_for_a_late_issue(tmp_path: Path) -> None:
    path = written(tmp_path, "issued_at,date,tmin_c,tmax_c\n2024-05-01,02/05/2024,10,20\n")
    with pytest.raises(InputError, match=r"line 2: .*got '02/05/2024'.* nor any other row; write dates like"):
        read_forecast(path, date(2024, 5, 2))


def test_a_forecast_that_contradicts_itself_is_unknown_there(tmp_path: Path) -> None:
    shape = (1, 3, 2, 1)
    low, high, sun = np.full(shape, 10.0), np.full(shape, 25.0), np.full(shape, 20.0)
    low[0, 1, 0, 0], sun[0, 2, 1, 0] = 30.0, 44.0
    dims = ("issued_at", "lead", "member", "site")
    path = tmp_path / "ahead.nc"
    xr.Dataset(
        {
            "tmin_c": (dims, low, {"units": "degC"}),
            "tmax_c": (dims, high, {"units": "degC"}),
            "radiation_mj_m2": (dims, sun, {"units": "MJ m-2 d-1"}),
        },
        coords={
            "issued_at": np.array(["2024-05-01"], dtype="datetime64[ns]"),
            "lead": [0, 1, 2],
            "latitude": ("site", [32.0]),
            "longitude": ("site", [-6.0]),
        },
    ).to_netcdf(path)
    found = read_forecast(path, date(2024, 5, 1))
    assert int(np.isnan(found["tmin_c"].values).sum()) == int(np.isnan(found["radiation_mj_m2"].values).sum()) == 1
    crossed, bright = found.attrs["problems"].splitlines()
    assert "expected tmin_c below tmax_c, got 30 and 25 on 2024-05-02" in crossed
    assert "at most 1.15 of a clear sky's, got 44 on 2024-05-03" in bright
