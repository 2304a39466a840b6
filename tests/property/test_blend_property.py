"""The blend's plain parts hold whatever the numbers are: distances, normal years, rain by rank, features."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cloud.variables import Floats
from cloud.weather.blend.features import Surroundings, feature_matrix
from cloud.weather.blend.normal_year import NormalYear
from cloud.weather.blend.rain import fit_rain
from cloud.weather.blend.regions import EARTH_RADIUS_KM, Region, distance_km

LATITUDES = st.floats(-89.0, 89.0)
LONGITUDES = st.floats(-180.0, 180.0)
DAYS = np.arange(np.datetime64("2001-01-01"), np.datetime64("2004-01-01"))


@given(LATITUDES, LONGITUDES, LATITUDES, LONGITUDES)
def test_a_way_is_as_long_there_as_back_and_never_beyond_half_the_earth(
    north: float, east: float, other_north: float, other_east: float
) -> None:
    there = distance_km(north, east, np.array([other_north]), np.array([other_east]))[0]
    back = distance_km(other_north, other_east, np.array([north]), np.array([east]))[0]
    assert there == pytest.approx(back, abs=1e-6)
    assert 0.0 <= there <= np.pi * EARTH_RADIUS_KM + 1e-6


@given(LATITUDES, LONGITUDES, st.floats(-400.0, 5000.0))
def test_what_is_not_refused_is_near_and_its_widening_is_bounded(north: float, east: float, height_m: float) -> None:
    region = Region(latitude=np.array([32.0]), longitude=np.array([-6.0]), elevation_m=np.array([500.0]))
    assert 1.0 <= region.widening(north, east) <= 1.5
    if region.refusal(north, east, height_m) is None:
        assert region.nearest(north, east)[1] <= region.radius_km
        assert abs(height_m - 500.0) <= 400.0


@settings(max_examples=40, deadline=None)
@given(st.floats(0.01, 3.0), st.floats(-6.0, 6.0), st.integers(0, 900))
def test_drift_never_takes_off_more_than_what_lies_beyond_the_natural_range(
    sigma: float, shift: float, first: int
) -> None:
    usual = NormalYear(coefficients=np.array([4.0, -2.0, 0.5, 0.0, 0.0, 0.0, 0.0]), yearly_sigma=sigma)
    values: Floats = usual.at(DAYS)
    values[first:] += shift
    drift = usual.drift(DAYS, values)
    most = max(abs(shift) - 2.0 * sigma, 0.0)
    assert (np.abs(drift) <= most + 1e-9).all()
    assert (drift * shift >= 0.0).all()
    assert not drift[:first].any()


@settings(max_examples=10, deadline=None)
@given(
    arrays(np.float64, 60, elements=st.floats(0.0, 80.0)),
    arrays(np.float64, 60, elements=st.floats(0.0, 80.0)),
    arrays(np.float64, 20, elements=st.floats(0.0, 300.0)),
)
def test_rain_by_rank_keeps_the_order_and_is_never_negative(
    product_mm: Floats, reference_mm: Floats, asked_mm: Floats
) -> None:
    learned = fit_rain(product_mm, reference_mm, np.stack([product_mm, reference_mm], axis=1))
    told = learned.mapped(np.sort(asked_mm))
    assert (told >= 0.0).all()
    assert (np.diff(told) >= -1e-9).all()


@settings(max_examples=50, deadline=None)
@given(
    arrays(np.float64, 12, elements=st.floats(-30.0, 30.0)),
    arrays(np.float64, 12, elements=st.floats(0.0, 25.0)),
    arrays(np.float64, 12, elements=st.floats(0.0, 100.0)),
)
def test_features_of_known_weather_are_known(tmin_c: Floats, range_c: Floats, humidity: Floats) -> None:
    series = {"tmin_c": tmin_c, "tmax_c": tmin_c + range_c, "rh_mean_percent": humidity}
    told = Surroundings(days=DAYS[:12], latitude=32.0, elevation_m=500.0, series=series)
    names, values = feature_matrix(told, tuple(series))
    assert values.shape == (12, len(names))
    assert np.isfinite(values).all()
    assert (values[:, names.index("plain_et0")] >= 0.0).all()
