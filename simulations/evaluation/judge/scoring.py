"""Whether a fault mattered, and whether the judge stopped it.

A fault matters when it moves a dose by a quarter or by 8 mm, withholds water from a crop that is likely to be in stress
within the wait, or makes hours, day or window wrong by as much. It is caught when nobody is told of it: held or blocked
by the judge, held by the advisor itself, or trimmed back to within those bounds of the sound dose.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from cloud.records import Recommendation, Verdict

DOSE_SHARE: Final = 0.25
DOSE_MM: Final = 8.0
LIKELY: Final = 0.5
POSSIBLE: Final = 0.25
"""Stress this probable before the next chance is all but sure within a delay of more than three days."""
LONGEST_DELAY: Final = timedelta(days=3)
SILENT: Final = frozenset({"hold", "block"})


@dataclass(slots=True, kw_only=True)
class Tally:
    """What became of one family's faults."""

    tried: int = 0
    mattered: int = 0
    caught: int = 0
    withheld: int = 0
    """Of those that mattered: water that should have been given, and was not asked for."""
    withheld_caught: int = 0
    lost_mm: float = 0.0
    wasted_mm: float = 0.0
    """Water told too little or too much, summed over what got through [mm]."""
    unhurt_held: int = 0
    """Faults that changed nothing that matters, and were held all the same."""

    def enter(self, sound: Recommendation, verdict: Verdict) -> None:
        """One struck parcel of one day."""
        self.tried += 1
        heard = verdict.recommendation
        stopped = verdict.decision in SILENT or heard.action == "hold"
        if not matters(sound, verdict.proposed):
            self.unhurt_held += stopped
            return
        self.mattered += 1
        caught = stopped or not matters(sound, heard)
        self.caught += caught
        if sound.action == "irrigate" and verdict.proposed.action != "irrigate":
            self.withheld += 1
            self.withheld_caught += caught
        if not caught:
            more = _dose(heard) - _dose(sound)
            self.lost_mm += max(-more, 0.0)
            self.wasted_mm += max(more, 0.0)


def matters(sound: Recommendation, told: Recommendation) -> bool:
    """Whether what is told differs from what is right by enough to count."""
    if told.day != sound.day:
        return True
    if sound.action == "irrigate" and told.action == "irrigate":
        return _apart(_dose(sound), _dose(told)) or _run_apart(sound, told)
    if sound.action == "irrigate":
        delay = (told.next_check_day or told.day) - sound.day
        likely = sound.stress_probability_if_ignored or 0.0
        return likely >= LIKELY or (delay > LONGEST_DELAY and likely >= POSSIBLE)
    if told.action == "irrigate":
        return _dose(told) >= DOSE_MM
    return _waits_too_long(sound, told)


def _waits_too_long(sound: Recommendation, told: Recommendation) -> bool:
    if sound.next_check_day is None or told.next_check_day is None:
        return False
    return told.next_check_day - sound.next_check_day > LONGEST_DELAY


def _run_apart(sound: Recommendation, told: Recommendation) -> bool:
    """Whether volume, hours or the window are wrong by as much."""
    for name in ("volume_m3", "duration_h"):
        one, other = getattr(sound, name), getattr(told, name)
        if one and other and abs(other - one) >= DOSE_SHARE * one:
            return True
    if sound.start_window is None or told.start_window is None:
        return False
    return abs(told.start_window[0] - sound.start_window[0]) >= timedelta(hours=6)


def _apart(one: float, other: float) -> bool:
    return abs(other - one) >= min(DOSE_MM, DOSE_SHARE * one)


def _dose(one: Recommendation) -> float:
    return 0.0 if one.depth_mm is None else one.depth_mm.p50
