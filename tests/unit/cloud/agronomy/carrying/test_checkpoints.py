"""Kept states serve only while they stand for the records of today, and never change an answer."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np
import pytest

from cloud.agronomy.carrying.carried import CarriedWater, state_of
from cloud.agronomy.carrying.checkpoints import NO_STATES, Checkpoint, Followed, Marks, Shelves, follow
from cloud.agronomy.carrying.parting import Asked
from cloud.agronomy.water import WaterHistory, WaterSettings, simulate
from cloud.records import IrrigationEvent, Observation, Parcel
from cloud.variables import Indices
from cloud.weather.forcing import Forcing

FIRST: Final = date(2024, 4, 1)
SETTINGS: Final = WaterSettings(members=4)
FROM_THE_START: Final = (
    "is followed from 2024-04-01 on, the first day of the weather: no state kept of an earlier night stands for them"
)


class Shelf:
    """States in memory."""

    def __init__(self) -> None:
        self.kept: dict[date, Checkpoint] = {}
        self.damaged: set[date] = set()
        self.read: list[date] = []

    def days(self) -> Sequence[date]:
        return sorted(self.kept, reverse=True)

    def marks(self, day: date) -> Marks | None:
        one = self.kept[day]
        carried = one.carried
        members = carried.state.depletion_mm.shape[1]
        return Marks(
            parcels=carried.parcels,
            lived=one.lived,
            seed=carried.seed,
            members=members,
            profile_depth_m=carried.profile_depth_m,
            engine=one.engine,
        )

    def water(self, day: date, rows: Indices) -> CarriedWater | None:
        self.read.append(day)
        return None if day in self.damaged else self.kept[day].carried.take(rows)


def parcel(name: str, crop: str = "maize", planted_on: date | None = FIRST, /, **more: object) -> Parcel:
    return Parcel.model_validate(
        {"id": name, "crop": crop, "planted_on": planted_on, "latitude": 32.3, "longitude": -6.4} | more
    )


PARCELS: Final = (parcel("one"), parcel("two"), parcel("olive", "olive", None))


def sky(days: int, parcels: int = len(PARCELS), first: date = FIRST) -> Forcing:
    random = np.random.default_rng(1)
    shape = (400, 8)
    et0, rain = random.gamma(6.0, 0.8, shape), np.where(random.random(shape) < 0.1, 9.0, 0.0)
    begin = (first - FIRST).days
    rows = slice(begin, begin + days)
    steady = np.ones((days, parcels))
    return Forcing(
        days=np.datetime64(first) + np.arange(days),
        et0_mm=et0[rows, :parcels].copy(),
        rain_mm=rain[rows, :parcels].copy(),
        wind_2m_m_s=2.0 * steady,
        rh_min_percent=40.0 * steady,
        tmin_c=14.0 * steady,
        tmax_c=29.0 * steady,
        radiation_mj_m2=22.0 * steady,
    )


def at(day: int, hour: int = 9) -> datetime:
    return datetime(FIRST.year, FIRST.month, FIRST.day, hour, tzinfo=UTC) + timedelta(days=day)


def watered(name: str, day: int, depth_mm: float = 30.0) -> IrrigationEvent:
    return IrrigationEvent(parcel_id=name, started_at=at(day), depth_mm=depth_mm, source="meter")


def seen(name: str, day: int, value: float = 0.18) -> Observation:
    return Observation(
        parcel_id=name, observed_at=at(day), kind="soil_water_fraction", value=value, sigma=0.02, source="probe"
    )


EVENTS: Final = [watered(name, day) for name in ("one", "two") for day in (5, 16, 30, 41)]
SEEN: Final = [seen(name, day, 0.15 + day / 600) for name in ("one", "olive") for day in (8, 20, 33, 45)]


class Season:
    """Nights of a small farm, and the season followed at once beside them."""

    def __init__(self) -> None:
        self.shelves = Shelves(checkpoints=Shelf(), seasons=Shelf())
        self.parcels: Sequence[Parcel] = PARCELS
        self.events, self.observations = list(EVENTS), list(SEEN)
        self.readings: list[Observation] = []
        self.change: Callable[[Forcing], Forcing] = lambda forcing: forcing
        self.first = FIRST

    @property
    def checkpoints(self) -> Shelf:
        assert isinstance(self.shelves.checkpoints, Shelf)
        return self.shelves.checkpoints

    @property
    def seasons(self) -> Shelf:
        assert isinstance(self.shelves.seasons, Shelf)
        return self.shelves.seasons

    def asked(self, days: int) -> Asked:
        forcing = self.change(sky(days, len(self.parcels)))
        # Nobody knows on an evening what happens the day after.
        return Asked(
            parcels=self.parcels,
            forcing=forcing.since(np.datetime64(self.first)),
            events=[one for one in self.events if one.started_at < at(days, 0)],
            observations=[one for one in self.readings if one.observed_at < at(days, 0)],
            settings=SETTINGS,
        )

    def night(self, days: int, shelves: Shelves | None = None) -> Followed:
        found = follow(self.asked(days), self.seen_since(days), shelves or self.shelves)
        if shelves is None:
            self.checkpoints.kept[found.checkpoint.carried.state.day] = found.checkpoint
            for one in found.ended:
                self.seasons.kept[one.carried.state.day] = one
        return found

    def seen_since(self, days: int) -> Callable[[date], list[Observation]]:
        return lambda first: [
            one for one in self.observations if one.observed_at.date() >= first and one.observed_at < at(days, 0)
        ]

    def at_once(self, days: int) -> WaterHistory:
        asked = self.asked(days)
        observations = [*asked.observations, *self.seen_since(days)(date.min)]
        return simulate(asked.parcels, asked.forcing, asked.events, observations, settings=SETTINGS)

    def same(self, days: int) -> Followed:
        found, whole = self.night(days), self.at_once(days)
        assert np.array_equal(found.history.started, whole.started)
        for name in ("depletion_mm", "total_available_mm", "age_days"):
            # A parcel set aside has no state: only that it has none is the same.
            one, other = (getattr(of.state, name)[of.started] for of in (found.history, whole))
            assert np.array_equal(one, other, equal_nan=True), name
        for name, column in found.history.columns.items():
            own = column[-1], whole.columns[name][-1]
            # A mean of the day: numpy's power may differ in its last place between one parcel and many.
            np.testing.assert_allclose(*own, rtol=0.0, atol=1e-12, err_msg=name)
        return found


@pytest.fixture
def season() -> Season:
    return Season()


def whence(found: Followed) -> str:
    return "; ".join(found.notes)


def test_a_night_goes_on_from_the_night_before(season: Season) -> None:
    first = season.same(40)
    assert whence(first) == f"water of 3 parcels {FROM_THE_START}"
    second = season.same(41)
    assert whence(second) == "water of 3 parcels goes on from the state of 2024-05-10"
    assert len(second.history.days) == 1
    assert len(season.same(48).history.days) == 7


def test_the_same_night_again_has_nothing_left_to_do(season: Season) -> None:
    season.same(40)
    again = season.night(40)
    assert len(again.history.days) == 0
    assert whence(again) == "water of 3 parcels goes on from the state of 2024-05-10"
    assert np.array_equal(again.history.state.depletion_mm, season.at_once(40).state.depletion_mm)
    assert again.checkpoint.lived.sums.tobytes() == season.checkpoints.kept[date(2024, 5, 10)].lived.sums.tobytes()


@pytest.mark.parametrize(
    "late",
    [
        lambda season: season.events.append(watered("two", 36, 22.0)),
        lambda season: season.observations.append(seen("two", 37)),
        lambda season: season.events.remove(watered("two", 41)) or season.events.append(watered("two", 37)),
    ],
    ids=["irrigation", "observation", "moved"],
)
def test_what_arrives_late_sends_only_its_parcel_back(season: Season, late: Callable[[Season], None]) -> None:
    for days in (30, 36, 40, 42):
        season.same(days)
    late(season)
    found = season.same(43)
    assert "water of 2 parcels goes on from the state of 2024-05-12" in found.notes
    assert "water of 1 parcels goes on from the state of 2024-05-06" in found.notes
    # From then on the night before serves everybody again.
    assert whence(season.same(44)) == "water of 3 parcels goes on from the state of 2024-05-13"


def test_a_reading_counts_however_late_it_comes_and_sends_only_its_parcel_back(season: Season) -> None:
    season.observations.clear()
    season.readings += SEEN
    for days in (30, 36, 40, 55):
        season.same(days)
    assert whence(season.same(56)) == "water of 3 parcels goes on from the state of 2024-05-25"
    # Long before the days whose photos are compared.
    season.readings.append(seen("two", 34))
    found = season.same(57)
    assert "water of 2 parcels goes on from the state of 2024-05-26" in found.notes
    assert "water of 1 parcels goes on from the state of 2024-04-30" in found.notes
    # A correction sends back too; then the night before serves everybody again.
    season.readings[-1] = seen("two", 34, 0.3)
    assert "water of 1 parcels goes on from the state of 2024-04-30" in season.same(58).notes
    assert whence(season.same(59)) == "water of 3 parcels goes on from the state of 2024-05-28"


def test_revised_weather_sends_back_those_under_it(season: Season) -> None:
    for days in (30, 40, 45):
        season.same(days)

    def revised(forcing: Forcing) -> Forcing:
        forcing.rain_mm[38, 1] = 12.0
        return forcing

    season.change = revised
    found = season.same(46)
    assert "water of 2 parcels goes on from the state of 2024-05-15" in found.notes
    assert "water of 1 parcels goes on from the state of 2024-04-30" in found.notes


@pytest.mark.parametrize(
    "change",
    [
        {"soil": {"texture": "clay"}},
        {"irrigation": {"method": "drip"}},
        {"planted_on": date(2024, 4, 3)},
        {"crop_parameters": {"kcb_mid": 1.0}},
    ],
)
def test_a_parcel_described_anew_is_followed_from_the_start(season: Season, change: dict[str, object]) -> None:
    season.same(40)
    season.parcels = (PARCELS[0], Parcel.model_validate(PARCELS[1].model_dump() | change), PARCELS[2])
    found = season.same(41)
    assert "water of 2 parcels goes on from the state of 2024-05-10" in found.notes
    assert f"water of 1 parcels {FROM_THE_START}" in found.notes


def test_a_farmers_name_or_a_later_cutting_changes_nothing(season: Season) -> None:
    season.parcels = (*PARCELS[:2], parcel("olive", "alfalfa", None, cuttings=["2024-04-20"]))
    season.same(40)
    season.parcels = (
        parcel("one", name="Field of the well", area_ha=2.0),
        PARCELS[1],
        parcel("olive", "alfalfa", None, cuttings=["2024-04-20", "2024-05-11"]),
    )
    assert whence(season.same(41)) == "water of 3 parcels goes on from the state of 2024-05-10"


def test_a_window_of_weather_that_moves_on_keeps_the_states(season: Season) -> None:
    season.night(40)
    season.first = FIRST + timedelta(days=3)
    found = season.night(41)
    assert whence(found) == "water of 3 parcels goes on from the state of 2024-05-10"
    season.first = FIRST
    whole = season.at_once(41)
    assert np.array_equal(found.history.state.depletion_mm, whole.state.depletion_mm)


def test_a_damaged_state_costs_time_and_nothing_else(season: Season) -> None:
    for days in (38, 40):
        season.same(days)
    season.checkpoints.damaged.add(date(2024, 5, 10))
    assert whence(season.same(41)) == "water of 3 parcels goes on from the state of 2024-05-08"
    assert season.checkpoints.read[-2:] == [date(2024, 5, 10), date(2024, 5, 8)]


def test_states_of_other_settings_or_of_days_to_come_do_not_serve(season: Season) -> None:
    season.night(45)
    assert "is followed from" in whence(season.same(41))
    found = follow(replace(season.asked(46), settings=WaterSettings(members=5)), season.seen_since(46), season.shelves)
    assert "is followed from" in whence(found)
    season.checkpoints.kept = {day: replace(one, engine="numba") for day, one in season.checkpoints.kept.items()}
    assert "is followed from" in whence(season.night(46))


def test_a_parcel_held_for_a_night_goes_on_from_its_own_last_state(season: Season) -> None:
    season.same(40)
    season.parcels = PARCELS[:2]
    season.night(41)
    season.parcels = PARCELS
    found = season.same(42)
    assert "water of 2 parcels goes on from the state of 2024-05-11" in found.notes
    assert "water of 1 parcels goes on from the state of 2024-05-10" in found.notes


def test_a_hole_in_the_weather_stays_a_hole_until_it_is_filled(season: Season) -> None:
    def holed(forcing: Forcing) -> Forcing:
        forcing.et0_mm[35, 0] = np.nan
        return forcing

    season.same(34)
    season.change = holed
    assert "parcel one" in season.same(40).history.problems[0]
    assert not season.same(41).history.started[0]
    season.change = lambda forcing: forcing
    found = season.same(42)
    assert found.history.started.all()
    assert "water of 1 parcels goes on from the state of 2024-05-04" in found.notes


def test_a_new_season_starts_with_what_the_last_one_taught_with_or_without_states(season: Season) -> None:
    for days in (60, 100):
        season.night(days)
    season.parcels = (parcel("one", "maize", FIRST + timedelta(days=120)), *PARCELS[1:])
    found = season.night(110)
    assert "a season of 1 parcels starts with what they taught until 2024-07-09" in found.notes
    assert [one.carried.state.day for one in found.ended] == [date(2024, 7, 9)]
    untaught = season.at_once(130).state
    resumed = season.night(130)
    learned = state_of(resumed.history.state, np.array([0])).water.capacity_scale
    assert not np.array_equal(learned, untaught.water.capacity_scale[:1])
    assert whence(resumed) == "water of 3 parcels goes on from the state of 2024-07-19"
    # States of days gone: the season's lesson is kept apart, so that the answer stays, whatever engine made it.
    season.seasons.kept = {day: replace(one, engine="numba") for day, one in season.seasons.kept.items()}
    rebuilt = season.night(130, Shelves(checkpoints=NO_STATES.checkpoints, seasons=season.seasons))
    assert np.array_equal(rebuilt.history.state.depletion_mm, resumed.history.state.depletion_mm, equal_nan=True)
