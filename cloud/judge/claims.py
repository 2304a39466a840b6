"""The depletion that the advice claims, led on from the last claim by the judge's own use and water.

The judge's bucket may drift as any bucket does; between two days it cannot drift far. A claim must therefore go on from
the one before, whatever the level of both, and a wait must be safe from where the claims stand.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from cloud.judge.case import STALE_DAYS, Case, Finding
from cloud.judge.coarse import system_of
from cloud.judge.lines import number_of, pairs_of
from cloud.judge.remembered import earlier_line
from cloud.judge.water_memory import LATE_DAYS, WATER
from cloud.records import Verdict

CLAIM: Final = "depletion_goes_on"
OLDEST_DAYS: Final = 5
"""An earlier verdict older than this says nothing of today's claim."""
LEAST_MARGIN_MM: Final = 1.0
MARGIN_MM: Final = 8.0
MARGIN_READILY: Final = 0.25
"""Margin of a claim: of readily available water, and at most so much."""
USE_SHARE: Final = 0.5
WATER_SHARE: Final = 0.5
"""Shares of the use and of the water in between by which two honest balances differ."""
SEEN_READILY: Final = 0.4
"""What a photo or a probe may move a claim by, of readily available water."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedOn:
    """What follows from the last claim for the evening of today [mm]."""

    since: date
    claimed_mm: float
    expected_mm: float
    expected_p90_mm: float
    margin_mm: float

    def within(self, claimed_mm: float, expected_mm: float) -> bool:
        """Whether a claim lies near enough; above field capacity nothing is missing, however much drains."""
        high = max(expected_mm + self.margin_mm, self.margin_mm)
        return expected_mm - self.margin_mm <= max(claimed_mm, 0.0) and claimed_mm <= high


def led_on(case: Case) -> LedOn | None:
    """The last claim led on to today; None where there is none, or nothing is known of the days between."""
    before = _last_claim(case)
    if before is None or before.proposed.depletion_mm is None or not case.sky.lanes:
        return None
    since, old = before.proposed.day, before.proposed.depletion_mm.p50
    late = _late_mm(case, since)
    days = list(case.day_by_day(since, case.proposed.day))
    use, water = sum(used for used, _ in days), late + sum(came for _, came in days)
    expected, driest = (_after(missing - late, days) for missing in (old, before.proposed.depletion_mm.p90))
    readily = case.lane("readily_available_mm")
    margin = (
        LEAST_MARGIN_MM
        + min(MARGIN_MM, MARGIN_READILY * readily)
        + USE_SHARE * use
        + WATER_SHARE * min(water, max(old, 0.0) + use)
    )
    if _something_was_seen(case):
        margin += SEEN_READILY * readily
    return LedOn(since=since, claimed_mm=old, expected_mm=expected, expected_p90_mm=driest, margin_mm=margin)


def of_claim_memory(case: Case) -> Iterator[Finding]:
    """The depletion claimed today is that of the last verdict, plus what the crop used, less what came."""
    claimed, led = case.proposed.depletion_mm, led_on(case)
    if claimed is None or led is None:
        return
    middle, driest = led.within(claimed.p50, led.expected_mm), led.within(claimed.p90, led.expected_p90_mm)
    expected = led.expected_mm if driest or not middle else led.expected_p90_mm
    yield Finding(
        name=CLAIM,
        passed=middle and driest,
        measured=claimed.p50 if driest or not middle else claimed.p90,
        limit=f"{expected - led.margin_mm:.1f} to {expected + led.margin_mm:.1f} after {led.claimed_mm:.1f}"
        f" on {led.since}",
    )


def driest_before(case: Case, until: date, *, without_rain: bool = False) -> float | None:
    """Largest depletion up to a day if nothing is given, from where the claims stand [mm]; None without a claim."""
    claimed = case.proposed.depletion_mm
    if claimed is None:
        return None
    led = led_on(case)
    missing = claimed.p50 if led is None else max(claimed.p50, led.expected_mm - led.margin_mm)
    driest = missing
    for used, came in case.day_by_day(case.proposed.day, until):
        missing = max(missing - (0.0 if without_rain else came), min(missing, 0.0)) + used
        driest = max(driest, missing)
    return driest


def _after(missing_mm: float, days: Sequence[tuple[float, float]]) -> float:
    """What is missing after days of use and water."""
    for used, came in days:
        missing_mm = max(missing_mm - came, min(missing_mm, 0.0)) + used
    return missing_mm


def _last_claim(case: Case) -> Verdict | None:
    oldest = case.proposed.day - timedelta(days=OLDEST_DAYS)
    for verdict in reversed(case.history):
        if verdict.proposed.depletion_mm is not None and oldest <= verdict.proposed.day < case.proposed.day:
            return verdict
    return None


def _late_mm(case: Case, since: date) -> float:
    """Net water of the days up to the last claim of which that claim did not know yet [mm]."""
    earlier = earlier_line(case, WATER)
    known = {} if earlier is None else pairs_of(earlier[1])
    late = 0.0
    for event in case.events:
        day = case.local_day(event.started_at)
        if since - timedelta(days=LATE_DAYS) < day <= since and number_of(known.get(f"on_{day}", "")) is None:
            late += event.depth_mm
    return late * system_of(case.parcel).efficiency


def _something_was_seen(case: Case) -> bool:
    """Whether photos of the last days may have moved the claim."""
    return any(
        one.opinion
        and one.taken_at is not None
        and 0 <= (case.proposed.day - case.local_day(one.taken_at)).days <= STALE_DAYS
        for one in case.detections
    )
