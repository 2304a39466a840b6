from datetime import date

import numpy as np
import pytest

from cloud.agronomy.assimilation.members import (
    LASTING_IRRIGATION,
    Draws,
    draws,
    et0_factor,
    irrigation_factor,
    rain_factor,
    start,
)
from cloud.agronomy.plots import plots_of
from cloud.records import Parcel


@pytest.mark.parametrize("name", [name for name in Draws.__slots__ if name != "gap"])
def test_draws_are_stratified_with_mean_zero(name: str) -> None:
    drawn = getattr(draws(64, 3), name)
    assert drawn.shape == (64,)
    assert drawn.mean() == pytest.approx(0.0, abs=1e-12)
    assert drawn.std() == pytest.approx(1.0, abs=0.03)
    assert np.unique(drawn).size == 64


def test_the_same_seed_gives_the_same_draws_and_another_does_not() -> None:
    assert np.array_equal(draws(16, 1).capacity, draws(16, 1).capacity)
    assert not np.array_equal(draws(16, 1).capacity, draws(16, 2).capacity)
    assert not np.array_equal(draws(16, 1).capacity, draws(16, 1).roots)


def test_one_member_carries_the_expected_values() -> None:
    alone = draws(1, 7)
    assert alone.count == 1
    assert all(getattr(alone, name)[0] == 0.0 for name in Draws.__slots__ if name != "gap")
    assert alone.gap[0] == 1.0


def test_error_factors_keep_the_mean() -> None:
    drawn = draws(64, 0)
    unfilled, filled, unstated = np.zeros((2, 1)), np.ones((2, 1)), np.full((2, 1), np.nan)
    for day in (0, 19_000, 19_001):
        assert et0_factor(drawn, day, unfilled, unstated).mean() == pytest.approx(1.0)
        assert rain_factor(drawn, day, filled).mean() == pytest.approx(1.0)
        assert rain_factor(drawn, day, unfilled).mean() == pytest.approx(1.0)
    assert et0_factor(drawn, 5, filled, unstated).std() > et0_factor(drawn, 5, unfilled, unstated).std()
    stated = np.array([[0.5], [0.01]])
    own = et0_factor(drawn, 5, filled, stated).std(axis=1)
    # An error that the weather states counts; one below that of a measured day does not.
    assert own[0] > et0_factor(drawn, 5, filled, unstated)[0].std()
    assert own[1] == pytest.approx(et0_factor(drawn, 5, unfilled, unstated)[0].std())
    assert (irrigation_factor(drawn, np.array([[0.4]]), 3) >= 0.0).all()
    assert irrigation_factor(drawn, np.array([[0.2]]), 3).mean() == pytest.approx(1.0)


def test_half_of_an_irrigations_error_stays_with_the_parcel() -> None:
    drawn, sigma = draws(64, 0), np.array([[0.2]])
    factors = np.stack([irrigation_factor(drawn, sigma, day)[0] for day in range(200)])
    # One irrigation is as unsure as its source; of many, what stays the same does not average out.
    assert factors.std(axis=1).mean() == pytest.approx(0.2, rel=0.05)
    assert factors.mean(axis=0).std() == pytest.approx(0.2 * LASTING_IRRIGATION**0.5, rel=0.1)
    assert (irrigation_factor(draws(1, 0), sigma, 3) == 1.0).all()


def test_a_start_spreads_more_when_less_is_known() -> None:
    parcel = Parcel(id="p", crop="maize", planted_on=date(2024, 4, 1), latitude=32.0, longitude=-6.0)
    plots = plots_of([parcel, parcel, parcel], date(2024, 4, 1))
    given = np.array([[20.0], [20.0], [np.nan]])
    lost = np.array([[0.0], [30.0], [0.0]])
    water = start(plots, draws(64, 0), np.full((3, 1), 0.8), given, lost)
    spread = water.depletion_mm.std(axis=1)
    assert spread[0] < spread[1]
    assert spread[0] < spread[2]
    assert (water.depletion_mm >= 0.0).all()
    assert (water.below_mm < 0.0).any(), "soil below the roots may stand above field capacity"
    assert water.capacity_scale.mean() == pytest.approx(1.0, abs=0.01)
