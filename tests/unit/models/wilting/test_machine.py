"""The wilting machine: it ranks what it was taught, shrugs at light and episode, and survives its way into a graph."""

from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'seguia[train]'")
pytest.importorskip("onnx", reason="needs onnx: pip install 'seguia[train]'")
pytest.importorskip("sklearn", reason="needs scikit-learn: pip install 'seguia[train]'")

from models.wilting.graph import answers_of, export_graph, packed_supports  # noqa: E402 -- after the skip
from models.wilting.light import relit, relit_figures  # noqa: E402 -- after the skip
from models.wilting.machine import (  # noqa: E402 -- after the skip
    Lessons,
    Machine,
    MachineSettings,
    evened,
    fit_machine,
    linked,
    score_of,
)
from models.wilting.photos import read_photos  # noqa: E402 -- after the skip
from models.wilting.train import restored, saved  # noqa: E402 -- after the skip

SETTINGS = MachineSettings(nuisance=10.0, light=30.0, width=0.3, cost=20.0)


def lessons(count: int = 160, seed: int = 1) -> Lessons:
    """Synthetic: one figure tells the score, one the light, the rest are noise."""
    random = np.random.default_rng(seed)
    scores = random.integers(0, 5, count)
    figures = random.normal(0, 0.3, (count, 6))
    figures[:, 0] += scores
    moved = np.repeat(figures[None], 2, axis=0)
    moved[:, :, 1] += random.normal(0, 3.0, (2, count))
    return Lessons(
        figures=figures,
        relit=moved,
        scores=scores,
        episodes=np.array(["A", "B"])[np.arange(count) % 2],
        chains=np.arange(count).astype(str),
    )


@pytest.fixture(scope="module")
def machine() -> Machine:
    return fit_machine(lessons(), SETTINGS)


def test_it_ranks_what_it_was_not_shown(machine: Machine) -> None:
    fresh = lessons(seed=2)
    assert np.corrcoef(machine.level(fresh.figures), fresh.scores)[0, 1] > 0.9


def test_levels_never_rise_and_the_score_lies_within_them(machine: Machine) -> None:
    logits = machine.logits(lessons(seed=3).figures)
    assert (np.diff(logits, axis=1) <= 0).all()
    assert score_of(logits).tolist() == pytest.approx(np.clip(machine.level(lessons(seed=3).figures), 0, 4).tolist())
    assert linked(np.array([1.5]), 2.0, (0.5, 1.5, 2.5, 3.5)).tolist() == [[2.0, 0.0, -2.0, -4.0]]


def test_other_light_moves_it_less_than_a_machine_that_never_saw_any(machine: Machine) -> None:
    blind = fit_machine(lessons(), MachineSettings(nuisance=10.0, light=0.0, width=0.3, cost=20.0))
    fresh = lessons(seed=4)

    def moved(one: Machine) -> float:
        return float(np.abs(one.level(fresh.relit[0]) - one.level(fresh.figures)).mean())

    assert moved(machine) < 0.5 * moved(blind)


def test_a_strange_photo_lies_far_away(machine: Machine) -> None:
    usual = lessons(seed=5).figures
    assert machine.distance(usual + 6.0).min() > np.quantile(machine.distance(usual), 0.9)


def test_near_duplicates_share_a_weight_and_scores_weigh_the_same() -> None:
    weights = evened(np.array([0, 0, 0, 4]), np.array(["1", "1", "2", "3"]))
    assert weights == pytest.approx([0.5, 0.5, 1.0, 2.0])


def test_the_graph_says_what_the_machine_says(machine: Machine, tmp_path: Path) -> None:
    figures = lessons(seed=6).figures[:20]
    for packed, tolerance in ((False, 1e-3), (True, 0.8)):
        path = tmp_path / "machine.onnx"
        export_graph(machine, path, packed=packed)
        logits, distance = answers_of(path, figures)
        assert logits == pytest.approx(machine.logits(figures), abs=tolerance)
        assert distance == pytest.approx(machine.distance(figures), abs=tolerance)


def test_supports_come_back_from_8_bits(machine: Machine) -> None:
    kept, step = packed_supports(machine)
    assert kept.dtype == np.int8
    assert np.abs(kept * step[:, None] - machine.supports.T).max() <= step.max() / 2 + 1e-9


def test_a_machine_survives_its_file(machine: Machine, tmp_path: Path) -> None:
    saved(machine, tmp_path / "a" / "wilting.pt")
    figures = lessons(seed=7).figures
    assert restored(tmp_path / "a" / "wilting.pt").logits(figures) == pytest.approx(machine.logits(figures))


def test_relit_photos_are_the_same_every_time_and_not_the_photo() -> None:
    image = np.random.default_rng(8).integers(20, 200, (24, 32, 3)).astype(np.uint8)
    one, two = (relit(image, np.random.default_rng(9)) for _ in range(2))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, image)
    found = relit_figures((image,))
    assert found.shape[1] == 1
    assert not np.allclose(found[0], found[1])


def test_photos_come_with_everything_a_split_needs(tmp_path: Path) -> None:
    (tmp_path / "img").mkdir()
    cv2.imwrite(str(tmp_path / "img" / "1.jpg"), np.zeros((4, 4, 3), dtype=np.uint8))
    labels = "file,wilting_0_4,timestamp,day,hour,episode,chain\n1.jpg,3,2019-08-12 09:00:00,2019-08-12,9,A,17\n"
    (tmp_path / "labels.csv").write_text(labels, encoding="utf-8")
    photos = read_photos(tmp_path)
    assert len(photos) == 1
    assert (photos.scores[0], photos.hours[0], photos.episodes[0], photos.chains[0]) == (3, 9, "A", "17")
