import numpy as np
import pytest
from threadpoolctl import threadpool_info

from cloud.weather.blend.boosted import Boosted, Quantiles, fit, margin, one_thread

SIZE = 900
CHANCE = np.random.default_rng(2)
FEATURES = CHANCE.uniform(-1.0, 1.0, (SIZE, 3))
NOISE = (0.2 + 0.4 * (FEATURES[:, 1] > 0.0)) * CHANCE.standard_normal(SIZE)
VALUES = 5.0 + 2.0 * FEATURES[:, 0] + NOISE
BLOCKS = np.arange(SIZE) // 30 % 4
SEEN = np.arange(SIZE) < 600


@pytest.fixture(scope="module")
def model() -> Boosted:
    return fit(FEATURES[SEEN], VALUES[SEEN], BLOCKS[SEEN])


def test_the_middle_of_unseen_rows_is_near_the_truth(model: Boosted) -> None:
    told = model.quantiles(FEATURES[~SEEN])
    truth = 5.0 + 2.0 * FEATURES[~SEEN, 0]
    assert np.sqrt(np.mean((told.middle - truth) ** 2)) < 0.3


def test_the_interval_of_unseen_rows_holds_about_80_percent_and_is_wider_where_noise_is(model: Boosted) -> None:
    told = model.quantiles(FEATURES[~SEEN])
    inside = (told.low <= VALUES[~SEEN]) & (VALUES[~SEEN] <= told.high)
    assert 0.74 <= inside.mean() <= 0.90
    noisy = FEATURES[~SEEN, 1] > 0.0
    assert told.sigma[noisy].mean() > 1.2 * told.sigma[~noisy].mean()


def test_the_interval_always_holds_the_middle(model: Boosted) -> None:
    told = model.quantiles(CHANCE.uniform(-3.0, 3.0, (200, 3)))
    assert (told.low <= told.middle).all()
    assert (told.middle <= told.high).all()


def test_straight_lines_carry_beyond_what_was_seen(model: Boosted) -> None:
    told = model.quantiles(np.array([[1.0, 0.0, 0.0], [3.0, 0.0, 0.0]]))
    assert told.middle[1] - told.middle[0] == pytest.approx(2.0, abs=0.4)


def test_learning_twice_gives_the_same(model: Boosted) -> None:
    again = fit(FEATURES[SEEN], VALUES[SEEN], BLOCKS[SEEN])
    assert again.wider == model.wider
    assert (again.quantiles(FEATURES[:9]).high == model.quantiles(FEATURES[:9]).high).all()


def test_sigma_is_that_of_a_normal_distribution_as_wide() -> None:
    told = Quantiles(low=np.array([-1.2815515655446004]), middle=np.array([0.0]), high=np.array([1.2815515655446004]))
    assert told.sigma[0] == pytest.approx(1.0)


def test_a_feature_that_never_changes_does_no_harm() -> None:
    still = np.concatenate([FEATURES[:300], np.full((300, 1), 7.0)], axis=1)
    told = fit(still, VALUES[:300], BLOCKS[:300]).quantiles(still[:20])
    assert np.isfinite(told.middle).all()


def test_one_thread_grows_the_trees_and_the_others_come_back() -> None:
    with one_thread():
        assert {pool["num_threads"] for pool in threadpool_info()} == {1}
    before = threadpool_info()
    with one_thread():
        pass
    assert threadpool_info() == before


def test_the_ends_move_so_far_that_one_more_row_is_covered() -> None:
    outside = np.random.default_rng(0).permutation(np.arange(1.0, 10.0))
    assert margin(outside) == 8.0  # the eighth of nine: 0.8 of ten
    assert margin(np.arange(1.0, 11.0)) == 9.0
    assert margin(np.array([1.0, 2.0])) == 2.0
    assert margin(outside - 20.0) == -12.0  # inwards, where the ends lay too far out
