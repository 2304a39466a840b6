"""Priors: where they apply, and how their drift keeps its spread."""

from datetime import date

import numpy as np
import pytest

from cloud.agronomy.assimilation.members import draws, forgotten, start, wandered
from cloud.agronomy.assimilation.priors import (
    DRYING_LAYER_M,
    SURVEYED_CAPACITY,
    SURVEYED_DEEP,
    SURVEYED_DEEP_WILTING,
    SURVEYED_WILTING,
    TEXTURE_CAPACITY,
    TEXTURE_DEEP_WILTING,
    TEXTURE_WILTING,
    as_found_in_fields,
)
from cloud.agronomy.plots import plots_of
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


@pytest.mark.parametrize(
    ("name", "surveyed", "texture"),
    [
        ("capacity_scale", SURVEYED_CAPACITY, TEXTURE_CAPACITY),
        ("deep_scale", SURVEYED_DEEP, TEXTURE_CAPACITY),
        ("wilting_scale", SURVEYED_WILTING, TEXTURE_WILTING),
        ("deep_wilting_scale", SURVEYED_DEEP_WILTING, TEXTURE_DEEP_WILTING),
    ],
)
def test_surveys_are_surer_than_textures(
    name: str, surveyed: tuple[float, float], texture: tuple[float, float]
) -> None:
    plots = plots_of([SURVEYED, TEXTURE], ON)
    nothing = np.zeros((2, 1))
    scale = getattr(start(plots, draws(1024, 0), np.full((2, 1), 0.3), nothing, nothing), name)
    assert scale.mean(axis=1) == pytest.approx([surveyed[0], texture[0]], abs=0.02)
    assert np.log(scale).std(axis=1) == pytest.approx([surveyed[1], texture[1]], abs=0.02)
    assert surveyed[1] < texture[1]


def test_soil_below_is_half_like_the_topsoil() -> None:
    plots = plots_of([TEXTURE], ON)
    water = start(plots, draws(1024, 0), np.full((1, 1), 0.3), np.zeros((1, 1)), np.zeros((1, 1)))

    def alike(one: str, other: str) -> float:
        return float(np.corrcoef(np.log(getattr(water, one)[0]), np.log(getattr(water, other)[0]))[0, 1])

    assert alike("capacity_scale", "deep_scale") == pytest.approx(np.sqrt(0.5), abs=0.06)
    assert alike("wilting_scale", "deep_wilting_scale") == pytest.approx(np.sqrt(0.5), abs=0.06)
    assert alike("capacity_scale", "wilting_scale") == pytest.approx(0.0, abs=0.08)


def test_one_member_carries_the_limits_as_they_are_given() -> None:
    plots = plots_of([SURVEYED], ON, followed_m=1.0)
    water = start(plots, draws(1, 0), np.full((1, 1), 0.3), np.zeros((1, 1)), np.zeros((1, 1)))
    for name in ("capacity_scale", "deep_scale", "wilting_scale", "deep_wilting_scale"):
        assert getattr(water, name).tolist() == [[1.0]]
    assert water.below_mm.tolist() == [[0.0]]


def test_the_error_of_evapotranspiration_drifts_without_growing_and_fades_when_nothing_is_drawn() -> None:
    plots = plots_of([TEXTURE], ON)
    drawn = draws(256, 0)
    water = start(plots, drawn, np.full((1, 1), 0.3), np.zeros((1, 1)), np.zeros((1, 1)))
    first = water.et0_scale.copy()
    for day in range(40):
        water = wandered(water, plots, drawn, 19_000 + day)
    assert water.et0_scale.mean() == pytest.approx(1.0, abs=0.02)
    assert water.et0_scale.std() == pytest.approx(0.30, abs=0.05)
    assert abs(np.corrcoef(first[0], water.et0_scale[0])[0, 1]) < 0.4
    faded = forgotten(water)
    assert faded.et0_scale - 1.0 == pytest.approx(np.exp(-0.1) * (water.et0_scale - 1.0))
