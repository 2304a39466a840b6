"""A share of right answers or of done things, with an interval that knows that one person's answers hang together."""

from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

import numpy as np

from cloud.variables import Floats

NO_DATA: Final = "no data"
_Z: Final = 1.959964
"""Normal quantile of a two-sided 95 % interval."""
LEAST_LIKENESS: Final = 0.2
"""Correlation of two answers of one person that is assumed at least, by judgement: few people cannot show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share with its 95 % interval, of how many things and people."""

    value: float
    low: float
    high: float
    count: int
    """Things asked or told."""
    people: int

    @property
    def rounded(self) -> tuple[float, float, float]:
        """Share and interval to four digits."""
        return round(self.value, 4), round(self.low, 4), round(self.high, 4)


def share_object(share: Share | None) -> dict[str, Any] | None:
    """A share as other programs read it; None where there are no data."""
    if share is None:
        return None
    value, low, high = share.rounded
    return {"value": value, "low": low, "high": high, "count": share.count, "people": share.people}


def share_text(share: Share | None) -> str:
    """A share for people."""
    if share is None:
        return NO_DATA
    return f"{100 * share.value:.1f} % [{100 * share.low:.1f}, {100 * share.high:.1f}] of {share.count}"


def share_of(right: Floats, asked: Floats, *, likeness: float = LEAST_LIKENESS) -> Share | None:
    """Share of ``right`` (people,) in ``asked`` (people,); None where nothing was asked.

    Wilson's interval (1927, doi:10.1080/01621459.1927.10502953) on the effective number of answers: their number over
    the design effect (Kish 1965), the greater of the one seen between people and the one of an intra-person
    correlation of ``likeness``, and never beyond one answer a person.
    """
    told = asked > 0.0
    right, asked = right[told], asked[told]
    count, people = float(asked.sum()), int(told.sum())
    if not people:
        return None
    value = float(right.sum()) / count
    mean = count / people
    assumed = 1.0 + (float((asked**2).sum()) / count - 1.0) * likeness
    effect = min(max(_seen_effect(right, asked, value), assumed, 1.0), max(mean, 1.0))
    low, high = wilson(value, count / effect)
    return Share(value=value, low=low, high=high, count=round(count), people=people)


def wilson(share: float, count: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a share of ``count`` answers, which need not be whole."""
    if count <= 0.0:
        return 0.0, 1.0
    below = 1.0 + _Z**2 / count
    middle = (share + _Z**2 / (2.0 * count)) / below
    reach = _Z / below * sqrt(share * (1.0 - share) / count + _Z**2 / (4.0 * count**2))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _seen_effect(right: Floats, asked: Floats, value: float) -> float:
    """Variance of a ratio between people over that of single answers (Cochran 1977, 6.4)."""
    people, count = asked.size, float(asked.sum())
    alone = value * (1.0 - value) / count
    if people < 2 or alone <= 0.0:  # noqa: PLR2004 -- one person shows no difference between people
        return 1.0
    between = people / (people - 1) * float(np.square(right - value * asked).sum()) / count**2
    return between / alone
