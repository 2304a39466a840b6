"""Canopy pixels of thermal and multi-band frames: small synthetic scenes, and one orchard with drawn crowns."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.camera import CameraConfig
from edge.frame import Frame, load_frame
from edge.radiometry import indices, masks, temperature

ORCHARD_BANDS = ("blue", "green", "unused", "red", "red_edge", "nir", "temperature")
Image = NDArray[np.float32]
Truth = NDArray[np.bool_]


def noise(seed: int, shape: tuple[int, ...], spread: float) -> Image:
    return np.random.default_rng(seed).normal(0, spread, shape).astype(np.float32)


def rows_scene(canopy_c: float = 30.0, soil_c: float = 45.0) -> tuple[Image, Truth]:
    """Synthetic: rows of 8 px every 20 px, one mixed pixel on each side."""
    truth = np.zeros((60, 100), np.bool_)
    scene = np.full(truth.shape, soil_c, np.float32)
    for start in range(5, 100, 20):
        truth[:, start : start + 8] = True
        scene[:, start - 1 : start + 9] = (canopy_c + soil_c) / 2
        scene[:, start : start + 8] = canopy_c
    return scene + noise(11, scene.shape, 0.4), truth


def orchard_scene() -> tuple[Image, Image, Truth]:
    """Synthetic: two leafy crowns (rough) beside a patch of grass as green and nearly as bright, but smooth; soil."""
    crowns = np.zeros((160, 200), np.uint8)
    cv2.circle(crowns, (50, 50), 30, 1, -1)
    cv2.circle(crowns, (140, 60), 35, 1, -1)
    truth = crowns.astype(bool)
    grass = np.zeros_like(truth)
    grass[105:155, 10:190] = True
    leaves = cv2.GaussianBlur(noise(5, truth.shape, 1.0), (0, 0), 1.5)
    red = np.full(truth.shape, 0.25, np.float32) + noise(6, truth.shape, 0.01)
    nir = np.full(truth.shape, 0.30, np.float32) + noise(7, truth.shape, 0.01)
    red[truth | grass] = 0.06
    nir[grass] = 0.5
    nir[truth] = (0.55 + 0.7 * leaves)[truth].clip(0.1)
    return red, nir, truth


def iou(answer: Truth, truth: Truth) -> float:
    return float((answer & truth).sum() / (answer | truth).sum())


def test_otsu_parts_two_groups_between_them() -> None:
    values = np.concatenate([noise(1, (500,), 1) + 10, noise(2, (300,), 1) + 30])
    assert 13 < masks.otsu_threshold(values) < 27
    assert masks.otsu_threshold(np.full(9, 4.0)) == 4.0


def test_the_cooler_class_is_canopy() -> None:
    scene, truth = rows_scene()
    scene[:3, :3] = np.nan
    canopy = masks.thermal_canopy(scene)
    assert canopy is not None
    assert not canopy[:3, :3].any()
    assert (canopy & truth).sum() / truth.sum() > 0.99


def test_one_surface_is_not_split_unless_declared() -> None:
    even = noise(3, (40, 40), 0.6) + 22
    even[0, 0] = np.nan
    assert masks.thermal_canopy(even) is None
    declared = masks.thermal_canopy(even, closed_canopy=True)
    assert declared is not None
    assert declared.sum() == 40 * 40 - 1
    assert masks.thermal_canopy(np.full((5, 5), np.nan, np.float32)) is None
    assert masks.thermal_canopy(np.full((5, 5), 20.0, np.float32)) is None


def test_ndvi_finds_green_and_temperature_takes_out_warm_weeds() -> None:
    thermal, truth = rows_scene()
    red = np.where(truth, 0.05, 0.25).astype(np.float32) + noise(4, truth.shape, 0.01)
    nir = np.where(truth, 0.45, 0.30).astype(np.float32)
    weeds = np.zeros_like(truth)
    weeds[:10, 14:24] = True
    red[weeds], nir[weeds] = 0.06, 0.45
    alone = masks.multispectral_canopy(red, nir)
    both = masks.multispectral_canopy(red, nir, thermal)
    assert alone is not None
    assert both is not None
    only_weeds = weeds & ~truth
    assert alone[only_weeds].mean() > 0.9
    assert both[only_weeds].mean() < 0.2
    assert both[truth].mean() > 0.98


def test_bands_without_contrast_are_not_split() -> None:
    even = np.full((20, 20), 0.3, np.float32)
    assert masks.multispectral_canopy(even, even) is None
    assert masks.multispectral_canopy(even + noise(8, even.shape, 0.005), even) is None
    assert masks.multispectral_canopy(even * np.nan, even) is None
    assert masks.multispectral_canopy(even * 0, even * 0) is None


def test_grass_between_crowns_is_told_by_its_smoothness() -> None:
    red, nir, truth = orchard_scene()
    found = masks.multispectral_canopy(red, nir)
    assert found is not None
    assert iou(found, truth) > 0.70
    assert found[115:145].mean() < 0.10


def test_a_closed_even_crop_is_kept_whole() -> None:
    red, nir, _ = orchard_scene()
    nir[:] = 0.30
    red[:] = 0.25
    field = np.zeros(red.shape, np.bool_)
    field[:, :120] = True
    red[field], nir[field] = 0.05, 0.5
    nir += noise(9, nir.shape, 0.01)
    found = masks.multispectral_canopy(red, nir)
    assert found is not None
    assert iou(found, field) > 0.95


def test_a_sum_of_nothing_has_no_normalised_difference() -> None:
    first = np.array([[0.5, 0.0, np.nan]], np.float32)
    second = np.array([[0.1, 0.0, 0.2]], np.float32)
    found = masks.normalised_difference(first, second)
    assert found[0, 0] == pytest.approx(0.4 / 0.6)
    assert np.isnan(found[0, 1:]).all()


@pytest.fixture(scope="module")
def orchard(shared_data: Path) -> tuple[Frame, Truth]:
    path = shared_data / "imagery" / "orchard_ms_thermal" / "subset_1_3_subset_e_21.npz"
    if not path.is_file():
        pytest.skip(f"needs {path.name} in the data folder")
    with np.load(path) as archive:
        crowns = archive["mask"].astype(bool)
    return load_frame(path, camera=CameraConfig(bands=ORCHARD_BANDS)), crowns


def found_in(frame: Frame, *, without: str | None = None, shift: int = 0) -> Truth:
    bands = {name: band for name, band in frame.bands.items() if name != without}
    pair = indices.leaf_pair(bands)
    assert pair is not None
    found = masks.multispectral_canopy(np.roll(pair[0], (shift, shift), (0, 1)), pair[1], frame.temperature_c)
    assert found is not None
    return found


@pytest.mark.shared_data
def test_orchard_canopy_is_that_of_the_drawn_crowns(orchard: tuple[Frame, Truth]) -> None:
    """One scene, whose two widths were chosen on it: IoU 0.68 (NDVI and coolness 0.43), temperature bias 0.07 K."""
    frame, crowns = orchard
    assert frame.temperature_c is not None
    found = found_in(frame)
    assert iou(found, crowns) > 0.66
    measured_c = temperature.drawn_canopy_temperature_c(frame.temperature_c, found)
    assert measured_c == pytest.approx(float(frame.temperature_c[crowns].mean()), abs=0.5)


@pytest.mark.shared_data
@pytest.mark.parametrize("without", ["blue", "green", "red", "red_edge", "nir"])
def test_orchard_canopy_outlasts_a_missing_band(orchard: tuple[Frame, Truth], without: str) -> None:
    frame, crowns = orchard
    assert iou(found_in(frame, without=without), crowns) > iou(found_in(frame), crowns) - 0.035


@pytest.mark.shared_data
@pytest.mark.parametrize("shift", [-2, 2])
def test_orchard_canopy_outlasts_bands_two_pixels_apart(orchard: tuple[Frame, Truth], shift: int) -> None:
    frame, crowns = orchard
    assert iou(found_in(frame, shift=shift), crowns) > iou(found_in(frame), crowns) - 0.03


@pytest.mark.parametrize("value", [0.3333333, 1e30, -7.0])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_values_that_differ_in_their_last_digit_are_one_class(value: float, kind: type[np.floating]) -> None:
    values = np.full(300, value, kind)
    values[::2] = np.nextafter(values[::2], kind(np.inf))
    assert masks.otsu_threshold(values) == values.max()
