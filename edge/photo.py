"""From a colour photo to what it says: quality, then canopy, then wilting; the first that fails gives the reason."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.canopy import CanopyReader
from edge.contract import ModelReference
from edge.finding import SOIL_ONLY_FRACTION, DetectionResult, cover_reasons, detection_of
from edge.frame import Frame
from edge.quality import judge_photo
from edge.wilting import WiltingReader


class PhotoReader:
    """The photo models of a folder, loaded and checked once."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        self._canopy = CanopyReader(folder, threads=threads)
        self._wilting = WiltingReader(folder, threads=threads)

    @property
    def models(self) -> tuple[ModelReference, ...]:
        """Short names of the loaded models."""
        return self._canopy.reference, self._wilting.reference

    def read(self, frame: Frame, rgb: NDArray[np.uint8], crop: str | None) -> DetectionResult:
        """What a frame with the photo (h, w, 3), red first, says."""
        report = judge_photo(rgb)
        mask = self._canopy.mask(rgb, height=frame.height, width=frame.width)
        cover_fraction = float(np.count_nonzero(mask)) / mask.size
        reasons = list(report.reasons)
        fields: dict[str, Any] = {"quality": report.quality, "model": self._canopy.reference}
        if not reasons:
            fields["canopy_cover_fraction"] = cover_fraction
            reasons.extend(cover_reasons(cover_fraction))
        opinion = not report.reasons and cover_fraction >= SOIL_ONLY_FRACTION
        if opinion:
            if not reasons and self._wilting.answers_for(crop):
                fields |= self._wilting.fields(rgb)
            reasons.extend(self._wilting.reasons(crop))
        return DetectionResult(detection=detection_of(frame, reasons, fields, opinion=opinion), mask=mask)
