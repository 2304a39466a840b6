from collections.abc import Mapping

import numpy as np
import pytest
import xarray as xr

from cloud.errors import InputError
from cloud.records import Parcel
from cloud.weather.forcing import forcing_for, nearest_sites, site_reference
from cloud.weather.scrutiny.gaps import filled

PARCEL = Parcel(id="p", crop="olive", latitude=32.3, longitude=-6.3)


def dataset(columns: Mapping[str, np.ndarray], latitude: float = 32.3) -> xr.Dataset:
    days = len(next(iter(columns.values())))
    return xr.Dataset(
        {name: (("time", "site"), values[:, None]) for name, values in columns.items()},
        coords={
            "time": np.arange(np.datetime64("2024-05-01", "D"), np.datetime64("2024-05-01", "D") + days).astype(
                "datetime64[ns]"
            ),
            "latitude": ("site", [latitude]),
            "longitude": ("site", [-6.3]),
            "elevation_m": ("site", [np.nan]),
        },
        attrs={"source": "test.csv", "notes": "a note"},
    )


def month(**holes: int) -> dict[str, np.ndarray]:
    columns = {"tmin_c": np.full(30, 12.0), "tmax_c": np.full(30, 28.0), "rain_mm": np.zeros(30)}
    for name, count in holes.items():
        columns[name][10 : 10 + count] = np.nan
    return columns


def test_short_gaps_are_filled_flagged_and_told() -> None:
    forcing = forcing_for([PARCEL, PARCEL], dataset(month(tmin_c=2, rain_mm=3)))
    assert forcing.et0_mm.shape == (30, 2)
    assert not np.isnan(forcing.et0_mm).any()
    assert forcing.filled is not None
    assert forcing.filled[:, 0].sum() == 3
    assert "3 missing days (2024-05-11, 2024-05-12, 2024-05-13)" in forcing.notes[1]
    assert forcing.notes[0] == "a note"


def test_long_gaps_stay_gaps() -> None:
    forcing = forcing_for([PARCEL], dataset(month(tmax_c=6)))
    assert np.isnan(forcing.et0_mm[:, 0]).sum() == 6
    assert forcing.filled is not None
    assert not forcing.filled.any()


def test_lowest_humidity_comes_from_the_dew_point_when_not_measured() -> None:
    # e(12) / e(28) = 1.402 / 3.780 kPa.
    forcing = forcing_for([PARCEL], dataset(month()))
    assert forcing.rh_min_percent[0, 0] == pytest.approx(37.1, abs=0.1)
    measured = forcing_for([PARCEL], dataset({**month(), "rh_min_percent": np.full(30, 22.0)}))
    assert measured.rh_min_percent[0, 0] == 22.0


def test_a_given_reference_needs_no_place() -> None:
    forcing = forcing_for([PARCEL], dataset({"et0_mm": np.full(5, 4.0), "rain_mm": np.zeros(5)}, latitude=np.nan))
    assert forcing.et0_mm[:, 0].tolist() == [4.0] * 5
    with pytest.raises(InputError, match="--latitude"):
        forcing_for([PARCEL], dataset(month(), latitude=np.nan))


def test_reference_of_a_site_leaves_gaps_alone() -> None:
    reference = site_reference(dataset(month(tmin_c=2)))
    assert np.isnan(reference.et0_mm[10:12, 0]).all()
    assert reference.method[10, 0] == "missing"
    assert reference.method[0, 0] == "Hargreaves"


def test_the_nearest_site_is_found_across_the_date_line() -> None:
    sites = xr.Dataset(coords={"latitude": ("site", [0.0, 0.0]), "longitude": ("site", [-179.0, 170.0])})
    far_east = Parcel(id="f", crop="olive", latitude=0.0, longitude=179.5)
    assert nearest_sites([far_east], sites).tolist() == [0]


def test_weather_can_be_cut_at_a_day() -> None:
    forcing = forcing_for([PARCEL], dataset(month()))
    cut = forcing.until(np.datetime64("2024-05-10"))
    assert len(cut.days) == cut.et0_mm.shape[0] == 10


def test_filling_uses_neighbours_only_when_there_are_enough() -> None:
    values = np.array([1.0, 2.0, np.nan, 4.0])
    kept, flags = filled(values)
    assert np.isnan(kept[2])
    assert not flags.any()
    longer = np.concatenate([np.arange(6.0), [np.nan], np.arange(6.0)])
    kept, flags = filled(longer)
    assert kept[6] == pytest.approx(2.5)
    assert flags.sum() == 1
