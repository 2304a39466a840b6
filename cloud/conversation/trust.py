"""How far a farmer's word about water can be relied on: learned from meters that saw the same irrigation.

Only answers that a meter could have contradicted count. What probes and cameras say against told water is weighed in
the assimilation itself, parcel by parcel (``cloud.agronomy.assimilation.claims``), so it is not counted here again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cloud.conversation.reading import WATER, Reading
from cloud.irrigation_accounts import SAME_WATER
from cloud.records import IrrigationEvent

USUAL_SIGMA: Final = 0.20
"""Relative error of a depth that a farmer confirmed of whom nothing is known: that of the source ``reply``."""
HALF_SIGMA: Final = 0.35
""""Half" is said of anything from a third to two thirds; by judgement."""
SIGMA_BOUNDS: Final = (0.10, 0.40)
PRIOR_RIGHT: Final = 8.0
PRIOR_WRONG: Final = 2.0
"""What is known of a farmer before any answer was checked, in answers: four of five are right (by judgement)."""
METERED_WITHIN: Final = timedelta(days=30)
"""A meter that told of a parcel within this time before and after an irrigation would have seen it."""
AGREES_FRACTION: Final = 0.35
AGREES_MM: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """How often a farmer's checked answers were right."""

    right: int = 0
    wrong: int = 0

    @property
    def probability(self) -> float:
        """That the next answer is right."""
        return (PRIOR_RIGHT + self.right) / (PRIOR_RIGHT + PRIOR_WRONG + self.right + self.wrong)

    def sigma_fraction(self, *, half: bool) -> float | None:
        """Relative error of a depth that this farmer confirms; None where it is the usual one."""
        doubt = (1.0 - self.probability) / (1.0 - PRIOR_RIGHT / (PRIOR_RIGHT + PRIOR_WRONG))
        learned = min(max(USUAL_SIGMA * doubt, SIGMA_BOUNDS[0]), SIGMA_BOUNDS[1])
        if half:
            return max(HALF_SIGMA, learned)
        return None if self.right + self.wrong == 0 else round(learned, 3)


def last_words(readings: Iterable[Reading]) -> Mapping[tuple[str, datetime], Reading]:
    """The last answer about each told irrigation, by parcel and start; readings oldest first."""
    return {
        (one.parcel_id, one.begins_at): one
        for one in readings
        if one.meaning in WATER and one.parcel_id is not None and one.begins_at is not None
    }


def trust_of(readings: Iterable[Reading], events: Sequence[IrrigationEvent]) -> Trust:
    """What meters made of one farmer's answers."""
    metered = [event for event in events if event.source == "meter"]
    right = wrong = 0
    for (parcel_id, begins_at), word in last_words(readings).items():
        came_mm = _metered_mm([one for one in metered if one.parcel_id == parcel_id], begins_at)
        if came_mm is None:
            continue
        said_mm = word.depth_mm or 0.0
        agrees = abs(said_mm - came_mm) <= max(AGREES_FRACTION * max(said_mm, came_mm), AGREES_MM)
        right, wrong = right + agrees, wrong + (not agrees)
    return Trust(right=right, wrong=wrong)


def _metered_mm(metered: Sequence[IrrigationEvent], begins_at: datetime) -> float | None:
    """Depth that a parcel's meter saw of an irrigation [mm]; None where it could not have seen it."""
    ahead = [one.started_at - begins_at for one in metered]
    same = [one.depth_mm for one, apart in zip(metered, ahead, strict=True) if abs(apart) <= SAME_WATER]
    if same:
        return sum(same)
    # Watched from both sides: a meter that came later, or stopped before, says nothing of that day.
    watched = any(-METERED_WITHIN <= apart < timedelta() for apart in ahead)
    return 0.0 if watched and any(timedelta() < apart <= METERED_WITHIN for apart in ahead) else None
