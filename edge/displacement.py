"""How far a camera's view has moved against its own: pure. A mount that slipped shows the same field elsewhere.

What is brighter than its surroundings is compared at 64 x 48 px, turned by up to 15 degrees and shifted by up to a
fifth of the picture. On 60 pairs of soybean photos of one camera and day, one of them shifted by up to 12 % and turned
by up to 10 degrees by computation, the likeness was 0.27 or more in 9 of 10; on 60 pairs of different cameras 0.27 at
most. Real mounts that slipped were not at hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.views import Grey, local_light

LIGHT_BYTES: Final = 64 * 48
SAME_FIELD: Final = 0.28
"""Likeness from which a displaced picture shows the same field."""

_SIZE: Final = (64, 48)
_REACH_PX: Final = 4.0
_FLOOR: Final = 0.02
_MARGIN: Final = 5  # a fifth of the picture on each side
_TURNS_DEG: Final = tuple(range(-15, 16, 3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Displacement:
    """Where a camera now looks against its own view."""

    likeness: float
    right_fraction: float
    """Shift of the camera's aim to the right, as a share of the picture's width."""
    down_fraction: float
    turned_deg: float
    """Turn of the camera, clockwise."""

    @property
    def same_field(self) -> bool:
        """Whether it still shows the same field, displaced."""
        return self.likeness >= SAME_FIELD


def light_of(rgb: NDArray[np.uint8]) -> bytes:
    """What is brighter than its surroundings in a colour photo (h, w, 3): ``LIGHT_BYTES`` signed bytes."""
    return np.rint(np.clip(local_light(rgb, _SIZE, _REACH_PX, _FLOOR), -2, 2) * 63).astype(np.int8).tobytes()


def displacement(now: bytes, homes: Sequence[bytes]) -> Displacement:
    """The displacement against that of a camera's own views which fits best."""
    turned = [(turn_deg, _turned(_grey(now), turn_deg)) for turn_deg in _TURNS_DEG]
    found = [_best(_grey(home), view, turn_deg) for home in homes for turn_deg, view in turned]
    return max(found, key=lambda one: one.likeness)


def _best(home: Grey, view: Grey, turn_deg: float) -> Displacement:
    height, width = home.shape
    down, right = height // _MARGIN, width // _MARGIN
    middle = np.ascontiguousarray(home[down : height - down, right : width - right])
    _, likeness, _, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(view, middle, cv2.TM_CCOEFF_NORMED))
    # The field moves against the camera.
    return Displacement(
        likeness=float(likeness),
        right_fraction=(right - x) / width,
        down_fraction=(down - y) / height,
        turned_deg=turn_deg,
    )


def _turned(view: Grey, turn_deg: float) -> Grey:
    height, width = view.shape
    around = cv2.getRotationMatrix2D((width / 2, height / 2), -turn_deg, 1.0)
    return np.asarray(cv2.warpAffine(view, around, (width, height)), dtype=np.float32)


def _grey(light: bytes) -> Grey:
    return np.frombuffer(light, dtype=np.int8).astype(np.float32).reshape(_SIZE[1], _SIZE[0])
