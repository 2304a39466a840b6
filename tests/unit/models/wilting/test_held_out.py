"""Held-out answers and the figures made of them: nothing of an episode may reach the machine judged on it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'seguia[train]'")
pytest.importorskip("onnx", reason="needs onnx: pip install 'seguia[train]'")
pytest.importorskip("sklearn", reason="needs scikit-learn: pip install 'seguia[train]'")

from models.evaluation.splits import leave_group_out
from models.job import Job
from models.wilting import evaluate as module
from models.wilting.held_out import above, answered, judged, machines, nested, splits
from models.wilting.machine import Lessons, MachineSettings
from models.wilting.photos import Photos

SETTINGS = MachineSettings(nuisance=1.0, light=1.0, width=0.3, cost=10.0)
COLUMNS = 90


def season(count: int = 96) -> tuple[Photos, Lessons]:
    """Synthetic: grey images, and figures of which the first tells the score."""
    random = np.random.default_rng(1)
    episodes = np.array(["A", "B", "C", "E"])[np.arange(count) % 4]
    numbers = (np.arange(count) // 4 % 3).astype(str)
    days = np.array(
        [f"2019-0{'ABCE'.index(name) + 5}-1{number}" for name, number in zip(episodes, numbers, strict=True)]
    )
    photos = Photos(
        images=tuple(np.full((8, 8, 3), level, dtype=np.uint8) for level in random.integers(20, 200, count)),
        scores=random.integers(0, 5, count),
        episodes=episodes,
        days=days,
        hours=np.arange(count) % 24,
        chains=np.arange(count).astype(str),
    )
    figures = random.normal(0, 0.3, (count, COLUMNS))
    figures[:, :20] += photos.scores[:, None]
    lessons = Lessons(
        figures=figures,
        relit=figures[None] + random.normal(0, 0.1, (1, count, COLUMNS)),
        scores=photos.scores,
        episodes=photos.episodes,
        chains=photos.chains,
    )
    return photos, lessons


def test_labels_of_an_episode_do_not_reach_its_answers() -> None:
    photos, lessons = season()
    held = photos.episodes == "A"
    turned = replace(lessons, scores=np.where(held, 4 - lessons.scores, lessons.scores))
    split = leave_group_out(photos.episodes, "episode")
    before, _ = answered(machines(lessons, split, SETTINGS), lessons.figures)
    after, _ = answered(machines(turned, split, SETTINGS), lessons.figures)
    assert after[held] == pytest.approx(before[held])
    assert not np.allclose(after[~held], before[~held])


def test_every_split_answers_every_photo_and_only_the_random_one_is_leaky() -> None:
    photos, _ = season()
    ways = splits(photos, 3)
    assert [way.leaky for way in ways] == [False, False, False, True]
    for way in ways:
        assert np.sort(np.concatenate([fold.test for fold in way])).tolist() == list(range(len(photos)))


def test_settings_are_chosen_without_the_held_out_episode() -> None:
    photos, lessons = season()
    held = photos.episodes == "A"
    grid = (SETTINGS, replace(SETTINGS, width=3.0))
    _, chosen = nested(lessons, photos, grid)
    turned = np.where(held, 4 - photos.scores, photos.scores)
    _, again = nested(replace(lessons, scores=turned), replace(photos, scores=turned), grid)
    assert chosen[0] == again[0]


def test_figures_stand_side_by_side_with_the_warning_last(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    photos, lessons = season()
    monkeypatch.setattr(module, "SETTINGS", SETTINGS)
    monkeypatch.setattr(module, "GRID", (SETTINGS,))
    monkeypatch.setattr(module, "photo_figures", lambda _: np.zeros(COLUMNS))
    job = Job(data=tmp_path, out=tmp_path, steps=None, threads=1, told=lambda _: None)
    found, answer = module.evaluate(photos, lessons, lessons.figures[:, :30], job)
    rows = found["rows"]
    assert isinstance(rows, list)
    assert rows[0]["method"] == module.MACHINE_ROW
    assert "leaky" in rows[-1]["method"]
    assert rows[4]["auc"] > 0.9
    assert np.isfinite(answer.logits).all()
    bars = found["bars"]
    assert isinstance(bars, list)
    assert len(bars) == 8


def test_alarms_are_probabilities_of_one_half_and_above_is_by_hand() -> None:
    photos, lessons = season()
    fitted = machines(lessons, leave_group_out(photos.episodes, "episode"), SETTINGS)
    answer = judged(answered(fitted, lessons.figures), photos)
    assert (answer.alarmed == (answer.thirst >= 0.5)).all()
    assert above(np.array([2])).tolist() == [[True, True, False, False]]
    assert module.named("gamma 0.7")
    assert not module.named("blur")
