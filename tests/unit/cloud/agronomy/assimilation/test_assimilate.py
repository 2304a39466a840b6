"""The filter by hand arithmetic: how far a reading is believed, what it teaches and what it leaves alone."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from cloud.agronomy.assimilation.assimilate import assimilate, expected, observation_variance, water_above_mm
from cloud.agronomy.assimilation.members import draws, start
from cloud.agronomy.assimilation.readings import Batch, batches, merged
from cloud.agronomy.crops.season import Stage
from cloud.agronomy.plots import Plots, plots_of
from cloud.agronomy.step import DayInputs, Fluxes, Water, advance
from cloud.agronomy.water import WaterSettings, simulate
from cloud.records import IrrigationEvent, Observation, Parcel, Soil
from cloud.variables import Floats
from tests.unit.cloud.agronomy.conftest import MakeForcing

ON = date(2024, 5, 20)
MORNING = datetime(2024, 5, 20, 7, tzinfo=UTC)
PARCEL = Parcel(
    id="p",
    crop="maize",
    planted_on=date(2024, 4, 1),
    latitude=32.0,
    longitude=-6.0,
    timezone="UTC",
    soil=Soil(field_capacity=0.25, wilting_point=0.12),
)


def column(value: float) -> Floats:
    return np.array([[value]])


def parts(members: int = 64, depletion_mm: float = 40.0, irrigation_mm: float = 0.0) -> tuple[Water, Plots, Fluxes]:
    plots = plots_of([PARCEL], ON, followed_m=1.0)
    water = start(plots, draws(members, 0), column(0.6), column(depletion_mm), column(0.0))
    stage = Stage(kcb=column(0.5), height_m=column(1.0), root_depth_m=column(0.6))
    today = DayInputs(
        et0_mm=column(0.0),
        rain_mm=column(0.0),
        wind_2m_m_s=column(2.0),
        rh_min_percent=column(45.0),
        irrigation_mm=column(irrigation_mm),
    )
    after, fluxes = advance(water, plots, stage, today)
    return after, plots, fluxes


def batch(*seen: Observation, watered: float = 0.0) -> Batch:
    later = [(MORNING.replace(hour=18), watered)] if watered else []
    (found,) = batches([(0, one) for one in merged(seen, later)])
    return found


def reading(value: float, sigma: float = 0.01, top: float | None = None, bottom: float | None = None) -> Observation:
    return Observation(
        parcel_id="p",
        observed_at=MORNING,
        kind="soil_water_fraction",
        value=value,
        sigma=sigma,
        depth_from_m=top,
        depth_to_m=bottom,
        source="probe",
    )


def other(kind: str, value: float, sigma: float) -> Observation:
    return reading(0.2).model_copy(update={"kind": kind, "value": value, "sigma": sigma})


def test_the_mean_moves_by_the_share_that_its_variance_deserves() -> None:
    water, plots, fluxes = parts()
    seen = batch(other("depletion_mm", 20.0, 6.0))
    before, error = water.depletion_mm, 6.0**2 + 2.0**2
    variance = before.var(ddof=1)
    after = assimilate(water, plots, fluxes, seen).depletion_mm
    assert after.mean() == pytest.approx(
        before.mean() + variance / (variance + error) * (20.0 - before.mean()), rel=1e-6
    )
    assert after.var(ddof=1) == pytest.approx(variance * error / (variance + error), rel=1e-6)


def test_only_the_passing_half_of_a_sensor_error_counts_against_a_reading() -> None:
    seen = batch(reading(0.2, sigma=0.02))
    assert observation_variance(seen)[0, 0] == pytest.approx(0.01**2 + 0.004**2)
    assert observation_variance(replace(seen, doubt=column(1.0)))[0, 0] == pytest.approx(1.0 + 0.01**2 + 0.004**2)
    told = batch(other("stress_index", 0.5, 0.1))
    assert observation_variance(told)[0, 0] == pytest.approx(0.1**2 + 0.05**2)


def test_one_member_believes_nothing() -> None:
    water, plots, fluxes = parts(members=1)
    assert assimilate(water, plots, fluxes, batch(reading(0.1))) is water


def test_water_above_a_depth_by_hand() -> None:
    water, plots, _ = parts(members=1, depletion_mm=39.0)
    # 0.6 m of roots hold 78 mm above 72 mm at wilting point; half of the 78 is missing.
    assert water_above_mm(water, plots, column(0.6))[0, 0] == pytest.approx(72.0 + 39.0)
    assert water_above_mm(water, plots, column(0.3))[0, 0] == pytest.approx(36.0 + 19.5)
    # Below the roots nothing is missing.
    assert water_above_mm(water, plots, column(1.0))[0, 0] == pytest.approx(72.0 + 39.0 + 0.4 * 250.0)
    scaled = replace(
        water,
        deep_scale=column(1.5),
        deep_wilting_scale=column(0.5),
        capacity_scale=column(2.0),
        depletion_mm=column(0.0),
    )
    # 0.4 m of topsoil: 48 mm at wilting point and twice 52 mm; 0.6 m below: half of 72 mm and 1.5 times 78 mm.
    assert water_above_mm(scaled, plots, column(1.0))[0, 0] == pytest.approx(48.0 + 104.0 + 36.0 + 117.0)


def test_a_drier_reading_lowers_what_is_expected_and_its_spread() -> None:
    water, plots, fluxes = parts()
    seen = batch(reading(0.15, 0.01, 0.0, 0.6))
    first = expected(water, plots, fluxes, seen)
    after = assimilate(water, plots, fluxes, seen)
    then = expected(after, plots, fluxes, seen)
    assert abs(then.mean() - 0.15) < 0.25 * abs(first.mean() - 0.15)
    assert then.std() < 0.5 * first.std()
    assert after.depletion_mm.mean() > water.depletion_mm.mean()


def test_layers_tell_dry_topsoil_from_dry_soil_below() -> None:
    water, plots, fluxes = parts()
    dry_above = batch(reading(0.17, 0.01, 0.0, 0.4), reading(0.24, 0.01, 0.4, 1.0))
    dry_below = batch(reading(0.23, 0.01, 0.0, 0.4), reading(0.20, 0.01, 0.4, 1.0))
    assert dry_above.value == pytest.approx(dry_below.value)
    above, below = (assimilate(water, plots, fluxes, one) for one in (dry_above, dry_below))
    whole = column(1.0)
    near = [water_above_mm(one, plots, whole).mean() for one in (above, below)]
    assert near == pytest.approx([212.0, 212.0], abs=10.0)
    top = [water_above_mm(one, plots, column(0.4)).mean() / 400.0 for one in (above, below)]
    assert top[0] < 0.185
    assert top[1] > 0.215
    assert above.depletion_mm.mean() > below.depletion_mm.mean() + 2.0


def test_a_reading_below_the_wilting_point_lowers_the_wilting_point() -> None:
    water, plots, fluxes = parts(depletion_mm=75.0)
    seen = batch(reading(0.06, 0.01, 0.0, 0.6))
    after = assimilate(water, plots, fluxes, seen)
    assert after.wilting_scale.mean() < 0.75
    before, then = (expected(one, plots, fluxes, seen).mean() for one in (water, after))
    assert abs(then - 0.06) < 0.5 * abs(before - 0.06)
    total = after.holds_mm(plots, after.root_depth_m)
    assert (after.depletion_mm <= total + 1e-9).all()
    told = assimilate(water, plots, fluxes, batch(other("depletion_mm", 300.0, 5.0)))
    assert (told.depletion_mm <= told.holds_mm(plots, told.root_depth_m) + 1e-9).all()
    assert told.wilting_scale is water.wilting_scale


@pytest.mark.parametrize("kind", ["stress_index", "cwsi"])
def test_a_stressed_plant_says_nothing_of_what_the_soil_holds(kind: str) -> None:
    water, plots, fluxes = parts()
    after = assimilate(water, plots, fluxes, batch(other(kind, 0.9, 0.05)))
    assert after.depletion_mm.mean() > water.depletion_mm.mean()
    for name in ("capacity_scale", "deep_scale", "wilting_scale", "deep_wilting_scale"):
        assert getattr(after, name) is getattr(water, name)
    assert not np.array_equal(after.root_scale, water.root_scale)


def test_a_seen_canopy_moves_what_the_canopy_says() -> None:
    water, plots, fluxes = parts()
    seen = batch(other("canopy_cover_fraction", 0.9, 0.05))
    assert expected(water, plots, fluxes, seen) is fluxes.canopy_fraction
    after = assimilate(water, plots, fluxes, seen)
    assert after.kcb_scale.mean() > water.kcb_scale.mean()
    assert after.capacity_scale is water.capacity_scale


@pytest.mark.parametrize("kind", ["soil_water_fraction", "depletion_mm"])
def test_a_reading_is_held_against_the_soil_before_the_irrigation_that_followed_it(kind: str) -> None:
    dry, plots, fluxes = parts(depletion_mm=40.0)
    wet, _, watered = parts(depletion_mm=40.0, irrigation_mm=20.0)
    gross = 20.0 / plots.efficiency[0, 0]
    point = reading(0.2) if kind == "soil_water_fraction" else other(kind, 40.0, 3.0)
    morning, evening = batch(point, watered=gross), batch(point)
    assert expected(wet, plots, watered, morning) == pytest.approx(expected(dry, plots, fluxes, evening), abs=1e-9)
    assert expected(wet, plots, watered, evening).mean() != pytest.approx(expected(dry, plots, fluxes, evening).mean())
    believed = assimilate(wet, plots, watered, morning).depletion_mm.mean()
    assert abs(believed - wet.depletion_mm.mean()) < 8.0


def test_what_percolated_of_a_later_irrigation_is_undone_too() -> None:
    wet, plots, watered = parts(depletion_mm=5.0, irrigation_mm=40.0)
    dry, _, fluxes = parts(depletion_mm=5.0)
    profile = reading(0.2, 0.01, 0.0, 1.0)
    morning = batch(profile, watered=40.0 / plots.efficiency[0, 0])
    below = replace(wet, below_mm=dry.below_mm - watered.percolation_mm)
    assert watered.percolation_mm.min() > 10.0
    assert expected(below, plots, watered, morning) == pytest.approx(
        expected(dry, plots, fluxes, batch(profile)), abs=1e-9
    )


def test_spread_is_given_back_once_for_a_profile() -> None:
    water, plots, fluxes = parts()
    seen = batch(reading(0.2, 0.01, 0.0, 0.4), reading(0.22, 0.01, 0.4, 1.0))
    after = assimilate(water, plots, fluxes, seen)
    for name in ("capacity_scale", "deep_scale", "wilting_scale", "deep_wilting_scale"):
        spread_before, spread_after = (np.log(getattr(one, name)).std() for one in (water, after))
        assert 0.29 * spread_before < spread_after < spread_before


def test_a_probe_that_always_reads_too_much_moves_the_depletion_by_less_than_half_of_it(
    make_forcing: MakeForcing,
) -> None:
    forcing = make_forcing(PARCEL.planted_on or ON, [5.0] * 100)
    watered = [
        IrrigationEvent(parcel_id="p", started_at=MORNING - timedelta(days=day), depth_mm=45.0, source="meter")
        for day in range(-48, 44, 8)
    ]

    def depletion(bias: float) -> Floats:
        probe = [
            reading(0.21 + bias + 0.02 * np.cos(np.pi * day / 4.0), 0.02, 0.0, 1.0).model_copy(
                update={"observed_at": MORNING + timedelta(days=day, hours=12)}
            )
            for day in range(-24, 48, 4)
        ]
        settings = WaterSettings(inference=False)
        history = simulate([PARCEL], forcing, watered, probe, settings=settings)
        return history.columns["depletion_mm"][60:, 0]

    shift = np.abs(depletion(0.03) - depletion(0.0)).mean()
    # Taken at its word, 0.03 m3/m3 over a metre would be 30 mm.
    assert 0.0 < shift < 15.0
