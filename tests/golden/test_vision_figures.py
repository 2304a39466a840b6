"""The figures of merit against an independent library, on random answers."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.evaluation.calibration import monotone_table
from models.evaluation.chance import student
from models.evaluation.figures import (
    area_under_curve,
    balanced_accuracy,
    brier_score,
    mean_absolute_error,
    mean_ranks,
    rank_correlation,
    ranked_probability_score,
    weighted_kappa,
)

metrics: Any = pytest.importorskip("sklearn.metrics", reason="needs an oracle of the extra [dev]: sklearn")
isotonic: Any = pytest.importorskip("sklearn.isotonic", reason="needs an oracle of the extra [dev]: sklearn")
stats: Any = pytest.importorskip("scipy.stats", reason="needs an oracle of the extra [dev]: scipy")

SEEDS = st.integers(0, 10_000)


def answers(seed: int, levels: int = 5) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Random levels, and scores that follow them with ties and noise."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, levels, size=int(random.integers(20, 80)))
    return truth.astype(np.int64), np.round(truth + random.normal(size=truth.size) * 1.5, 1)


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_area_under_the_curve(seed: int) -> None:
    truth, score = answers(seed)
    positive = truth >= 2
    expected = metrics.roc_auc_score(positive, score) if 0 < positive.sum() < positive.size else None
    assert area_under_curve(positive, score) == (None if expected is None else pytest.approx(expected))


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_quadratic_weighted_kappa(seed: int) -> None:
    truth, score = answers(seed)
    rated = np.clip(np.rint(score), 0, 4).astype(np.int64)
    expected = metrics.cohen_kappa_score(truth, rated, weights="quadratic", labels=list(range(5)))
    assert weighted_kappa(truth, rated, 5) == pytest.approx(expected)
    assert weighted_kappa(rated, truth, 5) == pytest.approx(expected), "neither side is the master"


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_balanced_accuracy_brier_score_and_mean_error(seed: int) -> None:
    truth, score = answers(seed)
    positive = truth >= 2
    probability = np.clip(score / 4, 0, 1)
    assert mean_absolute_error(truth.astype(float), score) == pytest.approx(metrics.mean_absolute_error(truth, score))
    if 0 < positive.sum() < positive.size:
        expected = metrics.balanced_accuracy_score(positive, score >= 2)
        assert balanced_accuracy(positive, score >= 2) == pytest.approx(expected)
        assert brier_score(positive, probability) == pytest.approx(metrics.brier_score_loss(positive, probability))


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_rank_correlation_and_ranks(seed: int) -> None:
    truth, score = answers(seed)
    expected = stats.spearmanr(truth, score).statistic
    assert rank_correlation(truth.astype(float), score) == pytest.approx(expected)
    assert mean_ranks(score) == pytest.approx(stats.rankdata(score) - 1)


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_the_ranked_probability_score_of_two_levels_is_the_brier_score(seed: int) -> None:
    truth, score = answers(seed, levels=2)
    high = np.clip(score, 0, 1)
    both = np.column_stack([1 - high, high])
    assert ranked_probability_score(truth, both) == pytest.approx(brier_score(truth == 1, high))


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_figures_of_rank_do_not_see_a_monotone_change_of_scale(seed: int) -> None:
    truth, score = answers(seed)
    bent = np.arctan(score / 3)
    assert area_under_curve(truth >= 2, score) == area_under_curve(truth >= 2, bent)
    assert rank_correlation(truth.astype(float), score) == pytest.approx(rank_correlation(truth.astype(float), bent))


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_the_monotone_table_is_isotonic_regression_at_its_knots(seed: int) -> None:
    truth, score = answers(seed)
    positive = truth >= 2
    table = monotone_table(score, positive)
    fitted = isotonic.IsotonicRegression(out_of_bounds="clip").fit(score, positive.astype(float))
    least = 1 / (score.size + 2)
    knots = np.array(table.scores)
    assert table(knots) == pytest.approx(np.clip(fitted.predict(knots), least, 1 - least), abs=2e-6)


@pytest.mark.parametrize("freedom", [3, 5, 13, 40])
def test_students_t_of_the_publish_gate(freedom: int) -> None:
    assert student(freedom) == pytest.approx(float(stats.t.ppf(0.99, freedom)), rel=0.02)


def test_two_days_would_need_a_quantile_the_expansion_cannot_give() -> None:
    assert student(1) < float(stats.t.ppf(0.99, 1)), "so that the gate asks for three days and more"
