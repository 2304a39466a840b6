"""States of a season in memory, so that each of its days goes on from the day before instead of from the sowing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from cloud.advice.inputs import DayInputs, KeptStates
from cloud.advice.observe import local_day
from cloud.advice.prepare import prepare
from cloud.agronomy.carrying.carried import CarriedWater
from cloud.agronomy.carrying.checkpoints import NO_STATES, Checkpoint, Marks, Shelves, follow
from cloud.agronomy.carrying.parting import Asked
from cloud.agronomy.opening import WaterSettings
from cloud.irrigation_accounts import counted_once
from cloud.records import Observation
from cloud.variables import Indices
from simulations.evaluation.judge.district import REVISED_DAYS

NEWEST_DAYS: Final = 5
"""States this young are all kept: irrigations come some days late."""
EVERY_DAYS: Final = 7
"""Of older ones every seventh: a fault that reaches back is followed from the last one before it."""


class MemoryShelf:
    """Checkpoints by day; those that no longer help are let go."""

    def __init__(self) -> None:
        self._kept: dict[date, Checkpoint] = {}

    def settle(self, inputs: DayInputs) -> None:
        """Keep the state of the last day whose weather will not be revised, and of the older ones every seventh."""
        known = inputs.weather.isel(time=slice(None, -REVISED_DAYS))
        ready = prepare(replace(inputs, day=inputs.day - timedelta(days=REVISED_DAYS), weather=known))
        if ready.weather is None:
            return
        settled = ready.weather.until(known["time"].values[-1])
        newest = settled.days[-1].item()
        zones = {parcel.id: parcel for parcel in inputs.parcels}
        given = [one for one in inputs.events if local_day(one.started_at, zones[one.parcel_id]) <= newest]
        asked = Asked(
            parcels=ready.parcels,
            forcing=settled,
            events=counted_once(given)[0],
            observations=(),
            settings=WaterSettings(members=inputs.members, seed=inputs.seed, engine=inputs.engine),
            counted=True,
        )
        self._kept[newest] = follow(asked, _nothing_seen, self.states().shelves).checkpoint
        self._kept = {
            day: one
            for day, one in self._kept.items()
            if (newest - day).days < NEWEST_DAYS or day.toordinal() % EVERY_DAYS == 0
        }

    def days(self) -> Sequence[date]:
        """Days of the states, newest first."""
        return sorted(self._kept, reverse=True)

    def marks(self, day: date) -> Marks:
        """What the state of a day is known by."""
        one = self._kept[day]
        return Marks(
            parcels=one.carried.parcels,
            lived=one.lived,
            seed=one.carried.seed,
            members=one.carried.state.depletion_mm.shape[1],
            profile_depth_m=one.carried.profile_depth_m,
            engine=one.engine,
        )

    def water(self, day: date, rows: Indices) -> CarriedWater:
        """Some rows of the state of a day."""
        return self._kept[day].carried.take(rows)

    def states(self) -> KeptStates:
        """The shelf as it stands now, for a day to go on from: later states do not reach it."""
        frozen = MemoryShelf()
        frozen._kept = dict(self._kept)
        shelves = Shelves(checkpoints=frozen, seasons=NO_STATES.seasons)
        return KeptStates(shelves=shelves, seen_since=_nothing_seen)


def _nothing_seen(_: date) -> Sequence[Observation]:
    """Sound seasons have no photos; those of a fault come with the day itself."""
    return ()
