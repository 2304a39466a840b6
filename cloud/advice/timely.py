"""What of days gone by counts: photos that came in time, and every reading of the season, whenever it came."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Protocol

from cloud.advice.observe import OLDEST_DAYS, local_day, observe
from cloud.records import Observation, Parcel
from edge.contract import Detection


class Arrived(Protocol):
    """A detection and when it came in."""

    @property
    def detection(self) -> Detection:
        """What a camera said."""
        ...

    @property
    def received_at(self) -> datetime:
        """When it came in."""
        ...


def measured_in_season(
    observations: Iterable[Observation], parcels: Sequence[Parcel], first: date
) -> tuple[Observation, ...]:
    """Readings of the parcels from a first day on, and of what now grows there: not of the crop before it."""
    begins = {parcel.id: (parcel, max(first, parcel.planted_on or first)) for parcel in parcels}
    return tuple(
        one
        for one in observations
        if one.parcel_id in begins and local_day(one.observed_at, begins[one.parcel_id][0]) >= begins[one.parcel_id][1]
    )


def observed_before(arrived: Iterable[Arrived], parcels: Sequence[Parcel], day: date) -> tuple[Observation, ...]:
    """Observations of the days that the advice of ``day`` no longer looks at itself.

    A photo that came more than OLDEST_DAYS after it was taken never counted: the advice of its days was given without
    it, and it is only shown.
    """
    by_id = {parcel.id: parcel for parcel in parcels}
    by_day: dict[date, list[Detection]] = defaultdict(list)
    for one in arrived:
        parcel, taken_at = by_id.get(one.detection.parcel_id or ""), one.detection.taken_at
        if parcel is None or taken_at is None:
            continue
        taken = local_day(taken_at, parcel)
        late = (local_day(one.received_at, parcel) - taken).days
        if late <= OLDEST_DAYS < (day - taken).days:
            by_day[taken].append(one.detection)
    return tuple(one for taken in sorted(by_day) for one in observe(by_day[taken], parcels, taken)[0])
