"""How a file's picture lies over its parcel, and what a frame then says about the parcel's inside."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.camera import CameraConfig, ParcelViewConfig
from edge.commands.folders import grid_folder, mask_folder
from edge.commands.grids import NO_PATTERN, grid_json
from edge.errors import ConfigurationError
from edge.frame import Frame, load_frame
from edge.measured import read_measured
from edge.pattern.view import view_from_above, view_from_pixel_size
from edge.tiff import Directory, pixel_size_m
from tests.unit.edge.test_frame_tiff import tiff_file

GEO = (1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32633)
FEET = (1, 1, 0, 2, 1024, 0, 1, 1, 3076, 0, 1, 9003)
DEGREES = (1, 1, 0, 1, 1024, 0, 1, 2)
TIES = (0.0, 0.0, 0.0, 5e5, 4e6, 0.0)
CORNERS = ((0.0, 0.0), (40.0, 0.0), (40.0, 30.0), (0.0, 30.0))
METRES = ((0.0, 0.0), (20.0, 0.0), (20.0, 15.0), (0.0, 15.0))


def directory(**tags: tuple[float, ...]) -> Directory:
    return Directory(order="<", tags={int(name[1:]): values for name, values in tags.items()})


def test_a_projected_map_in_metres_says_how_large_its_pixels_are() -> None:
    assert pixel_size_m(directory(t33550=(0.6, 0.5, 0.0), t33922=TIES, t34735=GEO)) == (0.6, 0.5)


@pytest.mark.parametrize(
    "found",
    [
        directory(t33550=(0.6, 0.5, 0.0), t33922=TIES, t34735=DEGREES),
        directory(t33550=(0.6, 0.5, 0.0), t33922=TIES, t34735=FEET),
        directory(t33550=(0.6, 0.5, 0.0), t33922=TIES),
        directory(t33550=(0.6, 0.5, 0.0), t34735=GEO),
        directory(t33550=(0.6,), t33922=TIES, t34735=GEO),
        directory(t33550=(1e300, 1e300, 0.0), t33922=TIES, t34735=GEO),
        directory(t33550=(0.6, -0.5, 0.0), t33922=TIES, t34735=GEO),
        directory(t34735=GEO[:7]),
    ],
)
def test_any_other_file_says_nothing_of_its_scale(found: Directory) -> None:
    assert pixel_size_m(found) is None


def test_the_camera_file_goes_before_the_file_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(tiff_file(np.linspace(20, 40, 1200, dtype=np.float32).reshape(30, 40, 1)))
    plain = load_frame(path).parcel_view
    assert plain is not None
    assert plain.unit == "px"
    stated = CameraConfig(
        parcel_view=ParcelViewConfig(image_points=CORNERS, parcel_points_m=METRES, rows_from="right"), looks_down=False
    )
    view = load_frame(path, camera=stated).parcel_view
    assert view is not None
    assert (view.unit, view.rows_from) == ("m", "right")
    assert view.to_map @ [40.0, 30.0, 1.0] == pytest.approx([20.0, 15.0, 1.0], abs=1e-4)
    assert load_frame(path, camera=CameraConfig(looks_down=False)).parcel_view is None
    named = load_frame(path, camera=CameraConfig(parcel_view=ParcelViewConfig(rows_from="bottom"))).parcel_view
    assert named is not None
    assert (named.unit, named.rows_from) == ("px", "bottom")


def test_a_real_map_carries_its_scale(shared_data: Path) -> None:
    path = shared_data / "imagery" / "vineyard_rgbn_thermal" / "vineyard_A_2015-06-02_T_degC_0.6m.tif"
    view = load_frame(path).parcel_view
    assert view is not None
    assert view.unit == "m"
    assert view.to_map[0, 0] == pytest.approx(0.6, abs=0.01)


def rows_frame(*, thermal: bool, pixel_m: float | None = 0.1) -> Frame:
    """SYNTHETIC: sixteen rows down the picture, rows 7 to 9 dry, on hot soil."""
    generator = np.random.default_rng(8)
    canopy = np.broadcast_to(np.arange(320) % 20 < 9, (240, 320))
    dry = (np.arange(320) >= 120) & (np.arange(320) < 180)
    noise = generator.normal(0, 1, (240, 320))
    view = None if pixel_m is None else view_from_pixel_size(pixel_m, pixel_m)
    if thermal:
        temperature = np.where(canopy, 30 + 3.0 * dry + 0.3 * noise, 48.0 + noise).astype(np.float32)
        bands = {}
    else:
        temperature = None
        red = np.where(canopy, 0.05 + 0.03 * dry, 0.2) + 0.003 * noise
        bands = {"red": red.astype(np.float32), "nir": np.where(canopy, 0.4, 0.25).astype(np.float32)}
    return Frame(
        path=Path("x.tif"),
        sha256="a" * 64,
        width=320,
        height=240,
        temperature_c=temperature,
        bands=bands,
        parcel_view=view,
    )


@pytest.mark.parametrize("thermal", [True, False])
def test_a_frame_fills_grid_and_dry_rows(*, thermal: bool) -> None:
    result = read_measured(rows_frame(thermal=thermal), None, None)
    assert result.detection.opinion
    assert result.stress_grid is not None
    assert result.stress_grid.ndim == 2
    assert result.dry_rows == (7, 8, 9)


def test_a_slanting_view_without_corners_has_no_pattern() -> None:
    result = read_measured(rows_frame(thermal=True, pixel_m=None), None, None)
    assert result.detection.opinion
    assert result.stress_grid is None
    assert result.dry_rows == ()
    content = json.loads(grid_json(result.pattern))
    assert content["stress"] is None
    assert (content["dry_rows"], content["note"]) == ([], NO_PATTERN)


def test_the_grid_file_says_what_was_found_in_metres() -> None:
    content = json.loads(grid_json(read_measured(rows_frame(thermal=True), None, None).pattern))
    assert (len(content["stress"]), len(content["stress"][0])) == (content["rows"], content["columns"])
    assert content["rows_found"] == 16
    assert content["row_spacing_m"] == pytest.approx(2.0, abs=0.05)
    assert content["direction_deg"] == pytest.approx(90.0, abs=1.0)
    assert content["dry_rows"] == [7, 8, 9]
    assert content["note"] == "rows 7-9 drier"
    (block,) = content["blocks"]
    assert (block["from_m"], block["effect"]) == (0.0, pytest.approx(3.0, abs=0.3))


def test_without_a_scale_metres_are_null_and_bare_cells_unknown() -> None:
    frame = rows_frame(thermal=True)
    assert frame.temperature_c is not None
    frame.temperature_c[:, 200:] = np.nan
    content = json.loads(grid_json(read_measured(_with_view(frame), None, None).pattern))
    assert (content["cell_m"], content["row_spacing_m"]) == (None, None)
    assert content["stress"][0][-1] is None


def _with_view(frame: Frame) -> Frame:
    return Frame(
        path=frame.path,
        sha256=frame.sha256,
        width=frame.width,
        height=frame.height,
        temperature_c=frame.temperature_c,
        parcel_view=view_from_above(),
    )


def test_a_result_never_takes_an_inputs_place(tmp_path: Path) -> None:
    photo = tmp_path / "a.png"
    masks, grids = mask_folder(tmp_path, [photo]), grid_folder(tmp_path, [photo])
    (problem,) = masks.write(b"m", photo)
    assert "a.png is an input; choose another --mask-dir" in problem
    (problem,) = grids.write(b"g", photo)
    assert "a.json is an input; choose another --grid-dir" in problem
    assert list(tmp_path.iterdir()) == []


def test_two_frames_of_one_name_do_not_share_a_result(tmp_path: Path) -> None:
    one, other = tmp_path / "x" / "a.png", tmp_path / "y" / "a.png"
    folder = grid_folder(tmp_path / "out", [one, other])
    assert not folder.holds(one)
    assert folder.write(b"1", one) == []
    assert folder.write(b"1", one) == []
    assert "is that of" in folder.write(b"2", other)[0]
    assert (tmp_path / "out" / "a.json").read_bytes() == b"1"
    assert grid_folder(tmp_path / "out", [one]).holds(one)


def test_a_folder_that_cannot_be_made_or_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigurationError, match="expected a folder for grids"):
        grid_folder(tmp_path / "file", [])
    folder = grid_folder(tmp_path / "out", [])
    (tmp_path / "out" / "a.json").mkdir()
    assert "expected to write a grid" in folder.write(b"1", tmp_path / "a.png")[0]


def test_the_picture_of_a_mask_is_a_png(tmp_path: Path) -> None:
    frame = rows_frame(thermal=True)
    result = read_measured(frame, None, None)
    folder = mask_folder(tmp_path, [])
    assert folder.write(cv2.imencode(".png", result.mask)[1].tobytes(), frame.path) == []
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
