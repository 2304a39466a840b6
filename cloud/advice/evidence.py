"""The facts behind an advice, in a form that can be shown: state, forecast rain, last water, what the camera saw."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final

from cloud.advice.outlook import RAIN_COUNTED_DAYS, Outlook, quantiles_of
from cloud.records import Evidence, IrrigationEvent, Parcel
from edge.contract import Detection

SIGMAS_BETWEEN_P10_AND_P90: Final = 2.563
PHOTOS_SHOWN: Final = 3


def of_water(outlook: Outlook, day: date) -> Iterator[Evidence]:
    """Depletion with its spread, what is readily available, and the rain that was counted."""
    depletion = quantiles_of(outlook.depletion_on(day))
    yield Evidence(
        kind="depletion_mm",
        value=depletion.p50,
        sigma=round((depletion.p90 - depletion.p10) / SIGMAS_BETWEEN_P10_AND_P90, 2),
        source="water balance",
    )
    row = min(outlook.row(day), outlook.readily_available_mm.shape[0] - 1)
    yield Evidence(
        kind="readily_available_mm",
        value=quantiles_of(outlook.readily_available_mm[row]).p50,
        source="soil and roots",
    )
    yield Evidence(
        kind="forecast_rain_mm",
        value=round(outlook.expected_rain_mm(day, RAIN_COUNTED_DAYS), 1),
        source=f"forecast of {RAIN_COUNTED_DAYS} days",
    )


def of_events(events: Iterable[IrrigationEvent]) -> Iterator[Evidence]:
    """The last irrigation known; a word that none was given is no irrigation."""
    last = max((event for event in events if event.depth_mm > 0.0), key=lambda event: event.started_at, default=None)
    if last is not None:
        yield Evidence(
            kind="last_irrigation_mm",
            value=round(last.depth_mm, 1),
            observed_at=last.started_at,
            source=last.source,
        )


def of_detections(parcel: Parcel, detections: Sequence[Detection]) -> Iterator[Evidence]:
    """What the newest photos say, opinions and abstentions; shown whether or not they were assimilated."""
    own = [detection for detection in detections if detection.parcel_id == parcel.id]
    own.sort(key=lambda one: ("" if one.taken_at is None else one.taken_at.isoformat(), one.sha256), reverse=True)
    for detection in own[:PHOTOS_SHOWN]:
        yield from _of_detection(detection)


def _of_detection(detection: Detection) -> Iterator[Evidence]:
    source = detection.camera_id or (detection.model.name if detection.model else "camera")
    if not detection.opinion:
        yield Evidence(
            kind="camera_abstains",
            observed_at=detection.taken_at,
            source=f"{source}: {', '.join(detection.reasons)}",
        )
        return
    values = (
        ("canopy_cover_fraction", detection.canopy_cover_fraction, None),
        ("wilting_score", detection.wilting_score, None),
        ("wilting_probability", detection.wilting_probability, None),
        ("stress_index", detection.stress_index, detection.stress_sigma),
        ("canopy_temperature_c", detection.canopy_temperature_c, None),
        ("cwsi", detection.cwsi, None),
    )
    for kind, value, sigma in values:
        if value is not None:
            yield Evidence(kind=kind, value=value, sigma=sigma, observed_at=detection.taken_at, source=source)
