"""What the night needs of a store of records and of a keeper of water states, whoever opens them."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Protocol

from cloud.advice.inputs import DayInputs
from cloud.agronomy.carrying.checkpoints import Checkpoint, Shelves
from cloud.conversation.store import ConversationStore
from cloud.night_reads import Look, NightReads
from cloud.night_words import WordsStore
from cloud.records import IrrigationEvent, Verdict
from cloud.sensing.taking import SensedStore
from cloud.water_day import Spread, WaterDay


class NightStore(NightReads, ConversationStore, WordsStore, SensedStore, Protocol):
    """What the night needs of a store."""

    def save_day(self, day: date, water: Iterable[WaterDay], verdicts: Sequence[Verdict]) -> None:
        """Keep what the day said."""
        ...

    def save_spreads(self, spreads: Iterable[Spread]) -> None:
        """Keep why the last days are uncertain."""
        ...

    def add_events(self, events: Sequence[IrrigationEvent]) -> None:
        """Keep irrigations; the same one again changes nothing."""
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


class ReplayKeeper(Protocol):
    """Keeps what a night rested on, so that it can be decided again."""

    def pinned(self) -> NightReads:
        """The store as it stands at this entry of its ledger, whatever is written meanwhile."""
        ...

    def remember(self, day: DayInputs, look: Look, learned: bytes | None = None) -> DayInputs:
        """The day with the digest of what it rests on among its inputs; nothing is written yet.

        ``learned`` is the file of what the judge knows of released advice.
        """
        ...

    def keep(self) -> tuple[str, ...]:
        """Write what was remembered; a line about what is kept, none where nobody was advised."""
        ...
