"""Every figure of merit against arithmetic done by hand."""

import numpy as np
import pytest

from models.evaluation.figures import (
    area_under_curve,
    balanced_accuracy,
    best_threshold,
    bootstrap,
    brier_score,
    calibration_error,
    mean_absolute_error,
    mean_ranks,
    overlap,
    rank_correlation,
    ranked_probability_score,
    shortfalls,
    weighted_kappa,
    z_spread,
)


def test_area_counts_pairs_ranked_rightly_and_ties_half() -> None:
    positive = np.array([True, True, False, False])
    score = np.array([0.9, 0.4, 0.4, 0.1])
    # pairs: .9>.4, .9>.1, .4=.4 (half), .4>.1 -> 3.5 of 4
    assert area_under_curve(positive, score) == pytest.approx(3.5 / 4)


def test_area_of_one_class_is_unknown_not_zero() -> None:
    assert area_under_curve(np.array([True, True]), np.array([0.1, 0.2])) is None


def test_kappa_of_perfect_and_of_chance_answers() -> None:
    truth = np.array([0, 1, 2, 3, 4])
    assert weighted_kappa(truth, truth, 5) == pytest.approx(1.0)
    assert weighted_kappa(np.array([0, 0, 2, 2]), np.array([0, 2, 0, 2]), 3) == pytest.approx(0.0)


def test_kappa_weighs_a_far_miss_more_than_a_near_one() -> None:
    truth = np.array([0, 0, 1, 2])
    # cost 1 for the near miss; chance table: rows (2,1,1)/4 by columns (1,2,1) -> expected cost 5
    near = weighted_kappa(truth, np.array([0, 1, 1, 2]), 3)
    far = weighted_kappa(truth, np.array([0, 2, 1, 2]), 3)
    assert near == pytest.approx(1 - 1 / 5)
    # columns (1,1,2) make the expected cost 6.5
    assert far == pytest.approx(1 - 4 / 6.5)


def test_kappa_without_possible_disagreement_is_unknown() -> None:
    assert weighted_kappa(np.array([1, 1]), np.array([1, 1]), 5) is None


def test_balanced_accuracy_is_the_mean_of_both_shares() -> None:
    positive = np.array([True, False, False, False])
    answer = np.array([True, True, False, False])
    assert balanced_accuracy(positive, answer) == pytest.approx((1 + 2 / 3) / 2)
    assert balanced_accuracy(np.array([True]), np.array([True])) is None


def test_threshold_separates_what_can_be_separated() -> None:
    positive = np.array([False, False, True, True])
    score = np.array([0.1, 0.2, 0.6, 0.9])
    threshold = best_threshold(positive, score)
    assert balanced_accuracy(positive, score >= threshold) == pytest.approx(1.0)
    assert 0.2 < threshold <= 0.6


def test_calibration_error_weighs_gaps_by_their_share() -> None:
    probability = np.array([0.25, 0.25, 0.95, 0.95])
    positive = np.array([False, True, True, True])
    # bins: |0.5 - 0.25| and |1 - 0.95|, half the photos each
    assert calibration_error(positive, probability) == pytest.approx((0.25 + 0.05) / 2)


def test_certainty_of_one_falls_in_the_last_bin() -> None:
    assert calibration_error(np.array([True]), np.array([1.0])) == pytest.approx(0.0)


def test_overlap_counts_pixels() -> None:
    truth = np.array([[True, True], [False, False]])
    answer = np.array([[True, False], [True, False]])
    assert overlap(truth, answer) == (1, 3)


def test_bootstrap_of_one_group_has_no_spread() -> None:
    values = np.array([1.0, 2.0, 3.0])
    interval = bootstrap(["d", "d", "d"], lambda rows: float(values[rows].mean()), np.random.default_rng(1), draws=10)
    assert (interval.value, interval.low, interval.high) == (2.0, 2.0, 2.0)


def test_bootstrap_draws_whole_groups() -> None:
    values = np.array([0.0, 0.0, 1.0])
    seen: set[int] = set()

    def figure(rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
        seen.add(int((rows == 0).sum()) - int((rows == 1).sum()))
        return float(values[rows].mean())

    interval = bootstrap(["a", "a", "b"], figure, np.random.default_rng(2), draws=50)
    assert seen == {0}, "rows of one group always come together"
    assert interval.low == 0.0
    assert interval.high == 1.0


def test_bootstrap_of_an_unknown_figure_stays_unknown() -> None:
    interval = bootstrap(["a", "b"], lambda _: None, np.random.default_rng(3), draws=5)
    assert interval.value is None
    assert interval.low is None
    assert interval.high is None


def test_shortfalls_name_group_figure_and_both_values() -> None:
    rows: list[dict[str, object]] = [
        {"method": "network", "block": "1-80", "iou": 0.5, "error": 0.3},
        {"method": "network", "block": "all", "iou": 0.9},
        {"method": "rule", "block": "1-80", "iou": 0.7, "error": 0.2},
        {"method": "rule", "block": "all", "iou": 0.8, "error": 0.2},
    ]
    assert shortfalls(rows, "block", ("network", "rule"), {"iou": 1, "error": -1}) == [
        "block 1-80: error 0.300 against 0.200",
        "block 1-80: iou 0.500 against 0.700",
    ]


def test_mean_absolute_error_and_brier_score_by_hand() -> None:
    assert mean_absolute_error(np.array([0.0, 2.0]), np.array([1.0, 4.0])) == pytest.approx(1.5)
    assert brier_score(np.array([True, False]), np.array([0.8, 0.4])) == pytest.approx((0.04 + 0.16) / 2)


def test_ranked_probability_score_by_hand() -> None:
    # cumulative (.5, .8); level 1 came: (0, 1) -> (.25 + .04) / 2
    assert ranked_probability_score(np.array([1]), np.array([[0.5, 0.3, 0.2]])) == pytest.approx(0.145)
    assert ranked_probability_score(np.array([2]), np.array([[0.0, 0.0, 1.0]])) == 0.0


def test_z_spread_is_one_where_sigma_is_right_and_counts_bias() -> None:
    truth = np.zeros(4)
    assert z_spread(truth, np.array([0.1, -0.1, 0.1, -0.1]), np.full(4, 0.1)) == pytest.approx(1.0)
    assert z_spread(truth, np.full(4, 0.2), np.full(4, 0.1)) == pytest.approx(2.0)
    assert z_spread(truth, np.full(4, np.nan), np.full(4, 0.1)) is None


def test_rank_correlation_sees_order_only_and_averages_ties() -> None:
    first = np.array([1.0, 2.0, 3.0, 4.0])
    assert rank_correlation(first, np.exp(first)) == pytest.approx(1.0)
    assert rank_correlation(first, -first) == pytest.approx(-1.0)
    # ranks 0 1 2 3 against .5 .5 2 3: covariance 1.125, spreads sqrt(1.25) and sqrt(1.125)
    assert rank_correlation(first, np.array([1.0, 1.0, 2.0, 3.0])) == pytest.approx((1.125 / 1.25) ** 0.5)
    assert mean_ranks(np.array([5.0, 1.0, 5.0])).tolist() == [1.5, 0.0, 1.5]


def test_rank_correlation_of_what_does_not_vary_is_unknown() -> None:
    assert rank_correlation(np.array([1.0, 1.0]), np.array([1.0, 2.0])) is None
    assert rank_correlation(np.array([]), np.array([])) is None
