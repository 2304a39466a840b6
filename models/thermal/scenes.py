"""Canopy temperature of real scenes against what others measured on them: wheat plots and one orchard."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np

from edge.camera import CameraConfig
from edge.frame import load_frame
from edge.radiometry.masks import multispectral_canopy
from edge.radiometry.temperature import drawn_canopy_temperature_c

ORCHARD_BANDS = ("blue", "green", "unused", "red", "red_edge", "nir", "temperature")


def wheat(folder: Path) -> dict[str, object]:
    """Mean of each drawn plot against the authors' temperature of it: error, bias and regression."""
    with (folder / "plot_temps_reference.csv").open(newline="", encoding="utf-8") as stream:
        told = {
            (row["Exposure_image"].removesuffix(".jpg"), row["Plot_label"]): float(row["Temp_by_img_plot"]) / 1000
            for row in csv.DictReader(stream)
        }
    pairs = np.array([pair for path in sorted(folder.glob("*_mdegC.tiff")) for pair in _plots(path, told)])
    error = pairs[:, 0] - pairs[:, 1]
    slope, intercept = np.polyfit(pairs[:, 1], pairs[:, 0], 1)
    figures = {
        "bias_c": error.mean(),
        "mean_absolute_error_c": np.abs(error).mean(),
        "slope": slope,
        "intercept_c": intercept,
        "r_squared": np.corrcoef(pairs.T)[0, 1] ** 2,
    }
    return {"plots": len(pairs), **{name: round(float(value), 3) for name, value in figures.items()}}


def _plots(path: Path, told: dict[tuple[str, str], float]) -> list[tuple[float, float]]:
    image = path.stem.removesuffix("_mdegC")
    temperature_c = load_frame(path, camera=CameraConfig(temperature_unit="milli_deg_c")).temperature_c
    if temperature_c is None:
        return []
    pairs = []
    for feature in json.loads((path.parent / f"{image}.geojson").read_text(encoding="utf-8"))["features"]:
        known = told.get((image, feature["properties"]["plot_label"]))
        if known is None or feature["properties"]["type"] != "canopy":
            continue
        outline = np.array(feature["geometry"]["coordinates"][0]) * (1, -1)
        plot = np.zeros(temperature_c.shape, np.uint8)
        cv2.fillPoly(plot, [np.round(outline).astype(np.int32)], 1)
        if plot.any():
            pairs.append((float(temperature_c[plot > 0].mean()), known))
    return pairs


def orchard(folder: Path) -> dict[str, object]:
    """Canopy temperature by our own mask less the mean of the drawn crowns, also with bands 2 px off."""
    path = folder / "subset_1_3_subset_e_21.npz"
    frame = load_frame(path, camera=CameraConfig(bands=ORCHARD_BANDS))
    with np.load(path) as archive:
        crowns = archive["mask"]
    assert frame.temperature_c is not None
    known_c = float(frame.temperature_c[crowns].mean())
    biases = {}
    for shift_px in (0, -2, 2):
        moved = np.roll(frame.temperature_c, (shift_px, shift_px), (0, 1))
        canopy = multispectral_canopy(frame.bands["red"], frame.bands["nir"], moved)
        found = None if canopy is None else drawn_canopy_temperature_c(moved, canopy)
        biases[f"bias_c_shifted_{shift_px}_px"] = None if found is None else round(found - known_c, 3)
    return {"scenes": 1, **biases}
