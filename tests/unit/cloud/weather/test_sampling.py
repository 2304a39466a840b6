from collections.abc import Sequence

import numpy as np
import pytest
import xarray as xr

from cloud.records import Parcel
from cloud.weather.grids.region import GRIDDED
from cloud.weather.sampling import corners_of, lattice_of, places_of, sampled
from cloud.weather.scrutiny.quality import Quality, quality_of, with_quality

DAYS = np.array(["2024-05-01", "2024-05-02"], dtype="datetime64[ns]")


def parcel(latitude: float, longitude: float, elevation_m: float | None = None) -> Parcel:
    return Parcel(id="p", crop="olive", latitude=latitude, longitude=longitude, elevation_m=elevation_m)


def grid(
    values: dict[str, np.ndarray],
    latitude: Sequence[float] = (32.0, 33.0),
    longitude: Sequence[float] = (-7.0, -6.0),
    height: float = np.nan,
) -> xr.Dataset:
    """Cells of a grid as sites, row by row from the first latitude."""
    rows, columns = np.meshgrid(latitude, longitude, indexing="ij")
    return xr.Dataset(
        {name: (("time", "site"), data) for name, data in values.items()},
        coords={
            "time": DAYS,
            "latitude": ("site", rows.ravel()),
            "longitude": ("site", columns.ravel()),
            "elevation_m": ("site", np.full(rows.size, height)),
        },
        attrs={"source": "grid.nc", "notes": "", "problems": "", GRIDDED: 1},
    )


def two_days(cells: Sequence[float]) -> np.ndarray:
    return np.array([cells, cells], dtype=np.float64)


def test_smooth_variables_are_bilinear_and_rain_is_the_nearest_cells() -> None:
    values = {"tmax_c": two_days([20.0, 24.0, 28.0, 40.0]), "rain_mm": two_days([0.0, 8.0, 0.0, 0.0])}
    found = sampled(grid(values), [parcel(32.25, -6.25)])
    # A quarter of the way north, three quarters east: .75 (.25 20 + .75 24) + .25 (.25 28 + .75 40).
    assert found["tmax_c"].values[:, 0].tolist() == pytest.approx([26.5, 26.5])
    assert found["rain_mm"].values[:, 0].tolist() == [8.0, 8.0]
    assert (found["latitude"].item(), found["longitude"].item()) == (32.25, -6.25)


def test_sea_is_left_out_and_the_other_weights_made_whole() -> None:
    values = {"tmax_c": two_days([20.0, np.nan, 28.0, np.nan]), "rain_mm": two_days([1.0, np.nan, 3.0, np.nan])}
    found = sampled(grid(values), [parcel(32.25, -6.25), parcel(32.0, -6.0)])
    assert found["tmax_c"].values[0].tolist() == pytest.approx([20.0, 22.0])
    assert found["rain_mm"].values[0].tolist() == [1.0, 1.0]
    nothing = sampled(grid({"tmax_c": two_days([np.nan] * 4)}), [parcel(32.25, -6.25)])
    assert np.isnan(nothing["tmax_c"].values).all()


def test_outside_the_grid_its_edge_serves() -> None:
    found = sampled(grid({"tmax_c": two_days([20.0, 24.0, 28.0, 40.0])}), [parcel(33.4, -5.5)])
    assert found["tmax_c"].values[0].item() == 40.0


@pytest.mark.parametrize("longitude", [(353.0, 354.0), (-7.0, -6.0)])
@pytest.mark.parametrize("latitude", [(32.0, 33.0), (33.0, 32.0)])
def test_every_way_to_write_a_grid_is_one(latitude: tuple[float, ...], longitude: tuple[float, ...]) -> None:
    cells = [20.0, 24.0, 28.0, 40.0] if latitude[0] < latitude[1] else [28.0, 40.0, 20.0, 24.0]
    found = sampled(grid({"tmax_c": two_days(cells)}, latitude, longitude), [parcel(32.25, -6.25)])
    assert found["tmax_c"].values[0].item() == pytest.approx(26.5)


def test_sites_in_no_order_are_no_grid() -> None:
    scattered = grid({"tmax_c": two_days([20.0, 24.0, 28.0, 40.0])})
    scattered = scattered.assign_coords(latitude=("site", [32.0, 32.1, 33.0, 33.1]))
    assert lattice_of(scattered) is None
    assert corners_of(scattered, places_of([parcel(32.0, -6.0)])) is None
    assert sampled(scattered, [parcel(32.0, -6.0)]) is scattered
    assert sampled(scattered, []) is scattered
    repeated = grid({"tmax_c": two_days([20.0, 24.0, 28.0, 40.0])})
    repeated = repeated.assign_coords(latitude=("site", [32.0, 32.0, 32.0, 33.0]))
    assert lattice_of(repeated) is None


def test_places_of_their_own_are_no_grid_however_they_lie() -> None:
    own = grid({"tmax_c": two_days([20.0, 24.0, 28.0, 40.0])}).assign_attrs({GRIDDED: 0})
    assert lattice_of(own) is None
    found = sampled(own, [parcel(32.25, -6.25, 500.0)])
    assert found["tmax_c"].values[0].tolist() == [24.0]


def test_temperatures_follow_the_height_and_humidity_stays() -> None:
    values = {
        "tmin_c": two_days([10.0] * 4),
        "tmax_c": two_days([30.0] * 4),
        "dewpoint_c": two_days([12.0] * 4),
        "rh_mean_percent": two_days([60.0] * 4),
    }
    found = sampled(grid(values, height=500.0), [parcel(32.2, -6.2, 1500.0), parcel(32.8, -6.8, 520.0)])
    order = np.argsort(found["elevation_m"].values)[::-1]
    high, near = (found.isel(site=int(one)) for one in order)
    assert high["tmin_c"].values[0] == pytest.approx(3.5)
    assert high["tmax_c"].values[0] == pytest.approx(23.5)
    # e(12) / e(20) = 0.600; the dew point at 13.5 degC with the same share of saturation is 5.9 degC.
    assert high["dewpoint_c"].values[0] == pytest.approx(5.9, abs=0.05)
    assert high["rh_mean_percent"].values[0] == pytest.approx(60.0)
    assert near["tmax_c"].values[0] == pytest.approx(30.0)
    assert near["dewpoint_c"].values[0] == pytest.approx(12.0)
    assert found.attrs["notes"] == (
        "grid.nc: temperatures were moved by -6.5 degC/km to the parcels' heights, at most +1000 m; relative humidity"
        " was kept"
    )
    flags = quality_of(found, "tmax_c")[0]
    assert flags[order].tolist() == [Quality.CORRECTED, Quality.MEASURED]


def test_scattered_sites_are_moved_too_where_heights_are_known() -> None:
    values = {"tmin_c": two_days([10.0, 11.0]), "tmax_c": two_days([30.0, 31.0]), "rain_mm": two_days([1.0, 2.0])}
    sites = xr.Dataset(
        {name: (("time", "site"), data) for name, data in values.items()},
        coords={
            "time": DAYS,
            "latitude": ("site", [32.0, 34.0]),
            "longitude": ("site", [-6.0, -5.0]),
            "elevation_m": ("site", [400.0, np.nan]),
            "source": (("time", "site"), np.array([[0, 1], [0, 1]]), {"flag_meanings": "none a b"}),
        },
        attrs={"source": "sites.nc", "notes": "first", "problems": ""},
    )
    found = sampled(sites, [parcel(32.1, -6.0, 900.0), parcel(33.9, -5.0, 900.0)])
    assert found["tmax_c"].values[0].tolist() == pytest.approx([26.75, 31.0])
    assert found["rain_mm"].values[0].tolist() == [1.0, 2.0]
    assert found["source"].values.tolist() == [[0, 1], [0, 1]]
    assert found.attrs["notes"].splitlines()[0] == "first"


def test_members_of_a_forecast_are_sampled_alike() -> None:
    plain = grid({"tmax_c": two_days([20.0, 24.0, 28.0, 40.0])})
    members = plain.expand_dims(member=3).transpose("time", "member", "site")
    found = sampled(members, [parcel(32.25, -6.25)])
    assert found["tmax_c"].dims == ("time", "member", "site")
    assert found["tmax_c"].values.ravel().tolist() == pytest.approx([26.5] * 6)


def test_a_place_far_from_the_grid_knows_nothing() -> None:
    found = sampled(grid({"tmax_c": two_days([20.0] * 4)}), [parcel(32.5, -6.5), parcel(40.0, -6.5)])
    assert np.isnan(found["tmax_c"].values[0]).tolist() == [False, True]


def test_flags_of_the_cells_come_along() -> None:
    plain = grid({"tmax_c": two_days([20.0, 24.0, 28.0, 40.0])})
    flags = np.full((2, 4), Quality.MEASURED, dtype=np.int8)
    flags[1, 3] = Quality.FILLED
    found = sampled(with_quality(plain, {"tmax_c": flags}), [parcel(32.25, -6.25)])
    assert quality_of(found, "tmax_c")[:, 0].tolist() == [Quality.MEASURED, Quality.FILLED]


def test_neighbours_share_a_place_and_its_mean_height() -> None:
    near = [parcel(32.001, -6.0, 500.0), parcel(32.002, -6.0, 520.0), parcel(32.001, -6.0), parcel(33.0123, -6.0)]
    places = places_of(near)
    assert places.latitude.tolist() == pytest.approx([32.0, 33.0123])
    assert places.elevation_m[0] == 510.0
    assert np.isnan(places.elevation_m[1])
