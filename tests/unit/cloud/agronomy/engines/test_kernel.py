"""The compiled balance is the plain one: on any field, with any number of members, on known days and days to come."""

import importlib
import sys
from dataclasses import fields, replace
from types import ModuleType

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.agronomy import engines
from cloud.agronomy.assimilation.members import drifts_of, forgotten, wandered
from cloud.agronomy.drainage import drained
from cloud.agronomy.engines import engine, kernel_math
from cloud.agronomy.engines.engine import Asked, compiled_days, compiled_past_day
from cloud.agronomy.step import Fluxes, Water, advance
from tests.random_fields import Field, random_field

TOLERANCE = 1e-12
FLUXES = tuple(field.name for field in fields(Fluxes))
NUMBERS = ("et0_mm", "rain_mm", "wind_2m_m_s", "rh_min_percent", "irrigation_mm")
ORDINAL = 19_858


def reference(field: Field, *, known: bool) -> tuple[Water, list[dict[str, np.ndarray]]]:
    water, shape, outcome = field.water, field.water.depletion_mm.shape, []
    for place, (stage, today) in enumerate(zip(field.stages, field.days, strict=True)):
        before = wandered(water, field.plots, field.drawn, ORDINAL + place) if known else forgotten(water)
        after, fluxes = advance(before, field.plots, stage, today)
        water, fluxes = drained(before, after, field.plots, fluxes)
        done = {name: np.broadcast_to(getattr(fluxes, name), shape) for name in FLUXES}
        outcome.append({"depletion_mm": water.depletion_mm, **done})
    return water, outcome


def compiled(field: Field, *, known: bool, threads: int = 1) -> tuple[Water, dict[str, np.ndarray]]:
    inputs = {name: np.stack([getattr(today, name) for today in field.days]) for name in NUMBERS}
    drifts = [drifts_of(field.drawn, ORDINAL + place) for place in range(len(field.days))]
    moved = np.array([[one[0] for one in drifts], [one[1] for one in drifts]]) if known else None
    asked = Asked(names=("depletion_mm", *FLUXES), drifts=moved, threads=threads)
    return compiled_days(field.water, field.plots, field.stages, inputs, asked)


def assert_the_same(field: Field, *, known: bool) -> None:
    water, days = reference(field, known=known)
    ours, done = compiled(field, known=known)
    for one in fields(Water):
        theirs = np.broadcast_to(getattr(water, one.name), water.depletion_mm.shape)
        np.testing.assert_allclose(getattr(ours, one.name), theirs, rtol=TOLERANCE, atol=1e-11, err_msg=one.name)
    for place, day in enumerate(days):
        for name, values in day.items():
            np.testing.assert_allclose(done[name][place], values, rtol=TOLERANCE, atol=1e-11, err_msg=name)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), known=st.booleans(), members=st.sampled_from((2, 20, 64, 70, 130)))
def test_the_compiled_balance_is_the_plain_one(seed: int, members: int, *, known: bool) -> None:
    assert_the_same(random_field(seed, 12, members, 6), known=known)


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The kernel as plain Python, which shows every line of it at work."""
    names = ("kernel_math", "kernel_stores", "kernel")
    importlib.import_module("cloud.agronomy.engines.kernel")
    monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
    for name in names:
        monkeypatch.delitem(sys.modules, f"cloud.agronomy.engines.{name}")
        monkeypatch.setattr(engines, name, getattr(engines, name))
    return importlib.import_module("cloud.agronomy.engines.kernel")


@pytest.mark.parametrize("known", [True, False])
def test_the_plain_python_of_the_kernel_is_the_balance_too(uncompiled: ModuleType, *, known: bool) -> None:
    assert not hasattr(uncompiled.advance_days, "py_func")
    assert_the_same(random_field(5, 10, 70, 3), known=known)


@settings(max_examples=200, deadline=None)
@given(base=st.floats(1e-290, 1e3), exponent=st.floats(0.05, 12.0))
def test_powers_are_numpys(base: float, exponent: float) -> None:
    with np.errstate(under="ignore"):
        assert kernel_math.power(base, exponent) == pytest.approx(np.power(base, exponent), rel=1e-12, abs=1e-300)


def test_the_smallest_numbers_have_powers_of_zero() -> None:
    assert kernel_math.power(0.0, 1.5) == 0.0
    assert kernel_math.power(1e-305, 1.0) == 0.0


def test_what_is_unknown_of_a_forecast_stays_unknown_from_that_day_on() -> None:
    field = random_field(3, 6, 20, 5)
    for name in ("et0_mm", "rain_mm"):
        lost = getattr(field.days[2], name).copy()
        lost[1, 4] = np.nan
        days = [*field.days[:2], replace(field.days[2], **{name: lost}), *field.days[3:]]
        broken = replace(field, days=days)
        assert_the_same(broken, known=False)
        _, done = compiled(broken, known=False)
        unknown = np.isnan(done["depletion_mm"])
        assert unknown[2:, 1, 4].all()
        assert unknown.sum() == 3


def test_members_meet_those_of_a_smaller_forecast_in_turn() -> None:
    field = random_field(8, 5, 64, 4)
    few = [replace(day, rain_mm=day.rain_mm[:, :50], et0_mm=day.et0_mm[:, :1]) for day in field.days]
    turn = np.arange(64) % 50
    wide = [
        replace(day, rain_mm=day.rain_mm[:, turn], et0_mm=np.repeat(day.et0_mm[:, :1], 64, axis=1))
        for day in field.days
    ]
    narrow, _ = compiled(replace(field, days=few), known=False)
    full, _ = compiled(replace(field, days=wide), known=False)
    np.testing.assert_array_equal(narrow.depletion_mm, full.depletion_mm)


def test_a_day_alone_is_a_day_of_many() -> None:
    field = random_field(11, 9, 30, 3)
    whole, done = compiled(field, known=True)
    water = field.water
    for place, (stage, today) in enumerate(zip(field.stages, field.days, strict=True)):
        water, fluxes = compiled_past_day(
            (water, field.plots, stage, today), drifts_of(field.drawn, ORDINAL + place), 1
        )
        np.testing.assert_array_equal(fluxes.etc_mm, done["etc_mm"][place])
    np.testing.assert_array_equal(water.below_mm, whole.below_mm)


def test_the_water_that_was_given_is_left_as_it_was() -> None:
    field = random_field(12, 4, 20, 2)
    before = {one.name: getattr(field.water, one.name).copy() for one in fields(Water)}
    compiled(field, known=True)
    for name, values in before.items():
        np.testing.assert_array_equal(getattr(field.water, name), values)


def test_threads_share_the_parcels_and_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    field = random_field(13, 7, 20, 3)
    alone, _ = compiled(field, known=True)
    monkeypatch.setattr(engine, "_WORTH_A_THREAD", 1)
    shared, _ = compiled(field, known=True, threads=3)
    np.testing.assert_array_equal(alone.depletion_mm, shared.depletion_mm)
