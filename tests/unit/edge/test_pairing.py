"""A thermal frame whose canopy the photo of the same rig draws. All pictures are SYNTHETIC."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.contract import ModelReference
from edge.detector import Detector
from edge.errors import UnreadableFrameError
from edge.frame import Frame, load_frame
from edge.measured import read_measured
from edge.metadata import read_sidecar
from edge.pairing import DrawnCanopy, drawn_canopy

MODEL = ModelReference(name="canopy", version="9", sha256="ab" * 32)
SIZE = (120, 160)


def rig(shaded_c: float = 31.0) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.bool_]]:
    """Crowns of 28 deg C in the sun and ``shaded_c`` in the dark, on soil of 42 deg C: photo, heat and true canopy."""
    random = np.random.default_rng(3)
    canopy = np.zeros(SIZE, np.uint8)
    for _ in range(14):
        centre = (int(random.integers(10, 150)), int(random.integers(10, 110)))
        cv2.circle(canopy, centre, int(random.integers(6, 13)), 1, -1)
    shade = np.arange(SIZE[1])[None, :] < SIZE[1] // 4
    rgb = np.where(canopy[..., None] > 0, (45, 95, 35), (190, 165, 140)).astype(np.float32)
    photo = np.where((shade & (canopy > 0))[..., None], rgb * 0.6, rgb) + random.normal(0, 4, rgb.shape)
    plain = np.where(canopy > 0, np.where(shade, shaded_c, 28.0), 42.0).astype(np.float32)
    heat = np.asarray(cv2.GaussianBlur(plain, (0, 0), 0.8), np.float32)
    return np.clip(photo, 0, 255).astype(np.uint8), heat, canopy > 0


def frame_of(heat: NDArray[np.float32], **more: object) -> Frame:
    frame = Frame(path=Path("heat.tif"), sha256="cd" * 32, width=heat.shape[1], height=heat.shape[0])
    return replace(frame, temperature_c=heat, **more)  # type: ignore[arg-type]  # any field, by name


def test_temperature_is_read_from_sunlit_leaves_only() -> None:
    rgb, heat, canopy = rig()
    drawn = drawn_canopy(rgb, canopy, heat, MODEL)
    assert drawn is not None
    assert (drawn.canopy & canopy).sum() / drawn.canopy.sum() > 0.95
    assert drawn.leaves.sum() < 0.9 * drawn.canopy.sum()
    found = read_measured(frame_of(heat, photo_rgb=rgb), "soybean", None, drawn).detection
    assert found.canopy_temperature_c == pytest.approx(28.0, abs=0.5)
    assert found.model == MODEL
    assert found.basis == ("rgb", "thermal")


def test_under_one_light_the_whole_canopy_counts() -> None:
    rgb, heat, canopy = rig()
    even = np.where(canopy[..., None], np.uint8(90), rgb).astype(np.uint8)
    drawn = drawn_canopy(even, canopy, heat, MODEL)
    assert drawn is not None
    assert (drawn.leaves == drawn.canopy).all()


def test_a_photo_of_another_place_gives_nothing() -> None:
    rgb, heat, canopy = rig()
    assert drawn_canopy(rgb[::-1, ::-1].copy(), canopy[::-1, ::-1].copy(), heat, MODEL) is None


@pytest.fixture
def detector(repository: Path) -> Detector:
    return Detector(repository / "tests" / "fixtures" / "models")


def test_the_detector_says_when_photo_and_heat_do_not_fit(detector: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    rgb, heat, canopy = rig()
    frame = frame_of(heat, photo_rgb=rgb)
    monkeypatch.setattr(detector._photos, "drawn", lambda *_: None)
    refused = detector.detect(frame).detection
    assert (refused.opinion, refused.reasons) == (False, ("bands_misaligned", "taken_at_unknown"))
    assert refused.canopy_temperature_c is None
    drawn = DrawnCanopy(canopy=canopy, leaves=canopy, model=MODEL)
    monkeypatch.setattr(detector._photos, "drawn", lambda *_: drawn)
    assert detector.detect(frame).detection.canopy_cover_fraction == pytest.approx(canopy.mean(), abs=0.001)


def test_a_photo_too_dark_to_judge_draws_nothing(detector: Detector) -> None:
    rgb, heat, _ = rig()
    assert detector._photos.drawn((rgb // 20).astype(np.uint8), heat) is None


def test_a_sidecar_names_the_photo_beside_a_thermal_frame(tmp_path: Path) -> None:
    rgb, heat, _ = rig()
    cv2.imwrite(str(tmp_path / "heat.tif"), heat)
    cv2.imwrite(str(tmp_path / "colour.png"), rgb[..., ::-1])
    (tmp_path / "heat.json").write_text(json.dumps({"photo": "colour.png"}))
    frame = load_frame(tmp_path / "heat.tif", metadata=read_sidecar(tmp_path / "heat.tif"))
    assert frame.photo_rgb is not None
    assert (frame.photo_rgb == rgb).all()
    assert load_frame(tmp_path / "colour.png", metadata=read_sidecar(tmp_path / "heat.tif")).photo_rgb is None
    (tmp_path / "heat.json").write_text(json.dumps({"photo": "heat.tif"}))
    with pytest.raises(UnreadableFrameError, match=r"photo: expected a colour photo in heat\.tif"):
        load_frame(tmp_path / "heat.tif", metadata=read_sidecar(tmp_path / "heat.tif"))


@pytest.mark.parametrize("name", ["../colour.png", "/etc/passwd", "..", "a\\b.png", "x/../y.png"])
def test_a_sidecar_cannot_name_a_file_elsewhere(tmp_path: Path, name: str) -> None:
    (tmp_path / "heat.json").write_text(json.dumps({"photo": name}))
    with pytest.raises(UnreadableFrameError, match="the name of a file in the same folder"):
        read_sidecar(tmp_path / "heat.tif")
