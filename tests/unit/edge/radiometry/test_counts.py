"""Raw counts to temperature: by hand, back and forth, and from a camera file."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.camera import CameraConfig, Correction, read_camera
from edge.errors import ConfigurationError, UnreadableFrameError
from edge.frame import load_frame
from edge.metadata import FrameMetadata, read_sidecar, read_table
from edge.radiometry.counts import LinearCounts, PlanckCounts

CONSTANTS = {"r1": 17096.453, "r2": 0.046642166, "b": 1428.0, "f": 1.0, "o": -342.0}


def grey_map(folder: Path, counts: int) -> Path:
    path = folder / "counts.pgm"
    path.write_bytes(b"P5 8 6 65535\n" + np.full((6, 8), counts, ">u2").tobytes())
    return path


def test_linear_counts_by_hand() -> None:
    found = LinearCounts(gain_c=0.04, offset_c=-300.0).deg_c(np.array([[8000.0]], np.float32))
    assert found[0, 0] == pytest.approx(20.0, abs=1e-3)


@settings(max_examples=40, deadline=None)
@given(temperature_c=st.floats(-10, 70), emissivity=st.floats(0.9, 1.0), reflected_c=st.floats(-40, 40))
def test_planck_counts_go_back_and_forth(temperature_c: float, emissivity: float, reflected_c: float) -> None:
    scale = PlanckCounts(**CONSTANTS, emissivity=emissivity, reflected_c=reflected_c)
    own, reflected = scale.counts_at(temperature_c), scale.counts_at(reflected_c)
    assert own is not None
    assert reflected is not None
    seen = emissivity * (own + CONSTANTS["o"]) - CONSTANTS["o"] * emissivity + (1 - emissivity) * reflected
    found = scale.deg_c(np.array([[seen]], np.float32))
    assert found[0, 0] == pytest.approx(temperature_c, abs=0.05)


def test_counts_without_temperature_are_missing() -> None:
    assert np.isnan(PlanckCounts(**CONSTANTS).deg_c(np.array([[-5000.0]], np.float32))).all()
    with pytest.raises(ValidationError, match="counts at reflected_c"):
        PlanckCounts(**(CONSTANTS | {"f": 1e9}))
    with pytest.raises(ValidationError, match="counts at reflected_c"):
        PlanckCounts(**(CONSTANTS | {"b": 1e9}))


def test_a_grey_map_is_read_by_its_camera_file(tmp_path: Path) -> None:
    toml = tmp_path / "camera.toml"
    toml.write_text(
        "[counts]\ngain_c = 0.04\noffset_c = -300.0\n[correction]\noffset_c = 1.5\nchecked_on = 2026-05-01\n",
        encoding="utf-8",
    )
    frame = load_frame(grey_map(tmp_path, 8000), camera=read_camera(toml))
    assert frame.temperature_c is not None
    assert frame.temperature_c == pytest.approx(21.5, abs=1e-3)
    assert frame.radiometric_calibration


def test_a_correction_has_a_slope_too(tmp_path: Path) -> None:
    camera = CameraConfig(
        temperature_unit="milli_deg_c", correction=Correction(offset_c=-1.0, slope=1.1, checked_on=date(2026, 5, 1))
    )
    frame = load_frame(grey_map(tmp_path, 20000), camera=camera)
    assert frame.temperature_c == pytest.approx(21.0, abs=1e-3)


@pytest.mark.parametrize(
    "text",
    ["[counts]\ngain_c = -1.0\noffset_c = 0.0\n", 'temperature_unit = "kelvin"\n[counts]\ngain_c=1.0\noffset_c=0.0'],
)
def test_a_wrong_scale_is_wrong_use(tmp_path: Path, text: str) -> None:
    path = tmp_path / "camera.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"camera\.toml"):
        read_camera(path)


@pytest.mark.parametrize(
    ("age_s", "change_c", "drifts"),
    [
        (None, None, False),
        (60.0, 1.0, False),
        (900.0, None, True),
        (-5.0, None, True),
        (None, -4.0, True),
        (300.0, 3.0, False),
    ],
)
def test_a_camera_long_after_its_shutter_drifts(
    tmp_path: Path,
    age_s: float | None,
    change_c: float | None,
    drifts: bool,  # noqa: FBT001 -- expected
) -> None:
    metadata = FrameMetadata(ffc_age_s=age_s, sensor_change_c=change_c)
    camera = CameraConfig(temperature_unit="milli_deg_c")
    assert load_frame(grey_map(tmp_path, 20000), camera=camera, metadata=metadata).thermal_drift is drifts


@pytest.mark.shared_data
def test_the_pots_decode_as_raw_counts(shared_data: Path) -> None:
    """196 text grey maps of 60 x 80; the scale here is a stand-in, so nothing but reading is shown."""
    paths = sorted((shared_data / "imagery" / "pots_rgb_lepton" / "ir_pgm").glob("*.pgm"))[:10]
    camera = CameraConfig(counts=LinearCounts(gain_c=0.04, offset_c=-300.0))
    for path in paths:
        frame = load_frame(path, camera=camera)
        assert frame.temperature_c is not None
        assert frame.temperature_c.shape == (60, 80)
        assert not frame.radiometric_calibration


def test_the_shutter_is_told_beside_the_frame(tmp_path: Path) -> None:
    path = grey_map(tmp_path, 20000)
    path.with_suffix(".json").write_text('{"ffc_age_s": 12, "sensor_change_c": "-0.5"}', encoding="utf-8")
    told = read_sidecar(path)
    assert told is not None
    assert (told.ffc_age_s, told.sensor_change_c) == (12.0, -0.5)
    table = tmp_path / "M.csv"
    table.write_text("path,taken_at,ffc_age_s\ncounts.pgm,2026-05-01T12:00Z,900\nother.pgm,,\n", encoding="utf-8")
    rows = read_table(table)
    assert rows.ignored_columns == ()
    assert [row.ffc_age_s for row in rows.rows.values()] == [900.0, None]


@pytest.mark.parametrize("value", ["true", '"soon"', "[1]", "NaN"])
def test_an_age_that_is_no_number_is_told(tmp_path: Path, value: str) -> None:
    path = grey_map(tmp_path, 20000)
    path.with_suffix(".json").write_text(f'{{"ffc_age_s": {value}}}', encoding="utf-8")
    with pytest.raises(UnreadableFrameError, match="ffc_age_s: expected a number"):
        read_sidecar(path)
