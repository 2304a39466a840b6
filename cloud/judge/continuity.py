"""Whether today's inputs and claims go on from those of the verdicts before: what changes overnight, a person must see.

The judge writes what it saw into its own checks and reads it back from the history, so that a verdict file is all the
memory it needs. Each check's ``measured`` is a line of ``name=value`` pairs; today's is held to the newest earlier
verdict of the parcel. A change is held once: the day after, the newer line stands in the history.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

import numpy as np

from cloud.bounds import is_of_our_time
from cloud.delivery import own_flow_m3_h
from cloud.judge.case import Case, Finding
from cloud.judge.coarse import group_of, roots_m, system_of, water_mm_per_m
from cloud.judge.evaporation import FloatArray
from cloud.records import Verdict

PARCEL: Final = "parcel_as_before"
WEATHER: Final = "weather_as_before"
WATER: Final = "irrigations_as_before"
CLAIM: Final = "depletion_goes_on"
SUMMED_DAYS: Final = 60
LATE_DAYS: Final = 3
"""A farmer's word may come this late: water of the last days is not held to what was known of it."""
SEASON_DAYS: Final = 120
OLDEST_DAYS: Final = 5
"""An earlier verdict older than this says nothing of today's claim."""
SAME_SHARE: Final = 0.02
WEATHER_LIMITS: Final[Mapping[str, tuple[float, float]]] = {
    "et_mm": (0.08, 3.0),
    "rain_mm": (0.25, 6.0),
    "wind_m_s": (0.15, 0.3),
    "humidity_percent": (0.12, 4.0),
    "warmth_c": (0.0, 1.0),
}
"""By how much sums and means of days already seen may change: a share of what they were, and at least so much."""
WATER_LIMIT: Final = (0.15, 6.0)
CLAIM_MARGIN_MM: Final = 10.0
CLAIM_MARGIN_READILY: Final = 0.25
"""Margin of a claim, of readily available water and at most so much, beside a share of the use and water between."""
CLAIM_MARGIN_SHARE: Final = 0.35
AGAIN: Final = "not_told_before"
AHEAD_TOLD_DAYS: Final = 30
"""An earlier verdict for a day further ahead is a slip of a calendar, and must not hold a parcel till then."""
FORECAST: Final = "forecast_as_before"
FORECAST_DAYS: Final = 6
RAIN_CHANGE: Final = (0.8, 12.0)
"""By how much forecast rain of the next two days may change overnight before a person looks at the advice."""
AHEAD_RAIN: Final = 1.5
NO_NUMBERS: Final = frozenset({"nan", "inf", "infinity"})
"""Words for numbers that are none: two of them are not alike."""

Changes = Callable[[Mapping[str, str], Mapping[str, str]], list[str]]


def of_parcel_memory(case: Case) -> Iterator[Finding]:
    """The parcel is described as it was."""
    yield _compared(case, PARCEL, _line(_description(case)), _parcel_changes)


def of_day_memory(case: Case) -> Iterator[Finding]:
    """Weather and irrigations of days already seen are what they were."""
    seen = _weather_line(case, case.sky.past.last_known(case.index) if case.sky.past.middle_mm.size else None)
    earlier = _remembered(case, WEATHER)
    changed = _since(earlier, lambda then: _pairs(_weather_line(case, then)), WEATHER_LIMITS)
    yield _finding(WEATHER, seen, earlier, changed)
    until = case.proposed.day - timedelta(days=LATE_DAYS)
    water = _remembered(case, WATER)
    changed = _since(water, lambda then: {"gross_mm": f"{_gross_mm(case, then):.1f}"}, {"gross_mm": WATER_LIMIT})
    yield _finding(WATER, f"until={until}; gross_mm={_gross_mm(case, until):.1f}", water, changed)


def of_claim_memory(case: Case) -> Iterator[Finding]:
    """The depletion claimed today is that of the last verdict, plus what the crop used, less what came."""
    claimed, before = case.proposed.depletion_mm, _last_claim(case)
    if claimed is None or before is None or before.proposed.depletion_mm is None:
        return
    use, water = _use_and_water_mm(case, before.proposed.day)
    readily = case.lane("readily_available_mm")
    margin = min(CLAIM_MARGIN_MM, CLAIM_MARGIN_READILY * readily) + CLAIM_MARGIN_SHARE * (use + min(water, readily))
    old = before.proposed.depletion_mm.p50
    low, high = max(old + 0.6 * use - water, -CLAIM_MARGIN_MM) - margin, max(old - 0.5 * water, 0.0) + use + margin
    yield Finding(
        name=CLAIM,
        passed=low <= claimed.p50 <= high,
        measured=claimed.p50,
        limit=f"{low:.1f} to {high:.1f} after {old:.1f} on {before.proposed.day}",
    )


def of_repetition(case: Case) -> Iterator[Finding]:
    """No advice for this day, or a later one, was judged before with other content."""
    later = [v.proposed.day for v in case.history if 0 < (v.proposed.day - case.proposed.day).days <= AHEAD_TOLD_DAYS]
    same = [v for v in case.history if v.proposed.day == case.proposed.day and v.proposed != case.proposed]
    told = max(later, default=case.proposed.day if same else None)
    yield Finding(
        name=AGAIN,
        passed=told is None,
        measured="none" if told is None else f"an advice for {told}",
        limit=f"none for {case.proposed.day} or later",
    )


def of_forecast_memory(case: Case) -> Iterator[Finding]:
    """Forecast rain of the next two days is roughly what yesterday's forecast said of them."""
    ahead, day = case.sky.ahead, case.proposed.day
    if ahead is None or not ahead.rain_mm.size:
        return
    site = int(ahead.site_of[case.index])
    said = {}
    for lead in range(FORECAST_DAYS):
        row = ahead.row(day + timedelta(days=lead))
        if 0 <= row < ahead.rain_mm.shape[0] and np.isfinite(ahead.rain_mm[row, site]):
            said[str(day + timedelta(days=lead))] = f"{float(ahead.rain_mm[row, site]):.1f}"
    earlier = _remembered(case, FORECAST)
    changed = []
    if earlier is not None:
        both = [one for one in (str(day), str(day + timedelta(days=1))) if one in said and one in earlier[1]]
        changed = _rain_changes([earlier[1][one] for one in both], [said[one] for one in both])
    yield _finding(FORECAST, _line(said), earlier, changed)


def _description(case: Case) -> dict[str, str]:
    parcel, system = case.parcel, system_of(case.parcel)
    return {
        "crop": parcel.crop.lower(),
        "sown": str(parcel.planted_on or parcel.season_starts_on or "none"),
        "area_ha": f"{parcel.area_ha:.4g}",
        "soil_mm_per_m": f"{water_mm_per_m(parcel):.4g}",
        "roots_m": f"{roots_m(parcel):.3g}",
        "full_cover_kc": f"{group_of(parcel.crop).kc_full:.3g}",
        "method": parcel.irrigation.method,
        "efficiency": f"{system.efficiency:.3g}",
        "largest_mm": f"{system.largest_mm:.4g}",
        "flow_m3_h": f"{own_flow_m3_h(parcel) or 0.0:.4g}",
        "latitude": f"{parcel.latitude:.3f}",
        "longitude": f"{parcel.longitude:.3f}",
    }


def _weather_line(case: Case, until: date | None) -> str:
    past = case.sky.past
    if until is None or not past.middle_mm.size:
        return ""
    site, last = int(past.site_of[case.index]), past.row(until)
    if not 0 <= last < past.middle_mm.shape[0]:
        return ""
    rows = slice(max(0, last - SUMMED_DAYS + 1), last + 1)
    values = {
        "et_mm": np.nansum(past.middle_mm[rows, site]),
        "rain_mm": np.nansum(past.rain_mm[rows, site]),
        "wind_m_s": _mean(past.wind_m_s[rows, site]),
        "humidity_percent": _mean(past.humidity_percent[rows, site]),
        "warmth_c": _mean(past.warmth_c[rows, site]),
    }
    known = {name: f"{float(value):.2f}" for name, value in values.items() if np.isfinite(value)}
    return _line({"until": str(until), "days": str(rows.stop - rows.start), **known})


def _gross_mm(case: Case, until: date) -> float:
    first = until - timedelta(days=SEASON_DAYS)
    return sum(event.depth_mm for event in case.events if first <= case.local_day(event.started_at) <= until)


def _use_and_water_mm(case: Case, since: date) -> tuple[float, float]:
    """Largest use and water that came on the days after ``since`` up to the day of the advice [mm]."""
    past, day = case.sky.past, case.proposed.day
    site = int(past.site_of[case.index])
    rows = [past.row(since + timedelta(days=ahead)) for ahead in range(-1, (day - since).days + 1)]
    known = [row for row in rows if 0 <= row < past.middle_mm.shape[0]]
    usual = float(np.nanmean(past.high_mm[-7:, site])) if past.high_mm.size else 0.0
    use = max((float(np.nanmax(past.high_mm[known, site])) if known else 0.0), usual) * max((day - since).days, 1)
    rain = float(np.nansum(past.rain_mm[known, site])) if known else 0.0
    # The claim is for the evening of the day: rain that is forecast for days nobody has measured yet is in it.
    rain += AHEAD_RAIN * (case.rain_ahead_mm(1) or 0.0)
    given = sum(
        event.depth_mm
        for event in case.events
        if since - timedelta(days=LATE_DAYS) <= case.local_day(event.started_at) <= day
    )
    return group_of(case.parcel.crop).kc_full * use, rain + given * system_of(case.parcel).efficiency


def _last_claim(case: Case) -> Verdict | None:
    oldest = case.proposed.day - timedelta(days=OLDEST_DAYS)
    known = [v for v in case.history if oldest <= v.proposed.day < case.proposed.day and v.proposed.depletion_mm]
    return known[-1] if known else None


def _compared(case: Case, name: str, line: str, changes: Changes) -> Finding:
    earlier = _remembered(case, name)
    return _finding(name, line, earlier, [] if earlier is None else changes(earlier[1], _pairs(line)))


def _finding(name: str, line: str, earlier: tuple[date, dict[str, str]] | None, changed: list[str]) -> Finding:
    limit = "nothing seen before" if earlier is None else f"as on {earlier[0]}"
    if changed:
        limit = f"as on {earlier[0] if earlier else '?'}: {', '.join(changed)}"
    return Finding(name=name, passed=not changed, measured=line, limit=limit)


def _remembered(case: Case, name: str) -> tuple[date, dict[str, str]] | None:
    """What the newest earlier verdict wrote under a name."""
    for verdict in reversed(case.history):
        if verdict.proposed.day >= case.proposed.day:
            continue
        for check in verdict.checks:
            if check.name == name and isinstance(check.measured, str) and check.measured:
                return verdict.proposed.day, _pairs(check.measured)
    return None


def _parcel_changes(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return [f"{name} was {before[name]}" for name in before if name in now and not _alike(before[name], now[name])]


def _rain_changes(before: Sequence[str], now: Sequence[str]) -> list[str]:
    told, numbers = ([_number(text) for text in texts] for texts in (before, now))
    unread = [text for text, value in zip(before, told, strict=True) if value is None]
    if unread:
        return [f"{unread[0]!r} mm were forecast, which is no number"]
    then, today = (sum(value or 0.0 for value in values) for values in (told, numbers))
    if abs(today - then) <= max(RAIN_CHANGE[1], RAIN_CHANGE[0] * max(today, then)):
        return []
    return [f"{then:.0f} mm were forecast for the next two days, now {today:.0f}"]


def _alike(one: str, other: str) -> bool:
    first, second = _number(one), _number(other)
    if first is None or second is None:
        return one == other and one.lower().lstrip("+-") not in NO_NUMBERS
    return abs(first - second) <= SAME_SHARE * max(abs(first), abs(second))


def _since(
    earlier: tuple[date, dict[str, str]] | None,
    again: Callable[[date], Mapping[str, str]],
    limits: Mapping[str, tuple[float, float]],
) -> list[str]:
    """What has changed of the days up to that which an earlier line names."""
    if earlier is None:
        return []
    then = _day(earlier[1].get("until"))
    return [] if then is None else _far(earlier[1], again(then), limits)


def _far(before: Mapping[str, str], now: Mapping[str, str], limits: Mapping[str, tuple[float, float]]) -> list[str]:
    changed = []
    for name, (share, least) in limits.items():
        if name not in before:
            continue
        then, today = _number(before[name]), _number(now.get(name, ""))
        if today is None:
            changed.append(f"{name} was {before[name]}, and is unknown")
        elif then is None or abs(today - then) > max(share * abs(then), least):
            changed.append(f"{name} was {before[name]}, and is {now[name]}")
    return changed


def _mean(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def _line(pairs: Mapping[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in pairs.items())


def _pairs(line: str) -> dict[str, str]:
    return {name: value for name, _, value in (part.partition("=") for part in line.split("; ")) if name}


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if is_of_our_time(day) else None


def _number(text: str) -> float | None:
    """A finite number, or None: what a history says may be anything."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if np.isfinite(value) else None
