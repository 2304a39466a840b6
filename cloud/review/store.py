"""What the review needs of a store of records, whoever opens it."""

from datetime import date
from typing import Protocol

from cloud.messages import Farmer, Message
from cloud.night_store import NightStore
from cloud.records import Verdict
from cloud.review.word import Signature, SignedWord, Word


class ReviewStore(NightStore, Protocol):
    """A store that keeps what people said beside what the nights said."""

    def withheld(self, since: date) -> tuple[Verdict, ...]:
        """Verdicts that keep something back on a day or later."""
        ...

    def verdict_of(self, parcel_id: str) -> Verdict | None:
        """Latest verdict of one parcel."""
        ...

    def verdict_on(self, parcel_id: str, day: date) -> Verdict | None:
        """Latest verdict of one parcel on one day."""
        ...

    def farmer(self, farmer_id: str) -> Farmer | None:
        """One person by id."""
        ...

    def reviewer_mark(self, name: str) -> str:
        """Keyed mark of a person who decides [64 hex digits]."""
        ...

    def words(self, since: date) -> tuple[SignedWord, ...]:
        """What people said about verdicts of a day and later, oldest first."""
        ...

    def keep_word(
        self, word: Word, signature: Signature, *, verdict: Verdict | None, message: Message | None
    ) -> str | None:
        """Keep a word with the verdict and the text that it led to, all or nothing; the name of the text."""
        ...
