"""Which states a night could not do without: those whose season began before the weather does."""

from datetime import date, timedelta

import numpy as np
import pytest

from cloud.agronomy.carrying.carried import CarriedWater, carry
from cloud.agronomy.carrying.checkpoints import Marks, Shelf
from cloud.agronomy.carrying.lived import Lived
from cloud.agronomy.water import simulate
from cloud.records import Parcel
from cloud.replay.states import WatchedShelf
from cloud.variables import Indices
from cloud.weather.forcing import forcing_for
from tests.synthetic_season import FIRST, parcel, past

STATE_DAY = date(2026, 5, 1)
LAND = (parcel("maize"), parcel("olive", crop="olive", planted_on=None), parcel("gone"))


class OneState:
    """A shelf that holds one state of three parcels, whose water began on the first day of the weather."""

    def __init__(self) -> None:
        forcing = forcing_for(LAND, past(STATE_DAY))
        self.carried = carry(simulate(LAND, forcing, [], []).state, LAND, seed=0, profile_depth_m=None)
        self.lived = Lived.nothing(len(LAND), np.datetime64(FIRST))

    def days(self) -> list[date]:
        return [STATE_DAY]

    def marks(self, day: date) -> Marks | None:
        if day != STATE_DAY:
            return None
        return Marks(
            parcels=self.carried.parcels, lived=self.lived, seed=0, members=64, profile_depth_m=0.0, engine="numpy"
        )

    def water(self, day: date, rows: Indices) -> CarriedWater | None:
        return self.carried.take(rows) if day == STATE_DAY else None


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return OneState()


def watched(shelf: Shelf, first: date, *land: Parcel) -> WatchedShelf:
    return WatchedShelf(shelf=shelf, parcels={one.id: one for one in land}, first=first)


def needed(watch: WatchedShelf) -> list[str]:
    assert watch.days() == [STATE_DAY]
    assert watch.marks(STATE_DAY) is not None
    assert watch.water(STATE_DAY, np.arange(3)) is not None
    return [one.parcel_id for checkpoint in watch.needed for one in checkpoint.carried.parcels]


def test_the_weather_of_the_whole_season_needs_no_state(shelf: Shelf) -> None:
    assert needed(watched(shelf, FIRST, *LAND)) == []


def test_a_tree_older_than_the_weather_needs_its_row(shelf: Shelf) -> None:
    watch = watched(shelf, FIRST + timedelta(days=1), *LAND[:2])
    assert needed(watch) == ["olive"]
    (checkpoint,) = watch.needed
    assert checkpoint.engine == "numpy"
    assert checkpoint.lived.since.tolist() == [FIRST]
    assert checkpoint.carried.state.depletion_mm.shape[0] == 1


def test_a_crop_sown_before_the_weather_begins_needs_its_row_too(shelf: Shelf) -> None:
    assert needed(watched(shelf, date(2026, 3, 26), *LAND[:2])) == ["maize", "olive"]
    assert needed(watched(shelf, date(2026, 3, 25), *LAND[:2])) == ["olive"]


def test_what_an_ended_season_taught_is_kept_elsewhere(shelf: Shelf) -> None:
    sown_again = parcel("maize", planted_on=date(2026, 5, 2))
    assert needed(watched(shelf, date(2026, 3, 26), sown_again)) == []


def test_a_state_that_is_not_there_or_was_not_asked_for_is_not_needed(shelf: Shelf) -> None:
    watch = watched(shelf, FIRST, *LAND)
    assert watch.marks(STATE_DAY - timedelta(days=1)) is None
    assert watch.water(STATE_DAY - timedelta(days=1), np.arange(3)) is None
    assert watch.needed == []
