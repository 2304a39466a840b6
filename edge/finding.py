"""What looking at one frame found: a detection, and the arrays behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge.contract import Detection
from edge.frame import Frame
from edge.history import CameraMemory
from edge.pattern.reading import ParcelPattern

CANOPY_VALUE: Final = 255
MIN_CANOPY_FRACTION: Final = 0.05
"""Below this cover leaves are too few to judge wilting or temperature by; the cover itself is still an opinion."""
SOIL_ONLY_FRACTION: Final = 0.01
"""Below this cover (seedlings in real photos have 1.2 % and more) a frame shows no crop."""
MAX_REASONS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionResult:
    """A detection, its canopy mask uint8 (height, width) (255 = canopy) and the parcel's pattern where there is one."""

    detection: Detection
    mask: NDArray[np.uint8]
    pattern: ParcelPattern | None = None
    memory: CameraMemory | None = None
    """What is to be remembered of the camera after this frame; None when it was read without a memory."""

    @property
    def stress_grid(self) -> NDArray[np.float32] | None:
        """Stress (rows, columns) in 0..1 on the parcel's cells, NaN = unknown; None without a pattern."""
        return None if self.pattern is None else self.pattern.grid.stress

    @property
    def dry_rows(self) -> tuple[int, ...]:
        """Numbers, from 1, of the crop rows that stand drier than their neighbours."""
        return () if self.pattern is None else self.pattern.dry_rows


def cover_reasons(cover_fraction: float) -> list[str]:
    """Why a cover [fraction] is too little to judge leaves by; empty when it is enough."""
    return ["low_canopy"] if cover_fraction < MIN_CANOPY_FRACTION else []


def detection_of(frame: Frame, reasons: Sequence[str], fields: Mapping[str, Any], *, opinion: bool) -> Detection:
    """The detection of a frame: what the frame says of itself, then the fields that were found, each reason once."""
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
        reasons=tuple(dict.fromkeys(reasons))[:MAX_REASONS],
        basis=frame.basis,
        looks_down=frame.looks_down,
        **fields,
    )
