"""From bands and temperatures to what they say; pixels without data count neither as canopy nor as ground."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge.contract import ModelReference, Quality
from edge.finding import CANOPY_VALUE, SOIL_ONLY_FRACTION, DetectionResult, cover_reasons, detection_of
from edge.frame import Frame
from edge.heat import read_heat
from edge.pairing import DrawnCanopy
from edge.pattern.reading import ParcelPattern, index_pattern, thermal_pattern
from edge.radiometry.alignment import SMALLEST_SIDE_PX, edges, residual_px
from edge.radiometry.indices import canopy_indices, leaf_pair, live_bands
from edge.radiometry.masks import multispectral_canopy, normalised_difference, thermal_canopy
from edge.radiometry.temperature import canopy_temperature_c, drawn_canopy_temperature_c
from edge.weather import FieldWeather

THERMAL_RULE: Final = ModelReference(name="thermal-split", version="1", sha256=None)
NDVI_RULE: Final = ModelReference(name="ndvi-split", version="2", sha256=None)
MAX_APART_PX: Final = 5.0
"""On real scenes laid pixel on pixel 0.1 to 1.0 is found; 2 px more cost the canopy mask at most 1 point of IoU."""


def read_measured(
    frame: Frame, crop: str | None, weather: FieldWeather | None, drawn: DrawnCanopy | None = None
) -> DetectionResult:
    """What a frame of bands, temperatures or both says; ``drawn`` is the canopy that a paired photo gave."""
    canopy, model = _canopy_rule(frame) if drawn is None else (drawn.canopy, drawn.model)
    fields: dict[str, Any] = {"quality": Quality(), "model": model}
    apart = canopy is not None and _bands_lie_apart(frame)
    if canopy is None or apart:
        reason = "bands_misaligned" if apart else "bands_unknown" if model is None else "no_canopy_contrast"
        return nothing_seen(frame, reason, fields)
    cover_fraction = float(np.count_nonzero(canopy)) / max(1, _valid_pixels(frame))
    fields["canopy_cover_fraction"] = cover_fraction
    mask = canopy.astype(np.uint8) * np.uint8(CANOPY_VALUE)
    reasons = cover_reasons(cover_fraction)
    lacking = _lacking_bands(frame)
    if not reasons:
        fields |= canopy_indices(live_bands(frame.bands), canopy)
    opinion = cover_fraction >= SOIL_ONLY_FRACTION
    if opinion and frame.temperature_c is not None and not reasons:
        read = drawn_canopy_temperature_c if model == NDVI_RULE else canopy_temperature_c
        temperature_c = read(frame.temperature_c, canopy if drawn is None else drawn.leaves)
        found, heat_reasons = read_heat(frame, temperature_c, crop, _with_references(weather, frame))
        fields |= {"canopy_temperature_c": temperature_c, **found}
        reasons = [*lacking, *heat_reasons]
    elif opinion:
        reasons = [*reasons, *lacking, "no_stress_calibration"]
    pattern = _pattern(frame, canopy) if opinion and "low_canopy" not in reasons else None
    return DetectionResult(detection=detection_of(frame, reasons, fields, opinion=opinion), mask=mask, pattern=pattern)


def _with_references(weather: FieldWeather | None, frame: Frame) -> FieldWeather | None:
    """The weather with the references that the frame itself shows: they are of the very moment."""
    if weather is None or frame.references_c is None:
        return weather
    wet_c, dry_c = frame.references_c
    return weather.model_copy(update={"wet_reference_c": wet_c, "dry_reference_c": dry_c})


def nothing_seen(frame: Frame, reason: str, fields: Mapping[str, Any]) -> DetectionResult:
    """No opinion on a frame, with its reason and an empty mask."""
    empty = np.zeros((frame.height, frame.width), np.uint8)
    return DetectionResult(detection=detection_of(frame, [reason], fields, opinion=False), mask=empty)


def _pattern(frame: Frame, canopy: NDArray[np.bool_]) -> ParcelPattern | None:
    """Where in the parcel stress is: from temperatures where there are any, else from the leaf index of the bands."""
    if frame.parcel_view is None:
        return None
    if frame.temperature_c is not None:
        return thermal_pattern(frame.parcel_view, frame.temperature_c, canopy)
    pair = leaf_pair(live_bands(frame.bands))
    return None if pair is None else index_pattern(frame.parcel_view, normalised_difference(pair[1], pair[0]), canopy)


def _canopy_rule(frame: Frame) -> tuple[NDArray[np.bool_] | None, ModelReference | None]:
    pair = leaf_pair(live_bands(frame.bands))
    if pair is not None:
        dark, bright, _ = pair
        if frame.closed_canopy:
            return np.isfinite(dark) & np.isfinite(bright), NDVI_RULE
        return multispectral_canopy(dark, bright, frame.temperature_c), NDVI_RULE
    if frame.temperature_c is not None:
        return thermal_canopy(frame.temperature_c, closed_canopy=frame.closed_canopy), THERMAL_RULE
    return None, None


def _bands_lie_apart(frame: Frame) -> bool:
    """Whether the edges of the two bands that draw the canopy lie several pixels from each other."""
    pair = leaf_pair(live_bands(frame.bands))
    if pair is None or min(pair[0].shape) < SMALLEST_SIDE_PX:
        return False
    apart_px = residual_px(edges(pair[1]), edges(pair[0]))
    return apart_px is not None and apart_px > MAX_APART_PX


def _lacking_bands(frame: Frame) -> list[str]:
    """Whether a band of the frame is dead, or another stands in for red or near infrared."""
    live = live_bands(frame.bands)
    pair = leaf_pair(live)
    return ["band_missing"] if len(live) < len(frame.bands) or (pair is not None and pair[2]) else []


def _valid_pixels(frame: Frame) -> int:
    pair = leaf_pair(live_bands(frame.bands))
    if pair is not None:
        return int(np.count_nonzero(np.isfinite(pair[0]) & np.isfinite(pair[1])))
    return 0 if frame.temperature_c is None else int(np.count_nonzero(np.isfinite(frame.temperature_c)))
