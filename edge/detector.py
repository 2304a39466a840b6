"""From a frame to what it says about its parcel: an opinion with its quantities, or the reasons for none.

``opinion`` is true when at least the canopy of a frame can be trusted. It stays true when only a further
quantity is missing (no weather for a CWSI, a crop without a labelled evaluation, no stress calibration): that
quantity is null and its reason is listed. It is false for a frame unfit for any opinion: dark, blurred,
overexposed, fogged, colourless, no canopy in view, or a thermal frame whose canopy cannot be told from soil.
"""

from pathlib import Path

import cv2

from edge.card import packaged_models
from edge.contract import ModelReference
from edge.finding import DetectionResult
from edge.frame import Frame
from edge.measured import nothing_seen, read_measured
from edge.photo import PhotoReader
from edge.recall import CameraReference, recalled
from edge.weather import FieldWeather


class Detector:
    """The models of a folder, loaded and checked once; ModelRefusedError when one has no valid card or another hash."""

    def __init__(self, models_dir: Path | None = None, *, threads: int = 1) -> None:
        folder = packaged_models() if models_dir is None else models_dir
        cv2.setNumThreads(threads)
        self._photos = PhotoReader(folder, threads=threads)

    @property
    def models(self) -> tuple[ModelReference, ...]:
        """Short names of the loaded models."""
        return self._photos.models

    def detect(
        self,
        frame: Frame,
        *,
        crop: str | None = None,
        weather: FieldWeather | None = None,
        reference: CameraReference | None = None,
    ) -> DetectionResult:
        """What a frame says: photos through the models, bands and temperatures through radiometry.

        With a reference a photo is read against its camera's past, and the result holds the memory to keep.
        """
        if frame.rgb is None:
            return self._measured(frame, crop, weather)
        result = self._photos.read(frame, frame.rgb, crop)
        return result if reference is None else recalled(result, frame, reference)

    def _measured(self, frame: Frame, crop: str | None, weather: FieldWeather | None) -> DetectionResult:
        photo, heat = frame.photo_rgb, frame.temperature_c
        if photo is None or heat is None or frame.bands:
            return read_measured(frame, crop, weather)
        drawn = self._photos.drawn(photo, heat)
        if drawn is None:
            return nothing_seen(frame, "bands_misaligned", {"model": self.models[0]})
        return read_measured(frame, crop, weather, drawn)
