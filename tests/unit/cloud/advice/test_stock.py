"""What a turn should leave for later ones, by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from cloud.advice.access import Access, Constraints, access_on
from cloud.advice.season import Season, season_of
from cloud.advice.stock import COMES, DEEPEST_M, Ground, _stock, stock_of
from cloud.advice.system import SystemLimits, limits_of
from cloud.advice.worth import Stock
from cloud.agronomy.crops.crop import find_crop
from cloud.agronomy.water import WaterState
from cloud.records import CanalTurn, Parcel

DAY = date(2026, 5, 1)
FLAT = {"kcb_ini": 0.9, "kcb_mid": 0.9, "kcb_end": 0.9, "stage_lengths_days": (10, 10, 30, 10)}
"""One coefficient all season: with evaporation of 0.1, as much is needed as the reference."""
FULL = Ground(
    depletion_mm=np.zeros(2),
    total_mm=np.full(2, 100.0),
    readily_mm=np.full(2, 50.0),
    below_mm=np.zeros(2),
    column_mm=np.full(2, 100.0),
)


def plot(identifier: str = "plot", area_ha: float = 1.0) -> Parcel:
    return Parcel.model_validate(
        {
            "id": identifier,
            "crop": "maize",
            "planted_on": DAY - timedelta(days=20),
            "latitude": 32.3,
            "longitude": -6.4,
            "area_ha": area_ha,
            "timezone": "UTC",
            "irrigation": {"method": "furrow", "efficiency": 0.5},
            "water": {"canal": "G1", "group": "a"},
            "crop_parameters": FLAT,
        }
    )


def turn(ahead: int, depth_mm: float, **changes: object) -> CanalTurn:
    """A turn of so many gross mm on one hectare, 100 m3/h."""
    begins = datetime(DAY.year, DAY.month, DAY.day, 6, tzinfo=UTC) + timedelta(days=ahead)
    given = {"canal": "G1", "parcel_id": "plot", "starts_at": begins, "flow_m3_h": 100.0}
    return CanalTurn.model_validate({**given, "ends_at": begins + timedelta(hours=depth_mm / 10.0), **changes})


def season(et0_mm: float = 6.0) -> Season:
    days = np.datetime64(DAY) - np.arange(4 * 365)[::-1]
    return season_of(DAY, [plot()], days, np.full((days.size, 1), et0_mm), np.zeros((days.size, 1)))


def shortage(turns: list[CanalTurn], ground: Ground = FULL, limits: SystemLimits | None = None) -> Stock | None:
    constraints = Constraints(turns=tuple(turns))
    return _stock(plot(), constraints, season(), limits or limits_of(plot()), ground)


def test_what_later_turns_lack_is_added_up_to_the_worst_day() -> None:
    # 40 days to the harvest, of which the 39 after today are asked for; 6 mm a day. From the tenth day on ten days
    # want 60 net and get 0.7 of 0.5 x 60; so do the next; the last nine want 54.
    found = shortage([turn(0, 60.0), turn(10, 60.0), turn(20, 60.0), turn(30, 60.0)])
    assert found is not None
    assert found.short_mm == pytest.approx(60.0 + 60.0 + 54.0 - 3 * COMES * 30.0, rel=0.01)
    assert found.loss_per_mm > 0.0


def test_a_turn_that_suffices_ends_the_shortage() -> None:
    # The third brings the net 140 that are more than the rest wants: only the first two are short.
    found = shortage([turn(10, 60.0), turn(20, 60.0), turn(30, 400.0)], limits=replace(limits_of(plot()), max_mm=400.0))
    assert found is not None
    assert found.short_mm == pytest.approx(2 * (60.0 - COMES * 30.0), rel=0.01)
    assert shortage([turn(10, 400.0), turn(20, 400.0)], limits=replace(limits_of(plot()), max_mm=400.0)) is None


def test_no_turn_brings_more_than_one_event_may_be() -> None:
    low, high = (replace(limits_of(plot()), max_mm=most) for most in (20.0, 60.0))
    dry, less = shortage([turn(10, 60.0)], limits=low), shortage([turn(10, 60.0)], limits=high)
    assert dry is not None
    assert less is not None
    assert dry.short_mm - less.short_mm == pytest.approx(COMES * 0.5 * 40.0)


def test_moist_soil_that_roots_will_reach_takes_from_the_shortage() -> None:
    growing = replace(FULL, column_mm=np.full(2, 160.0), below_mm=np.full(2, 20.0))
    # 40 moist millimetres are to come, half of them readily available.
    assert growing.to_come_mm == pytest.approx(20.0)
    whole, part = shortage([turn(10, 60.0)]), shortage([turn(10, 60.0)], growing)
    assert whole is not None
    assert part is not None
    assert whole.short_mm - part.short_mm == pytest.approx(20.0)


def test_without_later_turns_or_after_the_harvest_nothing_is_laid_in() -> None:
    assert shortage([turn(0, 60.0)]) is None
    assert shortage([turn(90, 60.0)]) is None
    assert shortage([turn(10, 60.0, parcel_id="other")]) is None


def test_a_turn_of_a_group_is_shared_by_area() -> None:
    shared = turn(10, 120.0, parcel_id=None, group="a")
    alone = Constraints(turns=(shared,), neighbours=(plot(),))
    two = Constraints(turns=(shared,), neighbours=(plot(), plot("other", 2.0)))
    limits = limits_of(plot())
    one, third = (_stock(plot(), each, season(), limits, FULL) for each in (alone, two))
    assert one is not None
    assert third is not None
    assert third.short_mm - one.short_mm == pytest.approx(COMES * 0.5 * (120.0 - 40.0))


def test_room_beneath_is_what_is_gone_and_deeper_soil_as_the_column_dries() -> None:
    half = replace(FULL, depletion_mm=np.array([0.0, 50.0]), deeper=0.5)
    assert half.beneath_mm.tolist() == [0.0, 50.0]
    some = replace(half, depletion_mm=np.full(2, 10.0), below_mm=np.array([-5.0, 0.0]))
    assert some.beneath_mm == pytest.approx([0.5 * 100.0 * 0.3] * 2)
    grown = replace(half, depletion_mm=np.full(2, 40.0), below_mm=np.full(2, 8.0))
    assert grown.beneath_mm == pytest.approx([8.0 + 50.0] * 2)


def state() -> WaterState:
    water = SimpleNamespace(
        root_scale=np.ones((1, 2)), root_depth_m=np.full((1, 2), 0.5), below_mm=np.full((1, 2), 9.0)
    )
    full = np.full((1, 2), 60.0)
    parts = {"depletion_mm": full / 6.0, "total_available_mm": full, "readily_available_mm": full / 2.0}
    return cast("WaterState", SimpleNamespace(water=water, **parts))


def test_the_ground_of_a_parcel_reaches_down_to_where_its_roots_will_end() -> None:
    ground = Ground.of(state(), 0, plot())
    # Maize to 1.0 m: twice as deep as now; to 1.7 m where water is long in coming.
    assert ground.column_mm == pytest.approx([120.0, 120.0])
    assert ground.deeper == pytest.approx(0.7)
    unlisted = plot().model_copy(update={"crop": "lettuce"})
    assert Ground.of(state(), 0, unlisted).deeper == pytest.approx(0.5)


@pytest.mark.parametrize("name", sorted(DEEPEST_M))
def test_the_larger_depth_of_the_table_is_the_larger(name: str) -> None:
    assert 1.3 <= DEEPEST_M[name] / find_crop(name).root_depth_m[1] <= 2.2


def test_only_a_turn_of_today_in_a_known_season_is_asked() -> None:
    turns = (turn(0, 60.0), turn(10, 60.0), turn(20, 60.0))
    constraints, limits, at = Constraints(turns=turns), limits_of(plot()), (state(), 0)
    chance = access_on(DAY, plot(), constraints)

    def asked(access: Access, known: Season | None) -> Stock | None:
        return stock_of(plot(), (access, limits), constraints, known, at)

    assert asked(chance, season()) is not None
    assert asked(chance, None) is None
    assert asked(access_on(DAY + timedelta(days=3), plot(), constraints), season()) is None
    assert asked(replace(chance, by_turn=False), season()) is None
