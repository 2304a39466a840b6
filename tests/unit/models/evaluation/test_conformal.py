"""Sets of levels: contiguous, never empty, and covering what they promise on groups never seen."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.evaluation.conformal import (
    balanced_quantile,
    bounds,
    coverage_rows,
    level_probabilities,
    members,
    sets_elsewhere,
    strangeness,
)


def test_levels_are_the_steps_of_the_cumulative_answer() -> None:
    found = level_probabilities(np.array([[0.9, 0.5, 0.1]]))
    assert found == pytest.approx(np.array([[0.1, 0.4, 0.4, 0.1]]))


def test_a_cumulative_answer_that_rises_is_flattened_not_negative() -> None:
    found = level_probabilities(np.array([[0.2, 0.6, 1.4]]))
    assert found == pytest.approx(np.array([[0.8, 0.0, 0.0, 0.2]]))


def test_strangeness_is_zero_at_the_middle_and_grows_outwards() -> None:
    # upto .2 .8 1 -> |.2-1| |.2+.8-1| |.8+1-1|
    assert strangeness(np.array([[0.2, 0.6, 0.2]])) == pytest.approx(np.array([[0.8, 0.0, 0.8]]))


def test_a_limit_of_nothing_still_leaves_the_middle() -> None:
    sets = members(np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]]), -1.0)
    assert sets.tolist() == [[False, True, False], [False, False, True]] or sets.sum(axis=1).tolist() == [1, 1]
    low, high = bounds(sets)
    assert low.tolist() == high.tolist()


@settings(max_examples=60)
@given(
    st.lists(st.floats(0.0, 1.0), min_size=5, max_size=5).filter(lambda weights: sum(weights) > 0.01),
    st.floats(0.0, 1.0),
)
def test_every_set_is_contiguous_and_holds_what_lies_between_its_bounds(weights: list[float], limit: float) -> None:
    probabilities = np.array([weights]) / sum(weights)
    sets = members(probabilities, limit)
    low, high = bounds(sets)
    assert sets[0, low[0] : high[0] + 1].all()
    assert sets.sum() == high[0] - low[0] + 1 >= 1


def test_every_day_counts_the_same_in_the_limit() -> None:
    # day a: a thousand easy photos; days b..j: one hard photo each; pooled rows alone would give 0
    values = np.concatenate([np.zeros(1000), np.arange(1, 10) / 10])
    days = np.array(["a"] * 1000 + list("bcdefghij"))
    # weights 1/11 a day: a, then b..j; 0.9 of the mass needs ten days: the value of day j
    assert balanced_quantile(values, days, 0.9) == pytest.approx(0.9)
    assert balanced_quantile(values, days, 0.5) == pytest.approx(0.5)


def test_too_few_days_for_the_coverage_give_no_finite_limit() -> None:
    assert balanced_quantile(np.array([0.1, 0.2]), ["a", "b"], 0.9) == float("inf")
    assert balanced_quantile(np.array([0.1, 0.2]), ["a", "b"], 0.9, coming=0) == 0.2
    assert balanced_quantile(np.array([0.1, 0.2]), ["a", "b"], 0.5, coming=0) == 0.1


def forecasts(random: np.random.Generator, count: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    probabilities = random.dirichlet(np.ones(5), size=count)
    draw = random.random(count)
    return probabilities, (draw[:, None] > np.cumsum(probabilities, axis=1)).sum(axis=1).clip(0, 4)


def test_sets_cover_nine_in_ten_on_groups_they_were_not_fitted_on() -> None:
    probabilities, truth = forecasts(np.random.default_rng(5), 4000)
    episodes = np.repeat(["A", "B", "C", "D"], 1000)
    days = np.repeat([f"d{index}" for index in range(200)], 20)
    found = sets_elsewhere(probabilities, truth, episodes, days, 0.9)
    assert [name for name, _ in found.limits] == ["A", "B", "C", "D"]
    rows = coverage_rows(found.members, truth, episodes)
    assert [rows[0]["group"], rows[1]["group"]] == ["all", "mean of the groups"]
    assert rows[1]["coverage"] == pytest.approx(np.mean([float(str(row["coverage"])) for row in rows[2:]]), abs=1e-4)
    assert 0.88 <= float(str(rows[0]["coverage"])) <= 0.93
    covered = [float(str(row["coverage"])) for row in rows[2:]]
    assert covered == sorted(covered), "the worst covered group stands first"


def test_limits_come_from_the_other_groups_only() -> None:
    probabilities = np.tile([[0.8, 0.2, 0.0]], (4, 1))
    truth = np.array([2, 2, 0, 0])
    found = sets_elsewhere(probabilities, truth, ["A", "A", "B", "B"], ["1", "2", "3", "4"], 0.6)
    # A is limited by B's true levels (strangeness .2): misses; B by A's (1.0): all levels
    assert found.members.tolist() == [[True, False, False]] * 2 + [[True, True, True]] * 2
    assert dict(found.limits) == pytest.approx({"A": 0.2, "B": 1.0})
