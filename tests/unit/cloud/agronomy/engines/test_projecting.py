"""Projections summed up: the same numbers as from all members at once, in any blocks, by any engine."""

from datetime import date, timedelta

import numpy as np
import pytest

from cloud.agronomy.engines import blocks
from cloud.agronomy.engines.engine_name import EngineName
from cloud.agronomy.engines.projecting import project_summary, summary_of
from cloud.agronomy.state import Projection, WaterState
from cloud.agronomy.water import WaterSettings, project, simulate
from cloud.weather.forcing import Forcing
from tests.random_fields import random_parcel

FIRST = date(2024, 5, 1)
PARCELS = [random_parcel(np.random.default_rng(40 + place), f"p{place}") for place in range(7)]
MEMBERS = 12


def weather(first: date, days: int, shape: tuple[int, ...]) -> Forcing:
    generator = np.random.default_rng(days)
    whole = (days, *shape)
    return Forcing(
        days=np.arange(np.datetime64(first), np.datetime64(first) + days),
        et0_mm=generator.uniform(4.0, 9.0, whole),
        rain_mm=np.where(generator.random(whole) < 0.2, 12.0, 0.0),
        wind_2m_m_s=np.full(whole, 2.0),
        rh_min_percent=np.full(whole, 40.0),
        tmin_c=np.full(whole, 12.0),
        tmax_c=np.full(whole, 27.0),
        radiation_mj_m2=np.full(whole, 20.0),
    )


def eve() -> WaterState:
    settings = WaterSettings(members=MEMBERS, engine="numpy")
    return simulate(PARCELS, weather(FIRST, 20, (len(PARCELS),)), [], [], settings=settings).state


@pytest.mark.parametrize("engine", ["numpy", "numba", "dask"])
def test_a_summary_is_that_of_all_members_in_any_blocks(monkeypatch: pytest.MonkeyPatch, engine: EngineName) -> None:
    state = eve()
    sites = np.array([2, 0, 1, 1, 2, 0, 2])
    ahead = weather(FIRST + timedelta(days=20), 5, (3, 4))
    whole = project(state, PARCELS, ahead.at(sites), engine="numpy")
    monkeypatch.setattr(blocks, "BLOCK_MEMBERS", 3 * MEMBERS)
    summary = project_summary(state, PARCELS, ahead, sites=sites, engine=engine)
    quantiles = np.quantile(whole.depletion_mm, (0.1, 0.5, 0.9), axis=2)
    np.testing.assert_allclose(summary.depletion_mm, quantiles, rtol=1e-10, atol=1e-10)
    beyond = (whole.depletion_mm > whole.readily_available_mm).mean(axis=2)
    np.testing.assert_allclose(summary.stress_probability, beyond, atol=1e-12)
    np.testing.assert_allclose(summary.etc_mm, whole.etc_mm.mean(axis=2), rtol=1e-10)
    np.testing.assert_allclose(summary.deep_percolation_mm, whole.deep_percolation_mm.mean(axis=2), atol=1e-10)
    assert summary.days.tolist() == ahead.days.tolist()


def test_without_sites_the_forecast_is_that_of_the_parcels() -> None:
    state = eve()
    ahead = weather(FIRST + timedelta(days=20), 3, (len(PARCELS),))
    summary = project_summary(state, PARCELS, ahead)
    assert summary.depletion_mm.shape == (3, 3, len(PARCELS))
    assert (np.diff(summary.depletion_mm, axis=0) >= 0.0).all()


def test_a_day_of_which_one_member_is_unknown_has_no_quantiles() -> None:
    values = np.arange(12.0).reshape(2, 1, 6)
    values[1, 0, 3] = np.nan
    projection = Projection(
        days=np.array(["2024-06-01", "2024-06-02"], dtype="datetime64[D]"),
        depletion_mm=values,
        readily_available_mm=np.full((2, 1, 6), 3.5),
        total_available_mm=np.full((2, 1, 6), 90.0),
        ks=np.ones((2, 1, 6)),
        etc_mm=values,
        deep_percolation_mm=np.zeros((2, 1, 6)),
        demand_mm=values,
    )
    summary = summary_of(projection)
    assert summary.depletion_mm[:, 0, 0].tolist() == [0.5, 2.5, 4.5]
    assert summary.stress_probability[0, 0] == pytest.approx(2 / 6)
    assert np.isnan(summary.depletion_mm[:, 1]).all()
    assert np.isnan(summary.stress_probability[1, 0])
