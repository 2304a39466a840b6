"""Whether the weather told today goes on from what was told before, and the forecast from its own last issue.

All of it is one answer for all parcels of a place, found once. Limits of what is forecast lie beyond anything that
honest ensembles of ordinary skill changed from one issue to the next in three springs and summers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import numpy as np

from cloud.judge.case import Case, Finding, Sky
from cloud.judge.evaporation import FloatArray
from cloud.judge.lean import FORECAST, Disputed, weighed
from cloud.judge.lines import Limits, Pairs, day_of, far, line_of, number_of, pairs_of
from cloud.judge.remembered import Earlier, earlier_line, held_to

WEATHER: Final = "weather_as_before"
WARMTH: Final = "forecast_warmth_as_before"
WINDOWS: Final = ((0, 3), (3, 10), (10, 24), (24, 60))
"""Days back, from one to before the other; the newest are provisional, the others should stand."""
NEWEST_LIMITS: Final[Limits] = {
    "et_mm": (0.15, 2.0),
    "rain_mm": (0.5, 6.0),
    "wind_m_s": (0.5, 1.0),
    "humidity_percent": (0.25, 12.0),
    "warmth_c": (0.0, 2.0),
}
SETTLED_LIMITS: Final[Limits] = {
    "et_mm": (0.08, 1.0),
    "rain_mm": (0.15, 3.0),
    "wind_m_s": (0.15, 0.3),
    "humidity_percent": (0.12, 4.0),
    "warmth_c": (0.0, 0.8),
}
"""By how much sums and means of days already seen may change: a share of what they were, and at least so much."""
FORECAST_DAYS: Final = 10
FIRST_RAIN_DAYS: Final = 2
RAIN_CHANGE: Final = (0.8, 12.0)
"""By how much forecast rain of the next two days may change overnight before a person looks at the advice."""
SHARED_DAYS: Final = 5
LEAST_RAIN_MM: Final = 2.0
RAIN_RATIOS: Final = ((3, 3.5, 12.0), (5, 5.5, 12.0), (8, 4.2, 15.0))
"""Over so many days rain, LEAST_RAIN_MM added to both, may change by a ratio, or by so many mm; nor may it vanish."""
NO_RAIN_MM: Final = 0.05
WARMTH_CHANGE_C: Final = 5.5
TOLD_DAYS: Final = 14
TOLD_NEEDED: Final = 3
BIAS_C: Final = 2.5
"""Mean warmth forecast for the days gone by may differ from what was measured by this much."""
RAIN_TOLD_MM: Final = 5.0
RAIN_TOLD_RATIO: Final = 4.0
"""Rain forecast for the days gone by and rain measured, this much added to both, may differ by this ratio."""
UNKNOWN: Final = "-"


def of_weather_memory(case: Case) -> Iterator[Finding]:
    """Weather of days already seen is what it was."""
    past = case.sky.past
    site = int(past.site_of[case.index]) if past.middle_mm.size else -1
    earlier = earlier_line(case, WEATHER)
    known = case.sky.memo.get((WEATHER, site, earlier))
    if known is None:
        known = (_weather_finding(case.sky, site, earlier),)
        case.sky.memo[WEATHER, site, earlier] = known
    yield from known


def of_forecast_memory(case: Case) -> Iterator[Finding]:
    """Forecast of the next days is roughly what the last one said of them, and the last ones came true."""
    ahead = case.sky.ahead
    if ahead is None or not ahead.rain_mm.size:
        return
    past = case.sky.past
    sites = int(past.site_of[case.index]) if past.middle_mm.size else -1, int(ahead.site_of[case.index])
    earlier = earlier_line(case, FORECAST)
    known = case.sky.memo.get((FORECAST, sites, earlier))
    if known is None:
        known = tuple(_forecast_findings(case.sky, sites, earlier))
        case.sky.memo[FORECAST, sites, earlier] = known
    for finding in known:
        yield finding if finding.name != FORECAST or earlier is None else _weighed(case, finding, earlier)


def _weighed(case: Case, finding: Finding, earlier: Earlier) -> Finding:
    """The question about forecast rain, as it bears on this advice."""
    ahead = case.sky.ahead
    assert ahead is not None
    site = int(ahead.site_of[case.index])
    if (site, earlier) not in case.sky.told_mm:
        case.sky.told_mm[site, earlier] = _told_twice(_said(case.sky, site), pairs_of(earlier[1]))
    told = case.sky.told_mm[site, earlier]
    if told is None:
        # What cannot be read is a change, whatever hangs on it.
        return finding
    rain = Disputed(then_mm=told[0], now_mm=told[1])
    doubt = rain.doubt(waits=case.proposed.action != "irrigate")
    if finding.passed and doubt is not None and case.bucket_known:
        finding = replace(finding, passed=False, limit=f"as on {earlier[0]}: {doubt}")
    return weighed(case, finding, rain)


def _told_twice(
    said: Mapping[date, tuple[float, float]], before: Mapping[str, str]
) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """Rain of the days that both issues tell, then and now; None where the earlier one cannot be read."""
    told = [(number_of(before[str(day)]), rain) for day, (rain, _) in said.items() if str(day) in before]
    known = [(then, now) for then, now in told if then is not None]
    return None if len(known) < len(told) else (tuple(one for one, _ in known), tuple(one for _, one in known))


def _weather_finding(sky: Sky, site: int, earlier: Earlier | None) -> Finding:
    last = None if site < 0 else sky.past.last_known_at(site)
    line = line_of(_weather_pairs(sky, site, last))
    if earlier is None:
        return held_to(WEATHER, line, None, [])
    before = pairs_of(earlier[1])
    then = day_of(before.get("until"))
    if then is None:
        return held_to(WEATHER, line, earlier, [])
    return held_to(WEATHER, line, earlier, far(before, _weather_pairs(sky, site, then), _limits()))


def _limits() -> Limits:
    return {
        f"{name}_{begin}_{end}": limit
        for begin, end in WINDOWS
        for name, limit in (NEWEST_LIMITS if begin == 0 else SETTLED_LIMITS).items()
    }


def _weather_pairs(sky: Sky, site: int, until: date | None) -> Pairs:
    past = sky.past
    if until is None or site < 0 or not 0 <= past.row(until) < past.middle_mm.shape[0]:
        return {}
    last = past.row(until)
    pairs = {"until": str(until)}
    for begin, end in WINDOWS:
        rows = slice(max(0, last - end + 1), max(0, last - begin + 1))
        values = {
            "et_mm": float(np.nansum(past.middle_mm[rows, site])),
            "rain_mm": float(np.nansum(past.rain_mm[rows, site])),
            "wind_m_s": _mean(past.wind_m_s[rows, site]),
            "humidity_percent": _mean(past.humidity_percent[rows, site]),
            "warmth_c": _mean(past.warmth_c[rows, site]),
        }
        known = {f"{name}_{begin}_{end}": f"{value:.4g}" for name, value in values.items() if np.isfinite(value)}
        pairs |= known if rows.stop - rows.start == end - begin else {}
    return pairs


def _forecast_findings(sky: Sky, sites: tuple[int, int], earlier: Earlier | None) -> Iterator[Finding]:
    said = _said(sky, sites[1])
    before = {} if earlier is None else pairs_of(earlier[1])
    told = _told(sky.day, None if earlier is None else earlier[0], before)
    line = line_of(
        {
            **{str(day): f"{rain:.1f}" for day, (rain, _) in said.items()},
            **{f"warmth_{day}": f"{warmth:.1f}" for day, (_, warmth) in said.items()},
            **{f"told_{day}": f"{rain:.1f}/{warmth:.1f}" for day, (rain, warmth) in told.items()},
        }
    )
    yield held_to(FORECAST, line, earlier, _forecast_changes(said, before))
    yield from _of_warmth(said, before)
    yield from _of_truth(sky, sites[0], told)


def _said(sky: Sky, site: int) -> dict[date, tuple[float, float]]:
    """Rain and mean warmth of the next days, as far as both are forecast."""
    ahead = sky.ahead
    assert ahead is not None
    said = {}
    for lead in range(FORECAST_DAYS):
        day = sky.day + timedelta(days=lead)
        row = ahead.row(day)
        if 0 <= row < ahead.rain_mm.shape[0]:
            values = float(ahead.rain_mm[row, site]), float(ahead.warmth_c[row, site])
            if np.isfinite(values).all():
                said[day] = values
    return said


def _forecast_changes(said: Mapping[date, tuple[float, float]], before: Mapping[str, str]) -> list[str]:
    shared = [day for day in said if str(day) in before]
    told = [number_of(before[str(day)]) for day in shared]
    unread = [before[str(day)] for day, rain in zip(shared, told, strict=True) if rain is None]
    if unread:
        return [f"{unread[0]!r} mm were forecast, which is no number"]
    then, now = [rain or 0.0 for rain in told], [said[day][0] for day in shared]
    return _rain_changes(then, now)


def _rain_changes(then: Sequence[float], now: Sequence[float]) -> list[str]:
    soon, soon_now = sum(then[:FIRST_RAIN_DAYS]), sum(now[:FIRST_RAIN_DAYS])
    if abs(soon_now - soon) > max(RAIN_CHANGE[1], RAIN_CHANGE[0] * max(soon, soon_now)):
        return [f"{soon:.0f} mm were forecast for the next two days, now {soon_now:.0f}"]
    for days, most, least_mm in RAIN_RATIOS:
        old, new = sum(then[:days]), sum(now[:days])
        ratio = (max(old, new) + LEAST_RAIN_MM) / (min(old, new) + LEAST_RAIN_MM)
        if len(then) >= days and ratio > most and abs(new - old) > least_mm:
            return [f"{old:.1f} mm were forecast for {days} days, now {new:.1f}"]
    old, new = sum(then[:SHARED_DAYS]), sum(now[:SHARED_DAYS])
    if new < NO_RAIN_MM and old >= LEAST_RAIN_MM and len(then) >= SHARED_DAYS:
        return [f"{old:.1f} mm were forecast for {SHARED_DAYS} days, now none"]
    return []


def _of_warmth(said: Mapping[date, tuple[float, float]], before: Mapping[str, str]) -> Iterator[Finding]:
    """The same days are forecast about as warm as before."""
    shared = [day for day in said if str(day) in before]
    warmer = [
        said[day][1] - warmth
        for day in shared[:SHARED_DAYS]
        if (warmth := number_of(before.get(f"warmth_{day}", UNKNOWN))) is not None
    ]
    if warmer:
        change = max(abs(sum(warmer)), sum(abs(one) for one in warmer)) / len(warmer)
        yield Finding(name=WARMTH, passed=change <= WARMTH_CHANGE_C, measured=change, limit=WARMTH_CHANGE_C)


def _told(day: date, then: date | None, before: Mapping[str, str]) -> dict[date, tuple[float, float]]:
    """What was forecast for each of the last days, on that day or the last one before it that had a forecast."""
    told = {}
    for back in range(TOLD_DAYS, 0, -1):
        gone = day - timedelta(days=back)
        rain, warmth = before.get(f"told_{gone}", "").partition("/")[::2]
        if then is not None and gone >= then:
            rain, warmth = before.get(str(gone), UNKNOWN), before.get(f"warmth_{gone}", UNKNOWN)
        values = number_of(rain), number_of(warmth)
        if values[0] is not None and values[1] is not None:
            told[gone] = values[0], values[1]
    return told


def _of_truth(sky: Sky, site: int, told: Mapping[date, tuple[float, float]]) -> Iterator[Finding]:
    """The forecasts of the days gone by, held to what was then measured."""
    past = sky.past
    rows = [(values, past.row(day)) for day, values in told.items() if site >= 0]
    pairs = [
        (*values, float(past.rain_mm[row, site]), float(past.warmth_c[row, site]))
        for values, row in rows
        if 0 <= row < past.rain_mm.shape[0]
    ]
    known = np.array([pair for pair in pairs if np.isfinite(pair).all()])
    if len(known) < TOLD_NEEDED:
        return
    bias = float(np.mean(known[:, 1] - known[:, 3]))
    yield Finding(name="forecast_was_true", passed=abs(bias) <= BIAS_C, measured=bias, limit=BIAS_C)
    forecast, seen = float(known[:, 0].sum()), float(known[:, 2].sum())
    ratio = (seen + RAIN_TOLD_MM) / (forecast + RAIN_TOLD_MM)
    yield Finding(
        name="rain_came_as_forecast",
        passed=1.0 / RAIN_TOLD_RATIO <= ratio <= RAIN_TOLD_RATIO,
        measured=f"{seen:.1f} mm measured of {forecast:.1f} mm forecast in {len(known)} days",
        limit=f"within {RAIN_TOLD_RATIO:g} times",
    )


def _mean(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")
