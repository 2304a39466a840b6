"""Shadows, colours and temperatures of a scene against hand arithmetic and order."""

import numpy as np
import pytest

from simulations.scene.heat import temperatures
from simulations.scene.leaves import Canopy
from simulations.scene.light import in_sun, leaf_light, sky_seen, soil_light, sun_vector
from simulations.scene.settings import NOON, Crop, Sun
from simulations.scene.spectra import BANDS, DRY_SOIL, leaf_optics


def test_leaf_colours_follow_the_table_and_lie_between_its_lines() -> None:
    reflected, through = leaf_optics(np.array([20.0, 52.5], np.float32))
    assert reflected.shape == through.shape == (2, len(BANDS))
    assert reflected[0] == pytest.approx([0.055, 0.169, 0.114, 0.058, 0.371, 0.472])
    assert through[1, 1] == pytest.approx((0.073 + 0.051) / 2)
    assert (reflected + through <= 1).all()


def test_a_wall_throws_a_shadow_as_long_as_it_is_high_at_forty_five_degrees_away_from_the_sun() -> None:
    height = np.zeros((40, 60), np.float32)
    height[:, 30] = 1.0
    lit = in_sun(height, 0.1, Sun(elevation_deg=45.0, azimuth_deg=90.0))  # from the east: the shadow falls west
    assert lit[20, 31:].all()
    assert lit[20, 30]
    dark = np.flatnonzero(~lit[20])
    assert dark.max() == 29
    assert 30 - dark.min() == pytest.approx(10, abs=1)


def test_the_sun_in_the_south_throws_the_shadow_to_the_north() -> None:
    height = np.zeros((40, 60), np.float32)
    height[20] = 0.5
    lit = in_sun(height, 0.1, Sun(elevation_deg=45.0, azimuth_deg=180.0))
    assert not lit[16:20, 30].any()
    assert lit[21:, 30].all()


def test_level_ground_has_no_shadow() -> None:
    assert in_sun(np.zeros((5, 5), np.float32), 0.1, Sun()).all()


def test_the_sun_vector_has_length_one_and_points_south_at_noon() -> None:
    vector = sun_vector(Sun(elevation_deg=30.0, azimuth_deg=180.0))
    assert np.linalg.norm(vector) == pytest.approx(1.0)
    assert vector == pytest.approx([0.0, -np.sqrt(0.75), 0.5], abs=1e-6)


def two_leaves(normals: list[list[float]]) -> Canopy:
    count = len(normals)
    return Canopy(
        leaf=np.zeros((1, 1), np.int64),
        height_m=np.ones((1, 1), np.float32),
        stress=np.zeros(count, np.float32),
        chlorophyll_ug_cm2=np.full(count, 45.0, np.float32),
        normal=np.array(normals, np.float32),
    )


def test_a_level_leaf_in_full_sun_sends_up_its_reflectance_and_one_lit_from_below_what_it_lets_through() -> None:
    canopy = two_leaves([[0.0, 0.0, 1.0], [0.0, 0.8, 0.6]])
    low_south = Sun(elevation_deg=30.0, azimuth_deg=180.0)
    bright, shade, sun = leaf_light(canopy, low_south)
    assert sun[0] == pytest.approx(1.0)
    reflected, through = leaf_optics(canopy.chlorophyll_ug_cm2)
    assert bright[0, 5] == pytest.approx(reflected[0, 5] * 0.91)
    cosine = abs(0.8 * -np.sqrt(0.75) + 0.6 * 0.5) / 0.5
    assert bright[1, 5] == pytest.approx(through[1, 5] * 0.91 * cosine, rel=1e-5)
    assert (shade < 0.3 * reflected).all()
    assert shade[0, 5] > 3 * shade[0, 3]  # shade among leaves is bright in near infrared


def test_open_soil_in_full_sun_shows_its_own_colour_and_a_fraction_in_shadow() -> None:
    one = np.ones(1, np.float32)
    assert soil_light(np.array([True]), one, one)[0] == pytest.approx(DRY_SOIL)
    shaded = soil_light(np.array([False]), one * 0.5, one)[0]
    assert shaded[0] / DRY_SOIL[0] == pytest.approx(0.13, abs=0.001)
    assert shaded[0] / shaded[2] > DRY_SOIL[0] / DRY_SOIL[2]  # bluish


def test_soil_between_leaves_sees_less_sky_than_open_soil_and_the_highest_leaf_all_of_it() -> None:
    leaf = np.full((20, 60), -1, np.int64)
    leaf[:, :30] = 0
    leaf[10, 10] = -1
    canopy = two_leaves([[0.0, 0.0, 1.0]])
    height = np.where(leaf >= 0, 0.5, 0.0).astype(np.float32)
    seen = sky_seen(
        Canopy(
            leaf=leaf,
            height_m=height,
            stress=canopy.stress,
            chlorophyll_ug_cm2=canopy.chlorophyll_ug_cm2,
            normal=canopy.normal,
        ),
        0.05,
        0.5,
    )
    assert seen[10, 10] < 0.3
    assert seen[10, 55] == pytest.approx(1.0)
    assert seen[0, 0] == pytest.approx(1.0)


def test_dry_leaves_are_warmer_than_wet_ones_and_sunlit_soil_is_the_hottest() -> None:
    heat = temperatures(NOON, Crop())
    air = NOON.air_temperature_c
    assert heat.wet[1] < heat.dry[1] < heat.soil[1]
    assert heat.wet[0] < heat.wet[1]
    assert air < heat.dry[1] < air + 12
    assert 40 < heat.soil[1] < 60
    assert abs(heat.soil[0] - air) < 5


def test_leaf_temperature_rises_with_stress_between_both_limits() -> None:
    heat = temperatures(NOON, Crop())
    found = heat.of_leaves(np.array([0.0, 0.5, 1.0], np.float32), np.ones(3, np.float32))
    assert found[[0, 2]] == pytest.approx([heat.wet[1], heat.dry[1]])
    assert found[1] == pytest.approx((heat.wet[1] + heat.dry[1]) / 2)
    assert heat.of_soil(np.zeros(1, np.float32), np.ones(1, np.float32))[0] == pytest.approx(heat.soil[0])
