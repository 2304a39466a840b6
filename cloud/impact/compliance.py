"""Who was truly advised, from when, against who was assigned; and assignments for trials in which nobody was drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from cloud.impact.data import Advice, ParcelSeason, TrialData
from cloud.impact.design import Assigned, Design
from cloud.records import Parcel

_GRACE: Final = timedelta(days=30)
"""Advice that begins no later than this after a season's first day counts for the season."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compliance:
    """How far the trial was carried out as assigned; parcel-seasons of the trial's seasons."""

    assigned: int
    advised_as_assigned: int
    advised_before_their_turn: int
    followed_fraction: float | None
    """Mean share of the advice that farmers followed, of those who told."""

    @property
    def contrast(self) -> float | None:
        """Share of the assigned that were advised, less that of the others; None where nobody was assigned."""
        return self.advised_as_assigned / self.assigned if self.assigned else None


def compliance_of(data: TrialData, design: Design, assignment: Sequence[Assigned]) -> Compliance | None:
    """Compliance over the trial's parcel-seasons; None where the data do not say who was advised."""
    if not data.advice:
        return None
    starts = {one.parcel_id: _place(design, one.starts) for one in assignment}
    assigned = as_assigned = early = 0
    for one in data.seasons:
        if one.parcel_id not in starts or one.season not in design.trial_seasons:
            continue
        due = design.seasons.index(one.season) >= starts[one.parcel_id]
        got = advised_in(data.advice.get(one.parcel_id), one)
        assigned += due
        as_assigned += due and got
        early += got and not due
    followed = [one.followed_fraction for one in data.advice.values() if one.followed_fraction is not None]
    return Compliance(
        assigned=assigned,
        advised_as_assigned=as_assigned,
        advised_before_their_turn=early,
        followed_fraction=float(np.mean(followed)) if followed else None,
    )


def _place(design: Design, starts: str | None) -> int:
    return len(design.seasons) if starts is None else design.seasons.index(starts)


def advised_in(advice: Advice | None, one: ParcelSeason) -> bool:
    """Whether a parcel had advice for a season, from its beginning or nearly."""
    return advice is not None and advice.since <= one.first + _GRACE


def observed_assignment(data: TrialData, design: Design) -> tuple[tuple[Assigned, ...], tuple[str, ...]]:
    """Starts as they came about, where nobody was drawn; parcels advised before the trial cannot be compared."""
    first: dict[str, dict[str, date]] = {}
    for one in data.seasons:
        first.setdefault(one.parcel_id, {})[one.season] = one.first
    assignment: list[Assigned] = []
    problems: list[str] = []
    for parcel in data.parcels:
        start = _start(data.advice.get(parcel.id), first.get(parcel.id, {}), design)
        if start in design.baseline_seasons:
            problems.append(
                f"parcel {parcel.id}: expected seasons before the first advice, got advice from"
                f" {data.advice[parcel.id].since} on; it is left out"
            )
            continue
        assignment.append(Assigned(parcel_id=parcel.id, block=block_of(parcel, design), starts=start))
    return tuple(assignment), tuple(problems)


def _start(advice: Advice | None, first: Mapping[str, date], design: Design) -> str | None:
    if advice is None:
        return None
    inside = [season for season in design.seasons if season in first and first[season] + _GRACE >= advice.since]
    return inside[0] if inside else None


def block_of(parcel: Parcel, design: Design) -> str:
    """Name of the block that a parcel belongs to; one without a group or farm is a block of its own."""
    canal, group = parcel.water.canal, parcel.water.group
    names = {
        "group": "/".join(part for part in (canal, group) if part) or None,
        "farm": parcel.farm,
    }
    return names.get(design.block) or f"parcel {parcel.id}"
