"""From a colour photo to what it says: quality, then view, then canopy, then wilting; what fails gives its reason."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.canopy import CanopyReader
from edge.contract import ModelReference
from edge.finding import DetectionResult, cover_reasons, detection_of
from edge.frame import Frame
from edge.gate import SceneGate, SceneView, bare_soil
from edge.pairing import DrawnCanopy, drawn_canopy
from edge.quality import at_width, judge_photo
from edge.wilting import WiltingReader


class PhotoReader:
    """The photo models of a folder, loaded and checked once."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        self._canopy = CanopyReader(folder, threads=threads)
        self._wilting = WiltingReader(folder, threads=threads)
        self._gate = SceneGate(folder, threads=threads)

    @property
    def models(self) -> tuple[ModelReference, ...]:
        """Short names of the loaded models."""
        return self._canopy.reference, self._wilting.reference, self._gate.reference

    def drawn(self, rgb: NDArray[np.uint8], temperature_c: NDArray[np.float32]) -> DrawnCanopy | None:
        """Canopy of a thermal frame (H, W) [deg C] by the photo (h, w, 3) of the same rig; None when unfit for it."""
        small = at_width(rgb)
        quality = judge_photo(small).reasons
        if quality or self._gate.view(small).reasons(quality):
            return None
        mask = self._canopy.mask(rgb, height=rgb.shape[0], width=rgb.shape[1]) > 0
        return drawn_canopy(rgb, mask, temperature_c, self._canopy.reference)

    def read(self, frame: Frame, rgb: NDArray[np.uint8], crop: str | None) -> DetectionResult:
        """What a frame with the photo (h, w, 3), red first, says."""
        small = at_width(rgb)
        report, view = judge_photo(small), self._gate.view(small)
        quality = report.quality.model_copy(update={"crop_view": round(view.crop_view, 4)})
        mask = self._canopy.mask(rgb, height=frame.height, width=frame.width)
        cover_fraction = float(np.count_nonzero(mask)) / mask.size
        refused = refusals(report.reasons, view, bare=bare_soil(small, mask, cover_fraction))
        reasons = list(refused)
        fields: dict[str, Any] = {"quality": quality, "model": self._canopy.reference}
        if not refused or "soil_only" in refused:
            fields["canopy_cover_fraction"] = cover_fraction
            reasons = cover_reasons(cover_fraction) + reasons
        if not refused:
            if not reasons and self._wilting.answers_for(crop, frame.unvalidated_crops):
                reading = self._wilting.reading(rgb, crop)
                quality = quality.model_copy(update={"novelty": reading.novelty})
                fields |= {**reading.fields, "quality": quality}
                reasons.extend(reading.reasons)
            reasons.extend(self._wilting.reasons(crop))
        return DetectionResult(detection=detection_of(frame, reasons, fields, opinion=not refused), mask=mask)


def refusals(quality_reasons: tuple[str, ...], view: SceneView, *, bare: bool) -> tuple[str, ...]:
    """Why a photo carries no opinion at all: every reason of its quality and view, else that it shows bare soil."""
    found = (*quality_reasons, *view.reasons(quality_reasons))
    return found or (("soil_only",) if bare else ())
