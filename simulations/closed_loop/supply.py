"""What canals and pumps really bring: whatever is wished, no field gets more than its turn, its pump and its quota."""

from collections.abc import Sequence
from datetime import date
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
        self._turns: dict[date, list[CanalTurn]] = {}
        for turn in district.turns:
            self._turns.setdefault(turn.starts_at.date(), []).append(turn)
        self.quota_left_m3 = np.full(len(fields), np.inf)
        """Volumes (F,) that may still be taken at the canal."""
        for quota in district.quotas:
            if quota.parcel_id is not None:
                self.quota_left_m3[self._place[quota.parcel_id]] = quota.volume_m3

    def slots_m3(self, day: date) -> Floats:
        """Volumes (F,) of the fields' own turns that begin on a day, at the canal; a night belongs to its evening."""
        volumes = np.zeros(self._area_ha.size)
        for turn in self._turns.get(day, ()):
            if turn.parcel_id is not None:
                hours = (turn.ends_at - turn.starts_at).total_seconds() / 3600.0
                volumes[self._place[turn.parcel_id]] += hours * turn.flow_m3_h
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
        """One's own turn first; what neighbours of the group leave of theirs goes on from head to tail."""
        slots = self.slots_m3(day)
        taken = np.minimum(wanted_m3, slots)
        for places in self._groups.values():
            left = float((slots[places] - taken[places]).sum())
            for place in places:
                more = min(left, float(wanted_m3[place] - taken[place]))
                taken[place] += more
                left -= more
        return taken


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


def _members(names: Sequence[str | None]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        if name is not None:
            found.setdefault(name, []).append(place)
    return found
