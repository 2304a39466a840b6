"""camera.toml: known keys only, each error in one line that names file and key."""

from datetime import timedelta
from pathlib import Path

import pytest

from edge.camera import CameraConfig, read_camera
from edge.errors import ConfigurationError


def camera_file(folder: Path, text: str) -> Path:
    path = folder / "camera.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_everything_that_can_be_stated(tmp_path: Path) -> None:
    camera = read_camera(
        camera_file(
            tmp_path,
            'camera_id = "mast 1"\nparcel_id = "P1"\ntimezone = "Africa/Casablanca"\nnodata = -1.0\n'
            'bands = ["red", "unused", "nir", "unused", "temperature"]\ntemperature_unit = "centi_kelvin"\n'
            'radiometric_calibration = true\nview = "closed_canopy"\n',
        )
    )
    assert camera.bands == ("red", "unused", "nir", "unused", "temperature")
    assert camera.temperature_scale == (0.01, -273.15)
    assert camera.zone is not None
    assert str(camera.zone) == "Africa/Casablanca"


def test_nothing_need_be_stated(tmp_path: Path) -> None:
    camera = read_camera(camera_file(tmp_path, ""))
    assert camera == CameraConfig()
    assert camera.zone is None
    assert camera.temperature_scale is None
    assert not camera.radiometric_calibration


def test_a_zone_may_be_an_offset() -> None:
    zone = CameraConfig(timezone="-02:30").zone
    assert zone is not None
    assert zone.utcoffset(None) == timedelta(hours=-2, minutes=-30)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('lens = "wide"', r"lens: .*known keys: camera_id, parcel_id, timezone"),
        ('timezone = "Africa/Atlantis"', r"timezone: .*'Africa/Atlantis' is not known .* such as \+01:00"),
        ('timezone = "+1"', "timezone: .*"),
        ('bands = ["red", "red"]', "file: .*each band may be named once"),
        ('bands = ["rouge"]', r"bands\.0: .*got 'rouge'"),
        ('temperature_unit = "fahrenheit"', "temperature_unit: .*milli_deg_c"),
        ('camera_id = ""', "camera_id: "),
        ("view = ", "expected TOML, got"),
        ("[parcel_view]\nimage_points = [[0, 0], [9, 0], [9, 9]]\n", "parcel_view: .*four points each"),
        (
            "[parcel_view]\nimage_points=[[0,0],[9,9],[9,0],[0,9]]\nparcel_points_m=[[0,0],[9,0],[9,9],[0,9]]\n",
            "parcel_view: .*four corners in turn",
        ),
        ('[parcel_view]\nrows_from = "north"\n', r"parcel_view\.rows_from: "),
    ],
)
def test_a_wrong_key_or_value_is_wrong_use(tmp_path: Path, text: str, says: str) -> None:
    path = camera_file(tmp_path, text)
    with pytest.raises(ConfigurationError, match=says) as caught:
        read_camera(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_an_absent_file_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"camera\.toml: expected a readable camera file, got No such file"):
        read_camera(tmp_path / "camera.toml")
