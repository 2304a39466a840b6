"""Whether parcels that should fare alike are told alike: same place, crop, method and fortnight of planting.

What differs for a reason the judge can see (other irrigations, another soil) is taken off first: compared is what the
claim leaves of the judge's own bucket, in shares of readily available water, and the dose in shares of the claim.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import Final

from cloud.judge.case import Case, Finding

NAME: Final = "like_neighbours"
FEWEST: Final = 5
PLANTED_WITHIN_DAYS: Final = 15
SAME_SHARE: Final = 0.8
"""Difference from the median of the neighbours that is never asked about, of readily available water."""
SAME_RATIO: Final = 0.5
"""The same of the logarithm of dose by claim: a factor of 1.6."""
SPREADS: Final = 6.0
"""Differences beyond this many median deviations stand out."""
SMALL_MM: Final = 3.0
DRIER_SHARE: Final = 0.5
"""A wait that says the soil has water, on a soil drier by this than the neighbours who irrigate, is asked about."""
HAS_WATER: Final = "soil_has_water"

Key = tuple[object, ...]


def of_neighbours(cases: Iterable[Case]) -> Mapping[int, Finding]:
    """Findings by place in the order given; parcels with too few neighbours get none."""
    groups: dict[Key, list[tuple[int, Case]]] = defaultdict(list)
    for place, case in enumerate(cases):
        if case.proposed.action != "hold" and case.proposed.depletion_mm is not None and case.bucket_known:
            groups[_key(case)].append((place, case))
    found: dict[int, Finding] = {}
    for members in groups.values():
        if len(members) >= FEWEST:
            found.update(_compared(members))
    return found


def _key(case: Case) -> Key:
    parcel = case.parcel
    planted = None if parcel.planted_on is None else parcel.planted_on.toordinal() // PLANTED_WITHIN_DAYS
    return (case.proposed.day, int(case.sky.past.site_of[case.index]), parcel.crop, parcel.irrigation.method, planted)


def _compared(members: Sequence[tuple[int, Case]]) -> Iterator[tuple[int, Finding]]:
    claims = {place: _left_over(case) for place, case in members}
    doses = {place: _dose_ratio(case) for place, case in members if case.proposed.depth_mm is not None}
    dry = [_share(case) for _, case in members if case.proposed.action == "irrigate"]
    usual_claim = _usual(claims, SAME_SHARE)
    usual_dose = _usual(doses, SAME_RATIO) if len(doses) >= FEWEST else None
    usual_dry = median(dry) if len(dry) >= FEWEST else math.inf
    for place, case in members:
        odd = _odd("depletion less the coarse bucket's", claims[place], usual_claim, len(claims))
        if odd is None and place in doses and usual_dose is not None:
            odd = _odd("dose by depletion", doses[place], usual_dose, len(doses))
        if odd is None and _waits(case) and _share(case) > usual_dry + DRIER_SHARE:
            odd = f"waits at {_share(case):.2f} of readily available water", f"neighbours irrigate at {usual_dry:.2f}"
        if odd is None:
            yield place, Finding(name=NAME, passed=True, measured=claims[place], limit=f"{len(members)} neighbours")
        else:
            yield place, Finding(name=NAME, passed=False, measured=odd[0], limit=odd[1])


def _usual(values: Mapping[int, float], least: float) -> tuple[float, float]:
    """Median of the neighbours, and how far from it one may lie."""
    middle = median(values.values())
    return middle, max(least, SPREADS * median(abs(value - middle) for value in values.values()))


def _odd(what: str, value: float, usual: tuple[float, float], count: int) -> tuple[str, str] | None:
    """What stands out and from what; None where nothing does."""
    middle, limit = usual
    if abs(value - middle) <= limit:
        return None
    return f"{what} {value:+.2f}", f"{middle:+.2f} +- {limit:.2f} of {count} neighbours"


def _left_over(case: Case) -> float:
    claimed = case.proposed.depletion_mm
    assert claimed is not None
    return (claimed.p50 - case.lane("middle_mm")) / max(case.lane("readily_available_mm"), SMALL_MM)


def _dose_ratio(case: Case) -> float:
    claimed, depth = case.proposed.depletion_mm, case.proposed.depth_mm
    assert claimed is not None
    assert depth is not None
    return math.log((max(depth.p50, 0.0) + SMALL_MM) / (max(claimed.p50, 0.0) + SMALL_MM))


def _share(case: Case) -> float:
    claimed = case.proposed.depletion_mm
    assert claimed is not None
    return claimed.p50 / max(case.lane("readily_available_mm"), SMALL_MM)


def _waits(case: Case) -> bool:
    return case.proposed.action == "wait" and case.proposed.reason_code == HAS_WATER
