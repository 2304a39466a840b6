"""Priors: where they apply, and how their drift keeps its spread."""

from datetime import date

import numpy as np
import pytest

from cloud.agronomy.members import draws, forgotten, start, wandered
from cloud.agronomy.plots import plots_of
from cloud.agronomy.priors import DRYING_LAYER_M, SURVEYED_CAPACITY, TEXTURE_CAPACITY, as_found_in_fields
from cloud.records import Parcel, Soil

ON = date(2024, 4, 1)
TEXTURE = Parcel(id="t", crop="maize", planted_on=ON, latitude=32.0, longitude=-6.0, soil=Soil(texture="loam"))
SURVEYED = TEXTURE.model_copy(update={"id": "s", "soil": Soil(field_capacity=0.25, wilting_point=0.12)})
STATED = TEXTURE.model_copy(update={"id": "g", "soil": Soil(texture="loam", evaporable_water_mm=22.0)})


def test_the_drying_layer_is_thinner_unless_a_parcel_states_its_own() -> None:
    parcels = [TEXTURE, STATED]
    plain = plots_of(parcels, ON)
    found = as_found_in_fields(plain, parcels)
    assert found.evaporable_mm[0, 0] == pytest.approx(10.0 * DRYING_LAYER_M * plain.evaporable_mm[0, 0])
    assert found.evaporable_mm[1, 0] == 22.0
    assert (found.readily_evaporable_mm <= 0.9 * found.evaporable_mm + 1e-12).all()


def test_surveys_are_surer_than_textures_and_hold_less_than_fields() -> None:
    plots = plots_of([SURVEYED, TEXTURE], ON)
    nothing = np.zeros((2, 1))
    water = start(plots, draws(256, 0), np.full((2, 1), 0.3), nothing, nothing)
    assert water.capacity_scale.mean(axis=1) == pytest.approx([SURVEYED_CAPACITY[0], TEXTURE_CAPACITY[0]], abs=0.01)
    spread = np.log(water.capacity_scale).std(axis=1)
    assert spread == pytest.approx([SURVEYED_CAPACITY[1], TEXTURE_CAPACITY[1]], abs=0.01)
    assert water.below_mm[0].mean() < 0.0


def test_one_member_carries_the_limits_as_they_are_given() -> None:
    plots = plots_of([SURVEYED], ON, followed_m=1.0)
    water = start(plots, draws(1, 0), np.full((1, 1), 0.3), np.zeros((1, 1)), np.zeros((1, 1)))
    assert water.capacity_scale.tolist() == [[1.0]]
    assert water.below_mm.tolist() == [[0.0]]


def test_the_error_of_evapotranspiration_drifts_without_growing_and_fades_when_nothing_is_drawn() -> None:
    plots = plots_of([TEXTURE], ON)
    drawn = draws(256, 0)
    water = start(plots, drawn, np.full((1, 1), 0.3), np.zeros((1, 1)), np.zeros((1, 1)))
    first = water.et0_scale.copy()
    for day in range(40):
        water = wandered(water, plots, drawn, 19_000 + day)
    assert water.et0_scale.mean() == pytest.approx(1.0, abs=0.02)
    assert water.et0_scale.std() == pytest.approx(0.25, abs=0.05)
    assert abs(np.corrcoef(first[0], water.et0_scale[0])[0, 1]) < 0.4
    faded = forgotten(water)
    assert faded.et0_scale - 1.0 == pytest.approx(np.exp(-0.1) * (water.et0_scale - 1.0))
