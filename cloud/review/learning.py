"""What people did with the judge's holds, counted check by check, and the limits that would follow from it.

A limit is widened where people mostly let pass what it held, and tightened, by smaller steps, where they rarely do.

A proposal changes nothing: a named person puts it in force, and the judge then takes it as an input. Only verdicts
with one failed check speak, since of several nobody can say which one the person overruled.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from pydantic import AwareDatetime, Field

from cloud.bounds import Fraction
from cloud.judge.learned import LEARNABLE, TIGHTENABLE, TIGHTEST, WIDEST, excess
from cloud.records import Check, Record
from cloud.review.word import Digest, Word

ENOUGH: Final = 20
"""Decisions of one check below which nothing is proposed."""
ENOUGH_DAYS: Final = 5
"""Days they must come from: one bad week of a sensor is one case, however many parcels it held."""
ENOUGH_PEOPLE: Final = 2
MOSTLY: Final = 0.75
"""Share let pass, by the lower end of its interval, from which a limit may be widened."""
SELDOM: Final = 0.5
"""Share let pass, by the upper end of its interval, below which a widened limit goes back."""
LET_PASS_QUANTILE: Final = 0.8
RARELY: Final = 0.2
"""Share let pass, by the upper end of its interval, below which a limit as designed may be tightened."""
TIGHTER_BY: Final = 0.05
"""How much tighter at a time: what lies inside a limit nobody was shown, so that only the next holds tell."""
SMALLEST_STEP: Final = 0.02
ALMOST_ALL_OF_IT: Final = 0.8
"""An override that gives this share of the proposed dose let the proposal pass."""
_Z: Final = 1.959964


class Overruled(Record):
    """One final word on a verdict, reduced to what can be learned from it."""

    check: Check
    let_pass: bool
    reviewer: Digest
    day: str


class Lesson(Record):
    """What people did with the holds of one check."""

    check: str
    decided: int
    let_pass: int
    share: Fraction
    low: Fraction
    """Lower end of the 95 % interval (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    high: Fraction
    days: int
    people: int
    factor_now: float
    factor_proposed: float
    why: str


class Proposal(Record):
    """Limits that would follow from what people did; it changes nothing until somebody puts it in force."""

    made_at: AwareDatetime
    version_now: int = Field(ge=0)
    """Version of the limits in force when it was made: it applies to no other."""
    lessons: tuple[Lesson, ...]
    factors: dict[str, float]

    @property
    def changes(self) -> bool:
        """Whether anything would change."""
        return any(lesson.factor_now != lesson.factor_proposed for lesson in self.lessons)


def overruled(word: Word, checks: Sequence[Check], proposed_mm: float | None) -> Overruled | None:
    """What one word teaches; None where it decided nothing, or where more than one check had failed."""
    failed = [check for check in checks if not check.passed]
    if not word.final or word.act == "hold" or len(failed) != 1:
        return None
    return Overruled(
        check=failed[0],
        let_pass=word.act == "approve" or (word.act == "override" and _nearly(word.depth_mm, proposed_mm)),
        reviewer=word.reviewer,
        day=word.day.isoformat(),
    )


def lessons_of(cases: Sequence[Overruled], now: Mapping[str, float]) -> tuple[Lesson, ...]:
    """One lesson for each check that people decided about, those decided most often first."""
    by_check: dict[str, list[Overruled]] = {}
    for case in cases:
        by_check.setdefault(case.check.name, []).append(case)
    lessons = [_lesson(name, found, now.get(name, 1.0)) for name, found in by_check.items()]
    return tuple(sorted(lessons, key=lambda lesson: (-lesson.decided, lesson.check)))


def proposal_of(cases: Sequence[Overruled], now: Mapping[str, float], *, version: int, made_at: datetime) -> Proposal:
    """The limits that would follow, beside those in force that nobody decided about."""
    lessons = lessons_of(cases, now)
    learned = {lesson.check: lesson.factor_proposed for lesson in lessons}
    factors = {name: factor for name, factor in {**now, **learned}.items() if factor != 1.0}
    return Proposal(made_at=made_at, version_now=version, lessons=lessons, factors=dict(sorted(factors.items())))


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share by Wilson's score."""
    if trials <= 0:
        return 0.0, 1.0
    share, z2 = successes / trials, _Z * _Z
    middle = (share + z2 / (2.0 * trials)) / (1.0 + z2 / trials)
    half = _Z / (1.0 + z2 / trials) * math.sqrt(share * (1.0 - share) / trials + z2 / (4.0 * trials * trials))
    return max(0.0, middle - half), min(1.0, middle + half)


def _lesson(name: str, found: Sequence[Overruled], factor_now: float) -> Lesson:
    let_pass = sum(one.let_pass for one in found)
    low, high = wilson(let_pass, len(found))
    days, people = len({one.day for one in found}), len({one.reviewer for one in found})
    thin = len(found) < ENOUGH or days < ENOUGH_DAYS or people < ENOUGH_PEOPLE
    proposed, why = factor_now, f"fewer than {ENOUGH} decisions, {ENOUGH_DAYS} days or {ENOUGH_PEOPLE} people"
    if name not in LEARNABLE:
        why = "a limit that is nobody's opinion"
    elif not thin:
        proposed, why = _moved(found, factor_now, low, high)
    return Lesson(
        check=name,
        decided=len(found),
        let_pass=let_pass,
        share=let_pass / len(found),
        low=low,
        high=high,
        days=days,
        people=people,
        factor_now=factor_now,
        factor_proposed=proposed,
        why=why,
    )


def _moved(found: Sequence[Overruled], factor_now: float, low: float, high: float) -> tuple[float, str]:
    """A wider factor, a tighter one, or back to the design where people now do the contrary."""
    if high < SELDOM and factor_now > 1.0:
        return 1.0, "people seldom let it pass: as designed again"
    if low > SELDOM and factor_now < 1.0:
        return 1.0, "people mostly let it pass: as designed again"
    return _tighter(found, factor_now) if high < RARELY else _wider(found, factor_now, low)


def _wider(found: Sequence[Overruled], factor_now: float, low: float) -> tuple[float, str]:
    """A factor that lets through most of what people let pass and nothing that they did not."""
    if low < MOSTLY:
        return factor_now, f"the lower end of the share let pass is below {MOSTLY:g}"
    passed = sorted(ratio for one in found if one.let_pass and (ratio := _ratio(one.check)) is not None)
    refused = [ratio for one in found if not one.let_pass and (ratio := _ratio(one.check)) is not None]
    if not passed:
        return factor_now, "its measure and its limit are no ratio"
    wanted = passed[min(len(passed) - 1, math.ceil(LET_PASS_QUANTILE * len(passed)) - 1)]
    # Never as far as anything that a person refused.
    wanted = min(wanted, *(ratio - SMALLEST_STEP for ratio in refused)) if refused else wanted
    proposed = math.floor(min(factor_now * wanted, WIDEST) * 100.0 + 1e-9) / 100.0
    if proposed < factor_now + SMALLEST_STEP:
        return factor_now, "no wider limit would let through what people let pass"
    at_most = " (the widest)" if proposed >= WIDEST else ""
    return proposed, f"people mostly let it pass{at_most}"


def _tighter(found: Sequence[Overruled], factor_now: float) -> tuple[float, str]:
    """A step down where people refused what lay close beyond the limit, as often as anything is learned from."""
    close = [one for one in found if (ratio := _ratio(one.check)) is not None and ratio <= WIDEST]
    refused = sum(not one.let_pass for one in close)
    if found[0].check.name not in TIGHTENABLE or refused < ENOUGH:
        return factor_now, "people rarely let it pass; as it is, it holds what it should"
    proposed = round(max(factor_now - TIGHTER_BY, TIGHTEST), 2)
    if proposed >= factor_now:
        return factor_now, "people rarely let it pass (the tightest)"
    at_least = " (the tightest)" if proposed <= TIGHTEST else ""
    return proposed, f"people rarely let it pass, close to the limit too{at_least}"


def _ratio(check: Check) -> float | None:
    return excess(check.measured, check.limit)


def _nearly(depth_mm: float | None, proposed_mm: float | None) -> bool:
    return depth_mm is not None and proposed_mm is not None and depth_mm >= ALMOST_ALL_OF_IT * proposed_mm
