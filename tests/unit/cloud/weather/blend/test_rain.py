import numpy as np
import pytest

from cloud.variables import Floats
from cloud.weather.blend.rain import RainMap, fit_rain

CHANCE = np.random.default_rng(11)
TRUE = np.where(CHANCE.random(600) < 0.2, CHANCE.gamma(0.8, 10.0, 600), 0.0)
FEATURES = np.stack([np.log1p(TRUE * 2.0), CHANCE.standard_normal(600)], axis=1)


@pytest.fixture(scope="module")
def doubled() -> RainMap:
    """A product that gives twice the rain."""
    return fit_rain(TRUE * 2.0, TRUE, FEATURES)


def test_a_product_with_twice_the_rain_is_halved(doubled: RainMap) -> None:
    assert doubled.mapped(TRUE * 2.0) == pytest.approx(TRUE, abs=1.0)
    assert doubled.mapped(TRUE * 2.0).sum() == pytest.approx(TRUE.sum(), rel=0.05)


def test_dry_stays_dry(doubled: RainMap) -> None:
    assert doubled.mapped(np.zeros(3)) == pytest.approx(np.zeros(3), abs=0.05)


def test_more_rain_never_becomes_less_and_beyond_the_wettest_day_it_goes_on(doubled: RainMap) -> None:
    rising = doubled.mapped(np.linspace(0.0, 400.0, 801))
    assert (np.diff(rising) >= -1e-9).all()
    assert rising[-1] == pytest.approx(200.0, rel=0.02)


def test_wet_days_are_as_many_as_the_reference_has() -> None:
    drizzle = np.where(TRUE > 0.0, TRUE, 0.4)
    mapped = fit_rain(drizzle, TRUE, FEATURES).mapped(drizzle)
    assert (mapped > 1.0).mean() == pytest.approx((TRUE > 1.0).mean(), abs=0.01)


def test_a_product_that_never_saw_rain_maps_to_the_mean() -> None:
    dry: Floats = np.zeros(600)
    found = fit_rain(dry, TRUE, FEATURES).mapped(np.array([0.0, 5.0]))
    assert found == pytest.approx(TRUE.mean(), rel=0.1)


def test_the_interval_holds_the_middle_and_is_never_negative(doubled: RainMap) -> None:
    told = doubled.quantiles(TRUE * 2.0, FEATURES)
    assert (told.low >= 0.0).all()
    assert (told.low <= told.middle).all()
    assert (told.middle <= told.high).all()
