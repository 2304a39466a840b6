"""What the advisor hears of the water of a day: meters, answers, and the product's own presumption of the rest."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Final

import numpy as np

from cloud.presumption import METERED_WITHIN, presumed_irrigations
from cloud.records import IrrigationEvent, Parcel
from cloud.replies import PRIOR_DENIED, PRIOR_DONE, Answers, ToldIrrigation
from cloud.variables import Floats
from simulations.closed_loop.farmers import Done

IRRIGATED_AT: Final = time(7, 0)
_TOLD_AT: Final = time(6, 0)


class Telling:
    """Accounts of the water of all fields; told irrigations that nobody speaks of are presumed as in a night's run."""

    def __init__(self, parcels: Sequence[Parcel]) -> None:
        self._parcels = tuple(parcels)
        self._by_id = {parcel.id: parcel for parcel in parcels}
        self._done, self._denied = np.zeros(len(parcels)), np.zeros(len(parcels))
        self._recent: list[IrrigationEvent] = []

    def events(self, done: Done, told_mm: Floats, *, replies: bool = True) -> list[IrrigationEvent]:
        """Accounts of one day on which ``told_mm`` (F,) were told; without ``replies`` nobody answers."""
        heard = [one for place in range(len(self._parcels)) for one in self._heard(done, place, replies=replies)]
        oldest = datetime.combine(done.day, IRRIGATED_AT, UTC) - METERED_WITHIN
        self._recent = [*(one for one in self._recent if one.started_at >= oldest), *heard]
        answers = [self._answers(done, int(place), float(told_mm[place])) for place in np.flatnonzero(told_mm > 0.0)]
        tomorrow = done.day + timedelta(days=1)
        presumed = presumed_irrigations(answers, self._recent, self._by_id, tomorrow)
        return [*heard, *presumed]

    def _heard(self, done: Done, place: int, *, replies: bool) -> list[IrrigationEvent]:
        metered, answer = float(done.metered_mm[place]), int(done.answered[place])
        found = []
        if np.isfinite(metered) and metered > 0.0:
            found.append(self._event(done, place, metered, metered=True))
        if replies and answer:
            self._done[place] += answer > 0
            self._denied[place] += answer < 0
            found.append(self._event(done, place, float(np.nan_to_num(done.answered_mm[place])), metered=False))
        return found

    def _event(self, done: Done, place: int, depth_mm: float, *, metered: bool) -> IrrigationEvent:
        return IrrigationEvent(
            parcel_id=self._parcels[place].id,
            started_at=datetime.combine(done.day, IRRIGATED_AT, UTC),
            depth_mm=round(depth_mm, 2),
            source="meter" if metered else "reply",
        )

    def _answers(self, done: Done, place: int, depth_mm: float) -> Answers:
        """The farmer of a field, with the irrigation that was told for the day."""
        given, all_told = PRIOR_DONE + self._done[place], PRIOR_DONE + PRIOR_DENIED
        told = ToldIrrigation(
            parcel_id=self._parcels[place].id,
            queued_at=datetime.combine(done.day, _TOLD_AT, UTC),
            begin=datetime.combine(done.day, IRRIGATED_AT, UTC),
            depth_mm=depth_mm,
        )
        compliance = float(given / (all_told + self._done[place] + self._denied[place]))
        return Answers(events=(), silenced=False, notes=(), told=(told,), compliance=compliance)
