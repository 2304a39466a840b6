"""What a person asks for, as it was typed."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from cloud.errors import InputError
from cloud.review.word import Act

# Eight digits or more, as people group them; dates and times aside.
_LONG_NUMBER: Final = re.compile(r"\d(?:[\s.()/_\-]{0,3}\d){7,}")
_DATE: Final = re.compile(
    r"(?<!\d)(?:(?:19|20)\d\d-[01]\d-[0-3]\d|[0-3]?\d[./-][01]?\d[./-](?:19|20)\d\d)"
    r"(?:(?:T|\s+)[0-2]?\d[:.h][0-5]\d)?(?![\d+])"
)


def holds_number(text: str) -> bool:
    """Whether a text holds a telephone number, however it is spaced."""
    seen = (one for one in unicodedata.normalize("NFKC", text) if unicodedata.category(one) != "Cf")
    plain = "".join("-" if unicodedata.category(one) == "Pd" else one for one in seen)
    return _LONG_NUMBER.search(_DATE.sub("date", plain)) is not None


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
        if holds_number(self.why) or holds_number(self.by):
            raise InputError("--why: expected words without a telephone number, got one; leave it out")
