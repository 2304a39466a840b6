"""A run is the same whatever computes it and however many parcels are taken at once."""

import sys
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from cloud.agronomy.carrying.carried import carry
from cloud.agronomy.engines import blocks
from cloud.agronomy.engines.blocks import each, places_of
from cloud.agronomy.engines.engine_name import EngineName
from cloud.agronomy.state import WaterHistory
from cloud.agronomy.step import Water
from cloud.agronomy.water import WaterSettings, project, simulate
from cloud.errors import ConfigurationError
from cloud.records import IrrigationEvent, Observation, Parcel
from cloud.weather.forcing import Forcing
from tests.random_fields import random_parcel

FIRST = date(2024, 5, 1)
DAYS = 12
PARCELS = [random_parcel(np.random.default_rng(place), f"p{place}") for place in range(9)]
MEMBERS = 16


def weather(days: int = DAYS, members: int | None = None, first: date = FIRST) -> Forcing:
    generator = np.random.default_rng(4)
    shape = (days, len(PARCELS)) if members is None else (days, len(PARCELS), members)
    return Forcing(
        days=np.arange(np.datetime64(first), np.datetime64(first) + days),
        et0_mm=generator.uniform(2.0, 9.0, shape),
        rain_mm=np.where(generator.random(shape) < 0.2, generator.gamma(1.0, 15.0, shape), 0.0),
        wind_2m_m_s=np.where(generator.random(shape) < 0.1, np.nan, generator.uniform(0.5, 5.0, shape)),
        rh_min_percent=generator.uniform(10.0, 70.0, shape),
        tmin_c=np.full(shape, 12.0),
        tmax_c=np.full(shape, 27.0),
        radiation_mj_m2=np.full(shape, 20.0),
        notes=("two days were filled",),
    )


def at(day: int, hour: int = 7) -> datetime:
    return datetime(FIRST.year, FIRST.month, FIRST.day, hour, tzinfo=UTC) + timedelta(days=day)


def events() -> list[IrrigationEvent]:
    return [
        IrrigationEvent(parcel_id=f"p{place}", started_at=at(place % DAYS), depth_mm=40.0, source="meter")
        for place in range(len(PARCELS))
    ] + [IrrigationEvent(parcel_id="stranger", started_at=at(2), depth_mm=10.0, source="reply")]


def readings(parcels: int = len(PARCELS)) -> list[Observation]:
    return [
        Observation(
            parcel_id=f"p{place}", observed_at=at(day, 12), kind="depletion_mm", value=30.0, sigma=8.0, source="probe"
        )
        for place in range(parcels)
        for day in (4, 9)
    ]


def run(engine: EngineName, observations: list[Observation], parcels: list[Parcel] = PARCELS) -> WaterHistory:
    settings = WaterSettings(members=MEMBERS, engine=engine)
    return simulate(parcels, weather(), events(), observations, settings=settings)


def assert_close(ours: WaterHistory, theirs: WaterHistory, tolerance: float) -> None:
    for one in fields(Water):
        left, right = getattr(ours.state.water, one.name), getattr(theirs.state.water, one.name)
        np.testing.assert_allclose(left, right, rtol=tolerance, atol=tolerance, err_msg=one.name)
    for name, column in theirs.columns.items():
        np.testing.assert_allclose(ours.columns[name], column, rtol=tolerance, atol=tolerance, err_msg=name)


def test_the_compiled_season_is_the_plain_one() -> None:
    assert_close(run("numba", []), run("numpy", []), 1e-10)


def test_so_it_is_where_readings_correct_it() -> None:
    assert_close(run("numba", readings()), run("numpy", readings()), 1e-9)


@pytest.mark.parametrize("engine", ["numpy", "numba", "dask"])
def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch, engine: EngineName) -> None:
    whole = run("numpy" if engine == "numpy" else "numba", readings())
    monkeypatch.setattr(blocks, "BLOCK_MEMBERS", 4 * MEMBERS)
    parts = run(engine, readings())
    assert_close(parts, whole, 0.0)
    assert parts.parcel_ids == whole.parcel_ids
    assert sorted(map(str, parts.effects)) == sorted(map(str, whole.effects))
    assert sorted(parts.notes) == sorted(whole.notes)
    assert any("stranger" in line for line in parts.notes)


def test_blocks_go_on_from_a_state_as_the_whole_does(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = WaterSettings(members=MEMBERS, engine="numpy")
    whole = run("numpy", [])
    early = simulate(PARCELS, weather().until(np.datetime64(FIRST) + 6), events(), [], settings=settings)
    carried = carry(early.state, PARCELS, seed=0, profile_depth_m=None)
    # The state's parcels stand in another order.
    carried = carried.take(np.arange(len(PARCELS), dtype=np.intp)[::-1].copy())
    monkeypatch.setattr(blocks, "BLOCK_MEMBERS", 2 * MEMBERS)
    parts = simulate(PARCELS, weather(), events(), [], settings=settings, carried=carried)
    for one in fields(Water):
        np.testing.assert_array_equal(getattr(parts.state.water, one.name), getattr(whole.state.water, one.name))


@pytest.mark.parametrize("members", [None, 5])
def test_a_projection_is_the_same_compiled(members: int | None) -> None:
    state = run("numpy", []).state
    ahead = weather(6, members, FIRST + timedelta(days=DAYS))
    net = np.where(np.random.default_rng(1).random((6, len(PARCELS))) < 0.2, 25.0, 0.0)
    plain = project(state, PARCELS, ahead, net, engine="numpy")
    ours = project(state, PARCELS, ahead, net, engine="numba")
    for one in fields(plain):
        if one.name != "days":
            left, right = getattr(ours, one.name), getattr(plain, one.name)
            np.testing.assert_allclose(left, right, rtol=1e-11, atol=1e-11, err_msg=one.name)


def test_places_of_blocks_are_all_the_places() -> None:
    places = places_of(1000, 512)
    assert len(places) == 4
    assert np.concatenate(places).tolist() == list(range(1000))
    assert places_of(3, 10**9)[2].tolist() == [2]


def test_dask_that_is_missing_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dask", None)
    with pytest.raises(ConfigurationError, match=r"engine dask: expected dask, got none; .*\.\[cluster\]"):
        each(str, [1], "dask")
