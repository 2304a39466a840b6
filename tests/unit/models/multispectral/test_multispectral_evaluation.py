"""Figures of multi-band frames: parts by hand, the whole on the real data where they are."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.errors import ConfigurationError
from models.job import Job
from models.multispectral import evaluate, water

FOLDERS = ("imagery/orchard_ms_thermal", "imagery/micasense_rededge_field", "field/pistachio_swp_2022")


def job(data: Path, out: Path) -> Job:
    return Job(data=data, out=out, steps=None, threads=1, told=lambda _: None)


def test_a_missing_data_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="orchard_ms_thermal"):
        evaluate.run(job(tmp_path, tmp_path))


def test_overlap_by_hand() -> None:
    truth = np.array([[True, True, False, False]])
    assert evaluate.iou(truth, np.array([[False, True, True, False]])) == 0.333
    assert evaluate.iou(~truth & truth, ~truth & truth) == 0.0


def test_flights_are_standardised_on_their_own() -> None:
    flights = np.array(["a", "a", "b", "b"])
    found = water.standardised(np.array([1.0, 3.0, 10.0, 30.0]), flights)
    assert found == pytest.approx([-1, 1, -1, 1])


def test_ridge_by_hand() -> None:
    features = np.array([[-1.0], [1.0]])
    found = water.ridge(features, np.array([2.0, 6.0]), np.array([[1.0]]), 2.0)
    assert found == pytest.approx([4 + 4 / (2 + 2)])


def test_the_shape_of_a_crown_by_hand() -> None:
    shape = water.shape_of(np.arange(101, dtype=np.float32))
    assert shape[:7] == [5, 10, 25, 50, 75, 90, 95]
    assert shape[8] == 50
    assert shape[9] == pytest.approx(0, abs=1e-9)
    assert shape[10] == 75


def test_a_scene_without_a_mask_has_no_figures(shared_data: Path) -> None:
    assert evaluate.reflectances({"red": np.ones((9, 9), np.float32), "nir": np.ones((9, 9), np.float32)}) == {
        "canopy": None,
        "rest": None,
        "indices": None,
    }


@pytest.mark.shared_data
def test_the_published_figures_are_rebuilt(shared_data: Path, tmp_path: Path) -> None:
    absent = [name for name in FOLDERS if not (shared_data / name).is_dir()]
    if absent:
        pytest.skip(f"needs {', '.join(absent)} in the data folder")
    found: dict[str, Any] = evaluate.run(job(shared_data, tmp_path))
    scene = {row["method"]: row for row in found["orchard"]["rows"]}
    assert scene["shipped rule"]["iou"] > scene["NDVI + Otsu, untrained"]["iou"] + 0.2
    assert abs(scene["shipped rule"]["canopy_temperature_bias_c"]) <= 0.5
    assert all(row["residual_px"] < 1 for row in found["capture"]["rows"])
    assert 0.3 < found["capture"]["canopy"]["nir"] < 0.6
    assert 0.02 < found["capture"]["canopy"]["red"] < 0.1
    shipped = found["water_rank"]["rows"][0]
    assert shipped["rho_within_date"] == pytest.approx(0.45, abs=0.02)
    assert shipped["rho_low"] < shipped["rho_within_date"] < shipped["rho_high"]
