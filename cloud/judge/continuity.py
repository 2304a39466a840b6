"""Whether a parcel is described as before, and told only once: what changes overnight, a person must see.

The judge writes what it saw into its own checks and reads it back from the history, so that a verdict file is all the
memory it needs. Each check's ``measured`` is a line of ``name=value`` pairs; today's is held to the newest earlier
verdict of the parcel. A change is held once: the day after, the newer line stands in the history.
"""

from collections.abc import Iterator
from typing import Final

from cloud.delivery import own_flow_m3_h
from cloud.judge.case import Case, Finding
from cloud.judge.coarse import group_of, roots_m, system_of, water_mm_per_m
from cloud.judge.lines import alike, line_of, pairs_of
from cloud.judge.remembered import earlier_line, held_to

PARCEL: Final = "parcel_as_before"
AGAIN: Final = "not_told_before"
AHEAD_TOLD_DAYS: Final = 30
"""An earlier verdict for a day further ahead is a slip of a calendar, and must not hold a parcel till then."""


def of_parcel_memory(case: Case) -> Iterator[Finding]:
    """The parcel is described as it was."""
    now, earlier = _description(case), earlier_line(case, PARCEL)
    before = {} if earlier is None else pairs_of(earlier[1])
    changed = [f"{name} was {then}" for name, then in before.items() if name in now and not alike(then, now[name])]
    yield held_to(PARCEL, line_of(now), earlier, changed)


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
