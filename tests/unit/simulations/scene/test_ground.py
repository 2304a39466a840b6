"""Rays, rows and the first thing a ray meets: geometry against hand arithmetic."""

import numpy as np
import pytest

from simulations.scene.ground import Ground, first_met, ground_of, rays_of
from simulations.scene.settings import Camera, Rows, Shot

DOWN = Camera(height_m=10.0, field_of_view_deg=90.0, width_px=100, height_px=80)


def test_a_camera_that_looks_down_sees_twice_its_height_at_ninety_degrees() -> None:
    rays = rays_of(DOWN)
    assert rays.shape == (80, 100, 2)
    assert rays[0, 0] == pytest.approx([-0.99, 0.79])  # west and north at the upper left
    assert rays[-1, -1] == pytest.approx([0.99, -0.79])


def test_a_camera_turned_to_the_east_has_the_north_at_its_left() -> None:
    rays = rays_of(Camera(field_of_view_deg=90.0, width_px=100, height_px=80, azimuth_deg=90.0))
    assert rays[0, 0] == pytest.approx([0.79, 0.99])


def test_a_tilted_camera_looks_ahead_by_the_tangent_of_its_tilt() -> None:
    rays = rays_of(Camera(tilt_deg=45.0, field_of_view_deg=20.0, width_px=101, height_px=81))
    assert rays[40, 50] == pytest.approx([0.0, 1.0], abs=1e-6)
    assert rays[0, 50, 1] > 1.0 > rays[-1, 50, 1]


@pytest.mark.parametrize(
    ("direction_deg", "first", "second"),
    [
        (0.0, (-0.375, 0.0), (0.375, 0.0)),
        (180.0, (-0.375, 0.0), (0.375, 0.0)),
        (90.0, (0.0, 0.375), (0.0, -0.375)),
        (160.0, (-0.35, -0.13), (0.35, 0.13)),
    ],
)
def test_rows_are_numbered_from_the_left_or_from_the_top(
    direction_deg: float, first: tuple[float, float], second: tuple[float, float]
) -> None:
    shot = Shot(camera=DOWN, rows=Rows(direction_deg=direction_deg))
    ground = ground_of(shot, rays_of(shot.camera))
    x, y = (np.array(pair, np.float32) for pair in zip(first, second, strict=True))
    number, _, middle, _ = ground.numbered(x, y)
    assert number[1] == number[0] + 1
    assert np.abs(middle).max() < 0.02


def test_the_rows_in_view_are_counted_and_those_beyond_have_no_number() -> None:
    shot = Shot(camera=DOWN, rows=Rows(spacing_m=1.0, segment_m=2.0))
    ground = ground_of(shot, rays_of(shot.camera))
    assert ground.row_count == 20  # 9.9 m to either side, middles at half metres
    assert ground.segment_count == 8  # 15.8 m
    x = np.array([-9.5, 9.5, -10.5, 10.5], np.float32)
    number, segment, _, along = ground.numbered(x, np.array([-7.8, 7.8, 0.0, 0.0], np.float32))
    assert number.tolist() == [1, 20, 0, 0]
    assert segment[:2].tolist() == [0, 7]
    assert along[:2].tolist() == pytest.approx([-7.8, 7.8])


def flat_ground(side: int) -> Ground:
    return Ground(
        west_m=-side / 20,
        north_m=side / 20,
        step_m=0.1,
        shape=(side, side),
        rows=Rows(),
        across=(1.0, 0.0),
        first_row=0,
        row_count=1,
        start_m=0.0,
        segment_count=1,
    )


def test_a_ray_straight_down_meets_the_cell_below_and_a_slanted_one_the_wall_before_it() -> None:
    ground, camera = flat_ground(60), Camera(height_m=3.0)
    height = np.zeros(ground.shape, np.float32)
    height[:, 40:45] = 1.0  # from 1.0 to 1.5 m east
    rays = np.array([[[0.0166, -0.01], [0.55, -0.01], [0.91, -0.01]]], np.float32)
    cell, below = first_met(ground, camera, rays, height)
    row, column = np.divmod(cell, 60)
    assert row.tolist() == [[30, 30, 30]]
    # At the top of the wall the rays stand 0.03, 1.1 and 1.82 m east; the last passes it and falls on the ground.
    assert column[0, 0] == 30
    assert 40 <= column[0, 1] <= 42
    assert column[0, 2] == 57
    assert below[0, 0] == 0.0
    assert below[0, 1] == pytest.approx(0.0, abs=0.05)
