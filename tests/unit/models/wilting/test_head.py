"""The ordinal head: order, blindness to episodes, agreement with an independent solver."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.wilting.head import Head, HeadSettings, fit_head, logistic, sigmoid, whitening

PLAIN = HeadSettings(penalty=1.0, nuisance=0.0, balanced=False)


def scored(random: np.random.Generator, count: int = 200) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    scores = random.integers(0, 5, count)
    episodes = np.where(random.random(count) < 0.5, "A", "B")
    features = np.column_stack(
        [scores + random.normal(0, 0.3, count), 8.0 * (episodes == "B") + random.normal(0, 0.3, count)]
    )
    return features, scores, episodes


def test_logistic_agrees_with_scikit_learn() -> None:
    random = np.random.default_rng(1)
    features = random.normal(size=(120, 5))
    positive = features[:, 0] + random.normal(size=120) > 0.3
    weights = random.uniform(0.5, 2.0, 120)
    linear = pytest.importorskip("sklearn.linear_model", reason="needs an oracle of the extra [dev]: sklearn")
    oracle = linear.LogisticRegression(C=0.7, tol=1e-10, max_iter=2000).fit(features, positive, sample_weight=weights)
    found = logistic(features, positive, weights, 0.7)
    assert found[:-1] == pytest.approx(oracle.coef_[0], abs=1e-4)
    assert found[-1] == pytest.approx(oracle.intercept_[0], abs=1e-4)


def test_sigmoid_by_hand_and_without_overflow() -> None:
    assert sigmoid(np.array([0.0, np.log(3.0), -1e4, 1e4])) == pytest.approx([0.5, 0.75, 0.0, 1.0])


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_levels_never_rise(seed: int) -> None:
    random = np.random.default_rng(seed)
    head = Head(
        centre=random.normal(size=3),
        spread=random.uniform(0.1, 2, 3),
        weight=random.normal(size=(4, 3)),
        bias=random.normal(size=4),
    )
    assert (np.diff(head.logits(random.normal(size=(20, 3)) * 5), axis=1) <= 0).all()


def test_head_ranks_what_it_was_taught() -> None:
    features, scores, episodes = scored(np.random.default_rng(2))
    head = fit_head(features, scores, episodes, PLAIN)
    expected = sigmoid(head.logits(features)).sum(axis=1)
    assert np.corrcoef(expected, scores)[0, 1] > 0.9


def test_nuisance_makes_the_head_blind_to_the_episode() -> None:
    random = np.random.default_rng(3)
    features, scores, episodes = scored(random)
    thirsty = scores >= 2
    scores = np.where((episodes == "B") & ~thirsty, scores + 1, scores)  # the episode now tells something of the score
    blind = HeadSettings(penalty=1.0, nuisance=100.0, balanced=False)
    seeing = fit_head(features, scores, episodes, PLAIN).weight[0]
    blinded = fit_head(features, scores, episodes, blind).weight[0]
    assert abs(blinded[1]) < 0.3 * abs(seeing[1])


def test_whitening_leaves_a_space_alone_when_nothing_moves_between_episodes() -> None:
    random = np.random.default_rng(4)
    one = whitening(random.normal(size=(30, 3)), np.zeros(30, dtype=np.int64), np.full(30, "A"), 10.0)
    assert one == pytest.approx(np.eye(3))


def test_balance_moves_the_threshold_to_the_rare_side() -> None:
    random = np.random.default_rng(5)
    scores = np.where(random.random(400) < 0.05, 4, 0)
    features = (scores / 4 + random.normal(0, 1.0, 400))[:, None]
    episodes = np.full(400, "A")
    rare = HeadSettings(penalty=1.0, nuisance=0.0, balanced=True)
    plain = sigmoid(fit_head(features, scores, episodes, PLAIN).logits(features)[:, 1])
    balanced = sigmoid(fit_head(features, scores, episodes, rare).logits(features)[:, 1])
    assert balanced.mean() > 3 * plain.mean()


def test_a_training_set_without_thirst_still_gives_a_head() -> None:
    random = np.random.default_rng(6)
    head = fit_head(random.normal(size=(40, 3)), random.integers(0, 2, 40), np.full(40, "A"), PLAIN)
    assert (sigmoid(head.logits(random.normal(size=(5, 3))))[:, 1] < 0.2).all()
