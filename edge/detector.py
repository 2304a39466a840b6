"""From a frame to what it says about its parcel: an opinion with its quantities, or the reasons for none.

``opinion`` is true when at least the canopy of a frame can be trusted. It stays true when only a further
quantity is missing (no weather for a CWSI, a crop without a labelled evaluation, no stress calibration): that
quantity is null and its reason is listed. It is false for a frame unfit for any opinion: dark, blurred,
overexposed, fogged, colourless, no canopy in view, or a thermal frame whose canopy cannot be told from soil.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge import radiometry
from edge.card import packaged_models
from edge.contract import Detection, ModelReference, Quality
from edge.errors import ModelRefusedError
from edge.frame import Frame
from edge.network import Network
from edge.quality import judge_photo
from edge.weather import FieldWeather

CANOPY: Final = "canopy"
WILTING: Final = "wilting"
MIN_CANOPY_FRACTION: Final = 0.05
"""Below this cover leaves are too few to judge wilting or temperature by; the cover itself is still an opinion."""
SOIL_ONLY_FRACTION: Final = 0.01
"""Below this cover (seedlings in real photos have 1.2 % and more) a frame shows no crop."""

THERMAL_RULE: Final = ModelReference(name="thermal-split", version="1", sha256=None)
NDVI_RULE: Final = ModelReference(name="ndvi-split", version="1", sha256=None)

_CANOPY_VALUE: Final = 255
_LEVELS: Final = 4  # P(score > 0) .. P(score > 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionResult:
    """A detection, its canopy mask uint8 (height, width) (255 = canopy) and a stress grid where there is one."""

    detection: Detection
    mask: NDArray[np.uint8]
    stress_grid: NDArray[np.float32] | None = None


class Detector:
    """The models of a folder, loaded and checked once; ModelRefusedError when one has no valid card or another hash."""

    def __init__(self, models_dir: Path | None = None, *, threads: int = 1) -> None:
        folder = packaged_models() if models_dir is None else models_dir
        cv2.setNumThreads(threads)
        self._canopy = _network(folder, CANOPY, threads)
        self._wilting = _network(folder, WILTING, threads)

    @property
    def models(self) -> tuple[ModelReference, ...]:
        """Short names of the loaded models."""
        return self._canopy.card.reference, self._wilting.card.reference

    def detect(self, frame: Frame, *, crop: str | None = None, weather: FieldWeather | None = None) -> DetectionResult:
        """What a frame says: photos through the models, bands and temperatures through radiometry."""
        if frame.rgb is not None:
            return self._photo(frame, frame.rgb, crop)
        return _measured(frame, crop, weather)

    def _photo(self, frame: Frame, rgb: NDArray[np.uint8], crop: str | None) -> DetectionResult:
        report = judge_photo(rgb)
        mask = self._mask(rgb, frame)
        cover_fraction = float(np.count_nonzero(mask)) / mask.size
        reasons = list(report.reasons)
        fields: dict[str, Any] = {"quality": report.quality, "model": self._canopy.card.reference}
        if not reasons:
            fields["canopy_cover_fraction"] = cover_fraction
            reasons.extend(_cover_reasons(cover_fraction))
        opinion = not report.reasons and cover_fraction >= SOIL_ONLY_FRACTION
        if opinion:
            if not reasons:
                fields |= self._wilting_fields(rgb, crop)
            reasons.extend(_photo_reasons(crop, self._wilting.card.evaluated_crops))
        return DetectionResult(detection=_detection(frame, opinion, reasons, fields), mask=mask)

    def _mask(self, rgb: NDArray[np.uint8], frame: Frame) -> NDArray[np.uint8]:
        card = self._canopy.card
        probability = min(max(card.number("canopy_threshold", 0.5), 1e-6), 1 - 1e-6)
        logits = self._canopy.run(rgb)[0]
        near = cv2.resize(logits, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_LINEAR)
        canopy = (near > np.log(probability / (1 - probability))).astype(np.uint8) * np.uint8(_CANOPY_VALUE)
        if canopy.shape == (frame.height, frame.width):
            return np.asarray(canopy, dtype=np.uint8)
        full = cv2.resize(canopy, (frame.width, frame.height), interpolation=cv2.INTER_NEAREST)
        return np.asarray(full, dtype=np.uint8)

    def _wilting_fields(self, rgb: NDArray[np.uint8], crop: str | None) -> dict[str, Any]:
        card = self._wilting.card
        if crop is not None and crop not in card.evaluated_crops:
            return {}
        logits = self._wilting.run(rgb).reshape(-1)
        if logits.shape != (_LEVELS,) or not np.isfinite(logits).all():
            raise ModelRefusedError(
                f"model {card.name}: expected {_LEVELS} finite cumulative logits, got {logits.tolist()};"
                " install the model again"
            )
        exceeds = 1 / (1 + np.exp(-logits.astype(np.float64) / card.number("wilting_temperature", 1.0)))
        # P(score > k) cannot rise with k, whatever the separate outputs say.
        exceeds = np.minimum.accumulate(exceeds)
        return {
            "model": card.reference,
            "wilting_score": float(exceeds.sum()),
            "wilting_probability": float(exceeds[1]),
        }


def _network(folder: Path, task: str, threads: int) -> Network:
    network = Network(folder / task, threads=threads)
    if network.card.task != task:
        raise ModelRefusedError(
            f"{folder / task}: expected a model for the task {task}, got {network.card.task}; install the model again"
        )
    return network


def _cover_reasons(cover_fraction: float) -> list[str]:
    return ["low_canopy"] if cover_fraction < MIN_CANOPY_FRACTION else []


def _photo_reasons(crop: str | None, evaluated_crops: tuple[str, ...]) -> list[str]:
    if crop is None:
        return ["crop_unknown", "no_stress_calibration"]
    return ["no_stress_calibration"] if crop in evaluated_crops else ["crop_not_validated", "no_stress_calibration"]


def _measured(frame: Frame, crop: str | None, weather: FieldWeather | None) -> DetectionResult:
    """What bands and temperatures say; pixels without data count neither as canopy nor as ground."""
    canopy, model = _canopy_rule(frame)
    fields: dict[str, Any] = {"quality": Quality(), "model": model}
    if canopy is None:
        reason = "bands_unknown" if model is None else "no_canopy_contrast"
        empty = np.zeros((frame.height, frame.width), np.uint8)
        return DetectionResult(detection=_detection(frame, False, [reason], fields), mask=empty)  # noqa: FBT003 -- opinion
    cover_fraction = float(np.count_nonzero(canopy)) / max(1, _valid_pixels(frame))
    fields["canopy_cover_fraction"] = cover_fraction
    mask = canopy.astype(np.uint8) * np.uint8(_CANOPY_VALUE)
    reasons = _cover_reasons(cover_fraction)
    opinion = cover_fraction >= SOIL_ONLY_FRACTION
    if opinion and frame.temperature_c is not None and not reasons:
        temperature_c = radiometry.canopy_temperature_c(frame.temperature_c, canopy)
        cwsi, reasons = _cwsi(frame, temperature_c, crop, weather)
        fields |= {"canopy_temperature_c": temperature_c, "cwsi": cwsi}
        fields["cwsi_method"] = None if cwsi is None else "empirical"
    if opinion:
        reasons = [*reasons, "no_stress_calibration"]
    return DetectionResult(detection=_detection(frame, opinion, reasons, fields), mask=mask)


def _canopy_rule(frame: Frame) -> tuple[NDArray[np.bool_] | None, ModelReference | None]:
    red, nir = frame.bands.get("red"), frame.bands.get("nir")
    if red is not None and nir is not None:
        if frame.closed_canopy:
            return np.isfinite(red) & np.isfinite(nir), NDVI_RULE
        return radiometry.multispectral_canopy(red, nir, frame.temperature_c), NDVI_RULE
    if frame.temperature_c is not None:
        return radiometry.thermal_canopy(frame.temperature_c, closed_canopy=frame.closed_canopy), THERMAL_RULE
    return None, None


def _valid_pixels(frame: Frame) -> int:
    red, nir = frame.bands.get("red"), frame.bands.get("nir")
    if red is not None and nir is not None:
        return int(np.count_nonzero(np.isfinite(red) & np.isfinite(nir)))
    return 0 if frame.temperature_c is None else int(np.count_nonzero(np.isfinite(frame.temperature_c)))


def _cwsi(
    frame: Frame, canopy_c: float | None, crop: str | None, weather: FieldWeather | None
) -> tuple[float | None, list[str]]:
    baseline = None if crop is None else radiometry.IDSO_BASELINES.get(crop)
    lacking = [
        reason
        for reason, missing in (
            ("no_weather", weather is None),
            ("no_radiometric_calibration", not frame.radiometric_calibration),
            ("crop_unknown", crop is None),
            ("no_cwsi_baseline", crop is not None and baseline is None),
        )
        if missing
    ]
    if lacking or weather is None or baseline is None or canopy_c is None:
        return None, lacking
    if not radiometry.in_cwsi_window(weather):
        return None, ["outside_cwsi_window"]
    cwsi = radiometry.empirical_cwsi(canopy_c, weather, baseline)
    return cwsi, [] if cwsi is not None else ["implausible_temperature"]


def _detection(frame: Frame, opinion: bool, reasons: list[str], fields: dict[str, Any]) -> Detection:  # noqa: FBT001 -- a field
    if frame.taken_at is None:
        reasons = [*reasons, "taken_at_unknown"]
    return Detection(
        path=str(frame.path),
        parcel_id=frame.parcel_id,
        camera_id=frame.camera_id,
        taken_at=frame.taken_at,
        clock_quality=frame.clock_quality,
        sha256=frame.sha256,
        opinion=opinion,
        reasons=tuple(reasons),
        basis=frame.basis,
        looks_down=frame.looks_down,
        **fields,
    )
