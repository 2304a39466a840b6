"""A SYNTHETIC scene through the command a user runs: its bands, its temperature and its photo are read as they are."""

import json
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
from typer.testing import CliRunner

from edge.commands.detect import app
from simulations.scene.figures import iou
from simulations.scene.files import write_scene
from simulations.scene.render import render_parcel
from simulations.scene.settings import Crop, Fault, Shot

TAKEN_AT = datetime(2026, 7, 1, 11, 30, tzinfo=UTC)


def test_a_scene_goes_through_the_command_with_its_canopy_its_temperature_and_its_moment(tmp_path: Path) -> None:
    shot = Shot(crop=Crop(cover_fraction=0.5, faults=(Fault(rows=(4, 6), stress=0.9),)))
    scene = render_parcel(shot, np.random.default_rng(7))
    files = write_scene(scene, tmp_path, name="scene", taken_at=TAKEN_AT)
    masks = tmp_path / "masks"
    asked = [str(files.bands), "--camera", str(files.camera), "--weather", str(files.weather), "--crop", "soybean"]
    result = CliRunner().invoke(app, [*asked, "--mask-dir", str(masks)])
    assert result.exit_code == 0, result.stderr
    line = json.loads(result.stdout)
    assert line["opinion"] is True
    assert line["camera_id"] == "synthetic-scene"
    assert line["taken_at"].startswith("2026-07-01T11:30:00")
    assert line["basis"] == ["multispectral", "thermal"]
    assert 0.5 < line["ndvi"] < 1.0
    assert line["looks_down"] is True
    assert scene.truth.canopy_temperature_c is not None
    assert abs(line["canopy_temperature_c"] - scene.truth.canopy_temperature_c) < 1.5
    assert line["cwsi"] is not None
    mask = cv2.imread(str(masks / "scene-bands.png"), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    assert iou(mask > 0, scene.truth.canopy) > 0.85


def test_the_photo_of_a_scene_is_read_with_its_own_moment(tmp_path: Path) -> None:
    files = write_scene(render_parcel(Shot(), np.random.default_rng(8)), tmp_path, name="scene", taken_at=TAKEN_AT)
    result = CliRunner().invoke(app, [str(files.photo)])
    line = json.loads(result.stdout)
    assert line["clock_quality"] == "exif"
    assert line["taken_at"].startswith("2026-07-01T11:30:00")
    assert line["basis"] == ["rgb"]
    assert line["canopy_cover_fraction"] is None or 0.3 < line["canopy_cover_fraction"] < 0.95
