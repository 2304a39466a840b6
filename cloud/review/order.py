"""What a person asks for, as it was typed."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from cloud.errors import InputError
from cloud.review.word import Act

# Nine digits or more, as people group them; a date has eight.
_LONG_NUMBER: Final = re.compile(r"\+?\d(?:[ .()-]?\d){8,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One act on some parcels of a day."""

    act: Act
    parcel_ids: tuple[str, ...]
    by: str
    why: str
    day: date | None = None
    """None for each parcel's own latest verdict."""
    depth_mm: float | None = None
    starts_at: datetime | None = None
    correct: bool = False
    """Put another dose in the place of one that a person gave."""

    def __post_init__(self) -> None:
        """Refuse an order that cannot be meant."""
        if (self.depth_mm is None) != (self.act != "override"):
            raise InputError(f"{self.act}: expected a depth with override and only there; correct --depth")
        if _LONG_NUMBER.search(self.why) or _LONG_NUMBER.search(self.by):
            raise InputError("--why: expected words without a telephone number, got one; leave it out")
