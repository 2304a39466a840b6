"""What photos add to the water balance: observations with their error, or the reason why they add nothing."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from cloud.records import Observation, Parcel
from edge.contract import Detection

OLDEST_DAYS: Final = 3
"""A detection older than this is shown, never assimilated."""
CANOPY_SIGMA: Final = 0.08
"""Standard error of a photo taken straight down against the parcel: model error and the patch that one frame sees."""
DRIFTED: Final = "camera_drifted"
DRIFTED_FACTOR: Final = 2.0
"""By how much the error grows when a camera says that its colours drifted, but not how far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Usable:
    parcel_id: str
    day: date
    taken_at: datetime
    detection: Detection


def observe(
    detections: Sequence[Detection], parcels: Sequence[Parcel], day: date
) -> tuple[tuple[Observation, ...], tuple[str, ...]]:
    """Observations fit to be assimilated on ``day``, and one note for each detection that is only shown.

    Canopy's share of a picture is ground cover only where the camera looks straight down: the card of the canopy model
    says how far off it is on oblique views. Photos of one parcel and day share their errors (light, framing): they give
    one observation, the mean, with the sigma of a single photo; a photo of a camera whose colours have drifted from its
    own reference has a sigma larger by that drift. Wilting alone says nothing of transpiration until a
    model is calibrated to it, so it never becomes an observation.
    """
    by_id = {parcel.id: parcel for parcel in parcels}
    notes: list[str] = []
    groups: dict[tuple[str, date], list[_Usable]] = defaultdict(list)
    seen: set[tuple[str | None, str]] = set()
    for detection in detections:
        key = (detection.parcel_id, detection.sha256)
        reason = "the same photo again" if key in seen else shown_only(detection, by_id, day)
        seen.add(key)
        if reason is not None:
            notes.append(f"{name_of(detection)}: shown, not assimilated: {reason}")
            continue
        usable = _usable(detection, by_id)
        groups[usable.parcel_id, usable.day].append(usable)
    observations = [one for key in sorted(groups) for one in _observations_of(groups[key])]
    return tuple(observations), tuple(notes)


def shown_only(detection: Detection, parcels: Mapping[str, Parcel], day: date) -> str | None:
    """Why a detection cannot be assimilated on ``day``; None when it can."""
    parcel = parcels.get(detection.parcel_id or "")
    if parcel is None:
        return f"parcel {detection.parcel_id!r} is not among the parcels"
    if not detection.opinion:
        return f"the camera gives no opinion ({', '.join(detection.reasons)})"
    if detection.taken_at is None:
        return "taken_at is unknown"
    return _untimely(detection.taken_at, parcel, day) or _without_value(detection)


def _untimely(taken_at: datetime, parcel: Parcel, day: date) -> str | None:
    age_days = (day - local_day(taken_at, parcel)).days
    if age_days < 0:
        return f"taken_at {taken_at.isoformat()} is after {day}: check the camera's clock"
    return f"{age_days} days old, at most {OLDEST_DAYS} count" if age_days > OLDEST_DAYS else None


def _without_value(detection: Detection) -> str | None:
    if not _has_value(detection):
        given = ", ".join(detection.reasons) or "wilting without a stress calibration"
        return f"no canopy seen straight down and no stress with its sigma ({given})"
    return None


def local_day(moment: datetime, parcel: Parcel) -> date:
    """Calendar day of a moment where the parcel lies; its own day where the calendar ends before the zone's."""
    try:
        return moment.astimezone(ZoneInfo(parcel.timezone)).date()
    except OverflowError:
        return moment.date()


def name_of(detection: Detection) -> str:
    """How a note names a detection."""
    return f"detection {detection.path or detection.sha256[:12]} of parcel {detection.parcel_id}"


def _has_value(detection: Detection) -> bool:
    return _ground_cover(detection) is not None or _has_stress(detection)


def _ground_cover(detection: Detection) -> float | None:
    return detection.canopy_cover_fraction if detection.looks_down else None


def _has_stress(detection: Detection) -> bool:
    return detection.stress_index is not None and bool(detection.stress_sigma)


def error_factor(detection: Detection) -> float:
    """By how much a photo's error is larger than its model's: the drift of its camera's colours, once it counts."""
    drift = None if detection.quality is None else detection.quality.drift
    if drift is None:
        return DRIFTED_FACTOR if DRIFTED in detection.reasons else 1.0
    return max(1.0, drift)


def _usable(detection: Detection, parcels: Mapping[str, Parcel]) -> _Usable:
    assert detection.parcel_id is not None
    assert detection.taken_at is not None
    parcel = parcels[detection.parcel_id]
    return _Usable(
        parcel_id=parcel.id,
        day=local_day(detection.taken_at, parcel),
        taken_at=detection.taken_at,
        detection=detection,
    )


def _observations_of(group: Sequence[_Usable]) -> Iterable[Observation]:
    """One observation per kind from the photos of one parcel and day."""
    canopy = [
        (one, cover, CANOPY_SIGMA * error_factor(one.detection))
        for one in group
        if (cover := _ground_cover(one.detection)) is not None
    ]
    stress = [
        (one, one.detection.stress_index, one.detection.stress_sigma * error_factor(one.detection))
        for one in group
        if one.detection.stress_index is not None and one.detection.stress_sigma
    ]
    if canopy:
        yield Observation(
            parcel_id=canopy[0][0].parcel_id,
            observed_at=max(one.taken_at for one, _, _ in canopy),
            kind="canopy_cover_fraction",
            value=round(statistics.fmean(value for _, value, _ in canopy), 4),
            sigma=max(sigma for _, _, sigma in canopy),
            source=_source(one for one, _, _ in canopy),
        )
    if stress:
        yield Observation(
            parcel_id=stress[0][0].parcel_id,
            observed_at=max(one.taken_at for one, _, _ in stress),
            kind="stress_index",
            value=round(statistics.fmean(value for _, value, _ in stress), 4),
            sigma=max(sigma for _, _, sigma in stress),
            source=_source(one for one, _, _ in stress),
        )


def _source(group: Iterable[_Usable]) -> str:
    cameras = sorted({one.detection.camera_id or "camera" for one in group})
    return "+".join(cameras)
