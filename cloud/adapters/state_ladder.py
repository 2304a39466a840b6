"""The water states that an installation keeps: the last days, the first days of months, and where seasons ended.

All of them can be made anew from the records, save what seasons taught whose weather is gone: those are never pruned.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
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
from cloud.errors import CloudError, InputError
from cloud.variables import Indices

FOLDER: Final = "water-states"
_SEASONS: Final = "seasons"
_NAME: Final = re.compile(r"(\d{4}-\d{2}-\d{2})\.nc", re.ASCII)
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
        try:
            days = [day for path in self.folder.glob("*.nc") if (day := self._day_of(path)) is not None]
        except OSError as error:
            self.tell(f"{self.folder}: the water states cannot be listed ({error.strerror or error}); none is used")
            return []
        return sorted(days, reverse=True)

    def _day_of(self, path: Path) -> date | None:
        """Day that a file's name says; None for other names, and told, for what is no file."""
        name = _NAME.fullmatch(path.name)
        try:
            day = None if name is None else date.fromisoformat(name.group(1))
        except ValueError:
            return None
        if day is not None and not path.is_file():
            self.tell(f"{path.name}: expected a water state, got no file; not used")
            return None
        return day

    def path(self, day: date) -> Path:
        """File of a day."""
        return self.folder / f"{day}.nc"

    def marks(self, day: date) -> Marks | None:
        """What the state of a day is known by; None, told, where it cannot serve."""
        try:
            marks, version = read_marks(self.path(day))
        except InputError as error:
            self.tell(str(error))
            return None
        if self.code_version is not None and version != self.code_version:
            self.tell(f"water state of {day}: was made by version {version}, this is {self.code_version}; not used")
            return None
        return marks

    def water(self, day: date, rows: Indices) -> CarriedWater | None:
        """Some rows of the state of a day; None, told, where it is damaged."""
        try:
            carried = read_rows(self.path(day), rows)
        except InputError as error:
            self.tell(str(error))
            return None
        if carried.state.day != day:
            self.tell(f"{self.path(day).name}: expected the water state of its day, got that of {carried.state.day}")
            return None
        return carried

    def keep(self, checkpoint: Checkpoint, code_version: str) -> None:
        """Keep a state under its day."""
        write_checkpoint(self.path(checkpoint.carried.state.day), checkpoint, code_version)

    def drop(self, days: Sequence[date]) -> None:
        """Let states go; one that cannot go is told."""
        for day in days:
            try:
                self.path(day).unlink(missing_ok=True)
            except OSError as error:
                self.tell(f"{self.path(day)}: the water state cannot be let go ({error.strerror or error})")

    def size_bytes(self, days: Sequence[date]) -> int:
        """What states take on disk; one that is gone takes nothing."""
        total = 0
        for day in days:
            with suppress(OSError):
                total += self.path(day).stat().st_size
        return total

    def set_aside(self, day: date) -> None:
        """Move a state that cannot be read out of a new one's way; what it taught is not thrown away."""
        path = self.path(day)
        try:
            path.replace(path.with_name(f"{path.name}.damaged"))
        except OSError as error:
            self.tell(f"{path}: the water state cannot be set aside ({error.strerror or error})")

    def tell(self, line: str) -> None:
        """Name a state that could not be used, once."""
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
            self._keep_season(one)
        if self.states_kept:
            self.checkpoints.keep(checkpoint, self.code_version)
        kept = self._worth_keeping(self.checkpoints.days())
        self.checkpoints.drop([day for day in self.checkpoints.days() if day not in kept])
        size = self.checkpoints.size_bytes(sorted(kept)) / _MEGABYTE
        return f"water states kept: {len(kept)}, {size:.1f} MB"

    def _worth_keeping(self, days: Sequence[date]) -> set[date]:
        months: dict[tuple[int, int], date] = {(day.year, day.month): day for day in days}
        firsts = sorted(months.values(), reverse=True)[: self.monthly_states_kept] if self.states_kept else []
        return {*days[: self.states_kept], *firsts}

    def _keep_season(self, one: Checkpoint) -> None:
        """Keep a state in which seasons ended; one that cannot be kept hinders no other."""
        try:
            self.seasons.keep(self._with_the_others(one), self.code_version)
        except CloudError as error:
            self.seasons.tell(str(error))

    def _with_the_others(self, one: Checkpoint) -> Checkpoint:
        """A state in which seasons ended beside what is kept of that day already."""
        day = one.carried.state.day
        path = self.seasons.path(day)
        if not path.exists():
            return one
        try:
            held = Checkpoint(carried=read_state(path).carried, lived=read_marks(path)[0].lived, engine=one.engine)
            _check_alike(path.name, held, one)
        except InputError as error:
            self.seasons.tell(f"{error} (set aside as {path.name}.damaged)")
            self.seasons.set_aside(day)
            return one
        new = {described.parcel_id for described in one.carried.parcels}
        others = [row for row, described in enumerate(held.carried.parcels) if described.parcel_id not in new]
        return _beside(held, np.array(others, dtype=np.intp), one)


def _check_alike(name: str, held: Checkpoint, one: Checkpoint) -> None:
    """Refuse a kept state of other members: side by side the two would be read as one."""
    found, wanted = (
        (whole.carried.state.day, whole.carried.state.depletion_mm.shape[1], whole.carried.state.claims.shape[1])
        for whole in (held, one)
    )
    if found != wanted:
        raise InputError(
            f"{name}: expected a water state of {wanted[0]} with {wanted[1]} members, got one of {found[0]} with"
            f" {found[1]}; what seasons taught starts anew"
        )


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
