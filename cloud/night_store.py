"""What the night needs of a store of records and of a keeper of water states, whoever opens them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Protocol

from cloud.advice.timely import Arrived
from cloud.agronomy.carrying.checkpoints import Checkpoint, Shelves
from cloud.messages import Inbound, Message
from cloud.records import IrrigationEvent, Observation, Parcel, Verdict
from cloud.replies import SaidMessage
from cloud.water_day import Spread, WaterDay
from edge.contract import Detection


class NightStore(Protocol):
    """What the night needs of a store."""

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

    def verdicts(self, day: date | None) -> tuple[Verdict, ...]:
        """Verdict of each parcel on a day."""
        ...

    def detections_taken(self, since: datetime, until: datetime) -> Sequence[Arrived]:
        """What cameras said, by the time of their photos, and when it came in."""
        ...

    def save_day(self, day: date, water: Iterable[WaterDay], verdicts: Sequence[Verdict]) -> None:
        """Keep what the day said."""
        ...

    def save_spreads(self, spreads: Iterable[Spread]) -> None:
        """Keep why the last days are uncertain."""
        ...

    def add_events(self, events: Sequence[IrrigationEvent]) -> None:
        """Keep irrigations; the same one again changes nothing."""
        ...

    def inbound_of(self, farmer_id: str) -> Sequence[Inbound]:
        """What a farmer wrote, oldest first."""
        ...

    def message_log(self) -> Sequence[SaidMessage]:
        """Every message and how far it came."""
        ...

    def queue_message(self, message: Message, *, verdict_digest: str, now: datetime) -> str:
        """Queue a text for its farmer, once."""
        ...


class StateKeeper(Protocol):
    """Where the water of the nights is kept, so that the next one goes on from it."""

    @property
    def shelves(self) -> Shelves:
        """Where the day looks for states."""
        ...

    @property
    def troubles(self) -> Sequence[str]:
        """States that could not be used, one line each."""
        ...

    def keep(self, checkpoint: Checkpoint, ended: Sequence[Checkpoint]) -> str:
        """Keep the state of a day and those in which seasons ended; one line about what is kept."""
        ...
