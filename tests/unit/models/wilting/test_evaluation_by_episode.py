"""Held-out answers: nothing of an episode may reach the head that is judged on it."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'seguia[train]'")
pytest.importorskip("onnx", reason="needs onnx: pip install 'seguia[train]'")

from models.wilting.evaluate import (  # noqa: E402 -- after the skip
    BASELINE_ROW,
    EXACT_ROW,
    LEAKY_ROW,
    NETWORK_ROW,
    HeldOut,
    Seen,
    answered,
    by_hour,
    episode_heads,
    evaluate,
    random_heads,
    temperature_of,
)
from models.wilting.head import HeadSettings  # noqa: E402 -- after the skip
from models.wilting.photos import Photos  # noqa: E402 -- after the skip

PLAIN = HeadSettings(penalty=0.1, nuisance=1.0, balanced=True)


def season(random: np.random.Generator, count: int = 160) -> Photos:
    episodes = np.array(["A", "B", "C", "E"])[np.arange(count) % 4]
    return Photos(
        images=tuple(np.zeros((4, 4, 3), dtype=np.uint8) for _ in range(count)),
        scores=random.integers(0, 5, count),
        episodes=episodes,
        days=np.char.add(episodes, (np.arange(count) % 3).astype(str)),
        hours=np.arange(count) % 24,
        chains=np.arange(count).astype(str),
    )


def test_a_head_never_saw_the_rows_it_is_judged_on() -> None:
    random = np.random.default_rng(1)
    photos = season(random)
    features = random.normal(size=(len(photos), 3)) + photos.scores[:, None]
    before = answered(episode_heads(features, photos, PLAIN), features, photos.scores)
    held = photos.episodes == "A"
    changed = Photos(
        images=photos.images,
        scores=np.where(held, 4 - photos.scores, photos.scores),
        episodes=photos.episodes,
        days=photos.days,
        hours=photos.hours,
        chains=photos.chains,
    )
    after = answered(episode_heads(features, changed, PLAIN), features, changed.scores)
    assert after.logits[held] == pytest.approx(before.logits[held]), "labels of A do not reach A's answers"
    assert not np.allclose(after.logits[~held], before.logits[~held])


def test_every_row_is_answered_once() -> None:
    random = np.random.default_rng(2)
    photos = season(random)
    features = random.normal(size=(len(photos), 3))
    for heads in (episode_heads(features, photos, PLAIN), random_heads(features, photos, PLAIN, 3)):
        assert np.sum([held for held, _ in heads], axis=0).tolist() == [1] * len(photos)
        assert np.isfinite(answered(heads, features, photos.scores).logits).all()


def test_figures_stand_side_by_side_with_the_warning_last() -> None:
    random = np.random.default_rng(3)
    photos = season(random)
    good = photos.scores[:, None] + random.normal(0, 0.2, (len(photos), 2))
    noise = random.normal(size=(len(photos), 2))
    found = evaluate(photos, Seen(exact=good, packed=good, plain=noise), PLAIN, 4)
    rows = found["rows"]
    assert isinstance(rows, list)
    named = {(row["method"], row["episode"]): row for row in rows}
    assert [row["episode"] for row in rows[:5]] == ["A", "B", "C", "E", "all"]
    assert named[NETWORK_ROW, "all"] == {**named[EXACT_ROW, "all"], "method": NETWORK_ROW}
    assert named[NETWORK_ROW, "all"]["auc"] > 0.95
    assert named[BASELINE_ROW, "all"]["auc"] < 0.7
    below = found["below_baseline"]
    assert isinstance(below, list)
    assert not any("auc" in line or "qwk" in line for line in below), "a good head is nowhere below noise"
    assert rows[-1]["method"] == LEAKY_ROW
    assert "leaky" in LEAKY_ROW


def test_an_episode_without_thirst_has_no_auc_rather_than_zero() -> None:
    random = np.random.default_rng(5)
    photos = season(random)
    calm = Photos(
        images=photos.images,
        scores=np.where(photos.episodes == "C", 1, photos.scores),
        episodes=photos.episodes,
        days=photos.days,
        hours=photos.hours,
        chains=photos.chains,
    )
    features = random.normal(size=(len(photos), 2)) + calm.scores[:, None]
    found = evaluate(calm, Seen(exact=features, packed=features, plain=features), PLAIN, 6)
    rows = found["rows"]
    assert isinstance(rows, list)
    row = next(row for row in rows if row["episode"] == "C")
    assert "auc" not in row
    assert "qwk" not in row
    assert row["mean_absolute_error"] > 0


def test_hours_stand_worst_first() -> None:
    photos = season(np.random.default_rng(7))
    answer = HeldOut(logits=np.full((len(photos), 4), -50.0), alarmed=np.zeros(len(photos), dtype=bool))
    rows = by_hour(photos, answer)
    errors = [float(str(row["mean_absolute_error"])) for row in rows]
    assert errors == sorted(errors, reverse=True)
    assert len(rows) == 12
    assert float(str(rows[0]["bias"])) == pytest.approx(-errors[0]), "a head that says 0 is always below"


def test_temperature_finds_the_factor_of_overconfidence() -> None:
    random = np.random.default_rng(8)
    honest = random.normal(size=(4000, 1))
    scores = 4 * (random.random(4000) < 1 / (1 + np.exp(-honest[:, 0]))).astype(np.int64)
    assert temperature_of(np.repeat(3 * honest, 4, axis=1), scores) == pytest.approx(3.0, rel=0.1)


def test_score_is_the_sum_of_the_level_probabilities() -> None:
    answer = HeldOut(logits=np.array([[0.0, 0.0, -np.log(3.0), -1e3]]), alarmed=np.array([False]))
    assert answer.score == pytest.approx([0.5 + 0.5 + 0.25])
    assert answer.thirst == pytest.approx([0.5])
