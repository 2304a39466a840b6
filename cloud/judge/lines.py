"""Lines of ``name=value`` pairs, the form in which the judge remembers."""

from collections.abc import Mapping
from datetime import date
from typing import Final

import numpy as np

from cloud.bounds import is_of_our_time

Pairs = dict[str, str]
Limits = Mapping[str, tuple[float, float]]
"""By how much values may change: a share of what they were, and at least so much."""
NO_NUMBERS: Final = frozenset({"nan", "inf", "infinity"})
"""Words for numbers that are none: two of them are not alike."""
SAME_SHARE: Final = 0.02


def line_of(pairs: Mapping[str, str]) -> str:
    """Pairs as one line."""
    return "; ".join([f"{name}={value}" for name, value in pairs.items()])


def pairs_of(line: str) -> Pairs:
    """The pairs of a line."""
    return {name: value for name, _, value in [part.partition("=") for part in line.split("; ")] if name}


def far(before: Mapping[str, str], now: Mapping[str, str], limits: Limits) -> list[str]:
    """What has left its limits since an earlier line, in words."""
    changed = []
    for name, (share, least) in limits.items():
        if name not in before:
            continue
        then, today = number_of(before[name]), number_of(now.get(name, ""))
        if today is None:
            changed.append(f"{name} was {before[name]}, and is unknown")
        elif then is None or abs(today - then) > max(share * abs(then), least):
            changed.append(f"{name} was {before[name]}, and is {now[name]}")
    return changed


def alike(one: str, other: str) -> bool:
    """Whether two values say the same, numbers within a fiftieth."""
    if one == other:
        return one.lower().lstrip("+-") not in NO_NUMBERS
    first, second = number_of(one), number_of(other)
    if first is None or second is None:
        return False
    return abs(first - second) <= SAME_SHARE * max(abs(first), abs(second))


def day_of(text: str | None) -> date | None:
    """A day a calendar may show, or None: what a history says may be anything."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if is_of_our_time(day) else None


def number_of(text: str) -> float | None:
    """A finite number, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if np.isfinite(value) else None
