"""The water states that an installation keeps: the last days, the first days of months, and where seasons ended.

All of them can be made anew from the records, save what seasons taught whose weather is gone: those are never pruned.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final, Self

import numpy as np

from cloud.adapters.water_states import read_marks, read_rows, read_state, write_checkpoint
from cloud.agronomy.carrying.carried import CarriedWater
from cloud.agronomy.carrying.checkpoints import Checkpoint, Marks, Shelves
from cloud.agronomy.carrying.lived import Lived, side_by_side
from cloud.agronomy.carrying.parting import states_side_by_side
from cloud.errors import InputError
from cloud.variables import Indices

FOLDER: Final = "water-states"
_SEASONS: Final = "seasons"
_NAME: Final = re.compile(r"^(\d{4}-\d{2}-\d{2})\.nc$")
_MEGABYTE: Final = 1e6


@dataclass(slots=True, kw_only=True)
class Rung:
    """States of different days in one folder, a file for each day."""

    folder: Path
    code_version: str | None
    """Only states of this version serve; None for any."""
    troubles: list[str] = field(default_factory=list)
    """States that could not be used, one line each."""

    def days(self) -> Sequence[date]:
        """Days of the states, newest first."""
        names = [_NAME.match(path.name) for path in self.folder.glob("*.nc")] if self.folder.is_dir() else []
        return sorted((date.fromisoformat(name.group(1)) for name in names if name is not None), reverse=True)

    def path(self, day: date) -> Path:
        """File of a day."""
        return self.folder / f"{day}.nc"

    def marks(self, day: date) -> Marks | None:
        """What the state of a day is known by; None, told, where it cannot serve."""
        try:
            marks, version = read_marks(self.path(day))
        except InputError as error:
            self._tell(str(error))
            return None
        if self.code_version is not None and version != self.code_version:
            self._tell(f"water state of {day}: was made by version {version}, this is {self.code_version}; not used")
            return None
        return marks

    def water(self, day: date, rows: Indices) -> CarriedWater | None:
        """Some rows of the state of a day; None, told, where it is damaged."""
        try:
            return read_rows(self.path(day), rows)
        except InputError as error:
            self._tell(str(error))
            return None

    def keep(self, checkpoint: Checkpoint, code_version: str) -> None:
        """Keep a state under its day."""
        write_checkpoint(self.path(checkpoint.carried.state.day), checkpoint, code_version)

    def drop(self, days: Sequence[date]) -> None:
        """Let states go."""
        for day in days:
            self.path(day).unlink(missing_ok=True)

    def _tell(self, line: str) -> None:
        if line not in self.troubles:
            self.troubles.append(line)


@dataclass(frozen=True, slots=True, kw_only=True)
class StateLadder:
    """The states of one installation."""

    checkpoints: Rung
    seasons: Rung
    states_kept: int
    monthly_states_kept: int
    code_version: str

    @classmethod
    def in_folder(cls, data_dir: Path, *, code_version: str, states_kept: int, monthly_states_kept: int) -> Self:
        """The ladder of an installation's data folder."""
        folder = data_dir / FOLDER
        return cls(
            checkpoints=Rung(folder=folder, code_version=code_version),
            seasons=Rung(folder=folder / _SEASONS, code_version=None),
            states_kept=states_kept,
            monthly_states_kept=monthly_states_kept,
            code_version=code_version,
        )

    @property
    def shelves(self) -> Shelves:
        """Where the day looks for states."""
        return Shelves(checkpoints=self.checkpoints, seasons=self.seasons)

    def forget(self) -> int:
        """Let every checkpoint go, but not what seasons taught; how many there were."""
        days = self.checkpoints.days()
        self.checkpoints.drop(days)
        return len(days)

    @property
    def troubles(self) -> tuple[str, ...]:
        """States that could not be used, one line each."""
        return (*self.checkpoints.troubles, *self.seasons.troubles)

    def keep(self, checkpoint: Checkpoint, ended: Sequence[Checkpoint]) -> str:
        """Keep the state of a day and those in which seasons ended, let old ones go; one line about what is kept."""
        for one in ended:
            self.seasons.keep(self._with_the_others(one), self.code_version)
        if self.states_kept:
            self.checkpoints.keep(checkpoint, self.code_version)
        kept = self._worth_keeping(self.checkpoints.days())
        self.checkpoints.drop([day for day in self.checkpoints.days() if day not in kept])
        size = sum(self.checkpoints.path(day).stat().st_size for day in kept) / _MEGABYTE
        return f"water states kept: {len(kept)}, {size:.1f} MB"

    def _worth_keeping(self, days: Sequence[date]) -> set[date]:
        months: dict[tuple[int, int], date] = {(day.year, day.month): day for day in days}
        firsts = sorted(months.values(), reverse=True)[: self.monthly_states_kept] if self.states_kept else []
        return {*days[: self.states_kept], *firsts}

    def _with_the_others(self, one: Checkpoint) -> Checkpoint:
        """A state in which seasons ended beside what is kept of that day already."""
        path = self.seasons.path(one.carried.state.day)
        if not path.exists():
            return one
        held = Checkpoint(carried=read_state(path).carried, lived=read_marks(path)[0].lived, engine=one.engine)
        new = {described.parcel_id for described in one.carried.parcels}
        others = [row for row, described in enumerate(held.carried.parcels) if described.parcel_id not in new]
        return _beside(held, np.array(others, dtype=np.intp), one)


def _beside(held: Checkpoint, others: Indices, one: Checkpoint) -> Checkpoint:
    first, second = held.carried.take(others), one.carried
    places = np.arange(others.size), others.size + np.arange(len(second.parcels))
    parts: list[tuple[Indices, Lived]] = [(places[0], held.lived.take(others)), (places[1], one.lived)]
    return Checkpoint(
        carried=CarriedWater(
            state=states_side_by_side([(places[0], first.state), (places[1], second.state)]),
            parcels=(*first.parcels, *second.parcels),
            seed=second.seed,
            profile_depth_m=second.profile_depth_m,
        ),
        lived=side_by_side(parts),
        engine=one.engine,
    )
