"""What the night reads of its store, and within which days it looks: the same for a night and for its replay."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Protocol

import xarray as xr

from cloud.advice.timely import Arrived, measured_in_season, observed_before
from cloud.agronomy.carrying.checkpoints import SeenSince
from cloud.records import IrrigationEvent, Observation, Parcel, Verdict
from edge.contract import Detection

DETECTION_DAYS: Final = 7
"""How far back photos are looked up; the day itself assimilates only fresh ones, older ones are shown."""
HISTORY_DAYS: Final = 14
"""How far back the judge compares with what was said before; today's own verdicts are no history."""


class NightReads(Protocol):
    """What the day is decided from, whoever holds it."""

    def parcels(self) -> tuple[Parcel, ...]:
        """All parcels."""
        ...

    def events(self) -> tuple[IrrigationEvent, ...]:
        """All irrigations."""
        ...

    def observations(self, since: datetime, until: datetime) -> tuple[Observation, ...]:
        """Readings of probes, meters and people between two moments."""
        ...

    def detections(self, since: datetime, until: datetime) -> tuple[Detection, ...]:
        """What cameras said between two moments."""
        ...

    def detections_taken(self, since: datetime, until: datetime) -> Sequence[Arrived]:
        """What cameras said, by the time of their photos, and when it came in."""
        ...

    def verdicts(self, day: date | None) -> tuple[Verdict, ...]:
        """Verdict of each parcel on a day."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """From where a night looks at its records."""

    day: date
    moment: datetime
    """Nothing from after it is seen."""
    first: date
    """First day of the weather."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NightRecords:
    """The records that the day is decided from."""

    parcels: tuple[Parcel, ...]
    events: tuple[IrrigationEvent, ...]
    observations: tuple[Observation, ...]
    detections: tuple[Detection, ...]
    history: tuple[Verdict, ...]
    seen_since: SeenSince


def look_of(day: date, now: datetime, weather: xr.Dataset) -> Look:
    """The look of a night; back at a day gone by, it sees what that day saw."""
    moment = min(now, datetime.combine(day + timedelta(days=2), time.min, UTC))
    return Look(day=day, moment=moment, first=weather["time"].values[0].astype("datetime64[D]").item())


def records_of(reads: NightReads, parcels: tuple[Parcel, ...], look: Look) -> NightRecords:
    """Everything of the store that the advice of a day rests on."""
    since = look.moment - timedelta(days=DETECTION_DAYS)
    readings = reads.observations(datetime.combine(look.first - timedelta(days=1), time.min, UTC), look.moment)

    def seen_since(first: date) -> Sequence[Observation]:
        begins = datetime.combine(first - timedelta(days=1), time.min, UTC)
        return observed_before(reads.detections_taken(begins, look.moment), parcels, look.day)

    return NightRecords(
        parcels=parcels,
        events=reads.events(),
        observations=measured_in_season(readings, parcels, look.first),
        detections=reads.detections(since, look.moment),
        history=tuple(
            verdict
            for back in range(HISTORY_DAYS, 0, -1)
            for verdict in reads.verdicts(look.day - timedelta(days=back))
        ),
        seen_since=seen_since,
    )
