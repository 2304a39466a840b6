from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from cloud.errors import InputError
from cloud.variables import Days
from cloud.weather.blend.features import Surroundings
from cloud.weather.blend.learned import LearnedRegion, estimate, learn
from cloud.weather.blend.normal_year import normal_year
from cloud.weather.blend.pairs import Pairs

UNSEEN = slice(730, 1095)


def warmer(product: Surroundings, change_c: float, rows: slice) -> Surroundings:
    tmax = product.series["tmax_c"].copy()
    tmax[rows] += change_c
    return replace(product, series={**product.series, "tmax_c": tmax})


def rmse(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))


def test_an_unseen_year_is_told_better_than_by_the_product_itself(
    learned: LearnedRegion, pairs: Pairs, reference: xr.Dataset
) -> None:
    told = estimate(learned, pairs.products[0])
    for name, most in (("tmax_c", 2.0), ("tmin_c", 2.0), ("et0_mm", 0.5)):
        truth = reference[name].values[UNSEEN, 0]
        error = told.quantiles[name].middle[UNSEEN] - truth
        assert rmse(error) < most
        assert rmse(error) < rmse(pairs.plain[name][UNSEEN] - truth)
        found = told.quantiles[name]
        inside = (found.low[UNSEEN] <= truth) & (truth <= found.high[UNSEEN])
        assert 0.7 < inside.mean() < 0.95


def test_rain_is_told_by_its_map(learned: LearnedRegion, pairs: Pairs, reference: xr.Dataset) -> None:
    told = estimate(learned, pairs.products[0]).quantiles["rain_mm"].middle[UNSEEN]
    assert told.sum() == pytest.approx(reference["rain_mm"].values[UNSEEN].sum(), rel=0.1)


def test_years_left_out_leave_no_trace(pairs: Pairs, learned: LearnedRegion) -> None:
    late = np.isin(pairs.days.astype("datetime64[Y]"), np.array(["2003"], dtype="datetime64[Y]"))
    spoilt = {"et0_mm": np.where(late, 0.0, pairs.targets["et0_mm"])}
    again = learn(replace(pairs, targets=spoilt), ~late)
    first, second = (estimate(one, pairs.products[0]).quantiles["et0_mm"].high for one in (again, learned))
    assert (first == second).all()
    assert again.first_day == np.datetime64("2001-01-01")
    assert again.last_day == np.datetime64("2002-12-31")


def test_a_day_without_the_product_stays_unknown(learned: LearnedRegion, pairs: Pairs) -> None:
    told = estimate(learned, warmer(pairs.products[0], np.nan, slice(100, 103)))
    for found in told.quantiles.values():
        assert np.isnan(found.middle[100:103]).all()
        assert np.isfinite(found.middle[99])
    assert not told.refused.any()


def test_a_day_somewhat_beyond_training_is_wider_and_one_far_beyond_is_refused(
    learned: LearnedRegion, pairs: Pairs
) -> None:
    summer, here = 560, slice(560, 561)
    at = learned.names.index("tmax_c")
    span = learned.highest[at] - learned.lowest[at]
    to_the_edge = learned.highest[at] - pairs.products[0].series["tmax_c"][summer]
    usual = estimate(learned, pairs.products[0])
    hot = estimate(learned, warmer(pairs.products[0], to_the_edge + 0.25 * span, here))
    assert hot.outside[summer]
    assert not usual.outside[summer]
    assert hot.quantiles["et0_mm"].sigma[summer] > 1.2 * usual.quantiles["et0_mm"].sigma[summer]
    absurd = estimate(learned, warmer(pairs.products[0], to_the_edge + 1.4 * span, here))
    assert absurd.refused[summer]
    assert np.isnan(absurd.quantiles["et0_mm"].middle[summer])


def test_a_place_away_is_told_with_a_wider_interval_and_the_same_middle(learned: LearnedRegion, pairs: Pairs) -> None:
    here, away = (estimate(learned, pairs.products[0], factor).quantiles["tmax_c"] for factor in (1.0, 1.5))
    assert away.middle == pytest.approx(here.middle)
    assert away.sigma == pytest.approx(1.5 * here.sigma)


def test_a_product_that_changed_its_version_is_brought_back_and_told(learned: LearnedRegion, pairs: Pairs) -> None:
    usual = normal_year(*pairs.records["tmax_c"])
    assert usual is not None
    guarded = replace(learned, normal={"tmax_c": replace(usual, yearly_sigma=0.4)})
    changed = warmer(pairs.products[0], 4.0, UNSEEN)
    told, free = estimate(guarded, changed), estimate(replace(learned, normal={}), changed)
    assert not told.drift["tmax_c"][:730].any()
    assert told.drift["tmax_c"][-1] > 0.3
    assert told.quantiles["tmax_c"].middle == pytest.approx(free.quantiles["tmax_c"].middle - told.drift["tmax_c"])
    assert told.quantiles["tmax_c"].sigma[-1] > free.quantiles["tmax_c"].sigma[-1]


def test_a_lowest_temperature_never_ends_above_the_highest(learned: LearnedRegion, pairs: Pairs) -> None:
    swapped = replace(learned, boosted={"tmin_c": learned.boosted["tmax_c"], "tmax_c": learned.boosted["tmin_c"]})
    told = estimate(swapped, pairs.products[0]).quantiles
    assert (told["tmin_c"].middle <= told["tmax_c"].middle).all()
    for found in told.values():
        assert (found.low <= found.middle).all()
        assert (found.middle <= found.high).all()


def test_values_stay_within_what_a_variable_can_be(learned: LearnedRegion, pairs: Pairs) -> None:
    told = estimate(learned, pairs.products[0], 40.0).quantiles["et0_mm"]
    assert told.low.min() == 0.0
    assert told.high.max() <= 25.0


def test_another_product_is_refused(learned: LearnedRegion, pairs: Pairs) -> None:
    product = pairs.products[0]
    bare = replace(product, series={name: product.series[name] for name in ("tmin_c", "tmax_c")})
    with pytest.raises(InputError, match="got no rh_mean_percent, wind_2m_m_s, rain_mm"):
        estimate(learned, bare)


def test_a_reference_without_rain_tells_none(pairs: Pairs, days: Days) -> None:
    dry = replace(pairs, targets={"tmax_c": pairs.targets["tmax_c"]})
    assert learn(dry).variables == ("tmax_c",)
    few = np.where(days < np.datetime64("2001-03-01"), pairs.targets["rain_mm"], np.nan)
    rare = replace(pairs, targets={"tmax_c": pairs.targets["tmax_c"], "rain_mm": few})
    assert learn(rare).rain is None


def test_quantiles_of_nothing_are_nothing(learned: LearnedRegion, pairs: Pairs) -> None:
    product = pairs.products[0]
    unknown = {name: np.full(product.days.size, np.nan) for name in product.series}
    told = estimate(learned, replace(product, series=unknown))
    assert all(np.isnan(found.middle).all() for found in told.quantiles.values())
