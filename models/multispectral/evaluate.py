"""Every published figure of multi-band frames: crowns of one orchard, bands of one capture, water status ranks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.band_set import flat, panel_factors, read_capture
from edge.camera import CameraConfig
from edge.errors import ConfigurationError
from edge.frame import Frame, load_frame
from edge.radiometry.alignment import align_all, edges, laid_on, residual_px
from edge.radiometry.indices import canopy_indices, leaf_pair
from edge.radiometry.masks import FloatImage, Mask, multispectral_canopy, normalised_difference, otsu_threshold
from edge.radiometry.temperature import drawn_canopy_temperature_c
from models.evaluation.figures import overlap
from models.job import Job
from models.multispectral.water import water_figures

ORCHARD: Final = "imagery/orchard_ms_thermal/subset_1_3_subset_e_21.npz"
ORCHARD_BANDS: Final = ("blue", "green", "unused", "red", "red_edge", "nir", "temperature")
CAPTURE: Final = "imagery/micasense_rededge_field/IMG_0001_1.tif"
PANEL: Final = "imagery/micasense_rededge_field/IMG_0000_1.tif"
PANEL_REFLECTANCE: Final = {"blue": 0.67, "green": 0.69, "red": 0.68, "nir": 0.61, "red_edge": 0.67}
"""Of the panel RP02-1603036-SC, as published with the maker's processing code."""
WATER: Final = "field/pistachio_swp_2022"
SHIFTS_PX: Final = ((2, 0), (-2, 0), (0, 2), (0, -2))
Row = dict[str, object]


def run(job: Job) -> dict[str, object]:
    """Rebuild the figures; each part needs its data set and is refused without it."""
    for part in (ORCHARD, CAPTURE, PANEL, WATER):
        if not (job.data / part).exists():
            raise ConfigurationError(
                f"{job.data / part}: expected the data set, got nothing there; name the data folder with --data"
            )
    job.told("multispectral: orchard")
    orchard = orchard_figures(job.data / ORCHARD)
    job.told("multispectral: capture")
    capture = capture_figures(job.data / CAPTURE, job.data / PANEL)
    job.told("multispectral: water status")
    return {"orchard": orchard, "capture": capture, "water_rank": water_figures(job.data / WATER)}


def orchard_figures(path: Path) -> Row:
    """Crown mask and canopy temperature of the one orchard scene, whole, with a band missing, and bands apart."""
    frame = load_frame(path, camera=CameraConfig(bands=ORCHARD_BANDS))
    with np.load(path) as archive:
        crowns: Mask = archive["mask"].astype(bool)
    red, nir = frame.bands["red"], frame.bands["nir"]
    ndvi = normalised_difference(nir, red)
    rows = [
        scene_row("NDVI + Otsu, untrained", frame, crowns, ndvi > otsu_threshold(ndvi[np.isfinite(ndvi)])),
        scene_row("shipped rule", frame, crowns, multispectral_canopy(red, nir, frame.temperature_c)),
    ]
    for missing in ("blue", "green", "red", "red_edge", "nir"):
        pair = leaf_pair({name: band for name, band in frame.bands.items() if name != missing})
        mask = None if pair is None else multispectral_canopy(pair[0], pair[1], frame.temperature_c)
        rows.append(scene_row(f"without {missing}", frame, crowns, mask))
    for shift in SHIFTS_PX:
        mask = multispectral_canopy(np.roll(red, shift, (0, 1)), nir, frame.temperature_c)
        rows.append(scene_row(f"red {shift[0]}, {shift[1]} px apart", frame, crowns, mask))
    half = crowns.shape[0] // 2
    mask = multispectral_canopy(red, nir, frame.temperature_c)
    halves = [] if mask is None else [iou(crowns[part], mask[part]) for part in (slice(half), slice(half, None))]
    return {"rows": rows, "iou_upper_and_lower_half": halves, "notes": ["one scene; two widths chosen on it"]}


def iou(truth: Mask, answer: Mask) -> float:
    """Intersection over union."""
    both, either = overlap(truth, answer)
    return round(both / max(either, 1), 3)


def scene_row(name: str, frame: Frame, crowns: Mask, mask: Mask | None) -> Row:
    """Overlap with the drawn crowns and the error of their mean temperature [K]."""
    if mask is None or frame.temperature_c is None:
        return {"method": name, "iou": None, "canopy_temperature_bias_c": None}
    truth_c = float(frame.temperature_c[crowns].mean())
    found_c = drawn_canopy_temperature_c(frame.temperature_c, mask)
    bias_c = None if found_c is None else round(found_c - truth_c, 2)
    return {"method": name, "iou": iou(crowns, mask), "canopy_temperature_bias_c": bias_c}


def capture_figures(capture: Path, panel: Path) -> Row:
    """How the bands of one capture lie on each other, and whether their reflectance is that of leaves and soil."""
    files = read_capture([capture])
    factors = panel_factors(read_capture([panel]), PANEL_REFLECTANCE)
    images = {name: flat(file, factors[name]) for name, file in files.items()}
    alignments = align_all(images, "green")
    rows: list[Row] = []
    for name, found in alignments.items():
        before = residual_px(edges(images["green"]), edges(images[name]))
        rows.append(
            {
                "band": name,
                "apart_before_px": None if before is None else round(before, 2),
                "residual_px": None if found.residual_px is None else round(found.residual_px, 2),
                "correlation": round(found.correlation, 3),
                "good": found.good,
            }
        )
    laid = {name: laid_on(image, alignments[name]) if name in alignments else image for name, image in images.items()}
    return {"rows": rows, **reflectances(laid), "notes": ["one capture, no labels: plausibility, not accuracy"]}


def reflectances(bands: Mapping[str, FloatImage]) -> Row:
    """Median reflectance of canopy and of the rest by band, and the mean indices of the canopy."""
    canopy: NDArray[np.bool_] | None = multispectral_canopy(bands["red"], bands["nir"])
    if canopy is None:
        return {"canopy": None, "rest": None, "indices": None}
    medians = {
        name: {band: round(float(np.nanmedian(image[place])), 3) for band, image in bands.items()}
        for name, place in (("canopy", canopy), ("rest", ~canopy))
    }
    indices = {
        name: None if value is None else round(value, 3) for name, value in canopy_indices(bands, canopy).items()
    }
    return {**medians, "indices": indices}
