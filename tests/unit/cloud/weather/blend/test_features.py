import math

import numpy as np
import pytest
import xarray as xr

from cloud.agronomy.et0 import saturation_vapour_pressure_kpa
from cloud.weather.blend.features import (
    Surroundings,
    feature_matrix,
    plain_et0_mm,
    surroundings,
    usable_predictors,
)

DAYS = np.array(["2012-02-28", "2012-02-29", "2012-03-01"], dtype="datetime64[D]")
NOTHING = np.full(3, np.nan)


def product(**series: np.ndarray) -> Surroundings:
    given = {"tmin_c": np.array([5.0, 6.0, 7.0]), "tmax_c": np.array([20.0, 18.0, 22.0]), **series}
    return Surroundings(days=DAYS, latitude=32.3, elevation_m=500.0, series=given)


def test_the_mean_of_sites_needs_half_of_them() -> None:
    values = np.array([[10.0, 20.0, np.nan], [10.0, np.nan, np.nan], [np.nan, np.nan, np.nan]])
    second = xr.Dataset(
        {"tmax_c": (("time", "site"), values), "strange": (("time", "site"), values)}, coords={"time": DAYS}
    )
    found = surroundings(second, np.array([0, 1, 2]), 32.3, 500.0)
    assert found.series["tmax_c"][0] == pytest.approx(15.0)
    assert np.isnan(found.series["tmax_c"][1:]).all()
    assert set(found.series) == {"tmax_c"}


def test_a_predictor_serves_where_it_is_known_on_most_days() -> None:
    told = product(wind_2m_m_s=np.array([1.0, np.nan, np.nan]), rain_mm=np.zeros(3))
    assert usable_predictors(told) == ("tmin_c", "tmax_c", "rain_mm")
    unknown = Surroundings(days=DAYS, latitude=32.3, elevation_m=500.0, series={"tmin_c": NOTHING, "tmax_c": NOTHING})
    assert usable_predictors(unknown) == ()


def test_features_hold_the_physics_by_hand() -> None:
    told = product(
        rh_mean_percent=np.full(3, 40.0),
        dewpoint_max_c=np.full(3, 8.0),
        wind_2m_m_s=np.full(3, 2.0),
        sunshine_h=np.full(3, 5.7),
        rain_mm=np.array([0.0, math.e - 1.0, 0.0]),
    )
    names, values = feature_matrix(told, tuple(told.series))
    column = dict(zip(names, values.T, strict=True))
    saturation = (saturation_vapour_pressure_kpa(np.array(5.0)) + saturation_vapour_pressure_kpa(np.array(20.0))) / 2.0
    assert column["deficit_by_humidity"][0] == pytest.approx(0.6 * saturation)
    assert column["deficit_by_dewpoint_max_c"][0] == pytest.approx(
        saturation - saturation_vapour_pressure_kpa(np.array(8.0))
    )
    assert column["wind_and_deficit"][0] == pytest.approx(1.2 * saturation)
    assert column["rain_mm"].tolist() == pytest.approx([0.0, 1.0, 0.0])
    assert column["sunshine_h"][0] == pytest.approx(0.5, abs=0.01)
    assert column["sunshine_energy"][0] == pytest.approx(column["sunshine_h"][0] * column["extraterrestrial"][0])
    assert column["energy_and_warmth"][0] == pytest.approx(column["extraterrestrial"][0] * 0.125)
    assert np.isfinite(values).all()


def test_two_temperatures_are_enough() -> None:
    names, values = feature_matrix(product(), ("tmin_c", "tmax_c"))
    assert "deficit_by_humidity" not in names
    assert "wind_and_deficit" not in names
    assert np.isfinite(values).all()


def test_an_unknown_predictor_leaves_its_row_unknown() -> None:
    told = product(wind_2m_m_s=np.array([1.0, np.nan, 2.0]))
    _, values = feature_matrix(told, tuple(told.series))
    assert np.isfinite(values).all(axis=1).tolist() == [True, False, True]


def test_the_plain_reference_et_takes_the_product_as_it_is() -> None:
    told = product(wind_2m_m_s=np.full(3, 5.0), rh_mean_percent=np.full(3, 30.0))
    dry_and_windy = plain_et0_mm(told, tuple(told.series))
    assert (dry_and_windy > plain_et0_mm(told, ("tmin_c", "tmax_c"))).all()
