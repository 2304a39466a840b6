"""What became of an order, parcel by parcel."""

from dataclasses import dataclass, field
from typing import Literal

from cloud.records import Recommendation

State = Literal["decided", "awaits_second", "kept_held", "rejected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What became of one parcel."""

    parcel_id: str
    state: State
    recommendation: Recommendation
    message_id: str | None = None
    """The text that was queued; None where nothing is told."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of an order, parcel by parcel, and what somebody should know."""

    decided: list[Decided] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
