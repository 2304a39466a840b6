"""What counters counted between readings: never negative, and over a reset not known. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from edge.reading import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What was counted, and for how long nobody could say."""

    amount: float
    """In the counter's unit; the mean of several counters of one quantity."""
    seen_s: float
    """Time between the readings that were counted [s]."""
    unknown_s: float
    """Time over which a counter began anew [s]: missing, not zero."""


def counted(readings: Sequence[Reading]) -> Counted | None:
    """What one or several counters of one quantity counted; None without two readings of one of them."""
    by_sensor: dict[str, list[Reading]] = defaultdict(list)
    for one in readings:
        if one.at is not None and one.quality in {"good", "reset"}:
            by_sensor[one.sensor_id].append(one)
    each = [_of_one(sorted(some, key=_second)) for some in by_sensor.values() if len(some) > 1]
    if not each:
        return None
    return Counted(
        amount=sum(one.amount for one in each) / len(each),
        seen_s=sum(one.seen_s for one in each) / len(each),
        unknown_s=max(one.unknown_s for one in each),
    )


def _of_one(ordered: Sequence[Reading]) -> Counted:
    amount = seen_s = unknown_s = 0.0
    for before, after in pairwise(ordered):
        passed_s = _second(after) - _second(before)
        if after.quality == "reset" or after.value < before.value:
            unknown_s += passed_s
        else:
            amount += after.value - before.value
            seen_s += passed_s
    return Counted(amount=amount, seen_s=seen_s, unknown_s=unknown_s)


def _second(reading: Reading) -> float:
    return 0.0 if reading.at is None else reading.at.timestamp()
