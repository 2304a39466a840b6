"""Traits of a verdict by which it is like or unlike those released before: all are read from its own record.

A history of verdicts is therefore all that is needed to learn from; nothing is asked of the inputs of days gone by.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final, Literal

from cloud.judge.coarse import SystemBounds
from cloud.judge.lines import number_of, pairs_of
from cloud.records import Check, Recommendation

Kind = Literal["irrigate", "wait"]
BOUNDED: Final = frozenset(
    {
        "dose by what is missing at most",
        "dose of the dry chances by what could be given",
        "dose of the wet chances by what could be given",
        "stress if ignored by days to the next check",
        "days to the next check",
    }
)
"""Traits of what is decided, which keep their bounds from season to season; those of the soil and the sky wander."""
SMALL_MM: Final = 3.0
"""Added to depths before ratios are taken: differences of a few millimetres say nothing."""
TRAITS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "irrigate": (
        "missing share",
        "spread of what is missing",
        "dose by what is missing",
        "dose by what is missing at most",
        "spread of the dose",
        "dose of the dry chances by what could be given",
        "dose of the wet chances by what could be given",
        "dose by the room in the soil",
        "stress if followed",
        "stress if ignored",
        "readily available water by the judge's",
        "forecast rain",
        "evaporation by that of the week before",
        "warmth to come",
    ),
    "wait": (
        "missing share",
        "spread of what is missing",
        "stress if ignored",
        "days to the next check",
        "stress if ignored by days to the next check",
        "driest case by its limit",
        "claim at the next check by its limit",
        "readily available water by the judge's",
        "forecast rain",
        "evaporation by that of the week before",
        "warmth to come",
    ),
}
NEED_SHARE: Final = 0.2
"""Share of readily available water that the check ``needed`` has for its limit."""
WAIT_SHARE: Final = 1.4


def kind_of(proposed: Recommendation) -> Kind | None:
    """Which traits fit; None for a refusal, and for a wait because nothing grows."""
    if proposed.depletion_mm is None:
        return None
    if proposed.action == "irrigate":
        return "irrigate" if proposed.depth_mm is not None else None
    return None if proposed.action == "hold" else "wait"


def traits_of(
    kind: Kind, proposed: Recommendation, checks: Sequence[Check], system: SystemBounds | None
) -> list[float]:
    """Values in the order of TRAITS; NaN where neither the record nor the irrigation system tells."""
    by_name = {check.name: check for check in checks}
    claimed = proposed.depletion_mm
    assert claimed is not None
    stated = next((one.value for one in proposed.evidence if one.kind == "readily_available_mm" and one.value), None)
    rain = next((one.value for one in proposed.evidence if one.kind == "forecast_rain_mm"), None)
    share = math.nan if not stated else claimed.p50 / stated
    spread = math.nan if not stated else (claimed.p90 - claimed.p10) / stated
    last = [math.nan if rain is None else math.log1p(max(rain, 0.0)), *_of_weather(by_name)]
    if kind == "wait":
        check = proposed.next_check_day
        days = math.nan if check is None else float((check - proposed.day).days)
        ratio = _ratio(stated, _limit(by_name, "waiting_is_safe"), WAIT_SHARE)
        safe, claim = (_by_limit(by_name, name) for name in ("waiting_is_safe", "claim_allows_waiting"))
        ignored = _or_nan(proposed.stress_probability_if_ignored)
        return [share, spread, ignored, days, ignored * days, safe, claim, ratio, *last]
    depth = proposed.depth_mm
    assert depth is not None
    return [
        share,
        spread,
        math.log((max(depth.p50, 0.0) + SMALL_MM) / (max(claimed.p50, 0.0) + SMALL_MM)),
        math.log((max(depth.p50, 0.0) + SMALL_MM) / (max(claimed.p90, 0.0) + SMALL_MM)),
        (depth.p90 - depth.p10) / max(depth.p50, SMALL_MM),
        _by_most(depth.p90, claimed.p90, system),
        _by_most(depth.p10, claimed.p10, system),
        _by_limit(by_name, "room_in_soil"),
        _or_nan(proposed.stress_probability_if_followed),
        _or_nan(proposed.stress_probability_if_ignored),
        _ratio(stated, _limit(by_name, "needed"), NEED_SHARE),
        *last,
    ]


def _by_most(depth_mm: float, missing_mm: float, system: SystemBounds | None) -> float:
    """Logarithm of a depth by what is missing, gross, or by the largest event where that is less."""
    if system is None:
        return math.nan
    most = min(max(missing_mm, 0.0) / system.efficiency, system.largest_mm)
    return math.log((max(depth_mm, 0.0) + 1.0) / (max(most, system.smallest_mm) + 1.0))


def _of_weather(by_name: Mapping[str, Check]) -> list[float]:
    """Evaporation of the last days by that of the week before, and warmth to come over that of the last days."""
    lines = [by_name[name].measured for name in ("weather_as_before", "forecast_as_before") if name in by_name]
    pairs: dict[str, str] = {}
    for line in lines:
        pairs |= pairs_of(line) if isinstance(line, str) else {}
    newest, week, warm = (_read(pairs, name) for name in ("et_mm_0_3", "et_mm_3_10", "warmth_c_0_3"))
    coming = [_read(pairs, name) for name in pairs if name.startswith("warmth_2")]
    ratio = (newest / 3.0) / (week / 7.0) if week > 0.0 else math.nan
    return [ratio, sum(coming) / len(coming) - warm if coming else math.nan]


def _read(pairs: Mapping[str, str], name: str) -> float:
    value = number_of(pairs.get(name, ""))
    return math.nan if value is None else value


def _by_limit(by_name: Mapping[str, Check], name: str) -> float:
    measured, limit = getattr(by_name.get(name), "measured", None), _limit(by_name, name)
    return math.nan if not isinstance(measured, float) or not limit else measured / limit


def _limit(by_name: Mapping[str, Check], name: str) -> float | None:
    limit = getattr(by_name.get(name), "limit", None)
    return limit if isinstance(limit, float) and limit > 0.0 else None


def _ratio(stated: float | None, limit: float | None, share: float) -> float:
    return math.nan if not stated or limit is None else math.log(stated / (limit / share))


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
