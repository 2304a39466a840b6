"""A plan on the table: what each parcel has, what that leaves of every store, and whether the day has room for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from cloud.advice.dose import TOLERANCE
from cloud.advice.joint.problem import Problem, Wish
from cloud.advice.joint.sequence import energy_of, fits, starts_of


@dataclass(slots=True, kw_only=True)
class Desk:
    """Depths [mm] by parcel, 0 for none, and what is left [m3] of every store."""

    problem: Problem
    depths_mm: dict[str, int]
    left_m3: dict[str, float]
    members: Mapping[str, Sequence[Wish]]

    @classmethod
    def of(cls, problem: Problem, depths_mm: Mapping[str, int] | None = None) -> Self:
        """A desk with these depths on it, or with none."""
        desk = cls(
            problem=problem,
            depths_mm={wish.name: 0 for wish in problem.wishes},
            left_m3={name: store.left_m3 for name, store in problem.stores.items()},
            members=problem.members(),
        )
        for wish in problem.wishes:
            desk.give(wish, (depths_mm or {}).get(wish.name, 0))
        return desk

    def give(self, wish: Wish, depth_mm: int) -> None:
        """Put another depth down for a parcel, whether there is room for it or not."""
        more = self._more_m3(wish, depth_mm)
        for name in wish.draws:
            self.left_m3[name] -= more
        self.depths_mm[wish.name] = depth_mm

    def room(self, wish: Wish, depth_mm: int) -> bool:
        """Whether the parcel could have this depth beside what the others have."""
        more = self._more_m3(wish, depth_mm)
        if any(more > self.left_m3[name] + TOLERANCE for name in wish.draws):
            return False
        return self.has_hours(wish.place, wish, depth_mm)

    def has_hours(self, place: str, wish: Wish | None = None, depth_mm: int = 0) -> bool:
        """Whether the day has room for the runs of a place, one of them changed."""
        there = self.problem.places[place]
        lengths = [length for _, length in self.runs(place, wish, depth_mm)]
        return sum(lengths) <= there.longest and fits(lengths, there.rest, there.timeline)

    def runs(self, place: str, wish: Wish | None = None, depth_mm: int = 0) -> list[tuple[Wish, int]]:
        """Runs of a place in their order [steps]: by urgency, but the longest last where one may end after midnight."""
        runs = []
        for one in self.members[place]:
            depth = depth_mm if one is wish else self.depths_mm[one.name]
            if depth > 0:
                runs.append((one, one.steps(depth)))
        line = self.problem.places[place].timeline
        if len(runs) > 1 and line.ends_late:
            longest = max(range(len(runs)), key=lambda row: (runs[row][1], row))
            runs.append(runs.pop(longest))
        return runs

    def energy(self, place: str) -> float:
        """What the runs of a place cost in energy beyond its cheapest hours [money]."""
        there = self.problem.places[place]
        if not there.timeline.is_priced:
            return 0.0
        lengths = [length for _, length in self.runs(place)]
        starts = starts_of(lengths, there.rest, there.timeline)
        return energy_of(starts or [], lengths, there.timeline) if starts is not None else np.inf

    def _more_m3(self, wish: Wish, depth_mm: int) -> float:
        before = self.depths_mm[wish.name]
        return (wish.volume_m3(depth_mm) if depth_mm else 0.0) - (wish.volume_m3(before) if before else 0.0)
