"""What a person says of a verdict: approve it, give another dose, keep it held, or reject it."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from cloud.bounds import NonNegative
from cloud.records import Identifier, Record, Verdict

Act = Literal["approve", "override", "hold", "reject"]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Word(Record):
    """One person's word on one verdict of the judge; the name and the reason are sealed beside it."""

    parcel_id: Identifier
    day: date
    held: Digest
    """The judge's verdict that the person saw."""
    act: Act
    depth_mm: NonNegative | None = None
    """Gross dose that an override gives [mm]; 0 is a wait."""
    starts_at: AwareDatetime | None = None
    reviewer: Digest
    """Keyed mark of the person: equal for one person, and no name."""
    decided_at: AwareDatetime
    final: bool
    """False where it waits for a second person, or keeps the verdict held."""
    verdict: Digest | None = None
    """The verdict that it led to."""

    @property
    def subject(self) -> tuple[Act, float | None, AwareDatetime | None]:
        """What two people must agree on."""
        return self.act, self.depth_mm, self.starts_at


class JudgeLimits(Record):
    """Limits that a person put in force."""

    version: Annotated[int, Field(ge=1)]
    factors: dict[str, float]
    """How many times as wide each limit is as it was designed."""
    proposal: Digest
    """The proposal that they follow from."""
    reviewer: Digest
    applied_at: AwareDatetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who said it and why; encrypted at rest."""

    by: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedWord:
    """A word with its signature and the verdict it was about."""

    word: Word
    signature: Signature
    held: Verdict
