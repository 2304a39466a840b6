"""Whom a parcel's words are for: its own farmer, and those who own, work or watch it with them, until a day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, Self

from pydantic import model_validator

from cloud.records import Identifier, Language, Parcel, Record

Role = Literal["owner", "worker", "delegate"]


class Tie(Record):
    """One person and one parcel; ``until`` is the last day on which it holds."""

    farmer_id: Identifier
    parcel_id: Identifier
    role: Role
    told: bool = True
    since: date
    until: date | None = None

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        # One day before its beginning is a tie that was taken back on its first day.
        if self.until is not None and self.until < self.since - timedelta(days=1):
            raise ValueError(f"until {self.until} must not be before since {self.since}")
        if self.role == "delegate" and self.until is None:
            raise ValueError("a delegate needs until, the last day on which they stand in")
        return self

    def holds(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who is told about a parcel, and in which language."""

    farmer_id: str
    language: Language


def recipients_of(
    parcels: Sequence[Parcel],
    ties: Iterable[Tie],
    languages: Mapping[str, Language],
    *,
    day: date,
    erased: frozenset[str] = frozenset(),
) -> Mapping[str, tuple[Recipient, ...]]:
    """Who is told about each parcel on a day: its own farmer first, then those tied to it by id.

    What was recorded of a person outweighs the parcel's file: a tie of the parcel's own farmer that ended, or that is
    not told, silences them for this parcel; the language they asked for is the one they get. People whose data were
    erased are nobody's recipients. A parcel's own farmer who was never enrolled stays, so that somebody notices.
    """
    by_parcel: dict[str, list[Tie]] = {}
    for tie in ties:
        by_parcel.setdefault(tie.parcel_id, []).append(tie)
    return {
        parcel.id: tuple(
            Recipient(farmer_id=who, language=languages.get(who, otherwise))
            for who, otherwise in _told(parcel, by_parcel.get(parcel.id, []), day).items()
            if who not in erased
        )
        for parcel in parcels
    }


def _told(parcel: Parcel, ties: Sequence[Tie], day: date) -> dict[str, Language]:
    own = parcel.farmer
    told: dict[str, Language] = {} if own is None else {own.id: own.language}
    otherwise: Language = "ary" if own is None else own.language
    for tie in sorted(ties, key=lambda one: one.farmer_id):
        if tie.told and tie.holds(day):
            told.setdefault(tie.farmer_id, otherwise)
        elif own is not None and tie.farmer_id == own.id:
            told.pop(own.id, None)
    return told
