import numpy as np
import pytest
import xarray as xr

from cloud.weather.blend.regions import Region, distance_km, sites_within

REGION = Region(
    latitude=np.array([32.0, 33.0]), longitude=np.array([-6.0, -6.0]), elevation_m=np.array([500.0, np.nan])
)


def test_a_degree_of_latitude_is_111_km() -> None:
    assert distance_km(32.0, -6.0, np.array([33.0]), np.array([-6.0]))[0] == pytest.approx(111.19, abs=0.01)


def test_the_way_over_the_date_line_is_short() -> None:
    assert distance_km(0.0, 179.5, np.array([0.0]), np.array([-179.5]))[0] == pytest.approx(111.19, abs=0.01)


def test_a_place_in_reach_is_served_and_its_error_grows_with_distance() -> None:
    assert REGION.refusal(32.0, -6.0, 520.0) is None
    assert REGION.widening(32.0, -6.0) == pytest.approx(1.0)
    half_way = 32.0 - 50.0 / 111.19
    assert REGION.nearest(half_way, -6.0)[0] == 0
    assert REGION.widening(half_way, -6.0) == pytest.approx(1.25, abs=0.001)
    assert REGION.widening(10.0, -6.0) == pytest.approx(1.5)


def test_a_place_far_away_or_far_above_is_refused_with_the_reason() -> None:
    assert "km from the region's nearest site, at most 100 km" in str(REGION.refusal(30.0, -6.0, 500.0))
    assert "1000 m above or below" in str(REGION.refusal(32.0, -6.0, 1500.0))


def test_a_height_that_only_one_of_the_two_knows_is_refused() -> None:
    assert "at elevation unknown, the region's nearest site at elevation 500 m" in str(
        REGION.refusal(32.0, -6.0, float("nan"))
    )
    assert "at elevation 2500 m, the region's nearest site at elevation unknown" in str(
        REGION.refusal(33.0, -6.0, 2500.0)
    )
    assert REGION.refusal(33.0, -6.0, float("nan")) is None


def test_a_series_that_stands_under_two_names_counts_once() -> None:
    series = np.array([[20.0, 20.0, 25.0, 20.0], [21.0, 21.0, 26.0, 22.0]])
    second = xr.Dataset(
        {"tmax_c": (("time", "site"), series)},
        coords={"latitude": ("site", [32.1, 32.0, 32.3, 40.0]), "longitude": ("site", [-6.0] * 4)},
    )
    assert sites_within(second, 32.0, -6.0, 100.0).tolist() == [1, 2]
