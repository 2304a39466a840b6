"""Whether an advice leans on rain that is disputed: held is only what the dispute could change.

A forecast that changed overnight holds nobody whose advice would be the same without the change. A dose that disputed
rain would have spared is cut by that rain rather than held: if the rain comes, little is lost, and if it does not, the
rest is given at the next look. A wait is no worse for rain that was taken away.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

from cloud.judge.case import Case
from cloud.judge.claims import driest_before
from cloud.judge.coarse import system_of
from cloud.judge.finding import Finding
from cloud.judge.soil_checks import stated_readily_mm

FORECAST: Final = "forecast_as_before"
DAYS: Final = (3, 5, 8)
"""Over so many days from today rain is compared."""
SPARED_SHARE: Final = 0.15
"""Rain below this share of a dose is no reason to hold it."""
CUT_SHARE: Final = 0.75
"""A dose below this share of what is missing may have been cut for rain."""
LEAST_KEPT: Final = 0.5
"""A dose is never cut below this share for rain that was forecast once: the next look gives the rest."""
LEAST_MM: Final = 2.0
RAIN_EXPECTED: Final = "rain_expected"
GONE: Final = (4.5, 4.0)
COME: Final = (3.0, 5.0)
"""Rain of all the days that changes by this ratio (SMALL_MM added to both) and by so many mm is doubted by an advice
that leans on it, though honest forecasts change as much now and then. To hold a wait costs nobody water."""
SMALL_MM: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Disputed:
    """Rain of the next days as it was told last and as it is told now [mm]."""

    then_mm: tuple[float, ...]
    now_mm: tuple[float, ...]

    def doubt(self, *, waits: bool) -> str | None:
        """In words what is doubted only where something hangs on it: of a wait rain that came, of a dose rain gone."""
        then, now = sum(self.then_mm[: DAYS[-1]]), sum(self.now_mm[: DAYS[-1]])
        more, less = (now, then) if waits else (then, now)
        ratio, least = COME if waits else GONE
        apart = more + SMALL_MM > ratio * (less + SMALL_MM) and more - less > least
        return f"{then:.1f} mm were forecast for {DAYS[-1]} days, now {now:.1f}" if apart else None

    @property
    def gone_mm(self) -> float:
        """What was forecast and is no longer."""
        return max([0.0, *(sum(self.then_mm[:days]) - sum(self.now_mm[:days]) for days in DAYS)])

    @property
    def come_mm(self) -> float:
        """What is forecast now and was not."""
        return max([0.0, *(sum(self.now_mm[:days]) - sum(self.then_mm[:days]) for days in DAYS)])


def weighed(case: Case, finding: Finding, rain: Disputed) -> Finding:
    """A failed question about forecast rain, weighed by what it could change of this advice."""
    if finding.passed or not case.bucket_known:
        return finding
    if case.proposed.action != "irrigate":
        return finding if rain.come_mm >= LEAST_MM and not _safe_without_rain(case) else _let_pass(finding)
    gone, depth = rain.gone_mm, case.proposed.depth_mm
    assert depth is not None
    system = system_of(case.parcel)
    if rain.come_mm >= LEAST_MM and _may_be_cut(case):
        return finding
    if gone < max(SPARED_SHARE * system.efficiency * depth.p50, LEAST_MM):
        return _let_pass(finding)
    kept = max(depth.p50 - gone / system.efficiency, float(math.ceil(LEAST_KEPT * depth.p50)), system.smallest_mm)
    return replace(finding, severity="shrink", at_most_mm=kept) if kept < depth.p50 else _let_pass(finding)


def _safe_without_rain(case: Case) -> bool:
    """Whether a wait ends before the crop is short of water though no drop falls."""
    proposed = case.proposed
    if proposed.reason_code == RAIN_EXPECTED or proposed.next_check_day is None:
        return False
    driest = driest_before(case, proposed.next_check_day, without_rain=True)
    return driest is not None and driest <= stated_readily_mm(case)


def _may_be_cut(case: Case) -> bool:
    """Whether a dose is clearly smaller than what is missing, and no limit of the system explains it."""
    claimed, depth, system = case.proposed.depletion_mm, case.proposed.depth_mm, system_of(case.parcel)
    if claimed is None or depth is None:
        return True
    wanted = min(claimed.p50 / system.efficiency, system.largest_mm)
    return depth.p50 < CUT_SHARE * wanted


def _let_pass(finding: Finding) -> Finding:
    limit = f"{finding.limit}: changes nothing here" if isinstance(finding.limit, str) else finding.limit
    return replace(finding, passed=True, limit=limit)
