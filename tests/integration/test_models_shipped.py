"""The models that ship: small, carded, loading on a gateway, and as good on real photos as their cards say."""

import csv
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.card import ModelCard, packaged_models, read_card
from edge.network import Network
from models.evaluation.figures import area_under_curve, overlap

NAMES = ("canopy", "scene", "wilting")


def rows_of(card: ModelCard) -> list[dict[str, object]]:
    rows = card.evaluation["rows"]
    assert isinstance(rows, list)
    return rows


@pytest.mark.parametrize("name", NAMES)
def test_graph_is_small_and_its_card_complete(name: str) -> None:
    folder = packaged_models() / name
    card = read_card(folder)
    assert (folder / card.file).stat().st_size <= 1_000_000
    assert card.out_of_scope
    assert card.training.datasets
    assert (folder / "card.md").read_text(encoding="utf-8").startswith(f"# {name} {card.version}")


def test_wilting_is_judged_by_episode_beside_the_plain_baseline() -> None:
    card = read_card(packaged_models() / "wilting")
    assert card.training.split == "leave-episode-out"
    assert card.evaluated_crops == ("soybean",)
    assert not card.licence_known
    judged = {(str(row["method"]).split(",")[0], row["episode"]) for row in rows_of(card)}
    for episode in ("A", "B", "C", "E", "all"):
        assert ("machine", episode) in judged
        assert ("82 figures + logistic regression", episode) in judged


def test_canopy_stands_beside_the_untrained_rules() -> None:
    card = read_card(packaged_models() / "canopy")
    assert card.evaluated_crops == ()
    assert card.licence_known
    methods = {str(row["method"]).split(",")[0] for row in rows_of(card)}
    assert {"network", "Lab a* + Otsu", "ExG + Otsu"} <= methods


@pytest.mark.parametrize("name", NAMES)
def test_any_photo_is_answered_with_numbers(name: str) -> None:
    network = Network(packaged_models() / name)
    random = np.random.default_rng(1)
    for photo in (
        np.zeros((48, 64, 3), dtype=np.uint8),
        np.full((500, 20, 3), 255, dtype=np.uint8),
        random.integers(0, 256, (333, 777, 3)).astype(np.uint8),
    ):
        assert np.isfinite(network.run(photo)).all()


@pytest.mark.parametrize("command", ["list", "verify"])
def test_list_and_verify_open_no_training_library(command: str, repository: Path) -> None:
    code = (
        "import sys\n"
        "for name in ('torch', 'onnx', 'sklearn', 'xarray'):\n"
        "    sys.modules[name] = None\n"
        f"sys.argv = ['seguia', 'models', '{command}']\n"
        "import seguia\n"
        "seguia.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "wilting" in done.stdout


def read_rgb(path: Path) -> NDArray[np.uint8]:
    image = cv2.imread(str(path))
    assert image is not None
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8)


@pytest.mark.shared_data
def test_wilting_ranks_the_photos_it_was_fitted_on(shared_data: Path) -> None:
    folder = shared_data / "imagery" / "soybean_wilting"
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))[::12]
    network = Network(packaged_models() / "wilting")
    thirst = np.array([float(network.run(read_rgb(folder / "img" / row["file"]))[1]) for row in rows])
    area = area_under_curve(np.array([int(row["wilting_0_4"]) >= 2 for row in rows]), thirst)
    assert area is not None
    assert area > 0.93, "fitted on these photos: this shows that the shipped graph is whole, not how good it is"


@pytest.mark.shared_data
def test_canopy_finds_plants_on_the_photos_it_was_fitted_on(shared_data: Path) -> None:
    folder = shared_data / "imagery" / "peanut_seg"
    network = Network(packaged_models() / "canopy")
    shared = np.zeros(2)
    for path in sorted((folder / "images").glob("*.jpg"))[::20]:
        truth = cv2.imread(str(folder / "masks" / f"{path.stem}.png"), cv2.IMREAD_GRAYSCALE)
        assert truth is not None
        logits = network.run(read_rgb(path))[0]
        grown = cv2.resize(logits, (truth.shape[1], truth.shape[0]), interpolation=cv2.INTER_LINEAR)
        shared += overlap(truth > 0, grown > 0)
    assert shared[0] / shared[1] > 0.72, "fitted on these photos: shows that the shipped graph is whole"
