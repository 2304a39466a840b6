"""A thermal camera by its driver: raw numbers or temperatures of one frame, as a file that the gateway reads."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import CaptureError
from edge.sources.shutter import Order, Shot

_FEWEST_DIFFERENT: Final = 4
"""Fewer different values in a whole frame are no scene: a sensor that is not awake, or a shutter in its way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThermalFrame:
    """One frame: float32 (H, W) [deg C], NaN = missing, or uint16 (H, W) in the sensor's own numbers."""

    values: NDArray[Any]
    ffc_age_s: float | None = None
    """Seconds since the last flat-field correction; None where the sensor does not say."""
    sensor_change_c: float | None = None
    """Change of the sensor's temperature since then [deg C]."""


class ThermalDriver(Protocol):
    """Whatever talks to one kind of thermal sensor."""

    def read(self) -> ThermalFrame:
        """The next whole frame; CaptureError when there is none."""

    def close(self) -> None:
        """Let go of the sensor."""


def shot_by(open_driver: Callable[[Order], ThermalDriver], order: Order) -> Shot:
    """One frame of a sensor after the ones let go; it is closed whatever comes."""
    driver = open_driver(order)
    try:
        for _ in range(order.warm_up_frames):
            driver.read()
        frame = driver.read()
    finally:
        driver.close()
    if np.unique(frame.values[np.isfinite(frame.values)]).size < _FEWEST_DIFFERENT:
        raise CaptureError(
            f"{order.device}: expected a scene, got one value everywhere; see its shutter", trouble="cut"
        )
    said = {"ffc_age_s": frame.ffc_age_s, "sensor_change_c": frame.sensor_change_c}
    known: dict[str, float | str] = {name: round(value, 3) for name, value in said.items() if value is not None}
    if frame.values.dtype == np.uint16:
        return Shot(content=as_pgm(frame.values), suffix=".pgm", said=known)
    return Shot(content=as_tiff(frame.values), suffix=".tif", said=known)


def as_pgm(values: NDArray[np.uint16]) -> bytes:
    """A binary grey map of 16 bits of whole numbers (H, W)."""
    height, width = values.shape
    return f"P5\n{width} {height}\n65535\n".encode("ascii") + values.astype(">u2").tobytes()


def as_tiff(values: NDArray[np.float32]) -> bytes:
    """A TIFF of one band of floating numbers (H, W)."""
    coded, content = cv2.imencode(".tif", np.ascontiguousarray(values, dtype=np.float32))
    assert coded
    return content.tobytes()
