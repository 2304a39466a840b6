"""A growing cube: arrays, places, flags, and what a stopped run leaves."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr

from cloud.adapters.archive.cube import DAYS, SECONDS, Cube, Layout, alone, opened, sound
from cloud.errors import InputError, ServiceUnavailableError

LAYOUT = Layout(title="test", rows="row", moment="row", chunks={"row": 2, "lead": 3}, coordinates=("latitude", "kind"))


def cube_at(path: Path) -> Cube:
    cube = Cube.open(path / "c.zarr", LAYOUT)
    cube.array("row", ("row",), "float64", SECONDS)
    return cube


def sites(*places: tuple[float, float]) -> xr.Dataset:
    north, east = zip(*places, strict=True)
    return xr.Dataset(
        coords={
            "latitude": ("site", list(north)),
            "longitude": ("site", list(east)),
            "elevation_m": ("site", [100.0 * number for number in range(len(places))]),
        }
    )


def test_a_new_cube_says_what_it_is(tmp_path: Path) -> None:
    cube_at(tmp_path)
    group = zarr.open_group(tmp_path / "c.zarr", mode="r")
    assert group.metadata.zarr_format == 3
    assert dict(group.attrs) == {"Conventions": "CF-1.11", "title": "test", "coordinates": "latitude kind"}


def test_arrays_are_made_once_and_as_long_as_the_others(tmp_path: Path) -> None:
    cube = cube_at(tmp_path)
    cube.grow("row", 3)
    first = cube.array("a", ("row", "lead"), "float32", {"units": "mm"})
    assert first.shape == (3, 0)
    cube.grow("lead", 4)
    assert cube.array("a", ("row", "lead"), "float32", {}) is first
    assert first.shape == (3, 4)
    assert first.chunks == (2, 3)
    later = cube.array("b", ("lead",), "int8", {})
    assert later.shape == (4,)
    assert later[...].tolist() == [0, 0, 0, 0]
    assert np.isnan(first[...]).all()
    assert cube.named("row", "lead") == ["a"]
    assert cube.size("lead") == 4
    assert cube.size("nowhere") == 0
    assert cube.values("missing") is None


def test_growing_never_shrinks_or_moves_what_is_there(tmp_path: Path) -> None:
    cube = cube_at(tmp_path)
    cube.grow("row", 2)
    array = cube.array("a", ("row", "site"), "float32", {})
    cube.grow("site", 2)
    array[...] = np.array([[1.0, 2.0], [3.0, 4.0]])
    cube.grow("site", 5)
    cube.grow("row", 1)
    assert array.shape == (2, 5)
    assert array[:, :2].tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert np.isnan(array[:, 2:]).all()


def test_places_are_known_by_where_they_lie(tmp_path: Path) -> None:
    cube = cube_at(tmp_path)
    assert cube.sites(sites((32.3, -6.4), (32.4, -6.3))).tolist() == [0, 1]
    assert cube.sites(sites((32.4, -6.3), (33.0, -6.0), (32.3, -6.4))).tolist() == [1, 2, 0]
    assert cube.sites(sites((32.30004, -6.4))).tolist() == [0]
    assert cube.stored("latitude")[...].tolist() == [32.3, 32.4, 33.0]
    assert cube.stored("elevation_m")[...].tolist() == [0.0, 100.0, 100.0]


def test_a_place_that_nobody_gave_is_one_place(tmp_path: Path) -> None:
    cube = cube_at(tmp_path)
    nowhere = sites((np.nan, np.nan))
    assert cube.sites(nowhere).tolist() == [0]
    assert cube.sites(nowhere).tolist() == [0]
    assert np.isnan(cube.stored("latitude")[...]).all()
    assert cube.sites(sites((32.3, -6.4))).tolist() == [1]


def test_words_get_numbers_that_stay(tmp_path: Path) -> None:
    cube = cube_at(tmp_path)
    cube.array("kind", ("row",), "int8", {})
    assert [cube.flag("kind", word) for word in ("power", "open meteo", "power", "")] == [0, 1, 0, 2]
    again = Cube.open(tmp_path / "c.zarr", LAYOUT)
    assert again.flag("kind", "open meteo") == 1
    attributes = dict(again.stored("kind").attrs)
    assert attributes["flag_meanings"] == "power open_meteo unknown"
    assert attributes["flag_values"] == [0, 1, 2]


def test_rows_without_a_moment_are_cut_off_and_told(tmp_path: Path) -> None:
    cube = cube_at(tmp_path)
    values = cube.array("a", ("row",), "float32", {})
    cube.grow("row", 4)
    values[...] = [1.0, 2.0, 3.0, 4.0]
    cube.stored("row")[:2] = [10.0, 20.0]
    again = Cube.open(tmp_path / "c.zarr", LAYOUT)
    assert again.size("row") == 2
    assert again.stored("a")[...].tolist() == [1.0, 2.0]
    assert again.told == [
        "c.zarr: 2 of 4 entries were half written when a run stopped; set aside, what they came from is read again"
    ]
    assert Cube.open(tmp_path / "c.zarr", LAYOUT).told == []


def test_a_cube_of_nothing_but_a_half_is_empty(tmp_path: Path) -> None:
    cube_at(tmp_path).grow("row", 1)
    again = Cube.open(tmp_path / "c.zarr", LAYOUT)
    assert again.size("row") == 0
    assert len(again.told) == 1


def test_arrays_that_a_stopped_run_left_unequal_are_made_equal(tmp_path: Path) -> None:
    cube = cube_at(tmp_path)
    cube.array("a", ("row", "site"), "float32", {})
    cube.array("b", ("site",), "float64", {})
    cube.stored("b").resize((3,))
    again = Cube.open(tmp_path / "c.zarr", LAYOUT)
    assert again.stored("a").shape == (0, 3)
    assert again.told == []


def test_a_reader_sees_what_all_arrays_hold_before_the_next_run_sets_them_right(tmp_path: Path) -> None:
    cube = cube_at(tmp_path)
    values = cube.array("a", ("row",), "float32", {})
    cube.array("kind", ("row",), "int8", {})
    cube.grow("row", 2)
    values[...] = [1.0, 2.0]
    cube.stored("row")[...] = [10.0, 20.0]
    # Stopped while the arrays were made longer.
    values.resize((5,))
    dataset = opened(tmp_path / "c.zarr")
    assert dataset is not None
    assert dataset["a"].values.tolist() == [1.0, 2.0]
    assert dataset["row"].values.astype("datetime64[s]").astype(int).tolist() == [10, 20]
    assert "kind" in dataset.coords


@pytest.mark.parametrize("text", ["", '{"zarr_fo', "[]", '{"zarr_format": 3, "node_type": "group", "attributes": 3}'])
def test_a_damaged_cube_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    cube_at(tmp_path)
    (tmp_path / "c.zarr" / "zarr.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="expected a weather archive"):
        opened(tmp_path / "c.zarr")
    with pytest.raises(InputError, match="expected a weather archive"):
        Cube.open(tmp_path / "c.zarr", LAYOUT)


def test_a_disk_that_fails_is_not_taken_for_a_damaged_cube(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="full"), sound(tmp_path, written=True):
        raise OSError(28, "full")
    with pytest.raises(InputError, match="RuntimeError"), sound(tmp_path, written=True):
        raise RuntimeError("decompression")


def test_days_and_seconds_are_dates_to_any_reader(tmp_path: Path) -> None:
    cube = cube_at(tmp_path)
    cube.array("day", ("row",), "float64", DAYS)
    cube.grow("row", 1)
    cube.stored("day")[...] = [20_000.0]
    cube.stored("row")[...] = [86_400.0]
    dataset = opened(tmp_path / "c.zarr")
    assert dataset is not None
    assert str(dataset["day"].values[0])[:10] == "2024-10-04"
    assert str(dataset["row"].values[0])[:10] == "1970-01-02"
    assert opened(tmp_path / "none.zarr") is None


def test_a_folder_that_cannot_be_written_is_a_service_to_be_tried_later(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with (
        pytest.raises(ServiceUnavailableError, match="the weather archive cannot be written"),
        alone(tmp_path / "file"),
    ):
        pytest.fail("was entered")
    with alone(tmp_path / "folder"):
        assert (tmp_path / "folder" / "lock").exists()
