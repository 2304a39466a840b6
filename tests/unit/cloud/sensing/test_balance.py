"""What a probe's evening does to the balance: as much as its stated error allows, and nothing where it is doubtful."""

from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pytest

from cloud.agronomy.water import WaterSettings, simulate
from cloud.records import IrrigationSystem, Parcel, Soil
from cloud.sensing.metering import metered_irrigations
from cloud.sensing.probing import probe_observations
from cloud.sensing.sensed import Sensed
from cloud.weather.forcing import Forcing
from tests.instruments import counts, probe_reading, sensed

DAYS = 45
FIRST = date(2026, 4, 1)
PARCEL = Parcel(
    id="p1",
    crop="maize",
    planted_on=FIRST,
    latitude=32.34,
    longitude=-6.35,
    timezone="UTC",
    area_ha=2.0,
    soil=Soil(field_capacity=0.25, wilting_point=0.12),
    irrigation=IrrigationSystem(method="basin", efficiency=0.8),
    initial_depletion_mm=5.0,
)
LAND = {"p1": PARCEL}
WETTER = 0.23
"""A little wetter than the balance alone believes by then."""


def sky() -> Forcing:
    def every(value: float) -> np.ndarray:
        return np.full((DAYS, 1), value)

    return Forcing(
        days=np.arange(np.datetime64(FIRST), np.datetime64(FIRST) + DAYS),
        et0_mm=every(5.0),
        rain_mm=every(0.0),
        wind_2m_m_s=every(2.0),
        rh_min_percent=every(45.0),
        tmin_c=every(12.0),
        tmax_c=every(28.0),
        radiation_mj_m2=every(22.0),
    )


def evenings(value: float, sigma: float, quality: str = "good", days: int = 5) -> list[Sensed]:
    """A probe of the root zone in the last evenings."""
    found = []
    for back in range(days):
        day = FIRST + timedelta(days=DAYS - 2 - back)
        for hour in (21, 22, 23):
            at = datetime.combine(day, time(hour), UTC)
            layer = {"depth_from_m": 0.0, "depth_to_m": 0.6}
            found.append(sensed(probe_reading(value, at, sigma=sigma, quality=quality, **layer)))
    return found


def water(readings: list[Sensed], meter: list[Sensed] | None = None) -> float:
    """Water in the upper 0.6 m on the last day [mm]."""
    now = datetime.combine(FIRST + timedelta(days=DAYS), time(), UTC)
    observations, _ = probe_observations(readings, LAND, now)
    events = metered_irrigations(meter or [], {}, LAND).events
    settings = WaterSettings(profile_depth_m=0.6)
    last = simulate([PARCEL], sky(), events, observations, settings=settings).rows(0)[-1]
    assert last.profile_water_mm is not None
    return last.profile_water_mm


def test_a_probe_moves_the_water_towards_what_it_says_and_the_surer_it_is_the_more() -> None:
    blind, vague, sure = water([]), water(evenings(WETTER, 0.10)), water(evenings(WETTER, 0.01))
    assert blind < vague < sure


@pytest.mark.parametrize("quality", ["implausible", "stuck", "jump"])
def test_a_doubtful_probe_changes_nothing_at_all(quality: str) -> None:
    assert water(evenings(WETTER, 0.01, quality)) == water([])


def test_more_readings_of_an_evening_are_no_more_evidence() -> None:
    many = [one for one in evenings(WETTER, 0.05) for _ in range(4)]
    assert water(many) == water(evenings(WETTER, 0.05))


def test_metered_water_reaches_the_soil() -> None:
    run = [0.0, 250.0, 500.0, 500.0, 500.0, 500.0]
    begins = datetime.combine(FIRST + timedelta(days=DAYS - 3), time(6), UTC)
    gained = water([], counts(run, begins=begins, sigma=0.02)) - water([])
    # 500 m3 on two hectares are 25 mm gross, 20 mm net, less what evaporated in three days.
    assert 10.0 < gained < 20.0
