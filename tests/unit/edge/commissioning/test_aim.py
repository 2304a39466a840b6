import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.commissioning.aim import aim_of, horizon_of, overlay_png, preview_jpeg

Photo = NDArray[np.uint8]


def field(height: int = 288, width: int = 384, seed: int = 1) -> Photo:
    """A synthetic field: leaves on soil, finely textured, in daylight."""
    chance = np.random.default_rng(seed)
    shade = cv2.GaussianBlur(chance.normal(0, 1, (height, width)), (0, 0), 6)[..., None] * 700
    soil = np.array([150, 115, 80]) + chance.normal(0, 22, (height, width, 1)) + shade
    leaves = cv2.GaussianBlur(chance.normal(0, 1, (height, width)), (0, 0), 3) > 0
    green = np.array([80, 135, 55]) + chance.normal(0, 26, (height, width, 1)) + shade
    return np.clip(np.where(leaves[..., None], green, soil), 0, 255).astype(np.uint8)


def under_sky(roll_deg: float, middle: float = 0.2, *, blue: bool = True) -> Photo:
    """The field under a plain sky whose edge runs through the middle at a share of the height."""
    photo = field()
    height, width = photo.shape[:2]
    across = np.arange(width) - (width - 1) / 2
    edge = middle * height - np.tan(np.radians(roll_deg)) * across
    sky = np.arange(height)[:, None] < edge[None, :]
    photo[sky] = (110, 160, 230) if blue else (225, 228, 230)
    return photo


@pytest.mark.parametrize("roll_deg", [-15.0, -6.0, 0.0, 3.0, 9.0])
@pytest.mark.parametrize("blue", [True, False])
def test_the_roll_of_a_camera_is_read_from_its_horizon(roll_deg: float, *, blue: bool) -> None:
    horizon = horizon_of(under_sky(roll_deg, 0.25, blue=blue))
    assert horizon is not None
    assert horizon.roll_deg == pytest.approx(roll_deg, abs=0.7)
    assert horizon.sky_fraction == pytest.approx(0.25, abs=0.02)
    assert horizon.line is not None
    (_, left), (_, right) = horizon.line
    assert left == pytest.approx(0.25 + np.tan(np.radians(roll_deg)) * 0.5 * 384 / 288, abs=0.02)
    assert (left + right) / 2 == pytest.approx(0.25, abs=0.02)


def test_a_tree_and_a_pole_do_not_tilt_the_horizon() -> None:
    photo = under_sky(4.0, 0.3)
    photo[:, 30:80] = field(seed=2)[:, 30:80]
    photo[:, 300:306] = 40
    horizon = horizon_of(photo)
    assert horizon is not None
    assert horizon.roll_deg == pytest.approx(4.0, abs=1.0)


def test_a_camera_that_looks_down_sees_no_horizon() -> None:
    assert horizon_of(field()) is None


def test_an_edge_that_is_no_line_gives_no_roll() -> None:
    photo = field()
    chance = np.random.default_rng(3)
    for column in range(0, 384, 16):
        photo[: chance.integers(10, 200), column : column + 16] = (110, 160, 230)
    horizon = horizon_of(photo)
    assert horizon is not None
    assert horizon.roll_deg is None
    assert horizon.line is None


def test_a_picture_of_sky_alone_has_no_line_either() -> None:
    horizon = horizon_of(np.full((120, 160, 3), (110, 160, 230), np.uint8))
    assert horizon is not None
    assert (horizon.sky_fraction, horizon.line) == (1.0, None)


def mask(share: float) -> Photo:
    canopy = np.zeros((100, 100), np.uint8)
    canopy[: round(100 * share)] = 255
    return canopy


def test_the_first_thing_to_put_right_is_named() -> None:
    assert aim_of(field(), mask(0.4)).code == "well"
    assert aim_of(field(), None).code == "well"
    assert aim_of(field(), mask(0.02)).code == "little_canopy"
    assert aim_of(under_sky(9.0), mask(0.4)).code == "tilted"
    assert aim_of(under_sky(0.0, 0.5), mask(0.4)).code == "sky"
    assert aim_of((field() * 0.2).astype(np.uint8), mask(0.4)).code == "dark"
    blurred = np.asarray(cv2.GaussianBlur(field(), (0, 0), 4), np.uint8)
    assert aim_of(blurred, mask(0.4)).code in {"blurred", "low_contrast"}


def test_the_figures_are_those_of_the_photo() -> None:
    aim = aim_of(under_sky(2.0), mask(0.4))
    assert aim.canopy_fraction == pytest.approx(0.4)
    assert 0.2 < aim.exposure < 0.8
    assert aim.sharpness > 1.05
    assert aim.horizon is not None


def test_the_overlay_is_green_where_the_mask_is_and_clear_elsewhere() -> None:
    shown = cv2.imdecode(np.frombuffer(overlay_png(mask(0.5), width=50), np.uint8), cv2.IMREAD_UNCHANGED)
    assert shown is not None
    assert shown.shape == (50, 50, 4)
    assert tuple(shown[10, 25]) == (60, 200, 0, 110)
    assert shown[40, 25, 3] == 0


def test_a_preview_is_small_and_keeps_its_colours() -> None:
    red = np.zeros((300, 900, 3), np.uint8)
    red[..., 0] = 200
    shown = cv2.imdecode(np.frombuffer(preview_jpeg(red, width=300), np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert shown.shape == (100, 300, 3)
    assert shown[50, 150, 2] > 180
    assert shown[50, 150, 0] < 40
    grey = cv2.imdecode(np.frombuffer(preview_jpeg(red[..., 0], width=9999), np.uint8), cv2.IMREAD_UNCHANGED)
    assert grey is not None
    assert grey.shape == (300, 900)
