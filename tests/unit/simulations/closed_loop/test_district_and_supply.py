"""A district is whole and fair in its tables; its canals and pumps bring no more than they can."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.records import CanalTurn
from simulations.closed_loop.climates import Climate, shipped_climate
from simulations.closed_loop.district import DUTY_MM_D, District, DistrictDesign, district_of
from simulations.closed_loop.farmers import EXACT, Done, Farmers
from simulations.closed_loop.loop import Morning, run
from simulations.closed_loop.supply import SEEPAGE, AtTurns, Supply
from simulations.closed_loop.world import World

pytest.importorskip("aquacrop", reason="carries the record of Tunis")

DESIGN = DistrictDesign(climate="tunis", sample=40, turn_days=10)


@pytest.fixture(scope="module")
def tunis() -> Climate:
    return shipped_climate("tunis")


@pytest.fixture(scope="module")
def district(tunis: Climate) -> District:
    return district_of(DESIGN, 1990, tunis)


def test_the_sample_stands_for_the_whole_district(district: District) -> None:
    assert len({one.id for one in district.fields}) == 40
    area = sum(one.area_ha * one.weight for one in district.fields)
    assert area == pytest.approx(2000.0, rel=0.02)
    assert {one.crop for one in district.fields} == {"maize", "tomato", "potato", "sunflower"}
    assert all((one.canal is None) == (one.pump is not None) for one in district.fields)
    places = [one.place_on_canal for one in district.fields if one.place_on_canal is not None]
    assert min(places) == 0.0
    assert max(places) == 1.0


def test_land_stays_and_crops_change_from_season_to_season(tunis: Climate, district: District) -> None:
    other = district_of(DESIGN, 1991, tunis)

    assert [one.ground for one in other.fields] == [one.ground for one in district.fields]
    assert [one.area_ha for one in other.fields] == [one.area_ha for one in district.fields]
    assert [one.crop for one in other.fields] != [one.crop for one in district.fields]


def test_every_turn_brings_the_duty_and_no_two_of_a_group_meet(district: District) -> None:
    by_id = {one.id: one for one in district.fields}
    for group in {turn.group for turn in district.turns}:
        turns = sorted((one for one in district.turns if one.group == group), key=lambda one: one.starts_at)
        assert all(one.ends_at <= other.starts_at for one, other in pairwise(turns))
        for turn in turns:
            assert turn.parcel_id is not None
            volume = (turn.ends_at - turn.starts_at).total_seconds() / 3600.0 * turn.flow_m3_h
            assert volume == pytest.approx(10.0 * DUTY_MM_D * 10 * by_id[turn.parcel_id].area_ha, rel=1e-6)


def test_quotas_and_pumps_cover_who_they_should(district: District) -> None:
    assert {one.parcel_id for one in district.quotas} == {one.id for one in district.fields if one.canal}
    assert {one.pump for one in district.pumps} == {one.pump for one in district.fields if one.pump}
    for pump in district.pumps:
        served = sum(one.area_ha for one in district.fields if one.pump == pump.pump)
        assert pump.flow_m3_h is not None
        assert pump.max_hours_per_day is not None
        assert pump.flow_m3_h * pump.max_hours_per_day == pytest.approx(10.0 * DUTY_MM_D * served, rel=0.02)


def test_a_district_may_have_turns_without_quotas(tunis: Climate) -> None:
    free = district_of(replace(DESIGN, quota_fraction=None), 1990, tunis)

    assert free.quotas == ()
    assert np.isinf(Supply(free).quota_left_m3).all()


def test_a_season_of_slots_is_the_sum_of_the_turns(district: District) -> None:
    supply = Supply(district)
    first = min(one.starts_at.date() for one in district.turns)
    last = max(one.ends_at.date() for one in district.turns)
    days = [first + timedelta(days=place) for place in range((last - first).days + 1)]
    total = sum(float(supply.slots_m3(day).sum()) for day in days)

    hours = sum((one.ends_at - one.starts_at).total_seconds() / 3600.0 * one.flow_m3_h for one in district.turns)
    assert total == pytest.approx(hours, rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(depth_mm=st.floats(0.0, 300.0), day=st.integers(0, 120))
def test_nobody_gets_more_than_he_meant_nor_the_network_gives_more_than_it_has(
    district: District, depth_mm: float, day: int
) -> None:
    supply, on = Supply(district), date(2025, 4, 1) + timedelta(days=day)
    area = np.array([one.area_ha for one in district.fields])
    canal = np.array([one.canal is not None for one in district.fields])
    before = supply.quota_left_m3.copy()

    came = supply.deliver(on, np.full(area.size, depth_mm))

    assert (came <= depth_mm + 1e-9).all()
    assert (came >= 0.0).all()
    volume = 10.0 * came * area
    assert volume[canal].sum() <= running_m3(district, on) + 1e-6
    for pump in district.pumps:
        mine = [one.pump == pump.pump for one in district.fields]
        assert volume[mine].sum() <= float(pump.flow_m3_h or 0.0) * float(pump.max_hours_per_day or 0.0) + 1e-6
    assert (before[canal] - supply.quota_left_m3[canal] >= volume[canal] - 1e-9).all()


def running_m3(district: District, on: date) -> float:
    """What all turns that run on a day still bring from its midnight on."""
    midnight = datetime.combine(on, time(0), UTC)
    begins = [max(one.starts_at, midnight) for one in district.turns if one.starts_at.date() <= on]
    ends = [one for one in district.turns if one.starts_at.date() <= on]
    hours = [(turn.ends_at - begin).total_seconds() / 3600.0 for turn, begin in zip(ends, begins, strict=True)]
    return sum(max(hour, 0.0) * turn.flow_m3_h for turn, hour in zip(ends, hours, strict=True))


def night_of(district: District) -> tuple[int, CanalTurn]:
    """A field and its turn, moved to the evening: it runs on after midnight."""
    day = district.turns[0]
    begins = datetime.combine(day.starts_at.date(), time(20), UTC)
    turn = day.model_copy(update={"starts_at": begins, "ends_at": begins + timedelta(hours=10)})
    return next(place for place, one in enumerate(district.fields) if one.id == turn.parcel_id), turn


def test_a_turn_that_runs_on_after_midnight_still_has_what_nobody_took(district: District) -> None:
    place, turn = night_of(district)
    supply = Supply(replace(district, quotas=(), turns=(turn,)))
    field, on = district.fields[place], turn.starts_at.date()
    wish = np.zeros(len(district.fields))
    kept = 1.0 - SEEPAGE * (field.place_on_canal or 0.0)
    whole_mm = (turn.ends_at - turn.starts_at).total_seconds() / 3600.0 * turn.flow_m3_h / field.area_ha / 10.0
    left_h = (turn.ends_at - datetime.combine(on + timedelta(days=1), time(0), UTC)).total_seconds() / 3600.0
    left_mm = left_h * turn.flow_m3_h / field.area_ha / 10.0

    assert supply.deliver(on, wish)[place] == 0.0
    wish[place] = 2.0 * whole_mm
    assert supply.deliver(on + timedelta(days=1), wish)[place] == pytest.approx(kept * left_mm)

    used = Supply(replace(district, quotas=(), turns=(turn,)))
    assert used.deliver(on, wish)[place] == pytest.approx(kept * whole_mm)
    assert used.deliver(on + timedelta(days=1), wish)[place] == 0.0
    assert used.deliver(turn.ends_at.date() + timedelta(days=1), wish)[place] == 0.0


def test_what_a_field_leaves_of_its_turn_serves_its_group_once(district: District) -> None:
    place, turn = night_of(district)
    supply = Supply(replace(district, quotas=(), turns=(turn,)))
    group = [row for row, one in enumerate(district.fields) if one.group == turn.group and row != place]
    area = np.array([one.area_ha for one in district.fields])
    lost = np.array([SEEPAGE * (one.place_on_canal or 0.0) for one in district.fields])
    wish = np.zeros(area.size)
    wish[group] = 1000.0

    came = supply.deliver(turn.starts_at.date(), wish)
    whole_m3 = (turn.ends_at - turn.starts_at).total_seconds() / 3600.0 * turn.flow_m3_h
    assert (10.0 * came * area / (1.0 - lost))[group].sum() == pytest.approx(whole_m3)

    wish[place] = 1000.0
    assert supply.deliver(turn.starts_at.date() + timedelta(days=1), wish)[place] == 0.0


def test_the_tail_receives_less_of_what_was_let_in(district: District) -> None:
    supply = Supply(replace(district, quotas=()))
    on = next(one.starts_at.date() for one in district.turns)
    slots = supply.slots_m3(on)
    area = np.array([one.area_ha for one in district.fields])
    with_water = np.flatnonzero(slots > 0.0)

    came = supply.deliver(on, np.where(slots > 0.0, slots / area / 10.0, 0.0))

    for place in with_water:
        kept = 1.0 - SEEPAGE * (district.fields[place].place_on_canal or 0.0)
        assert came[place] == pytest.approx(kept * slots[place] / area[place] / 10.0)


def test_a_quota_that_is_spent_brings_nothing(district: District) -> None:
    spent = replace(district, quotas=tuple(one.model_copy(update={"volume_m3": 0.0}) for one in district.quotas))
    supply = Supply(spent)
    canal = np.array([one.canal is not None for one in district.fields])
    on = next(one.starts_at.date() for one in district.turns)

    came = supply.deliver(on, np.full(canal.size, 10.0))

    assert not came[canal].any()
    assert came[~canal].all()


class _Wishes:
    """Wishes twenty millimetres on its first morning."""

    def __init__(self, count: int) -> None:
        self._wish = np.full(count, 20.0)

    def decide(self, morning: Morning) -> np.ndarray:
        wish, self._wish = np.where(morning.growing, self._wish, 0.0), np.where(morning.growing, 0.0, self._wish)
        return wish


def test_whoever_waits_for_his_turn_asks_again_for_what_did_not_come(tunis: Climate) -> None:
    district = district_of(replace(DESIGN, sample=6), 1990, tunis)
    supply = Supply(district)
    canal = [one.canal is not None for one in district.fields]
    strategy, world = AtTurns(_Wishes(6), supply, canal), World(district.fields, {"tunis": tunis})
    farmers = Farmers(district.fields, EXACT, 1, deliver=supply.deliver)
    came, truth, done = np.zeros(6), None, None
    place = int(np.flatnonzero(canal)[0])
    asked: list[Done] = []
    for _ in range(90):
        morning = Morning(day=world.day, growing=world.growing, world=world, truth=truth, done=done)
        done = farmers.act(world.day, strategy.decide(morning), world.growing)
        asked.append(done)
        truth = world.step(done.gross_mm)
        came += done.gross_mm

    assert came[place] == pytest.approx(20.0, abs=2.0)
    assert all(supply.slots_m3(one.day)[place] > 0.0 for one in asked if one.gross_mm[place] > 0.0)


def test_a_district_lives_to_its_last_harvest(tunis: Climate) -> None:
    small = district_of(replace(DESIGN, sample=8, canals=1, groups_per_canal=1), 1990, tunis)
    supply = Supply(small)
    strategy = AtTurns(_Wishes(8), supply, [one.canal is not None for one in small.fields])
    lived = run(
        strategy, World(small.fields, {"tunis": tunis}), Farmers(small.fields, EXACT, 1, deliver=supply.deliver)
    )

    assert (lived.harvest.gross_mm <= 20.0 + 1e-9).all()
    assert (lived.harvest.days <= 135).all()
