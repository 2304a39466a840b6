"""Which states of the water a night could not have done without: these are kept beside its inputs.

A state stands for the days behind it, and whoever has their weather needs no state (``checkpoints``). But a file of
weather may begin later than a state's season did: then no record tells what was before, and the rows that were used are
kept. What ended seasons taught is kept whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from cloud.agronomy.carrying.carried import CarriedWater, Described
from cloud.agronomy.carrying.checkpoints import Checkpoint, Marks, Shelf
from cloud.records import Parcel
from cloud.variables import Indices


@dataclass(slots=True, kw_only=True)
class WatchedShelf:
    """A shelf that remembers what was taken from it and cannot be made anew from the weather of the night."""

    shelf: Shelf
    parcels: Mapping[str, Parcel]
    first: date
    """First day of the weather."""
    needed: list[Checkpoint] = field(default_factory=list)
    _read: tuple[date, Marks] | None = None
    """Of the state that was read last: whoever takes water has just looked at its marks."""

    def days(self) -> Sequence[date]:
        """Days of the states, newest first."""
        return self.shelf.days()

    def marks(self, day: date) -> Marks | None:
        """What the state of a day is known by."""
        marks = self.shelf.marks(day)
        self._read = None if marks is None else (day, marks)
        return marks

    def water(self, day: date, rows: Indices) -> CarriedWater | None:
        """Some rows of the state of a day."""
        carried = self.shelf.water(day, rows)
        if carried is not None and self._read is not None and self._read[0] == day:
            marks = self._read[1]
            lived = marks.lived.take(rows)
            own = [
                place
                for place, described in enumerate(carried.parcels)
                if self._is_needed(described, lived.since[place].item())
            ]
            if own:
                index = np.array(own, dtype=np.intp)
                self.needed.append(
                    Checkpoint(carried=carried.take(index), lived=lived.take(index), engine=marks.engine)
                )
        return carried

    def _is_needed(self, described: Described, since: date) -> bool:
        parcel = self.parcels.get(described.parcel_id)
        if parcel is None or parcel.planted_on != described.planted_on:
            # What an ended season taught is kept whole, on the shelf of the seasons.
            return False
        return since < self.first and (parcel.planted_on is None or parcel.planted_on < self.first)
