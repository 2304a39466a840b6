"""References that hang in the picture are read with its canopy, and make the index."""

from pathlib import Path

import numpy as np
import pytest

from edge.camera import CameraConfig, ReferencePointsConfig
from edge.frame import load_frame
from edge.measured import read_measured
from edge.radiometry.references import reference_temperature_c
from edge.weather import FieldWeather

NOON = FieldWeather(air_temperature_c=30.0, relative_humidity_percent=40.0, wind_speed_m_s=2.0, radiation_w_m2=800.0)
POINTS = ReferencePointsConfig(wet_point=(10.5, 10.5), dry_point=(70.5, 10.5), radius_px=2.0)


def scene(canopy_c: float = 29.0) -> np.ndarray:
    """A synthetic thermal frame: canopy below, hot soil above, a wet cloth and a dry board in it."""
    chance = np.random.default_rng(5)
    celsius = np.full((60, 80), 42.0) + chance.normal(0, 0.3, (60, 80))
    celsius[25:] = canopy_c + chance.normal(0, 0.2, (35, 80))
    celsius[6:16, 6:16] = 24.0
    celsius[6:16, 66:76] = 38.0
    return celsius.astype(np.float32)


def frame_of(folder: Path, celsius: np.ndarray) -> Path:
    file = folder / "thermal.npz"
    np.savez(file, image=celsius[..., None])
    return file


def test_a_reference_is_the_median_of_its_disc() -> None:
    celsius = scene()
    celsius[10, 10] = 90.0
    assert reference_temperature_c(celsius, (10.5, 10.5), 3.0) == 24.0
    assert reference_temperature_c(celsius, (70.5, 10.5), 0.1) == 38.0


def test_a_reference_of_which_under_half_is_known_is_none() -> None:
    celsius = scene()
    celsius[8:13, 8:13] = np.nan
    assert reference_temperature_c(celsius, (10.5, 10.5), 2.0) is None
    assert reference_temperature_c(celsius, (500.0, 500.0), 2.0) is None


@pytest.mark.parametrize(("canopy_c", "cwsi"), [(27.5, 0.25), (31.0, 0.5)])
def test_the_index_lies_between_the_two_references_of_the_same_frame(
    tmp_path: Path, canopy_c: float, cwsi: float
) -> None:
    file = frame_of(tmp_path, scene(canopy_c))
    camera = CameraConfig(bands=("temperature",), radiometric_calibration=True, references=POINTS)
    frame = load_frame(file, camera=camera)
    assert frame.references_c == (24.0, 38.0)
    detection = read_measured(frame, "soybean", NOON).detection
    assert detection.cwsi_method == "references"
    assert detection.cwsi == pytest.approx(cwsi, abs=0.04)
    plain = load_frame(file, camera=camera.model_copy(update={"references": None}))
    assert read_measured(plain, "soybean", NOON).detection.cwsi_method == "empirical"


def test_references_that_are_not_in_view_leave_the_baseline(tmp_path: Path) -> None:
    celsius = scene()
    celsius[6:16, 6:16] = np.nan
    camera = CameraConfig(bands=("temperature",), radiometric_calibration=True, references=POINTS)
    frame = load_frame(frame_of(tmp_path, celsius), camera=camera)
    assert frame.references_c is None
    assert read_measured(frame, "soybean", NOON).detection.cwsi_method == "empirical"


def test_without_weather_references_alone_give_no_index(tmp_path: Path) -> None:
    camera = CameraConfig(bands=("temperature",), radiometric_calibration=True, references=POINTS)
    frame = load_frame(frame_of(tmp_path, scene()), camera=camera)
    assert "no_weather" in read_measured(frame, "soybean", None).detection.reasons
