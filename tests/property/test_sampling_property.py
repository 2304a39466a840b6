"""Weather brought to parcels stays within what the cells around them say, and examining it never invents a value."""

import numpy as np
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.records import Parcel
from cloud.weather.grids.region import GRIDDED
from cloud.weather.sampling import sampled
from cloud.weather.scrutiny.plausible import examined
from cloud.weather.scrutiny.quality import Quality, quality_of

NORTH, EAST = np.array([31.0, 32.0, 33.0]), np.array([-8.0, -7.0, -6.0])
CELLS = st.lists(st.one_of(st.just(float("nan")), st.floats(-30.0, 55.0)), min_size=9, max_size=9)


def grid(cells: list[float]) -> xr.Dataset:
    rows, columns = np.meshgrid(NORTH, EAST, indexing="ij")
    return xr.Dataset(
        {name: (("time", "site"), np.array([cells])) for name in ("tmax_c", "rain_mm")},
        coords={
            "time": np.array(["2024-05-01"], dtype="datetime64[ns]"),
            "latitude": ("site", rows.ravel()),
            "longitude": ("site", columns.ravel()),
            "elevation_m": ("site", np.full(9, np.nan)),
        },
        attrs={"source": "grid.nc", "notes": "", "problems": "", GRIDDED: 1},
    )


@settings(max_examples=60, deadline=None)
@given(CELLS, st.floats(30.5, 33.5), st.floats(-8.5, -5.5))
def test_a_place_lies_between_its_cells(cells: list[float], latitude: float, longitude: float) -> None:
    found = sampled(grid(cells), [Parcel(id="p", crop="olive", latitude=latitude, longitude=longitude)])
    known = [one for one in cells if not np.isnan(one)]
    smooth, rain = float(found["tmax_c"].values[0, 0]), float(found["rain_mm"].values[0, 0])
    if not np.isnan(smooth):
        assert min(known) - 1e-9 <= smooth <= max(known) + 1e-9
    assert np.isnan(rain) or rain in known
    if len(known) == len(cells):
        assert not np.isnan(smooth + rain)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-20.0, 45.0), min_size=12, max_size=40), st.integers(0, 2**32 - 1))
def test_examining_only_takes_away_and_says_so(low: list[float], seed: int) -> None:
    generator = np.random.default_rng(seed)
    values = np.array(low)
    high = values + generator.normal(8.0, 6.0, values.size)
    given = xr.Dataset(
        {"tmin_c": (("time", "site"), values[:, None]), "tmax_c": (("time", "site"), high[:, None])},
        coords={
            "time": np.datetime64("2024-05-01", "ns") + np.arange(values.size) * np.timedelta64(1, "D"),
            "latitude": ("site", [32.3]),
            "longitude": ("site", [-6.3]),
            "elevation_m": ("site", [500.0]),
        },
        attrs={"source": "past.csv", "notes": "", "problems": ""},
    )
    found = examined(given)
    for name in ("tmin_c", "tmax_c"):
        after, before = found[name].values, given[name].values
        kept = ~np.isnan(after)
        assert np.array_equal(after[kept], before[kept])
        assert (quality_of(found, name)[~kept] >= Quality.SET_ASIDE).all()
        assert kept.all() or name in found.attrs["problems"]
    assert not (found["tmin_c"].values > found["tmax_c"].values).any()
