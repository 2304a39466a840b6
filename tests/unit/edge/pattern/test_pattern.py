"""Stress on a grid and rows of plants: arrays drawn here (synthetic), and the real vineyards where they are at hand."""

from pathlib import Path

import numpy as np
import pytest

from edge.frame import load_frame
from edge.pattern.grid import group_medians, index_loss, stress_grid, warmth_k
from edge.pattern.rows import find_rows, rows_of_pixels
from edge.pattern.view import (
    Mask,
    ParcelMap,
    Side,
    lay_flat,
    view_from_above,
    view_from_corners,
    view_from_pixel_size,
)
from edge.radiometry.masks import thermal_canopy


def striped(angle_deg: float, spacing_px: float, *, side_px: int = 200, rows_from: Side | None = None) -> ParcelMap:
    """Canopy in rows; angle_deg is the direction from row to row."""
    y, x = np.mgrid[0:side_px, 0:side_px] + 0.5
    angle = np.radians(angle_deg)
    offset = x * np.cos(angle) + y * np.sin(angle)
    canopy: Mask = (offset / spacing_px) % 1.0 < 0.45
    canopy &= np.random.default_rng(1).random(canopy.shape) > 0.1
    return lay_flat(view_from_above(rows_from), canopy, np.zeros(canopy.shape, np.float32))


def test_a_group_is_known_by_its_median_when_it_has_enough_values() -> None:
    values = np.array([1, 9, 2, 4, 4, 8], np.float32)
    groups = np.array([0, 0, 0, 2, 2, 3])
    medians = group_medians(values, groups, 4, least=2)
    assert medians[0] == 2.0
    assert np.isnan(medians[1])
    assert medians[2] == 4.0
    assert np.isnan(medians[3])


def test_warmth_is_told_against_the_canopys_own_cool_tenth() -> None:
    temperature = np.array([[20.0, 21.0, 50.0, np.nan]], np.float32)
    canopy = np.array([[True, True, False, True]])
    warmth = warmth_k(temperature, canopy)
    assert warmth[0, :2].tolist() == pytest.approx([-0.1, 0.9], abs=1e-5)
    assert np.isnan(warmth[0, 2:]).all()


def test_a_lower_index_is_a_greater_loss() -> None:
    index = np.array([[0.8, 0.5]], np.float32)
    loss = index_loss(index, np.array([[True, True]]))
    assert loss[0].tolist() == pytest.approx([-0.03, 0.27], abs=1e-5)


def test_without_canopy_nothing_is_known() -> None:
    temperature = np.full((30, 30), 25.0, np.float32)
    canopy = np.zeros((30, 30), bool)
    parcel = lay_flat(view_from_pixel_size(1.0, 1.0), canopy, warmth_k(temperature, canopy))
    assert np.isnan(stress_grid(parcel, full_stress=10.0).stress).all()
    assert find_rows(parcel) is None


def test_a_cell_holds_the_median_of_its_canopy_and_soil_stays_unknown() -> None:
    stress = np.full((40, 80), 2.0, np.float32)
    stress[:20, :20] = 7.0
    canopy = np.ones((40, 80), bool)
    canopy[20:, 60:] = False
    parcel = lay_flat(view_from_pixel_size(0.5, 0.5), canopy, stress)
    grid = stress_grid(parcel, full_stress=10.0, cell=10.0)
    assert grid.unit == "m"
    assert grid.stress.shape == (2, 4)
    assert grid.stress[0].tolist() == pytest.approx([0.7, 0.2, 0.2, 0.2])
    assert np.isnan(grid.stress[1, 3])


def test_the_grid_fits_into_evidence() -> None:
    canopy = np.ones((300, 900), bool)
    parcel = lay_flat(view_from_pixel_size(1.0, 1.0), canopy, np.ones(canopy.shape, np.float32))
    rows, columns = stress_grid(parcel, full_stress=10.0).stress.shape
    assert rows <= 24
    assert columns <= 32
    assert columns >= 30


def test_four_corners_lay_a_slanted_view_flat() -> None:
    # The far side (30 m) is half as wide in the picture as the near side.
    corners = ((50.0, 20.0), (150.0, 20.0), (200.0, 120.0), (0.0, 120.0))
    view = view_from_corners(corners, ((0.0, 0.0), (20.0, 0.0), (20.0, 30.0), (0.0, 30.0)))
    canopy = np.ones((140, 210), bool)
    stress = np.where(np.arange(210)[None] < 100, 1.0, 5.0).repeat(140, axis=0).astype(np.float32)
    parcel = lay_flat(view, canopy, stress)
    grid = stress_grid(parcel, full_stress=10.0, cell=10.0)
    assert grid.stress.shape == (3, 2)
    assert grid.stress[:, 0].tolist() == pytest.approx([0.1] * 3)
    assert grid.stress[:, 1].tolist() == pytest.approx([0.5] * 3)


@pytest.mark.parametrize(("angle_deg", "spacing_px"), [(0.0, 12.0), (90.0, 9.0), (32.0, 15.0), (-71.0, 10.5)])
def test_rows_are_found_whatever_their_direction(angle_deg: float, spacing_px: float) -> None:
    found = find_rows(striped(angle_deg, spacing_px))
    assert found is not None
    assert found.spacing == pytest.approx(spacing_px, rel=0.03)
    assert abs((found.direction_deg - angle_deg - 90 + 90) % 180 - 90) < 1.5
    assert found.count == pytest.approx(
        200 * np.abs([np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))]).sum() / spacing_px, abs=3.5
    )


@pytest.mark.parametrize(("side", "first"), [("left", 2.7), ("right", 194.7)])
def test_rows_are_numbered_from_the_side_stated(side: Side, first: float) -> None:
    found = find_rows(striped(0.0, 12.0, rows_from=side))
    assert found is not None
    numbers = rows_of_pixels(found, np.array([first, 100.0]), np.array([50.0, 50.0]))
    assert numbers[0] == 1
    assert numbers[1] > 6


def test_what_lies_beyond_the_last_row_has_no_number() -> None:
    found = find_rows(striped(0.0, 12.0))
    assert found is not None
    assert rows_of_pixels(found, np.array([-50.0, 400.0]), np.array([0.0, 0.0])).tolist() == [0, 0]


@pytest.mark.parametrize("seed", range(4))
def test_scattered_plants_are_no_rows(seed: int) -> None:
    canopy = np.random.default_rng(seed).random((200, 200)) < 0.4
    assert find_rows(lay_flat(view_from_above(), canopy, np.zeros(canopy.shape, np.float32))) is None


def test_three_rows_are_too_few() -> None:
    assert find_rows(striped(0.0, 66.0)) is None


@pytest.mark.parametrize(
    ("name", "pixel_m"), [("vineyard_A_2015-06-02_T_degC_0.6m.tif", 0.6), ("vineyard_B_T_degC_0.57m.tif", 0.56984)]
)
def test_real_vineyard_rows_are_some_3_m_apart(shared_data: Path, name: str, pixel_m: float) -> None:
    frame = load_frame(shared_data / "imagery" / "vineyard_rgbn_thermal" / name)
    assert frame.temperature_c is not None
    canopy = thermal_canopy(frame.temperature_c)
    assert canopy is not None
    parcel = lay_flat(view_from_pixel_size(pixel_m, pixel_m), canopy, warmth_k(frame.temperature_c, canopy))
    found = find_rows(parcel)
    assert found is not None
    assert 3.2 < found.spacing < 3.5
    assert 176 < found.direction_deg < 180
