"""Taken from visit to visit, a run answers as in one go, and the members are there to be looked at."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from cloud.agronomy.water import WaterSettings, simulate
from cloud.records import IrrigationEvent, Observation, Parcel, Soil
from cloud.weather.forcing import Forcing
from simulations.evaluation.water.visits import Asked, members_at, series_at

FIRST = date(2024, 5, 1)
VISITS = {
    "dry": {FIRST + timedelta(days=9): 260.0, FIRST + timedelta(days=19): 240.0, FIRST + timedelta(days=29): 220.0},
    "wet": {FIRST + timedelta(days=14): 280.0, FIRST + timedelta(days=29): 270.0},
}


@pytest.fixture
def asked() -> Asked:
    days, generator = 40, np.random.default_rng(1)

    def wide(low: float, high: float) -> np.ndarray:
        return np.repeat(generator.uniform(low, high, (days, 1)), 2, axis=1)

    def when(offset: int) -> datetime:
        return datetime(2024, 5, 1, 12, tzinfo=UTC) + timedelta(days=offset)

    return Asked(
        parcels=[
            Parcel(
                id=name,
                crop="maize",
                planted_on=date(2024, 4, 1),
                latitude=32.3,
                longitude=-6.35,
                timezone="UTC",
                soil=Soil(texture="clay loam"),
            )
            for name in VISITS
        ],
        forcing=Forcing(
            days=np.arange(np.datetime64(FIRST), np.datetime64(FIRST) + days),
            et0_mm=wide(4.0, 7.0),
            rain_mm=wide(0.0, 2.0),
            wind_2m_m_s=wide(1.0, 3.0),
            rh_min_percent=wide(30.0, 50.0),
            tmin_c=wide(10.0, 14.0),
            tmax_c=wide(25.0, 30.0),
            radiation_mj_m2=wide(20.0, 25.0),
        ),
        events=[IrrigationEvent(parcel_id="wet", started_at=when(12), depth_mm=40.0, source="meter")],
        observations=[
            Observation(
                parcel_id=name,
                observed_at=when(offset),
                kind="soil_water_fraction",
                value=0.27,
                sigma=0.02,
                depth_from_m=0.0,
                depth_to_m=0.6,
                source="probe",
            )
            for name in VISITS
            for offset in (9, 21)
        ],
        settings=WaterSettings(members=16, profile_depth_m=1.0),
    )


def test_the_answer_is_that_of_one_run_to_the_bit(asked: Asked) -> None:
    whole = simulate(asked.parcels, asked.forcing, asked.events, asked.observations, settings=asked.settings)
    for place, one in enumerate(series_at(asked, VISITS)):
        rows = [(day - FIRST).days for day in one.days]
        for values, name in ((one.estimated, ""), (one.low, "_p10"), (one.high, "_p90")):
            np.testing.assert_array_equal(values, whole.columns[f"profile_water{name}_mm"][rows, place])


def test_members_stand_for_every_evening_asked_for(asked: Asked) -> None:
    found = members_at(asked, [day for visits in VISITS.values() for day in visits])
    assert sorted(found) == sorted({day for visits in VISITS.values() for day in visits})
    assert all(water.shape == (2, 16) for water in found.values())
    assert all(water.std(axis=1).min() > 0.0 for water in found.values())


def test_visits_keep_their_own_measured_water_and_parity(asked: Asked) -> None:
    dry, wet = series_at(asked, VISITS, 0)
    assert dry.measured.tolist() == [260.0, 240.0, 220.0]
    assert dry.scored.tolist() == [False, True, False]
    assert wet.scored.tolist() == [False, True]
    assert dry.members is not None
    assert dry.members.shape == (3, 16)


def test_one_member_has_no_interval(asked: Asked) -> None:
    single = Asked(
        parcels=asked.parcels,
        forcing=asked.forcing,
        events=asked.events,
        observations=(),
        settings=WaterSettings(fixed_parameters=True, profile_depth_m=1.0),
    )
    one = series_at(single, VISITS)[0]
    assert one.members is None
    assert np.isnan(one.low).all()
    assert np.isfinite(one.estimated).all()
