"""What is lost under changes and in 8 bits, and what an answer costs."""

from collections.abc import Iterable

import numpy as np
import pytest

from models.evaluation.cost import Cost
from models.evaluation.perturbations import Image, Perturbation
from models.evaluation.robustness import parity_rows, robustness_rows


def mean_light(images: Iterable[Image]) -> dict[str, float | None]:
    values = [float(image.mean()) for image in images]
    return {"light": sum(values) / len(values), "error": 1.0 - values[0] / 200, "auc": None}


def test_losses_are_positive_whichever_way_is_better_and_the_greatest_stands_first() -> None:
    images = [np.full((2, 2, 3), 100, dtype=np.uint8)] * 2
    changes = [
        Perturbation(name="little", change=lambda image: image - np.uint8(10)),
        Perturbation(name="much", change=lambda image: image - np.uint8(50)),
    ]
    told: list[str] = []
    rows = robustness_rows(images, mean_light, {"light": 1, "error": -1, "auc": 1}, changes, told.append)
    assert rows == [
        {"change": "unchanged", "light": 100.0, "error": 0.5},
        {"change": "much", "light": 50.0, "error": 0.75, "light_lost": 50.0, "error_lost": 0.25},
        {"change": "little", "light": 90.0, "error": 0.55, "light_lost": 10.0, "error_lost": 0.05},
    ]
    assert told == ["robustness: little", "robustness: much"]


def test_the_standard_changes_are_used_when_none_are_named() -> None:
    images = [np.full((24, 32, 3), 100, dtype=np.uint8)]
    rows = robustness_rows(images, mean_light, {"light": 1})
    assert len(rows) == 16
    assert rows[1]["change"] == "half the light"


def test_parity_names_only_what_both_could_give() -> None:
    rows = parity_rows(
        {"auc": 0.95, "mae": 0.5, "qwk": 0.6}, {"auc": 0.94, "mae": 0.52, "qwk": None}, {"auc": 1, "mae": -1, "qwk": 1}
    )
    assert rows == [
        {"figure": "auc", "bits_32": 0.95, "bits_8": 0.94, "lost": 0.01},
        {"figure": "mae", "bits_32": 0.5, "bits_8": 0.52, "lost": 0.02},
    ]


def test_energy_is_an_estimate_that_names_its_assumption() -> None:
    cost = Cost(
        parameters=300_000, size_bytes=350_000, milliseconds_per_tile=2.0, milliseconds_per_frame=40.0, machine="m"
    )
    assert cost.joules_per_frame() == pytest.approx(0.2)
    assert cost.joules_per_frame(watts=2.0) == pytest.approx(0.08)
    assert cost.card()["bytes"] == 350_000
    assert "estimated, not measured" in str(cost.card()["joules_assumption"])
