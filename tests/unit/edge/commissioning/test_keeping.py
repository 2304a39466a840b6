import stat
from pathlib import Path

import pytest

from edge.camera import ParcelViewConfig, read_camera
from edge.commissioning.keeping import keep, outline, references
from edge.commissioning.sights import Sight, sights_of
from edge.config_file import read_config
from edge.errors import ConfigurationError

SQUARE = [(0.1, 0.2), (0.9, 0.2), (0.95, 0.8), (0.05, 0.8)]
GATEWAY = """# Our gateway, do not touch.
organisation = "demo"
gateway_id = "gw-01"

[[watch]]
folder = "photos/a" # the east
parcel_id = "P1"

[[watch]]
folder = "photos/b"
parcel_id = "P2"
camera_file = "b.toml"
"""


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    (tmp_path / "gateway.toml").write_text(GATEWAY)
    (tmp_path / "b.toml").write_text('# west\ntimezone = "+01:00"\n')
    return tmp_path / "gateway.toml"


def sight(config_file: Path, place: int) -> Sight:
    return sights_of(read_config(config_file))[place]


def test_an_outline_is_in_pixels_of_the_whole_picture_and_metres_of_the_parcel() -> None:
    view = outline(SQUARE, (4000, 3000), (60.0, 25.0), "left")
    assert view.image_points == ((400, 600), (3600, 600), (3800, 2400), (200, 2400))
    assert view.parcel_points_m == ((0, 0), (60, 0), (60, 25), (0, 25))


@pytest.mark.parametrize(
    ("corners", "sides_m", "part"),
    [
        (SQUARE[:3], (60.0, 25.0), "four corners"),
        (SQUARE, (0.0, 25.0), "above 0 m"),
        (SQUARE, (60.0, float("nan")), "above 0 m"),
        ([SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]], (60.0, 25.0), "put the corners in turn"),
    ],
)
def test_an_outline_that_is_none_is_refused(
    corners: list[tuple[float, float]], sides_m: tuple[float, float], part: str
) -> None:
    with pytest.raises(ConfigurationError, match=part):
        outline(corners, (100, 100), sides_m, None)


def test_what_is_kept_stands_in_the_cameras_own_file_beside_what_it_held(config_file: Path) -> None:
    file = keep(config_file, sight(config_file, 1), outline(SQUARE, (100, 100), (60.0, 25.0), "top"))
    assert file == config_file.parent / "b.toml"
    assert file.read_text().startswith('# west\ntimezone = "+01:00"\n')
    camera = read_camera(file)
    assert camera.timezone == "+01:00"
    assert camera.parcel_view == outline(SQUARE, (100, 100), (60.0, 25.0), "top")
    keep(config_file, sight(config_file, 1), outline(SQUARE, (100, 100), (30.0, 25.0), None))
    again = read_camera(file).parcel_view
    assert again is not None
    assert (again.parcel_points_m[1], again.rows_from) == ((30.0, 0.0), None)
    assert config_file.read_text() == GATEWAY, "it named the file already"


def test_a_camera_without_a_file_gets_one_and_the_gateway_names_it(config_file: Path) -> None:
    config_file.chmod(0o640)
    file = keep(config_file, sight(config_file, 0), references((0.1, 0.1), (0.9, 0.1), (160, 120)))
    assert file == config_file.parent / "cameras" / "a.toml"
    points = read_camera(file).references
    assert points is not None
    assert (points.wet_point, points.dry_point, points.radius_px) == ((16.0, 12.0), (144.0, 12.0), 1.6)
    assert config_file.read_text() == GATEWAY.replace(
        'parcel_id = "P1"\n', 'parcel_id = "P1"\ncamera_file = "cameras/a.toml"\n'
    )
    assert stat.S_IMODE(config_file.stat().st_mode) == 0o640
    assert sight(config_file, 0).camera().camera_id == "a"
    keep(config_file, sight(config_file, 0), outline(SQUARE, (160, 120), (60.0, 25.0), None))
    both = read_camera(file)
    assert both.references == points
    assert isinstance(both.parcel_view, ParcelViewConfig)


def test_two_references_at_one_place_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="mark both"):
        references((0.5, 0.5), (0.5, 0.5), (160, 120))
    with pytest.raises(ConfigurationError, match="mark both"):
        references((float("inf"), 0.5), (0.5, 0.5), (160, 120))


def test_a_file_that_is_no_toml_stays_as_it_is(config_file: Path) -> None:
    place = sight(config_file, 1)
    (config_file.parent / "b.toml").write_text("= broken")
    with pytest.raises(ConfigurationError, match=r"b\.toml: expected TOML"):
        keep(config_file, place, outline(SQUARE, (100, 100), (60.0, 25.0), None))
    assert (config_file.parent / "b.toml").read_text() == "= broken"
    (config_file.parent / "b.toml").unlink()
    with pytest.raises(ConfigurationError, match="cannot be read"):
        keep(config_file, place, outline(SQUARE, (100, 100), (60.0, 25.0), None))


def test_a_folder_that_cannot_be_written_is_named(config_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ConfigurationError, match="cannot be written"):
        keep(config_file, sight(config_file, 1), outline(SQUARE, (100, 100), (60.0, 25.0), None))
    assert (config_file.parent / "b.toml").read_text().startswith("# west")
