"""Probabilities that mean what they say, checked by hand and on made-up forecasters."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.evaluation.calibration import (
    MonotoneTable,
    calibration_rows,
    monotone_table,
    risk_coverage_rows,
    temperature_of,
)


def test_an_overconfident_model_gets_a_temperature_above_one() -> None:
    random = np.random.default_rng(3)
    logits = random.normal(size=(4000, 1)) * 1.5
    above = random.random((4000, 1)) < 1 / (1 + np.exp(-logits))
    assert temperature_of(logits, above) == pytest.approx(1.0, abs=0.12)
    assert temperature_of(2 * logits, above) == pytest.approx(2.0, abs=0.2)
    assert temperature_of(logits / 2, above) == pytest.approx(0.5, abs=0.06)


def test_a_monotone_table_finds_the_true_rate_of_each_score() -> None:
    random = np.random.default_rng(7)
    score = random.random(6000)
    table = monotone_table(score, random.random(6000) < score**2)
    probe = np.array([0.3, 0.6, 0.9])
    assert table(probe) == pytest.approx(probe**2, abs=0.06)
    assert len(table.scores) <= 16
    assert table.card() == {"scores": list(table.scores), "probabilities": list(table.probabilities)}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=3, max_size=40))
def test_a_table_never_falls_and_is_never_certain(pairs: list[tuple[float, bool]]) -> None:
    score = np.array([pair[0] for pair in pairs])
    table = monotone_table(score, np.array([pair[1] for pair in pairs]))
    assert list(table.scores) == sorted(table.scores)
    assert list(table.probabilities) == sorted(table.probabilities)
    assert all(0 < value < 1 for value in table.probabilities)


def test_weights_move_the_table() -> None:
    score, positive = np.array([0.5, 0.5]), np.array([True, False])
    light = monotone_table(score, positive, np.array([1.0, 3.0]))
    assert light.probabilities == pytest.approx((0.25,))


def test_beyond_its_ends_a_table_is_flat() -> None:
    table = MonotoneTable(scores=(0.2, 0.8), probabilities=(0.1, 0.7))
    assert table(np.array([-1.0, 0.5, 9.0])) == pytest.approx([0.1, 0.4, 0.7])


def test_the_curve_tells_what_was_said_and_what_came() -> None:
    rows = calibration_rows(np.array([True, False, True]), np.array([0.31, 0.35, 1.0]), bins=10)
    assert rows == [
        {"probability": "0.30-0.40", "images": 2, "mean_probability": 0.33, "observed_fraction": 0.5},
        {"probability": "0.90-1.00", "images": 1, "mean_probability": 1.0, "observed_fraction": 1.0},
    ]


def test_error_falls_as_the_least_sure_abstain() -> None:
    rows, area = risk_coverage_rows(
        np.array([0.0, 1.0, 2.0, 5.0]), np.array([0.1, 0.2, 0.3, 0.9]), shares=(0, 0.25, 0.5)
    )
    assert [row["mean_error"] for row in rows] == [2.0, 1.0, 0.5]
    assert [row["images"] for row in rows] == [4, 3, 2]
    # means of the first 1, 2, 3, 4: 0, .5, 1, 2
    assert area == pytest.approx(0.875)


def test_equal_doubt_cannot_be_put_in_a_flattering_order() -> None:
    rows, area = risk_coverage_rows(np.array([0.0, 4.0]), np.array([0.5, 0.5]), shares=(0.5,))
    assert rows[0]["mean_error"] == 2.0
    assert area == 2.0
