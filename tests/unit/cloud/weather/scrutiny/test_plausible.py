import numpy as np
import pytest
import xarray as xr

from cloud.errors import InputError, UnitError
from cloud.weather.scrutiny.plausible import bounded, bounded_lines, examined
from cloud.weather.scrutiny.quality import Quality, quality_of

DAYS = 60


def past(**changes: dict[int, float]) -> xr.Dataset:
    generator = np.random.default_rng(5)
    values = {
        "tmin_c": generator.normal(12.0, 2.0, DAYS),
        "tmax_c": generator.normal(27.0, 2.0, DAYS),
        "dewpoint_c": generator.normal(9.0, 1.0, DAYS),
        "rh_min_percent": generator.uniform(20.0, 30.0, DAYS),
        "rh_mean_percent": generator.uniform(45.0, 55.0, DAYS),
        "rh_max_percent": generator.uniform(80.0, 90.0, DAYS),
    }
    for name, cells in changes.items():
        for row, value in cells.items():
            values[name][row] = value
    return xr.Dataset(
        {name: (("time", "site"), data[:, None], {"units": "u"}) for name, data in values.items()},
        coords={
            "time": np.datetime64("2024-05-01", "ns") + np.arange(DAYS) * np.timedelta64(1, "D"),
            "latitude": ("site", [32.3]),
            "longitude": ("site", [-6.3]),
            "elevation_m": ("site", [500.0]),
        },
        attrs={"source": "past.csv", "problems": "an older problem", "notes": "a note"},
    )


def test_plausible_weather_passes_unchanged() -> None:
    given = past()
    found = examined(given)
    assert found.attrs == {**given.attrs}
    assert list(found.coords) == list(given.coords)
    assert all(np.array_equal(found[name].values, given[name].values) for name in given.data_vars)
    assert found["tmin_c"].attrs == {"units": "u"}


@pytest.mark.parametrize(
    ("changes", "names", "words"),
    [
        ({"tmin_c": {3: 30.0}, "tmax_c": {3: 12.0}}, ("tmin_c", "tmax_c"), "tmin_c below tmax_c, got 30 and 12 on"),
        ({"dewpoint_c": {3: 24.9}}, ("dewpoint_c",), "a dew point below the day's mean, got 24.9 on 2024-05-04"),
        (
            {"rh_min_percent": {3: 85.0}, "rh_max_percent": {3: 40.0}},
            ("rh_min_percent", "rh_max_percent"),
            "rh_min_percent below rh_max_percent, got 85 and 40",
        ),
        ({"rh_mean_percent": {3: 12.0}}, ("rh_mean_percent",), "a mean between the extremes, got 12"),
    ],
)
def test_a_contradiction_is_set_aside_and_told_once(
    changes: dict[str, dict[int, float]], names: tuple[str, ...], words: str
) -> None:
    given = past(**changes)
    before = {name: given[name].values.copy() for name in given.data_vars}
    found = examined(given)
    old, new = found.attrs["problems"].splitlines()
    assert old == "an older problem"
    assert words in new
    assert "2024-05-04" in new
    for name in names:
        assert np.isnan(found[name].values[3, 0])
        assert quality_of(found, name)[3, 0] == Quality.SET_ASIDE
    assert all(np.array_equal(given[name].values, before[str(name)]) for name in given.data_vars)
    known = sum(int((~np.isnan(found[name].values)).sum()) for name in found.data_vars)
    assert known == 6 * DAYS - len(names)


def test_a_stuck_sensor_is_told_with_its_span() -> None:
    found = examined(past(tmin_c=dict.fromkeys(range(20, 31), 13.4)))
    line = found.attrs["problems"].splitlines()[1]
    assert line == (
        "past.csv: tmin_c: expected it to change within 5 days, got 13.4 on 2024-05-21 to 2024-05-31; taken as missing"
    )
    assert (quality_of(found, "tmin_c")[20:31] == Quality.STUCK).all()


def test_several_sites_are_counted() -> None:
    two = xr.concat(
        [past(), past(dewpoint_c={3: 25.0})], dim="site", data_vars="all", coords="minimal", compat="override"
    )
    two = two.assign_coords(
        latitude=("site", [32.3, 32.4]), longitude=("site", [-6.3, -6.3]), elevation_m=("site", [1.0, 1.0])
    )
    line = examined(two).attrs["problems"].splitlines()[1]
    assert "got 25 on 2024-05-04 at 1 of 2 sites; taken as missing" in line


def test_bounds_set_single_values_aside_and_refuse_a_variable_that_is_another() -> None:
    values = np.full(40, 50.0)
    values[:3] = (104.0, 150.0, np.nan)
    kept, flags = bounded("rh_mean_percent", values, "file.nc")
    assert kept[0] == 100.0
    assert np.isnan(kept[1:3]).all()
    assert flags[:4].tolist() == [Quality.CORRECTED, Quality.SET_ASIDE, Quality.MISSING, Quality.MEASURED]
    problems, notes = bounded_lines("rh_mean_percent", values, flags, "file.nc")
    assert problems == ["file.nc: rh_mean_percent: expected 0 to 100 %, got 150 in 1 of 40 values; taken as missing"]
    assert notes == ["file.nc: rh_mean_percent: expected 0 to 100 %, got 104 in 1 of 40 values; moved to the bound"]
    with pytest.raises(InputError, match="got 150 in 10 of 40 values"):
        bounded("rh_mean_percent", np.where(np.arange(40) < 10, 150.0, 50.0), "file.nc")
    with pytest.raises(UnitError, match="kelvin"):
        bounded("tmax_c", np.full(40, 300.0), "file.nc")


def test_packed_rain_just_below_nothing_is_no_rain() -> None:
    kept, flags = bounded("rain_mm", np.array([-0.004, 0.0, 2.0]), "file.nc")
    assert kept.tolist() == [0.0, 0.0, 2.0]
    assert flags[0] == Quality.CORRECTED
