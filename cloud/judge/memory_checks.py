"""Checks against what is known of the past: age of the data, water already given, the farmer's word, history."""

import statistics
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np

from cloud.judge.case import STALE_DAYS, Case, Finding, Sky
from cloud.judge.coarse import system_of
from cloud.records import Recommendation

ET_RATIO_LARGEST: Final = 2.5
"""Two references further apart than this on the mean of the last week point at a broken sensor or a wrong unit."""
ET_PLAUSIBLE_MM: Final = 14.0
RECENT_DAYS: Final = 7
JUMP_RATIO: Final = 4.0
HISTORY_NEEDED: Final = 3
WILTING_PROBABILITY: Final = 0.8
"""Visible wilting (score of two or more) this probable contradicts a wait."""
WORTH_COUNTING_MM: Final = 1.0
SUREST_SIGMA: Final = 0.1
"""Standard error below which no stress index of a photo is believed: the validated cameras state .25 and more."""


def of_age(sky: Sky, index: int, issued_on: date | None) -> Iterator[Finding]:
    """Weather and forecast are fresh enough for the day of the advice."""
    last = sky.past.last_known(index) if sky.past.middle_mm.size else None
    age = None if last is None else (sky.day - last).days
    yield Finding(
        name="weather_is_fresh",
        passed=age is not None and 0 <= age <= STALE_DAYS,
        measured="no weather" if age is None else float(age),
        limit=float(STALE_DAYS),
    )
    ahead = sky.ahead
    if ahead is None or not ahead.middle_mm.size:
        yield Finding(name="forecast_is_fresh", passed=False, measured="no forecast", limit=float(STALE_DAYS))
        return
    row = ahead.row(sky.day + timedelta(days=1))
    covers = 0 <= row < ahead.middle_mm.shape[0] and bool(np.isfinite(ahead.middle_mm[row, ahead.site_of[index]]))
    issue_age = 0 if issued_on is None else (sky.day - issued_on).days
    yield Finding(
        name="forecast_is_fresh",
        passed=covers and 0 <= issue_age <= STALE_DAYS,
        measured=float(issue_age) if covers else f"does not cover {sky.day + timedelta(days=1)}",
        limit=float(STALE_DAYS),
    )


def of_references(sky: Sky, index: int) -> Iterator[Finding]:
    """The two references of the last week agree roughly, and neither is absurd."""
    if not sky.past.middle_mm.size:
        return
    site = sky.past.site_of[index]
    first, second = (series[-RECENT_DAYS:, site] for series in (sky.past.first_mm, sky.past.second_mm))
    known = np.isfinite(first) & np.isfinite(second)
    if not known.any():
        return
    one, other = float(np.mean(first[known])), float(np.mean(second[known]))
    largest, smallest = max(one, other), max(min(one, other), 0.3)
    yield Finding(
        name="two_references_agree",
        passed=largest / smallest <= ET_RATIO_LARGEST and largest <= ET_PLAUSIBLE_MM,
        measured=largest / smallest,
        limit=ET_RATIO_LARGEST,
    )
    given = sky.past.given_mm[-RECENT_DAYS:, site]
    if np.isfinite(given).any():
        mean = float(np.nanmean(given))
        low, high = 0.5 * min(one, other), 1.6 * max(one, other)
        yield Finding(
            name="given_reference_in_bracket",
            passed=low <= mean <= max(high, 1.0),
            measured=mean,
            limit=f"{low:.1f} to {high:.1f}",
        )


def of_recent_water(case: Case) -> Iterator[Finding]:
    """Water that arrived today or yesterday is not given twice; what the farmer said last stands.

    Yesterday's water is no reason to withhold today's where the soil, that water counted, still has room for it.
    """
    depth, day = case.proposed.depth_mm, case.proposed.day
    assert depth is not None
    recent = [
        event
        for event in case.events
        if day - timedelta(days=1) <= case.local_day(event.started_at) <= day and event.depth_mm > WORTH_COUNTING_MM
    ]
    today = sum(event.depth_mm for event in recent if case.local_day(event.started_at) == day)
    yesterday = sum(event.depth_mm for event in recent) - today
    daily = case.parcel.irrigation.method in {"drip", "sprinkler"} or _room_after_all(case, depth.p50)
    measured_only = today if daily else today + yesterday
    yield Finding(
        name="not_already_irrigated",
        passed=measured_only < (WORTH_COUNTING_MM if daily else 0.5 * depth.p50),
        measured=measured_only,
        limit=0.0 if daily else 0.5 * depth.p50,
    )
    replies = [event for event in recent if event.source == "reply"]
    spoken = max(replies, key=lambda event: event.started_at, default=None)
    word = "none" if spoken is None else f"{spoken.depth_mm:.0f} mm on {case.local_day(spoken.started_at)}"
    contradicts = spoken is not None and not daily and spoken.depth_mm >= 0.5 * depth.p50
    yield Finding(
        name="farmers_last_word",
        passed=not contradicts,
        measured=word,
        limit="no water reported since yesterday",
    )


def _room_after_all(case: Case, depth_mm: float) -> bool:
    """Whether the middling lane, which has counted what was given, still has room for the dose."""
    return case.bucket_known and depth_mm * system_of(case.parcel).efficiency <= case.lane("middle_mm")


def of_history(case: Case) -> Iterator[Finding]:
    """The dose does not jump away from those released before."""
    depth = case.proposed.depth_mm
    assert depth is not None
    doses = [
        verdict.recommendation.depth_mm.p50
        for verdict in case.history
        if verdict.recommendation.depth_mm is not None and verdict.proposed.day < case.proposed.day
    ][-5:]
    if len(doses) < HISTORY_NEEDED:
        return
    usual = statistics.median(doses)
    low, high = usual / JUMP_RATIO - 2.0, usual * JUMP_RATIO + 2.0
    yield Finding(
        name="like_earlier_doses",
        passed=low <= depth.p50 <= high,
        measured=depth.p50,
        limit=f"{max(low, 0.0):.0f} to {high:.0f}",
    )


def of_sight(case: Case) -> Iterator[Finding]:
    """A wait is not spoken over a fresh photo that shows wilting."""
    fresh = [
        detection
        for detection in case.detections
        if detection.opinion
        and detection.taken_at is not None
        and detection.wilting_probability is not None
        and 0 <= (case.proposed.day - case.local_day(detection.taken_at)).days <= STALE_DAYS
        and not any(event.started_at >= detection.taken_at for event in case.events)
    ]
    if not fresh:
        return
    newest = max(fresh, key=lambda detection: (detection.taken_at, detection.sha256))
    assert newest.wilting_probability is not None
    yield Finding(
        name="no_visible_wilting",
        passed=newest.wilting_probability < WILTING_PROBABILITY,
        measured=newest.wilting_probability,
        limit=WILTING_PROBABILITY,
    )


def of_sure_photos(case: Case) -> Iterator[Finding]:
    """No photo states its stress more surely than the best camera can, and none says what the coarse soil rules out."""
    fresh = [
        one
        for one in case.detections
        if one.opinion
        and one.taken_at is not None
        and one.stress_index is not None
        and 0 <= (case.proposed.day - case.local_day(one.taken_at)).days <= STALE_DAYS
    ]
    if not fresh:
        return
    surest = min(one.stress_sigma or 0.0 for one in fresh)
    yield Finding(
        name="photos_know_their_limits",
        passed=surest >= SUREST_SIGMA,
        measured=surest,
        limit=SUREST_SIGMA,
    )


def of_inputs(proposed: Recommendation) -> Iterator[Finding]:
    """The recommendation names what it rests on."""
    yield Finding(
        name="inputs_named",
        passed=bool(proposed.inputs) and bool(proposed.code_version),
        measured=float(len(proposed.inputs)),
        limit=1.0,
    )
