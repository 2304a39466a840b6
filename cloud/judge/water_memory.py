"""Whether the irrigations told today are those told before, and of the size that was advised."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Final

from cloud.judge.case import Case, Finding
from cloud.judge.lines import Limits, Pairs, day_of, far, line_of, number_of, pairs_of
from cloud.judge.remembered import earlier_line, held_to

WATER: Final = "irrigations_as_before"
LATE_DAYS: Final = 3
"""A farmer's word may come this late: of these days what was known must stay, and more may come."""
WINDOWS: Final = ((0, 7), (7, 28), (28, 120))
"""Days before those, from one to before the other, summed."""
LIMIT: Final = (0.10, 4.0)
LESS_SHARE: Final = 0.6
MORE_SHARE: Final = 1.6
SLACK_MM: Final = 2.0
"""A reply and the meter that follows it agree within these shares, and this much beside."""
RELEASED: Final = frozenset({"release", "shrink"})
OLDEST_ADVICE_DAYS: Final = 4
FOLLOWED_RATIO: Final = 4.0
"""Water given after an advice may be less or more than advised by this ratio before units are in doubt."""


def of_water_memory(case: Case) -> Iterator[Finding]:
    """Irrigations of days already seen are what they were."""
    given = _by_day(case)
    day = case.proposed.day
    until = day - timedelta(days=LATE_DAYS)
    line = line_of({"until": str(until), **_sums(given, until), **_newest(given, until, day)})
    earlier = earlier_line(case, WATER)
    if earlier is None:
        yield held_to(WATER, line, None, [])
        return
    before = pairs_of(earlier[1])
    then = day_of(before.get("until"))
    changed = [] if then is None else [*far(before, _sums(given, then), _limits()), *_changed(before, given)]
    yield held_to(WATER, line, earlier, changed)


def of_followed_advice(case: Case) -> Iterator[Finding]:
    """Water that arrived after the last advice to irrigate is about as much as was advised."""
    day = case.proposed.day
    oldest = day - timedelta(days=OLDEST_ADVICE_DAYS)
    told = [
        (verdict.proposed.day, verdict.recommendation.depth_mm.p50)
        for verdict in case.history
        if verdict.decision in RELEASED
        and verdict.recommendation.depth_mm is not None
        and oldest <= verdict.proposed.day < day
    ]
    if not told:
        return
    since, _ = told[0]
    came = sum(depth for one, depth in _by_day(case).items() if since <= one <= day)
    if came <= 0.0:
        return
    asked = sum(depth for _, depth in told)
    least = min(depth for _, depth in told)
    yield Finding(
        name="irrigation_as_advised",
        passed=least / FOLLOWED_RATIO - SLACK_MM <= came <= FOLLOWED_RATIO * asked + SLACK_MM,
        measured=came,
        limit=f"{max(least / FOLLOWED_RATIO - SLACK_MM, 0.0):.1f} to {FOLLOWED_RATIO * asked + SLACK_MM:.1f}"
        f" after {asked:.0f} advised since {since}",
    )


def _by_day(case: Case) -> dict[date, float]:
    """Gross water by local day [mm]."""
    given: dict[date, float] = {}
    for event in case.events:
        day = case.local_day(event.started_at)
        given[day] = given.get(day, 0.0) + event.depth_mm
    return given


def _sums(given: Mapping[date, float], until: date) -> Pairs:
    sums = dict.fromkeys(WINDOWS, 0.0)
    for day, depth in given.items():
        back = (until - day).days
        for window in WINDOWS:
            if window[0] <= back < window[1]:
                sums[window] += depth
    return {_name(window): f"{depth:.1f}" for window, depth in sums.items()}


def _newest(given: Mapping[date, float], until: date, day: date) -> Pairs:
    return {f"on_{one}": f"{depth:.1f}" for one, depth in sorted(given.items()) if until < one <= day}


def _limits() -> Limits:
    return {_name(window): LIMIT for window in WINDOWS}


def _name(window: tuple[int, int]) -> str:
    return f"gross_mm_{window[0]}_{window[1]}"


def _changed(before: Mapping[str, str], given: Mapping[date, float]) -> list[str]:
    """What was known of single days and is no longer known, or has become another amount."""
    changed = []
    for name, text in before.items():
        day = day_of(name.removeprefix("on_")) if name.startswith("on_") else None
        then = number_of(text)
        if day is None or then is None or then <= SLACK_MM:
            continue
        now = given.get(day, 0.0)
        if not LESS_SHARE * then - SLACK_MM <= now <= MORE_SHARE * then + SLACK_MM:
            changed.append(f"{then:.1f} mm were known of {day}, and now {now:.1f}")
    return changed
