"""Canopy temperature: by hand arithmetic, and against real scenes with a known answer."""

import csv
import gzip
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.camera import CameraConfig
from edge.frame import load_frame
from edge.radiometry import masks, temperature

RNG = np.random.default_rng(11)


def rows_scene(canopy_c: float = 30.0, soil_c: float = 45.0) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Synthetic: rows of 8 px every 20 px, one mixed pixel on each side."""
    truth = np.zeros((60, 100), np.bool_)
    scene = np.full(truth.shape, soil_c, np.float32)
    for start in range(5, 100, 20):
        truth[:, start : start + 8] = True
        scene[:, start - 1 : start + 9] = (canopy_c + soil_c) / 2
        scene[:, start : start + 8] = canopy_c
    return scene + RNG.normal(0, 0.4, scene.shape).astype(np.float32), truth


def test_the_cooler_class_is_canopy_and_mixed_edges_do_not_warm_it() -> None:
    scene, truth = rows_scene()
    scene[:3, :3] = np.nan
    canopy = masks.thermal_canopy(scene)
    assert canopy is not None
    assert not canopy[:3, :3].any()
    assert (canopy & truth).sum() / truth.sum() > 0.99
    assert temperature.canopy_temperature_c(scene, canopy) == pytest.approx(30.0, abs=0.1)


def test_thin_rows_use_the_cooler_half() -> None:
    canopy = np.zeros((4, 9), np.bool_)
    canopy[1] = True
    scene = np.full((4, 9), 40.0, np.float32)
    scene[1] = [30, 31, 32, 33, 34, 35, 36, 37, 38]
    assert temperature.canopy_temperature_c(scene, canopy) == pytest.approx((30 + 31 + 32 + 33 + 34) / 5)
    assert temperature.canopy_temperature_c(scene, np.zeros_like(canopy)) is None
    scene[1] = np.nan
    assert temperature.canopy_temperature_c(scene, canopy) is None


@pytest.mark.shared_data
def test_vineyard_canopy_temperature_is_that_of_its_vegetation_pixels(shared_data: Path) -> None:
    """Scene A at 10:41: the authors' 5,816 vegetation pixels (by reflectance) have a mean of 30.50 deg C."""
    folder = shared_data / "imagery" / "vineyard_rgbn_thermal"
    with gzip.open(folder / "vineyard_A_pixels_rgbn_T.csv.gz", "rt") as stream:
        reference_c = np.mean([float(row["Tr"]) for row in csv.DictReader(stream)])
    for name, expected_c in (("vineyard_A_2015-06-02_T_degC_0.6m", reference_c), ("vineyard_B_T_degC_0.57m", 33.0)):
        temperature_c = load_frame(folder / f"{name}.tif").temperature_c
        assert temperature_c is not None
        canopy = masks.thermal_canopy(temperature_c)
        assert canopy is not None
        assert temperature.canopy_temperature_c(temperature_c, canopy) == pytest.approx(expected_c, abs=0.5)


@pytest.mark.shared_data
def test_wheat_plots_have_the_authors_temperatures(shared_data: Path) -> None:
    """Milli-deg C frames, mean of each drawn plot polygon against the authors' Temp_by_img_plot."""
    folder = shared_data / "imagery" / "wheat_uav_thermal_plots"
    with (folder / "plot_temps_reference.csv").open(newline="") as stream:
        reference = {
            (row["Exposure_image"].removesuffix(".jpg"), row["Plot_label"]): float(row["Temp_by_img_plot"]) / 1000
            for row in csv.DictReader(stream)
        }
    differences = []
    for path in sorted(folder.glob("*_mdegC.tiff")):
        image = path.stem.removesuffix("_mdegC")
        frame = load_frame(path, camera=CameraConfig(temperature_unit="milli_deg_c"))
        assert frame.temperature_c is not None
        for feature in json.loads((folder / f"{image}.geojson").read_text())["features"]:
            key = (image, feature["properties"]["plot_label"])
            if key not in reference or feature["properties"]["type"] != "canopy":
                continue
            outline = np.array(feature["geometry"]["coordinates"][0]) * (1, -1)
            plot = np.zeros(frame.temperature_c.shape, np.uint8)
            cv2.fillPoly(plot, [np.round(outline).astype(np.int32)], 1)
            if plot.any():
                differences.append(float(frame.temperature_c[plot > 0].mean()) - reference[key])
    assert len(differences) > 100
    assert abs(np.mean(differences)) < 0.05
    assert np.percentile(np.abs(differences), 95) < 0.3
