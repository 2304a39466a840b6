import math

import pytest

from cloud.agronomy.soil import TEXTURES, column_of, texture_named
from cloud.errors import InputError
from cloud.records import Parcel, Soil, SoilLayer


def parcel(soil: Soil) -> Parcel:
    return Parcel(id="p", crop="olive", latitude=32.0, longitude=-6.0, soil=soil)


def test_twelve_textures_hold_more_at_field_capacity() -> None:
    assert len(TEXTURES) == 12
    for texture in TEXTURES.values():
        assert 0.02 < texture.wilting_point < texture.field_capacity < 0.45
        assert 2.0 <= texture.readily_evaporable_mm <= 12.0


def test_a_texture_is_found_whatever_its_spelling() -> None:
    assert texture_named("Clay-Loam") is TEXTURES["clay_loam"]
    with pytest.raises(InputError, match="gravel"):
        texture_named("gravel")


def test_an_unknown_soil_is_loam_and_says_it_is_not_surveyed() -> None:
    column = column_of(parcel(Soil()))
    assert column.field_capacity == (0.25,)
    assert not column.surveyed
    assert math.isinf(column.depth_m)
    # Eq. 73: 1000 (0.25 - 0.5 x 0.12) 0.10 m.
    assert column.evaporable_mm == pytest.approx(19.0)


def test_measured_limits_and_depth_are_used() -> None:
    column = column_of(parcel(Soil(field_capacity=0.30, wilting_point=0.14, depth_m=0.8)))
    assert (column.field_capacity, column.wilting_point, column.depth_m) == ((0.30,), (0.14,), 0.8)
    assert column.surveyed


def test_a_lone_field_capacity_moves_the_wilting_point_of_the_texture() -> None:
    column = column_of(parcel(Soil(texture="loam", field_capacity=0.30)))
    assert column.wilting_point[0] == pytest.approx(0.12 * 0.30 / 0.25)


def test_layers_fill_the_evaporation_layer_from_the_top() -> None:
    layers = (
        SoilLayer(depth_m=0.05, field_capacity=0.20, wilting_point=0.10),
        SoilLayer(depth_m=1.0, field_capacity=0.30, wilting_point=0.10),
    )
    column = column_of(parcel(Soil(layers=layers)))
    # Half of the 0.10 m in each: 1000 (0.15 x 0.05 + 0.25 x 0.05).
    assert column.evaporable_mm == pytest.approx(20.0)
    assert column.bottoms_m == (0.05, 1.0)


def test_given_evaporation_limits_win_and_stay_ordered() -> None:
    column = column_of(parcel(Soil(evaporable_water_mm=10.0, readily_evaporable_water_mm=12.0)))
    assert column.evaporable_mm == 10.0
    assert column.readily_evaporable_mm == 9.0


def test_runoff_group_follows_field_capacity() -> None:
    sand, clay = column_of(parcel(Soil(texture="sand"))), column_of(parcel(Soil(texture="clay")))
    assert sand.curve_number < clay.curve_number
