"""Fields: hidden soil near the declared, one nominal calendar, the same field whatever stands beside it."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulations.closed_loop.fields import (
    CROPS,
    SOIL_ERROR,
    TEXTURES,
    Design,
    fields_of,
    hidden,
    sowing_day,
)

ALL = Design(crops=tuple(CROPS), climates=("tunis",), seasons=(1988, 1992), per_cell=2)


def test_a_field_does_not_depend_on_its_neighbours() -> None:
    alone = fields_of(Design(crops=("maize",), climates=("tunis",), seasons=(1992,), textures=("loam",)))[0]

    assert alone in fields_of(ALL)


def test_every_cell_is_there_once() -> None:
    fields = fields_of(ALL)

    assert len({one.id for one in fields}) == len(fields) == len(CROPS) * 2 * 3 * 2
    assert len({one.cluster for one in fields}) == len(CROPS) * 2


def test_other_seeds_give_other_ground() -> None:
    one, other = (
        fields_of(Design(crops=("wheat",), climates=("tunis",), seasons=(1990,), seed=seed))[0] for seed in (1, 2)
    )

    assert one.declared == other.declared
    assert one.ground != other.ground


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), texture=st.sampled_from(sorted(TEXTURES)))
def test_available_water_lies_within_a_quarter_of_the_declared(seed: int, texture: str) -> None:
    declared = TEXTURES[texture]
    ground = hidden(declared, np.random.default_rng(seed))

    ratio = ground.available_mm_m / declared.available_mm_m
    assert ratio <= 1.0 + SOIL_ERROR + 1e-3
    assert ground.wilting_point < ground.field_capacity <= ground.saturation - 0.04 + 1e-9


@pytest.mark.parametrize("crop", sorted(CROPS))
def test_all_seasons_lie_on_one_pair_of_years(crop: str) -> None:
    for field in fields_of(ALL):
        if field.crop != crop:
            continue
        first = field.nominal_sown_on
        assert date(2024, 7, 1) <= first <= date(2025, 6, 30)
        assert field.sown_on + field.shift == first
        assert field.season == (field.sown_on + timedelta(days=CROPS[crop].rough_days)).year


def test_a_leap_day_of_sowing_has_a_nominal_day() -> None:
    field = fields_of(Design(crops=("potato",), climates=("tunis",), seasons=(1988,)))[0]
    leap = type(field)(**{name: getattr(field, name) for name in field.__slots__} | {"sown_on": date(1988, 2, 29)})

    assert leap.nominal_sown_on == date(2025, 2, 28)


def test_nobody_sows_on_a_leap_day() -> None:
    assert sowing_day(date(1988, 3, 1), -1) == date(1988, 2, 28)
    assert sowing_day(date(1989, 3, 1), -1) == date(1989, 2, 28)
    assert sowing_day(date(1988, 3, 1), 1) == date(1988, 3, 2)
    assert date(1988, 2, 29) not in (sowing_day(date(1988, 2, 24), shift) for shift in range(-10, 11))
