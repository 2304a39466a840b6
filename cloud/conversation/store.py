"""What conversations need of a store of records, whoever opens it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Protocol

from cloud.conversation.reading import Heard, HeardText, KeptReading, SwapStep
from cloud.people.ties import Tie
from cloud.records import IrrigationEvent, Parcel
from cloud.replies import ToldIrrigation


class ConversationStore(Protocol):
    """A store that hears each text once."""

    def parcels(self) -> tuple[Parcel, ...]:
        """All parcels."""
        ...

    def unheard(self, limit: int) -> tuple[HeardText, ...]:
        """Texts that nobody has read yet, in the order in which they came in."""
        ...

    def keep_heard(self, text: HeardText, heard: Sequence[Heard], now: datetime) -> tuple[KeptReading, ...]:
        """Keep what a text was taken as, with all its effects, once: nothing where it was heard before."""
        ...

    def readings_of(self, farmer_ids: Collection[str], since: datetime) -> tuple[KeptReading, ...]:
        """What people said since a moment, oldest first."""
        ...

    def readings_meaning(self, meanings: Collection[str], since: datetime) -> tuple[KeptReading, ...]:
        """Texts of some meanings that came in since a moment, oldest first."""
        ...

    def told_irrigations(
        self, since: datetime, farmer_ids: Collection[str] | None = None
    ) -> tuple[ToldIrrigation, ...]:
        """Irrigations that reached people, told since a moment, oldest first."""
        ...

    def ties(self, farmer_id: str | None = None) -> tuple[Tie, ...]:
        """Who is tied to which parcels beside those whose file names them."""
        ...

    def meter_events(self, parcel_ids: Collection[str]) -> tuple[IrrigationEvent, ...]:
        """Irrigations that meters saw on some parcels, oldest first."""
        ...

    def refused(self, now: datetime) -> frozenset[str]:
        """Whose last word at a moment is that they want no messages."""
        ...

    def set_consent(  # noqa: PLR0913 -- a word has as many parts; each is named
        self,
        farmer_id: str,
        *,
        given: bool,
        how: str,
        by: str,
        at: datetime,
        wording: str | None = None,
        note: str = "",
    ) -> bool:
        """Keep a person's word on messages, once."""
        ...

    def swap_steps(self, since: date) -> tuple[SwapStep, ...]:
        """What was said of swaps of turns of a day and later, oldest first."""
        ...

    def notes_since(self, since: datetime) -> tuple[str, ...]:
        """What agronomists should know of texts heard since a moment."""
        ...

    def answer_counts(self) -> Iterable[tuple[str, float, float]]:
        """Of each farmer who answered: irrigations given (half ones half) and not given."""
        ...
