"""What is doubted of a parcel, or inferred without anybody telling it, in one line each."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from cloud.agronomy.assimilation.claims import DoubtedIrrigation, InferredIrrigation
from cloud.agronomy.assimilation.watch import KEPT_DAYS
from cloud.agronomy.state import WaterHistory

RECENT_DAYS: Final = KEPT_DAYS
"""Doubts that ended longer ago than this are history."""


def doubts_of(history: WaterHistory) -> Mapping[str, tuple[str, ...]]:
    """The doubts of each parcel that still matter on the last day of a run, oldest first."""
    since = history.state.day - timedelta(days=RECENT_DAYS)
    found: dict[str, list[tuple[date, str]]] = defaultdict(list)
    for inferred in history.inferred:
        found[inferred.parcel_id].append((inferred.last_day, _inferred(inferred)))
    for told in history.doubted:
        found[told.parcel_id].append((told.last_day, _doubted(told)))
    for source in history.suspects:
        found[source.parcel_id].append((source.until, source.note.removeprefix(f"parcel {source.parcel_id}: ")))
    return {parcel_id: tuple(line for day, line in sorted(lines) if day >= since) for parcel_id, lines in found.items()}


def _inferred(one: InferredIrrigation) -> str:
    return (
        f"{_days(one.first_day, one.last_day)}: probably irrigated without anybody telling,"
        f" {one.depth_p50_mm:.0f} mm at the inlet ({one.depth_p10_mm:.0f} to {one.depth_p90_mm:.0f}),"
        f" {100.0 * one.probability:.0f} of 100; {one.evidence}"
    )


def _doubted(one: DoubtedIrrigation) -> str:
    return (
        f"{_days(one.first_day, one.last_day)}: the {one.depth_mm:.0f} mm told by {one.source} probably did not come,"
        f" {100.0 * one.probability:.0f} of 100; {one.evidence}"
    )


def _days(first: date, last: date) -> str:
    return f"on {first}" if first == last else f"from {first} to {last}"
