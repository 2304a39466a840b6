"""What happened to parcels and was seen of them, sorted by the parcel's own local day."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from cloud.agronomy.assimilation.members import EVENT_SIGMA
from cloud.agronomy.assimilation.readings import merged
from cloud.irrigation_accounts import counted_once
from cloud.records import EventSource, IrrigationEvent, Observation, Parcel
from cloud.variables import Days, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """Irrigation and observations of P parcels over D days."""

    gross_mm: Floats
    """(D, P) gross depth of all events of a day together."""
    gross_sigma: Floats
    """(D, P) relative error of that depth."""
    observations: Mapping[int, Sequence[tuple[int, Observation]]]
    """Row of a day: (place of the parcel, observation)."""
    reporters: Mapping[int, Mapping[int, EventSource]]
    """Row of a day: place of the parcel: who told the last irrigation of that day."""
    notes: tuple[str, ...]

    def too_early(self, parcel_ids: Sequence[str], first_row: NDArray[np.intp]) -> tuple[str, ...]:
        """One line for each parcel that was irrigated or observed on days before its first row."""
        seen = np.zeros(len(parcel_ids), dtype=np.int64)
        for row, group in self.observations.items():
            places = np.array([place for place, _ in group], dtype=np.intp)
            np.add.at(seen, places[row < first_row[places]], 1)
        early = np.arange(len(self.gross_mm))[:, None] < first_row
        watered = ((self.gross_mm > 0.0) & early).sum(axis=0)
        lines = [
            f"parcel {parcel_ids[place]}: {watered[place]} days of irrigation and {seen[place]} observations before its"
            " first row were not used; give initial_depletion_mm instead"
            for place in np.flatnonzero((watered > 0) | (seen > 0)).tolist()
        ]
        return tuple(lines)


def inbox_of(
    parcels: Sequence[Parcel],
    days: Days,
    events: Sequence[IrrigationEvent],
    observations: Sequence[Observation],
    *,
    counted: bool = False,
) -> Inbox:
    """Events and observations on the local day of their start; those outside the days are named in the notes.

    Several accounts of one irrigation count once, unless they were ``counted`` already: a second time two irrigations
    may be taken for one.
    """
    places = {parcel.id: place for place, parcel in enumerate(parcels)}
    zones = {parcel.id: ZoneInfo(parcel.timezone) for parcel in parcels}
    gross, error = np.zeros((len(days), len(parcels))), np.zeros((len(days), len(parcels)))
    events, told_again = (tuple(events), ()) if counted else counted_once(events)
    notes, outside = list(told_again), _Outside([])

    def row_of(parcel_id: str, at: datetime, what: str) -> int | None:
        if parcel_id not in places:
            notes.append(f"{what}: parcel {parcel_id} is not among the parcels; it was not used")
            return None
        row = int((np.datetime64(at.astimezone(zones[parcel_id]).date()) - days[0]).astype(np.int64))
        if 0 <= row < len(days):
            return row
        outside.told.append((what, parcel_id, at))
        return None

    reporters: dict[int, dict[int, EventSource]] = defaultdict(dict)
    watered: dict[tuple[int, int], list[tuple[datetime, float]]] = defaultdict(list)
    for event in events:
        row = row_of(event.parcel_id, event.started_at, "irrigation")
        if row is not None:
            reporters[row][places[event.parcel_id]] = event.source
            place = places[event.parcel_id]
            watered[row, place].append((event.started_at, event.depth_mm))
            gross[row, place] += event.depth_mm
            error[row, place] += event.depth_mm * (event.sigma_fraction or EVENT_SIGMA[event.source])
    groups: dict[tuple[int, int], list[Observation]] = defaultdict(list)
    for observation in sorted(observations, key=lambda one: one.observed_at):
        row = row_of(observation.parcel_id, observation.observed_at, f"observation {observation.kind}")
        if row is not None:
            groups[row, places[observation.parcel_id]].append(observation)
    by_row: dict[int, list[tuple[int, Observation]]] = defaultdict(list)
    for (row, place), group in groups.items():
        by_row[row].extend((place, one) for one in merged(group, watered[row, place]))
    with np.errstate(invalid="ignore"):
        sigma = np.where(gross > 0.0, error / np.where(gross > 0.0, gross, 1.0), 0.0)
    return Inbox(
        gross_mm=gross,
        gross_sigma=sigma,
        observations=dict(by_row),
        reporters=dict(reporters),
        notes=(*notes, *outside.lines()),
    )


@dataclass(frozen=True, slots=True)
class _Outside:
    """What was told of days that the weather does not have: what it is, of which parcel, when."""

    told: list[tuple[str, str, datetime]]

    def lines(self) -> tuple[str, ...]:
        """One line for the irrigations and one for the observations, with their number where there are several."""
        groups: dict[str, list[tuple[str, str, datetime]]] = defaultdict(list)
        for one in self.told:
            groups[one[0].split()[0]].append(one)
        return tuple(_outside_line(name, group) for name, group in groups.items())


def _outside_line(name: str, group: Sequence[tuple[str, str, datetime]]) -> str:
    if len(group) == 1:
        ((what, parcel_id, at),) = group
        return f"{what}: parcel {parcel_id}: {at.isoformat()} is outside the weather's days; it was not used"
    parcels = sorted({parcel_id for _, parcel_id, _ in group})
    whose = f"parcel {parcels[0]}" if len(parcels) == 1 else f"{len(parcels)} parcels"
    moments = [at for _, _, at in group]
    return (
        f"{name}: {whose}: {len(group)} between {min(moments).date()} and {max(moments).date()} are outside the"
        " weather's days; they were not used"
    )
