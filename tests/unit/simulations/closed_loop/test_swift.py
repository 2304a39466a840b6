"""The compiled day is the package's own: the same numbers, and the package left as it was."""

import importlib

import numpy as np
import pytest

from simulations.closed_loop.climates import Climate, shipped_climate
from simulations.closed_loop.fields import Design, FieldSeason, fields_of
from simulations.closed_loop.plant import Plant
from simulations.closed_loop.swift import Layers, layers_of, live_day, swift_day

pytest.importorskip("aquacrop", reason="needs the package aquacrop, of the extra [simulate]")


@pytest.fixture(scope="module")
def tunis() -> Climate:
    return shipped_climate("tunis")


def one(crop: str, texture: str) -> FieldSeason:
    return fields_of(Design(crops=(crop,), climates=("tunis",), seasons=(1993,), textures=(texture,)))[0]


@pytest.mark.parametrize(("crop", "texture"), [("wheat", "clay_loam"), ("maize", "sandy_loam"), ("tomato", "loam")])
def test_every_day_is_the_day_of_the_package(tunis: Climate, crop: str, texture: str) -> None:
    ours, theirs = (Plant(one(crop, texture), tunis) for _ in range(2))
    generator = np.random.default_rng(5)
    for _ in range(60):
        depth_mm = float(generator.choice([0.0, 0.0, 0.0, 12.0, 45.0]))
        ours.step(depth_mm)
        theirs._model._param_struct.IrrMngt.depth = depth_mm
        theirs._model.run_model(initialize_model=False)

        np.testing.assert_allclose(ours.contents, theirs.contents, rtol=0.0, atol=1e-12)
    mine, its = (plant._model._init_cond for plant in (ours, theirs))
    for name in ("canopy_cover", "biomass", "z_root", "gdd_cum", "tr_ratio", "harvest_index"):
        assert getattr(mine, name) == pytest.approx(getattr(its, name), rel=1e-12, abs=1e-12)


def test_the_package_itself_is_left_alone() -> None:
    swift_day()

    for name in ("root_zone_water", "drainage", "transpiration"):
        function = getattr(importlib.import_module(f"aquacrop.solution.{name}"), name)
        assert type(function).__name__ == "function"
    day = importlib.import_module("aquacrop.timestep.run_single_timestep")
    assert type(day.drainage).__name__ == "function"
    assert type(swift_day().__globals__["drainage"]).__name__ == "CPUDispatcher"


def test_layers_carry_the_packages_arrays(tunis: Climate) -> None:
    plant = Plant(one("maize", "loam"), tunis)
    profile = plant._model._param_struct.Soil.Profile

    assert isinstance(profile, Layers)
    again = layers_of(profile)
    np.testing.assert_array_equal(again.th_fc, profile.th_fc)
    assert float(profile.dz.sum()) == pytest.approx(float(profile.dzsum[-1]), abs=0.01)


def test_a_copy_lives_on_by_itself(tunis: Climate) -> None:
    plant = Plant(one("tomato", "loam"), tunis)
    for _ in range(20):
        plant.step(5.0)
    other = plant.copy()
    before = other.soil_water_mm

    plant.step(60.0)

    assert other.soil_water_mm == before
    assert other.step(60.0).soil_water_mm == plant.soil_water_mm
    live_day(other._model)
    assert other.soil_water_mm != plant.soil_water_mm
