"""A photo read against its camera's past: moved or frozen gives no opinion, drift widens it, dawn gives the rise."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, tzinfo
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge.contract import Detection, Quality
from edge.drift import ColourMemory, colours_of, drift_of, with_colours
from edge.finding import MAX_REASONS, DetectionResult
from edge.frame import Frame
from edge.history import CameraMemory, Dawn, LastPhoto, Look, is_elsewhere, is_frozen, placed, showed_only
from edge.views import at_most, thumbnail, view_signature

DAWN_FROM: Final = time(5, 30)
DAWN_UNTIL: Final = time(9, 0)
"""Local hours in which leaves have recovered from the day before."""
DRIFTED_LEVELS: Final = 1
"""Levels by which the set of scores is widened on either side while colours have drifted."""
HIGHEST_SCORE: Final = 4
WIDTH_PX: Final = 768
"""Width that a memory looks at: more would only cost time."""

_UNSAID: Final[Mapping[str, None]] = dict.fromkeys(
    (
        "canopy_cover_fraction",
        "wilting_score",
        "wilting_probability",
        "wilting_low",
        "wilting_high",
        "wilting_since_dawn",
        "stress_index",
        "stress_sigma",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraReference:
    """A camera's memory, and the zone its days are counted in."""

    memory: CameraMemory
    zone: tzinfo = UTC


def recalled(result: DetectionResult, frame: Frame, reference: CameraReference) -> DetectionResult:
    """The result read against the camera's memory, with the memory after this photo.

    Only a clear photo with a known moment is compared and remembered. A photo older than the newest one remembered
    is judged but changes nothing, so that a late file cannot undo what is known.
    """
    memory = reference.memory
    if frame.rgb is None or frame.taken_at is None or not result.detection.opinion:
        return replace(result, memory=memory)
    small = at_most(frame.rgb, WIDTH_PX)
    look = Look(
        taken_at=frame.taken_at.astimezone(UTC).replace(microsecond=0),
        sha256=frame.sha256,
        signature=view_signature(small),
        thumbnail=thumbnail(small),
    )
    if is_frozen(memory.last, look):
        return _silent(result, memory, "frozen_frame")
    local = look.taken_at.astimezone(reference.zone)
    if memory.last is not None and look.taken_at <= memory.last.taken_at:
        if is_elsewhere(memory.place, look):
            return _silent(result, memory, "moved_camera")
        return _spoken(result, memory, local)
    place, standing = placed(memory.place, look)
    last = LastPhoto(taken_at=look.taken_at, sha256=look.sha256, thumbnail=look.thumbnail)
    if standing == "moved":
        return _silent(result, memory.model_copy(update={"place": place, "last": last}), "moved_camera")
    if standing == "settled" and not showed_only(memory.place, place):  # another view: other colours, another dawn
        memory = CameraMemory(camera_id=memory.camera_id)
    after = memory.model_copy(
        update={
            "place": place,
            "last": last,
            "colours": _colours(memory.colours, small, result.mask, local),
            "dawn": _dawn(memory.dawn, result.detection, local),
        }
    )
    return _spoken(result, after, local)


def _colours(memory: ColourMemory, rgb: NDArray[np.uint8], mask: NDArray[np.uint8], local: datetime) -> ColourMemory:
    found = colours_of(rgb, at_most(mask, rgb.shape[1]))
    return memory if found is None else with_colours(memory, found, local.date())


def _dawn(dawn: Dawn | None, detection: Detection, local: datetime) -> Dawn | None:
    score = detection.wilting_score
    if score is None or not DAWN_FROM <= local.time() <= DAWN_UNTIL or (dawn and dawn.day == local.date()):
        return dawn
    return Dawn(day=local.date(), taken_at=local, wilting_score=score)


def _silent(result: DetectionResult, memory: CameraMemory, reason: str) -> DetectionResult:
    reasons = tuple(dict.fromkeys((reason, *result.detection.reasons)))[:MAX_REASONS]
    return _changed(result, memory, {"opinion": False, "reasons": reasons, **_UNSAID})


def _spoken(result: DetectionResult, memory: CameraMemory, local: datetime) -> DetectionResult:
    detection = result.detection
    drift = drift_of(memory.colours) if memory.place.settled else None
    changes: dict[str, Any] = {"wilting_since_dawn": _since_dawn(memory, detection, local)}
    if drift is not None:
        changes["quality"] = (detection.quality or Quality()).model_copy(update={"drift": round(drift, 4)})
    if drift is not None and drift > 1:
        changes |= _weakened(detection)
    return _changed(result, memory, changes)


def _since_dawn(memory: CameraMemory, detection: Detection, local: datetime) -> float | None:
    """Rise of the score since the dawn of its own local day; None for the dawn itself."""
    dawn = memory.dawn
    if dawn is None or detection.wilting_score is None or not memory.place.settled:
        return None
    if dawn.day != local.date() or dawn.taken_at >= local:
        return None
    return detection.wilting_score - dawn.wilting_score


def _weakened(detection: Detection) -> dict[str, Any]:
    """What drifted colours leave of an opinion: its reason and a wider set; whoever weighs it reads the reason."""
    low, high = detection.wilting_low, detection.wilting_high
    return {
        "reasons": tuple(dict.fromkeys((*detection.reasons, "camera_drifted")))[:MAX_REASONS],
        "wilting_low": None if low is None else max(0, low - DRIFTED_LEVELS),
        "wilting_high": None if high is None else min(HIGHEST_SCORE, high + DRIFTED_LEVELS),
    }


def _changed(result: DetectionResult, memory: CameraMemory, changes: Mapping[str, Any]) -> DetectionResult:
    content = {name: getattr(result.detection, name) for name in Detection.model_fields} | dict(changes)
    return replace(result, detection=Detection(**content), memory=memory)
