"""Whether the weather is alive: it changes from day to day, never repeats itself, and the forecast goes on from it."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from cloud.judge.case import Finding, Sky

STILL_DAYS: Final = 5
STILL_C: Final = 0.05
"""A place whose mean temperature stays within this for STILL_DAYS has a thermometer that stands still."""
BLOCK_DAYS: Final = 7
LOOKED_BACK_DAYS: Final = 60
JUMP_C: Final = 9.0
"""Mean warmth of the next days may leave that of the last week by this much."""
AHEAD_DAYS: Final = 3
RECENT_DAYS: Final = 7
NEAR_DEGREES: Final = 0.35
NEIGHBOURS_NEEDED: Final = 2
COMPARED_DAYS: Final = 21
MUCH_RAIN_MM: Final = 15.0
FEW_SHARE: Final = 0.15
"""A station with less than this share of the rain around it, where that is much, does not measure rain."""
SPREAD_DAYS: Final = 7
NARROWS: Final = 1.2
"""Spread of the first days by that of the last; below one wherever errors grow."""


def of_live_weather(sky: Sky, index: int) -> Iterator[Finding]:
    """The recent past moves, is no copy of an earlier stretch, and the forecast goes on from it."""
    past = sky.past
    if not past.warmth_c.size:
        return
    warmth = past.warmth_c[:, past.site_of[index]]
    recent = warmth[-STILL_DAYS:]
    if recent.size == STILL_DAYS and np.isfinite(recent).all():
        spread = float(np.ptp(recent))
        yield Finding(name="weather_moves", passed=spread > STILL_C, measured=spread, limit=STILL_C)
    back = _copied_from(warmth)
    yield Finding(
        name="weather_is_new",
        passed=back is None,
        measured="no stretch is repeated" if back is None else f"the last week is that of {back} days before",
        limit="no week comes back to the digit",
    )
    yield from _like_neighbours(sky, index)
    ahead = sky.ahead
    if ahead is None or not ahead.warmth_c.size:
        return
    yield from _widening(sky, index)
    first = max(0, ahead.row(sky.day))
    coming = ahead.warmth_c[first : first + AHEAD_DAYS, ahead.site_of[index]]
    week = warmth[-RECENT_DAYS:]
    if np.isfinite(coming).any() and np.isfinite(week).any():
        jump = float(np.nanmean(coming) - np.nanmean(week))
        yield Finding(name="forecast_joins_the_past", passed=abs(jump) <= JUMP_C, measured=jump, limit=JUMP_C)


def _like_neighbours(sky: Sky, index: int) -> Iterator[Finding]:
    """A gauge does not stay dry while all around it rains, nor the other way round."""
    past, site = sky.past, int(sky.past.site_of[index])
    away = np.abs(past.places - past.places[site]).max(axis=1)
    near = np.flatnonzero((away <= NEAR_DEGREES) & (np.arange(away.size) != site))
    rows = past.rain_mm[-COMPARED_DAYS:]
    if near.size < NEIGHBOURS_NEEDED or rows.shape[0] < COMPARED_DAYS:
        return
    both = np.isfinite(rows[:, site])
    around = float(np.median(np.nansum(rows[both][:, near], axis=0)))
    own = float(rows[both, site].sum())
    dry, wet = around >= MUCH_RAIN_MM and own < FEW_SHARE * around, own >= MUCH_RAIN_MM and around < FEW_SHARE * own
    yield Finding(
        name="rain_like_neighbours",
        passed=not dry and not wet,
        measured=own,
        limit=f"{around:.0f} mm at {near.size} stations around in {COMPARED_DAYS} days",
    )


def _widening(sky: Sky, index: int) -> Iterator[Finding]:
    """Members agree better about tomorrow than about next week; a forecast that does not is an old one, or no one's."""
    ahead = sky.ahead
    assert ahead is not None
    first = max(0, ahead.row(sky.day))
    spread = ahead.spread_c[first:, ahead.site_of[index]]
    if spread.size < SPREAD_DAYS or not np.isfinite(spread).all():
        return
    widest = float(spread.max())
    yield Finding(name="forecast_members_differ", passed=widest > STILL_C, measured=widest, limit=STILL_C)
    if widest <= STILL_C:
        return
    ratio = float(spread[:AHEAD_DAYS].mean() / max(float(spread[-AHEAD_DAYS:].mean()), STILL_C))
    yield Finding(name="forecast_widens", passed=ratio <= NARROWS, measured=ratio, limit=NARROWS)


def _copied_from(warmth: np.ndarray[tuple[int], np.dtype[np.float64]]) -> int | None:
    """Days back to a stretch that equals the last week, None when there is none; a week standing still is no copy."""
    block = warmth[-BLOCK_DAYS:]
    if block.size < BLOCK_DAYS or not np.isfinite(block).all() or np.ptp(block) <= STILL_C:
        return None
    for back in range(BLOCK_DAYS, min(LOOKED_BACK_DAYS, warmth.size - BLOCK_DAYS) + 1):
        if np.array_equal(block, warmth[-BLOCK_DAYS - back : -back]):
            return back
    return None
