"""What canals and pumps really bring: whatever is wished, no field gets more than its turn, its pump and its quota."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import numpy as np

from cloud.records import CanalTurn
from cloud.variables import Floats
from simulations.closed_loop.district import District
from simulations.closed_loop.loop import Morning, Strategy

SEEPAGE: Final = 0.15
"""Share of the water that the canal's tail loses on its way; the head loses none."""
_M3_PER_MM_HA: Final = 10.0
SMALLEST_MM: Final = 2.0
"""Less than this is left for another day."""
LONGEST_WAIT_MM: Final = 120.0
"""A farmer who waits for his turn asks for no more than this at once."""


class Supply:
    """Takes the depths that are meant (F,) on a day and returns those that come; keeps the account of the quotas."""

    def __init__(self, district: District) -> None:
        fields = district.fields
        self._place = {one.id: place for place, one in enumerate(fields)}
        self._area_ha = np.array([one.area_ha for one in fields])
        self._lost = SEEPAGE * np.array([one.place_on_canal or 0.0 for one in fields])
        self._on_canal = np.array([one.canal is not None for one in fields])
        self._groups = _members([one.group for one in fields])
        self._pumps = _members([one.pump for one in fields])
        self._pump_m3 = {
            one.pump: float(one.flow_m3_h or 0.0) * float(one.max_hours_per_day or 24.0) for one in district.pumps
        }
        self._turns = tuple(turn for turn in district.turns if turn.parcel_id is not None)
        self._owner = [self._place[str(turn.parcel_id)] for turn in self._turns]
        self._left_m3 = np.array([_volume_m3(turn, turn.starts_at) for turn in self._turns])
        """What is not yet taken of every turn."""
        self._running = _by_day(self._turns)
        self.quota_left_m3 = np.full(len(fields), np.inf)
        """Volumes (F,) that may still be taken at the canal."""
        for quota in district.quotas:
            if quota.parcel_id is not None:
                self.quota_left_m3[self._place[quota.parcel_id]] = quota.volume_m3

    def slots_m3(self, day: date) -> Floats:
        """Volumes (F,) of the fields' own turns that begin on a day, at the canal; a night belongs to its evening."""
        volumes = np.zeros(self._area_ha.size)
        for row in self._running.get(day, ()):
            if self._turns[row].starts_at.date() == day:
                volumes[self._owner[row]] += _volume_m3(self._turns[row], self._turns[row].starts_at)
        return volumes

    def deliver(self, day: date, meant_mm: Floats) -> Floats:
        """Depths (F,) that reach the fields' inlets [mm]."""
        wanted = _M3_PER_MM_HA * meant_mm * self._area_ha
        taken = np.where(self._on_canal, self._from_canal(day, wanted), wanted)
        for name, places in self._pumps.items():
            asked = float(taken[places].sum())
            if asked > self._pump_m3.get(name, 0.0):
                taken[places] *= self._pump_m3.get(name, 0.0) / asked
        taken = np.minimum(taken, self.quota_left_m3)
        self.quota_left_m3 = self.quota_left_m3 - taken
        result: Floats = taken * (1.0 - self._lost) / self._area_ha / _M3_PER_MM_HA
        return result

    def _from_canal(self, day: date, wanted_m3: Floats) -> Floats:
        """One's own turn first; what neighbours of the group leave of theirs goes on from head to tail.

        A turn that runs on after midnight still has for its own field what nobody took before.
        """
        begin, taken = [], np.zeros(wanted_m3.size)
        for row in self._running.get(day, ()):
            turn, place = self._turns[row], self._owner[row]
            there_is = _volume_m3(turn, max(turn.starts_at, datetime.combine(day, time(0), UTC)))
            own = min(float(wanted_m3[place] - taken[place]), float(self._left_m3[row]), there_is)
            self._left_m3[row] -= own
            taken[place] += own
            if turn.starts_at.date() == day:
                begin.append(row)
        for places in self._groups.values():
            rows = [row for row in begin if self._owner[row] in places]
            for place in places:
                taken[place] += self._from_neighbours(rows, float(wanted_m3[place] - taken[place]))
        return taken

    def _from_neighbours(self, rows: Sequence[int], wanted_m3: float) -> float:
        left = wanted_m3
        for row in rows:
            lent = min(left, float(self._left_m3[row]))
            self._left_m3[row] -= lent
            left -= lent
        return wanted_m3 - left


class AtTurns:
    """A strategy whose farmers take what they wished when water comes: what did not come is still wished for."""

    def __init__(self, strategy: Strategy, supply: Supply, on_canal: Sequence[bool]) -> None:
        self._strategy = strategy
        self._supply = supply
        self._on_canal = np.array(on_canal)
        self._waiting_mm = np.zeros(self._on_canal.size)

    def decide(self, morning: Morning) -> Floats:
        """Depths (F,) of the day [mm gross]."""
        if morning.done is not None:
            self._waiting_mm = np.maximum(self._waiting_mm - morning.done.gross_mm, 0.0)
        wished = np.where(morning.growing, self._strategy.decide(morning), 0.0)
        self._waiting_mm = np.where(morning.growing, np.minimum(self._waiting_mm + wished, LONGEST_WAIT_MM), 0.0)
        opened = ~self._on_canal | (self._supply.slots_m3(morning.day) > 0.0)
        return np.where(opened & (self._waiting_mm >= SMALLEST_MM), self._waiting_mm, 0.0)


def _volume_m3(turn: CanalTurn, since: datetime) -> float:
    """What a turn brings after a moment."""
    return max((turn.ends_at - since).total_seconds() / 3600.0, 0.0) * turn.flow_m3_h


def _by_day(turns: Sequence[CanalTurn]) -> dict[date, list[int]]:
    """Rows of the turns that run on each day."""
    found: dict[date, list[int]] = {}
    for row, turn in enumerate(turns):
        day = turn.starts_at.date()
        while day == turn.starts_at.date() or datetime.combine(day, time(0), UTC) < turn.ends_at:
            found.setdefault(day, []).append(row)
            day += timedelta(days=1)
    return found


def _members(names: Sequence[str | None]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        if name is not None:
            found.setdefault(name, []).append(place)
    return found
