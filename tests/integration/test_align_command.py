"""``seguia align`` as a user runs it: a real capture where the data are, and what it refuses."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from edge import band_set
from edge.camera import read_camera
from edge.commands import align
from edge.errors import ConfigurationError, UnreadableFrameError
from edge.frame import load_frame
from edge.measured import read_measured

CERTIFICATE = "blue=0.67,green=0.69,red=0.68,nir=0.61,red_edge=0.67"


@pytest.fixture(scope="module")
def capture(shared_data: Path) -> Path:
    folder = shared_data / "imagery" / "micasense_rededge_field"
    if not folder.is_dir():
        pytest.skip("needs imagery/micasense_rededge_field in the data folder")
    return folder


@pytest.mark.shared_data
def test_a_capture_becomes_a_frame_that_detect_reads(capture: Path, tmp_path: Path) -> None:
    out = tmp_path / "frame.npz"
    words = [str(capture / "IMG_0001_3.tif"), "--panel", str(capture / "IMG_0000_1.tif"), "--out", str(out)]
    done = CliRunner().invoke(align.app, [*words, "--panel-reflectance", CERTIFICATE])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["unit"] == "reflectance"
    assert set(told["bands"]) == {"blue", "red", "red_edge", "nir"}
    assert all(band["good"] and band["residual_px"] < 0.5 for band in told["bands"].values())
    assert json.loads(out.with_suffix(".json").read_text())["taken_at"] == "2017-10-19T20:42:10+00:00"
    frame = load_frame(out, camera=read_camera(out.with_suffix(".toml")))
    found = read_measured(frame, None, None).detection
    assert found.opinion
    assert found.ndvi == pytest.approx(0.76, abs=0.05)
    assert found.osavi is not None
    assert found.ndre is not None


@pytest.mark.shared_data
def test_what_does_not_belong_together_is_refused(capture: Path, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFrameError, match="one capture"):
        band_set.read_capture([capture / "IMG_0001_1.tif", capture / "IMG_0000_2.tif"])
    factors = band_set.panel_factors(band_set.read_capture([capture / "IMG_0001_1.tif"]), {"green": 0.69})
    assert set(factors.values()) == {None}
    out = tmp_path / "frame.npz"
    words = [str(capture / "IMG_0001_1.tif"), "--panel", str(capture / "IMG_0001_2.tif"), "--out", str(out)]
    done = CliRunner().invoke(align.app, [*words, "--panel-reflectance", CERTIFICATE])
    assert done.exit_code == 1
    assert "panel not found" in done.stderr
    assert json.loads(done.stdout)["unit"] == "radiance"


def test_other_files_are_refused_in_one_line(tmp_path: Path) -> None:
    plain = tmp_path / "IMG_0001_1.tif"
    cv2.imwrite(str(plain), np.arange(6400, dtype=np.uint16).reshape(80, 80))
    with pytest.raises(UnreadableFrameError, match="MicaSense"):
        band_set.read_capture([plain])
    plain.write_bytes(b"no picture")
    with pytest.raises(UnreadableFrameError, match="IMG_0001_1"):
        band_set.read_capture([plain])
    with pytest.raises(UnreadableFrameError, match="readable"):
        band_set.read_capture([tmp_path / "absent.tif"])


def test_wrong_options_are_refused(tmp_path: Path) -> None:
    assert band_set.read_reflectance("green=0.69, red=0.68") == {"green": 0.69, "red": 0.68}
    for text in (None, "green", "green=2", "violet=0.5", "green=a"):
        with pytest.raises(ConfigurationError, match="panel-reflectance"):
            band_set.read_reflectance(text)
    done = CliRunner().invoke(align.app, [str(tmp_path / "a.tif"), "--out", str(tmp_path / "frame.tif")])
    assert isinstance(done.exception, ConfigurationError)


def test_a_certificate_without_the_panels_photo_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        align.app, ["IMG_0001_1.tif", "--out", str(tmp_path / "f.npz"), "--panel-reflectance", CERTIFICATE]
    )
    assert isinstance(done.exception, ConfigurationError)
    assert "expected --panel FILE with it" in str(done.exception)
