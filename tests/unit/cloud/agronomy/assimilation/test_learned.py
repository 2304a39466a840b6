"""What one season teaches the next: exact moments, and a synthetic twin whose second season is met better."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import numpy as np
import pytest

from cloud.agronomy.assimilation.learned import KEPT, Lesson, taught
from cloud.agronomy.carrying.carried import CarriedWater, carry
from cloud.agronomy.opening import opened, plots_on
from cloud.agronomy.water import WaterHistory, WaterSettings, simulate
from cloud.records import IrrigationEvent, Observation, Parcel, Soil
from cloud.variables import Floats
from cloud.weather.forcing import Forcing

FIRST: Final = date(2023, 4, 1)
SECOND: Final = date(2024, 4, 1)
DAYS: Final = 120
SETTINGS: Final = WaterSettings(members=32)
BELIEVED: Final = Soil(field_capacity=0.27, wilting_point=0.14)
SHARES: Final = (0.6, 0.8, 1.3, 1.6)
"""Available water of the synthetic fields over that of the soil they are believed to have."""


def field(place: int, planted_on: date, soil: Soil = BELIEVED, crop: str = "maize") -> Parcel:
    return Parcel(
        id=f"field {place}", crop=crop, planted_on=planted_on, latitude=32.3, longitude=-6.4, soil=soil, timezone="UTC"
    )


def hidden(place: int, planted_on: date) -> Parcel:
    """A synthetic field as it truly is: its field capacity lies elsewhere."""
    return field(place, planted_on, Soil(field_capacity=0.14 + 0.13 * SHARES[place], wilting_point=0.14))


def sky(first: date) -> Forcing:
    random = np.random.default_rng(first.year)
    shape = (DAYS, len(SHARES))
    one = np.ones(shape)
    return Forcing(
        days=np.datetime64(first) + np.arange(DAYS),
        et0_mm=np.repeat(random.gamma(25.0, 0.22, (DAYS, 1)), len(SHARES), axis=1),
        rain_mm=np.zeros(shape),
        wind_2m_m_s=2.0 * one,
        rh_min_percent=40.0 * one,
        tmin_c=14.0 * one,
        tmax_c=30.0 * one,
        radiation_mj_m2=22.0 * one,
    )


def watered(first: date) -> list[IrrigationEvent]:
    return [
        IrrigationEvent(parcel_id=f"field {place}", started_at=noon(first, day), depth_mm=65.0, source="meter")
        for place in range(len(SHARES))
        for day in range(5, DAYS, 10)
    ]


def noon(first: date, day: int) -> datetime:
    return datetime.combine(first + timedelta(days=day), time(12), UTC)


def truth(first: date) -> WaterHistory:
    places = [hidden(place, first) for place in range(len(SHARES))]
    return simulate(places, sky(first), watered(first), [], settings=replace(SETTINGS, fixed_parameters=True))


def readings(history: WaterHistory, first: date) -> list[Observation]:
    """A probe of the root zone every seventh day, with an error of its own."""
    random = np.random.default_rng(7)
    found = []
    for place in range(len(SHARES)):
        for day in range(8, DAYS, 7):
            depth = history.columns["root_depth_m"][day, place]
            value = history.columns["root_zone_water_mm"][day, place] / (1000.0 * depth) + random.normal(0.0, 0.01)
            found.append(
                Observation(
                    parcel_id=f"field {place}",
                    observed_at=noon(first, day),
                    kind="soil_water_fraction",
                    value=float(value),
                    sigma=0.015,
                    source="probe",
                )
            )
    return found


def rmse_mm(history: WaterHistory, true: WaterHistory) -> float:
    difference = history.columns["root_zone_water_mm"] - true.columns["root_zone_water_mm"]
    return float(np.sqrt((difference**2).mean()))


@pytest.fixture(scope="module")
def learned() -> CarriedWater:
    places = [field(place, FIRST) for place in range(len(SHARES))]
    history = simulate(places, sky(FIRST), watered(FIRST), readings(truth(FIRST), FIRST), settings=SETTINGS)
    return carry(history.state, places, seed=SETTINGS.seed, profile_depth_m=None)


def second(carried: CarriedWater | None, crop: str = "maize", soil: Soil = BELIEVED) -> WaterHistory:
    places = [field(place, SECOND, soil, crop) for place in range(len(SHARES))]
    return simulate(places, sky(SECOND), watered(SECOND), [], settings=SETTINGS, carried=carried)


def test_the_second_season_is_met_better_without_a_reading(learned: CarriedWater) -> None:
    true = truth(SECOND)
    blind, informed = rmse_mm(second(None), true), rmse_mm(second(learned), true)
    assert informed < 0.8 * blind


def test_the_prior_is_narrower_but_wider_than_what_was_learned(learned: CarriedWater) -> None:
    def spread(of: WaterHistory | CarriedWater) -> Floats:
        spreads: Floats = np.log(of.state.water.capacity_scale).std(axis=1)
        return spreads

    start = second(learned)
    assert (spread(learned) < spread(start)).all()
    assert (spread(start) < spread(second(None))).all()
    assert spread(start).min() >= KEPT["capacity_scale"].floor - 1e-9


def test_another_crop_keeps_the_soil_and_another_soil_keeps_the_crop(learned: CarriedWater) -> None:
    same, other = second(learned), second(learned, crop="tomato")
    nothing = second(None, crop="tomato")
    assert np.array_equal(same.state.water.capacity_scale, other.state.water.capacity_scale)
    for name in ("root_scale", "kcb_scale"):
        assert np.array_equal(getattr(other.state.water, name), getattr(nothing.state.water, name)), name
    moved = Soil(field_capacity=0.30, wilting_point=0.14)
    elsewhere, fresh = second(learned, soil=moved), second(None, soil=moved)
    assert np.array_equal(elsewhere.state.water.capacity_scale, fresh.state.water.capacity_scale)
    assert not np.array_equal(elsewhere.state.water.kcb_scale, fresh.state.water.kcb_scale)


@pytest.mark.parametrize("years", [0.0, 1.0, 5.0, 200.0])
def test_mean_and_variance_follow_the_walk_back_to_the_prior(learned: CarriedWater, years: float) -> None:
    places = [field(place, SECOND) for place in range(len(SHARES))]
    run = opened(places, sky(SECOND), SETTINGS)
    everyone = np.ones(len(places), dtype=bool)
    lesson = Lesson(
        water=learned.state.water,
        known=everyone,
        same_crop=everyone,
        same_soil=everyone,
        years=np.full((len(places), 1), years),
    )
    plots = plots_on(places, SECOND, SETTINGS.members)
    given = np.full((len(places), 1), np.nan)
    after = taught(run.water, plots, lesson, given)
    for name, keeping in KEPT.items():
        prior, then, now = (np.log(getattr(one, name)) for one in (run.water, learned.state.water, after))
        share = keeping.at_once * keeping.per_year**years
        mean = prior.mean(axis=1) + share * (then.mean(axis=1) - prior.mean(axis=1))
        assert now.mean(axis=1) == pytest.approx(mean, abs=1e-9), name
        variance = prior.var(axis=1) + share**2 * (then.var(axis=1) - prior.var(axis=1))
        wanted = np.where(prior.std(axis=1) > 0.0, np.maximum(np.sqrt(variance), keeping.floor), 0.0)
        assert now.std(axis=1) == pytest.approx(wanted, abs=1e-9), name
    total = after.holds_mm(plots, after.root_depth_m)
    before = run.water.holds_mm(plots, run.water.root_depth_m)
    assert after.depletion_mm / total == pytest.approx(run.water.depletion_mm / before)
    assert (after.depletion_mm <= total).all()


def test_a_stated_depletion_stays_and_parcels_without_a_lesson_are_left_alone(learned: CarriedWater) -> None:
    places = [field(place, SECOND).model_copy(update={"initial_depletion_mm": 6.0}) for place in range(len(SHARES))]
    run = opened(places, sky(SECOND), SETTINGS)
    some = np.array([True, False, True, False])
    lesson = Lesson(
        water=learned.state.water, known=some, same_crop=some | True, same_soil=some | True, years=np.ones((4, 1))
    )
    plots = plots_on(places, SECOND, SETTINGS.members)
    after = taught(run.water, plots, lesson, np.full((4, 1), 6.0))
    total = after.holds_mm(plots, after.root_depth_m)
    assert after.depletion_mm == pytest.approx(np.minimum(run.water.depletion_mm, total))
    for name in KEPT:
        one, other = getattr(after, name), getattr(run.water, name)
        assert np.array_equal(one[1::2], other[1::2]), name
        assert not np.array_equal(one[0], other[0]), name


def test_a_season_whose_days_are_lived_again_teaches_nothing(learned: CarriedWater) -> None:
    places = [field(place, FIRST + timedelta(days=2)) for place in range(len(SHARES))]
    fresh = simulate(places, sky(FIRST), [], [], settings=SETTINGS)
    early = replace(learned, state=replace(learned.state, day=FIRST + timedelta(days=60)))
    again = simulate(places, sky(FIRST), [], [], settings=SETTINGS, carried=early)
    assert np.array_equal(again.state.water.capacity_scale, fresh.state.water.capacity_scale)
