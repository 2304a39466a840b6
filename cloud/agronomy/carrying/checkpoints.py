"""A season followed from the newest states that still stand for its records, parcel by parcel.

A kept state serves a parcel when the parcel is described as it was and the days behind the state are those of today's
records (``lived``): the answer is then that of the whole season, to the bit. Whatever changed since sends the parcel,
and no other, back to an older state or to the start. A state is therefore never needed, only faster.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from cloud.agronomy.carrying.carried import CarriedWater, Described, carry, described
from cloud.agronomy.carrying.lived import SEEN_DAYS, Diary, Lived, diary_of, lived_on, side_by_side, still_holds
from cloud.agronomy.carrying.parting import Asked, after, joined
from cloud.agronomy.engines.engine import settled
from cloud.agronomy.opening import WaterSettings
from cloud.agronomy.state import WaterHistory
from cloud.agronomy.water import simulate_asked
from cloud.records import Observation
from cloud.variables import Indices

_RECENT_DAYS: Final = 31
_DAY: Final = np.timedelta64(1, "D")

SeenSince = Callable[[date], Sequence[Observation]]
"""What photos showed of local days from a day on; that of earlier days may come too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What a kept state is known by, without its water."""

    parcels: tuple[Described, ...]
    lived: Lived
    seed: int
    members: int
    profile_depth_m: float
    engine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Water of a day and what stands behind it."""

    carried: CarriedWater
    lived: Lived
    engine: str
    """The arithmetic that made it: two of them agree to rounding only."""


class Shelf(Protocol):
    """Where states of different days are kept."""

    def days(self) -> Sequence[date]:
        """Days of the states, newest first."""
        ...

    def marks(self, day: date) -> Marks | None:
        """What the state of a day is known by; None where it cannot be read."""
        ...

    def water(self, day: date, rows: Indices) -> CarriedWater | None:
        """Some rows of the state of a day; None where it cannot be read."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelves:
    """States of a running installation."""

    checkpoints: Shelf
    """States of the last days and months."""
    seasons: Shelf
    """States in which seasons ended: what the next ones learn from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A season that was followed, the checkpoint of its last day, and states in which seasons were found ended."""

    history: WaterHistory
    checkpoint: Checkpoint
    ended: tuple[Checkpoint, ...]
    notes: tuple[str, ...]


def follow(asked: Asked, seen_since: SeenSince, shelves: Shelves) -> Followed:
    """Soil water of every parcel, each from the newest state that still stands for it.

    ``asked`` holds every irrigation, each counted once, and every reading of probes, meters and people: whenever one
    of them arrives, it counts. ``seen_since`` tells of photos, which count only in time.
    """
    first, last = asked.forcing.days[0].item(), asked.forcing.days[-1].item()
    asked = replace(asked, settings=_settled(asked))
    days = [day for day in shelves.checkpoints.days() if first - timedelta(days=1) <= day <= last]
    recent = [day for day in days if (last - day).days <= _RECENT_DAYS]
    search = _Search(asked)
    if recent:
        search.look_back(seen_since(recent[-1] - timedelta(days=SEEN_DAYS)))
        search.from_states(shelves.checkpoints, recent)
    ended: list[Checkpoint] = []
    if search.waiting.size:
        search.look_back(seen_since(first - timedelta(days=SEEN_DAYS)))
        search.from_states(shelves.checkpoints, days[len(recent) :])
        ended = search.from_the_start(shelves)
    history = joined([(places, part) for places, part, _ in search.parts], asked.forcing.notes)
    settings = asked.settings
    carried = carry(history.state, asked.parcels, seed=settings.seed, profile_depth_m=settings.profile_depth_m)
    lived = side_by_side([(places, part) for places, _, part in search.parts])
    return Followed(
        history=history,
        checkpoint=Checkpoint(carried=carried, lived=lived, engine=_arithmetic(settings)),
        ended=tuple(ended),
        notes=tuple(search.notes),
    )


class _Search:
    """Parcels that wait for a state to go on from, and the parts of the run that were found."""

    def __init__(self, asked: Asked) -> None:
        self._asked = replace(asked, forcing=replace(asked.forcing, notes=()))
        self._read = tuple(asked.observations)
        self._diary: Diary | None = None
        self.waiting: Indices = np.arange(len(asked.parcels))
        self.parts: list[tuple[Indices, WaterHistory, Lived]] = []
        self.notes: list[str] = []

    def look_back(self, seen: Sequence[Observation]) -> None:
        """Take what photos showed beside what was read."""
        asked = self._asked = replace(self._asked, observations=(*self._read, *seen))
        self._diary = diary_of(asked.parcels, asked.forcing, (*asked.events, *self._read), seen)

    def from_states(self, shelf: Shelf, days: Sequence[date]) -> None:
        """Let the waiting parcels go on from the newest states that stand for them."""
        for day in days:
            marks = shelf.marks(day) if self.waiting.size else None
            if marks is None or not self._made_alike(marks):
                continue
            places, rows = self._standing(marks, day)
            carried = shelf.water(day, rows) if places.size else None
            if carried is not None:
                begins = np.datetime64(day) + _DAY
                self._follow(places, carried, marks.lived.take(rows), begins)
                self.notes.append(f"water of {places.size} parcels goes on from the state of {day}")

    def from_the_start(self, shelves: Shelves) -> list[Checkpoint]:
        """Let those that still wait start; returned are the states in which an earlier season of theirs ended."""
        first = self._asked.forcing.days[0]
        ended: list[Checkpoint] = []
        taught = self._taught(shelves, ended)
        for places, carried in taught:
            self._follow(places, carried, Lived.nothing(places.size, first), first)
            self.notes.append(
                f"a season of {places.size} parcels starts with what they taught until {carried.state.day}"
            )
        if self.waiting.size:
            places = self.waiting
            self.notes.append(
                f"water of {places.size} parcels is followed from {first} on, the first day of the weather:"
                " no state kept of an earlier night stands for them"
            )
            self._follow(places, None, Lived.nothing(places.size, first), first)
        return ended

    def _taught(self, shelves: Shelves, ended: list[Checkpoint]) -> list[tuple[Indices, CarriedWater]]:
        """Waiting parcels with the newest state of a season of theirs that is over."""
        found: list[tuple[Indices, CarriedWater]] = []
        waiting = self.waiting
        days = [(day, True, shelves.seasons) for day in shelves.seasons.days()]
        days += [(day, False, shelves.checkpoints) for day in shelves.checkpoints.days()]
        for day, known, shelf in sorted(days, key=lambda one: one[:2], reverse=True):
            marks = shelf.marks(day) if waiting.size else None
            if marks is None or not self._of_like_members(marks):
                continue
            places, rows = self._over(waiting, marks, day)
            carried = shelf.water(day, rows) if places.size else None
            if carried is None:
                continue
            found.append((places, carried))
            waiting = np.setdiff1d(waiting, places)
            if not known:
                ended.append(Checkpoint(carried=carried, lived=marks.lived.take(rows), engine=marks.engine))
        return found

    def _over(self, waiting: Indices, marks: Marks, day: date) -> tuple[Indices, Indices]:
        """Those whose season in a state is another than today's, which begins after it."""
        rows = {one.parcel_id: row for row, one in enumerate(marks.parcels)}
        pairs = []
        for place in waiting.tolist():
            parcel = self._asked.parcels[place]
            row = rows.get(parcel.id)
            if row is None or parcel.planted_on is None or parcel.planted_on <= day:
                continue
            was, now = marks.parcels[row], described(parcel, day)
            if (was.planted_on, was.crop) != (now.planted_on, now.crop):
                pairs.append((place, row))
        return _columns(pairs)

    def _standing(self, marks: Marks, day: date) -> tuple[Indices, Indices]:
        """Those for which a state still stands, and their rows in it."""
        assert self._diary is not None
        rows = {one.parcel_id: row for row, one in enumerate(marks.parcels)}
        held = [(place, rows.get(self._asked.parcels[place].id, -1)) for place in self.waiting.tolist()]
        alike = [
            (place, row)
            for place, row in held
            if row >= 0 and marks.parcels[row] == described(self._asked.parcels[place], day)
        ]
        places, own = _columns(alike)
        if not places.size:
            return places, own
        holds = still_holds(marks.lived.take(own), self._diary, places, day)
        return places[holds], own[holds]

    def _made_alike(self, marks: Marks) -> bool:
        return self._of_like_members(marks) and marks.engine == _arithmetic(self._asked.settings)

    def _of_like_members(self, marks: Marks) -> bool:
        """Whether a state may teach a season: what it taught does not hang on the last digits."""
        settings = self._asked.settings
        members = 1 if settings.fixed_parameters else settings.members
        wanted = settings.seed, members, settings.profile_depth_m or 0.0
        return wanted == (marks.seed, marks.members, marks.profile_depth_m)

    def _follow(self, places: Indices, carried: CarriedWater | None, lived: Lived, begins: np.datetime64) -> None:
        asked, diary = self._asked, self._diary
        assert diary is not None
        own = [asked.parcels[place] for place in places.tolist()]
        forcing = asked.forcing.at(places)
        before = date.fromisoformat(str(begins - _DAY)) if carried is not None else date.min
        part = replace(
            asked,
            parcels=own,
            forcing=forcing,
            events=after(asked.events, own, before),
            observations=after(asked.observations, own, before),
            counted=True,
        )
        history = simulate_asked(part, carried)
        last = forcing.days[-1]
        self.parts.append(
            (places, history, lived_on(lived, diary, places, (begins, last)) if begins <= last else lived)
        )
        self.waiting = np.setdiff1d(self.waiting, places)


def _settled(asked: Asked) -> WaterSettings:
    """Settings with an engine that does not depend on how much of the season is followed anew."""
    settings = asked.settings
    members = 1 if settings.fixed_parameters else settings.members
    work = len(asked.parcels) * members * len(asked.forcing.days)
    return replace(settings, engine=settled(settings.engine, members, work))


def _arithmetic(settings: WaterSettings) -> str:
    return "numpy" if settings.engine == "numpy" else "numba"


def _columns(pairs: Sequence[tuple[int, int]]) -> tuple[Indices, Indices]:
    both: NDArray[np.intp] = np.array(pairs, dtype=np.intp).reshape(-1, 2)
    return both[:, 0], both[:, 1]


class _Nothing:
    def days(self) -> Sequence[date]:
        return ()

    def marks(self, day: date) -> None:
        """Nothing is kept of any day."""

    def water(self, day: date, rows: Indices) -> None:
        """As above."""


NO_STATES: Final = Shelves(checkpoints=_Nothing(), seasons=_Nothing())
"""Shelves of an installation that keeps no states."""
