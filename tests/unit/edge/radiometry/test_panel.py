"""Counts to radiance to reflectance: by hand, on a drawn panel, and against the maker's published figures."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.micasense import read_band
from edge.radiometry import panel
from edge.radiometry.panel import BandCalibration

Image = NDArray[np.float32]
# Radiance of the panel in this very capture as published with the maker's processing code (MIT licence).
PUBLISHED_RADIANCE = {"blue": 0.17028, "green": 0.17940, "red": 0.16222, "nir": 0.10647, "red_edge": 0.13081}


FLAT: Final = BandCalibration(
    coefficients=(2e-4, 0.0, 0.0),
    dark_level=5000.0,
    exposure_s=0.002,
    gain=2.0,
    vignetting_centre=(2.0, 1.0),
    vignetting=(0.0,) * 6,
)


def panel_photo(*, tilt: float = 0.0, unevenness: float = 0.0) -> Image:
    """Synthetic: an even bright square, a printed sheet as bright, dark ground."""
    rng = np.random.default_rng(2)
    photo = np.full((240, 320), 0.03, np.float32)
    corners = cv2.boxPoints(((220.0, 90.0), (80.0, 80.0), tilt))
    cv2.fillPoly(photo, [np.round(corners).astype(np.int32)], 0.17)
    photo[60:140, 40:130] = np.where(rng.random((80, 90)) > 0.3, 0.18, 0.05)
    photo += rng.normal(0, 0.001, photo.shape).astype(np.float32)
    photo[:, 220:] *= np.float32(1 + unevenness)
    return photo


def test_radiance_by_hand() -> None:
    raw = np.full((3, 5), 37768, np.uint16)
    flat = panel.radiance(raw, FLAT)
    assert flat[1, 2] == pytest.approx((37768 - 5000) * 2e-4 / (2 * 0.002 * 65536), rel=1e-5)
    dim = panel.radiance(raw, replace(FLAT, vignetting=(-0.1, 0.0, 0.0, 0.0, 0.0, 0.0)))
    assert dim[1, 3] / dim[1, 2] == pytest.approx(1 / 0.9, rel=1e-5)
    rows = panel.radiance(raw, replace(FLAT, coefficients=(2e-4, 1e-5, 1e-4)))
    assert rows[2, 0] / rows[0, 0] == pytest.approx(1 / (1 + 2e-5 / 0.002 - 2e-4), rel=1e-5)


def test_saturated_pixels_are_missing_and_dark_ones_are_not_negative() -> None:
    raw = np.array([[65535, 4000]], np.uint16)
    found = panel.radiance(raw, FLAT)
    assert np.isnan(found[0, 0])
    assert found[0, 1] == 0


@pytest.mark.parametrize("tilt", [0.0, 20.0, 45.0])
def test_the_even_square_is_the_panel(tilt: float) -> None:
    photo = panel_photo(tilt=tilt)
    found = panel.find_panel(photo)
    assert found is not None
    assert photo[found].min() > 0.16
    assert found.sum() == pytest.approx(0.36 * 6400, rel=0.1)
    assert panel.reflectance_factor(photo, found, 0.68) == pytest.approx(0.68 / 0.17, rel=0.01)


def test_no_panel_is_seen_where_none_is() -> None:
    rng = np.random.default_rng(3)
    assert panel.find_panel(panel_photo(unevenness=0.4)) is None
    assert panel.find_panel(rng.random((100, 100)).astype(np.float32)) is None
    assert panel.find_panel(np.full((50, 50), np.nan, np.float32)) is None
    strip = np.full((100, 200), 0.03, np.float32)
    strip[40:60, 20:180] = 0.2
    assert panel.find_panel(strip) is None


def test_a_saturated_panel_gives_no_factor() -> None:
    photo = panel_photo()
    box = panel.box_of((240, 320), (190, 60, 250, 120))
    assert box.sum() == 3600
    assert panel.reflectance_factor(photo, box, 0.5) == pytest.approx(0.5 / 0.17, rel=0.01)
    photo[box] = np.nan
    assert panel.reflectance_factor(photo, box, 0.5) is None
    assert panel.reflectance_factor(np.zeros_like(photo), box, 0.5) is None


@pytest.mark.shared_data
@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_a_real_panel_has_the_published_radiance(shared_data: Path, number: int) -> None:
    path = shared_data / "imagery" / "micasense_rededge_field" / f"IMG_0000_{number}.tif"
    if not path.is_file():
        pytest.skip(f"needs {path.name} in the data folder")
    band = read_band(path)
    image = panel.radiance(band.raw, band.calibration)
    found = panel.find_panel(image)
    assert found is not None
    assert float(image[found].mean()) == pytest.approx(PUBLISHED_RADIANCE[band.name], rel=0.01)
    field = read_band(path.with_name(f"IMG_0001_{number}.tif"))
    assert panel.find_panel(panel.radiance(field.raw, field.calibration)) is None
