"""Scenes as files, and the figures made from them."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from edge import exif
from edge.camera import read_camera
from edge.detector import Detector
from edge.frame import load_frame
from edge.weather import read_weather
from models.job import Job
from simulations.evaluation import parts
from simulations.scene import figures
from simulations.scene.figures import Case, iou, means, run
from simulations.scene.files import SceneFiles, exif_block, write_scene
from simulations.scene.render import Scene, render_parcel
from simulations.scene.settings import Camera, Crop, Shot

TAKEN_AT = datetime(2026, 7, 1, 12, 30, tzinfo=timezone(timedelta(hours=1)))
SMALL = Camera(height_m=5.0, width_px=240, height_px=180)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return render_parcel(Shot(camera=SMALL), np.random.default_rng(1))


@pytest.fixture
def files(scene: Scene, tmp_path: Path) -> SceneFiles:
    return write_scene(scene, tmp_path / "new", name="a", taken_at=TAKEN_AT)


def test_the_photo_is_read_with_its_moment_and_says_that_it_is_synthetic(files: SceneFiles) -> None:
    frame = load_frame(files.photo)
    assert (frame.width, frame.height) == (240, 180)
    assert frame.taken_at == datetime(2026, 7, 1, 11, 30, tzinfo=UTC)
    assert frame.clock_quality == "exif"
    assert b"SYNTHETIC SCENE\0" in files.photo.read_bytes()[:200]


def test_the_bands_are_read_as_they_were_taken(scene: Scene, files: SceneFiles) -> None:
    frame = load_frame(files.bands, camera=read_camera(files.camera))
    assert frame.temperature_c is not None
    assert np.array_equal(frame.temperature_c, scene.temperature_c)
    for name, band in scene.bands.items():
        assert np.array_equal(frame.bands[name], band)
    assert frame.camera_id == "synthetic-scene"
    assert frame.looks_down is True
    assert frame.radiometric_calibration
    with np.load(files.bands) as archive:
        assert str(archive["label"]) == "SYNTHETIC SCENE"
        assert np.array_equal(archive["canopy"], scene.truth.canopy)


def test_the_weather_file_holds_the_height_of_the_canopy_and_its_source(files: SceneFiles) -> None:
    read = read_weather(files.weather)
    assert read.weather.canopy_height_m == 0.6
    assert read.weather.radiation_w_m2 == 850.0
    assert read.ignored_fields == ("source",)


def test_an_oblique_camera_does_not_look_down(tmp_path: Path) -> None:
    tilted = Camera(height_m=5.0, tilt_deg=40.0, width_px=64, height_px=48)
    written = write_scene(
        render_parcel(Shot(camera=tilted), np.random.default_rng(2)), tmp_path, name="b", taken_at=TAKEN_AT
    )
    assert read_camera(written.camera).looks_down is False


def test_the_exif_block_is_read_back_in_utc() -> None:
    assert exif.taken_at(exif_block("SYNTHETIC", TAKEN_AT), None) == TAKEN_AT


def test_intersection_over_union_of_known_masks() -> None:
    first = np.array([[True, True, False, False]])
    assert iou(first, np.array([[False, True, True, False]])) == 0.333
    assert iou(~first & first, ~first & first) == 1.0


def test_a_kind_is_told_by_its_mean_its_worst_and_the_size_of_its_errors() -> None:
    told = means(
        [
            {"kind": "a", "photo_iou": 0.8, "photo_opinion": 1, "bands_error_k": 1.0},
            {"kind": "b", "photo_iou": 0.5, "photo_opinion": 0},
            {"kind": "a", "photo_iou": 0.6, "photo_opinion": 0, "bands_error_k": -0.5},
        ]
    )
    assert [row["kind"] for row in told] == ["a", "b"]
    assert told[0]["scenes"] == 2
    assert (told[0]["photo_iou"], told[0]["photo_iou_worst"]) == (0.7, 0.6)
    assert (told[0]["bands_error_k"], told[0]["bands_error_k_size"]) == (0.25, 0.75)
    assert told[0]["photo_opinions"] == 0.5
    assert "bands_error_k" not in told[1]
    assert told[0]["thermal_answers"] == 0


def test_figures_call_themselves_synthetic_and_name_every_scene(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shots = [Shot(camera=SMALL), Shot(camera=SMALL, crop=Crop(cover_fraction=0.0))]
    monkeypatch.setattr(figures, "cases", lambda: (Case(kind="nadir", shot=shot) for shot in shots))
    told: list[str] = []
    found = run(Job(data=tmp_path, out=tmp_path, steps=None, threads=1, told=told.append))
    assert str(found["note"]).startswith("SYNTHETIC")
    rows = found["scenes"]
    assert isinstance(rows, list)
    assert len(rows) == len(told) == 2
    assert rows[0]["bands_iou"] > 0.7
    assert parts.plain(found) == found
    assert abs(rows[0]["bands_error_k"]) < 3
    assert "bands_error_k" not in rows[1]  # bare soil has no canopy temperature


def test_the_published_scenes_cover_every_kind() -> None:
    kinds = [case.kind for case in figures.cases()]
    assert len(kinds) == 28
    assert kinds.count("nadir") == 12
    assert kinds.count("oblique") == 4


def test_the_detector_reads_a_scene_from_above_as_a_field(files: SceneFiles) -> None:
    weather = read_weather(files.weather).weather
    frame = load_frame(files.bands, camera=read_camera(files.camera))
    result = Detector().detect(frame, crop="soybean", weather=weather)
    assert result.detection.opinion
    assert result.detection.ndvi is not None
    assert result.detection.canopy_temperature_c is not None
