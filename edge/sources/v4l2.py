"""A USB camera by Video4Linux: opened for one picture and closed again, so that it neither warms nor spends."""

from pathlib import Path
from typing import Any, Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import CaptureError
from edge.sources.shutter import Order, Shot, serve

JPEG_QUALITY: Final = 92
_MOTION_JPEG: Final = cv2.VideoWriter.fourcc(*"MJPG")
_JPEG_START: Final = b"\xff\xd8"
_JPEG_END: Final = b"\xff\xd9"
_TRIES: Final = 5
"""Frames looked at for a whole one: a cable disturbed for a moment spoils one or two."""


class Video(Protocol):
    """What is needed of an opened camera: the frames it gives, and to be closed."""

    def read(self) -> tuple[bool, NDArray[Any]]:
        """The next frame; False when there is none."""

    def release(self) -> None:
        """Close it."""


def shoot(order: Order) -> Shot:
    """One picture of a V4L2 camera; CaptureError says what was there instead."""
    if not Path(order.device).exists():
        raise CaptureError(f"{order.device}: expected a camera, got none; plug it in", trouble="absent")
    video = cv2.VideoCapture(order.device, cv2.CAP_V4L2)
    if not video.isOpened():
        raise CaptureError(
            f"{order.device}: expected a camera that can be opened, got one that is busy, forbidden or no camera;"
            " stop what uses it, and let the service's user read it (group video)",
            trouble="refused",
        )
    video.set(cv2.CAP_PROP_FOURCC, _MOTION_JPEG)
    if order.width_px is not None and order.height_px is not None:
        video.set(cv2.CAP_PROP_FRAME_WIDTH, order.width_px)
        video.set(cv2.CAP_PROP_FRAME_HEIGHT, order.height_px)
    # The camera's own JPEG is kept as it is: a picture coded twice would lose, and half of one would not show.
    video.set(cv2.CAP_PROP_CONVERT_RGB, 0 if int(video.get(cv2.CAP_PROP_FOURCC)) == _MOTION_JPEG else 1)
    return picture_of(video, order)


def picture_of(video: Video, order: Order) -> Shot:
    """The first whole frame after the ones let go, as JPEG; the camera is closed whatever comes."""
    try:
        for _ in range(order.warm_up_frames):
            if not video.read()[0]:
                break
        for _ in range(_TRIES):
            came, frame = video.read()
            content = as_jpeg(frame) if came else None
            if content is not None:
                return Shot(content=content, suffix=".jpg")
    finally:
        video.release()
    raise CaptureError(
        f"{order.device}: expected a whole frame, got none in {_TRIES} tries; plug it in again, or change its cable",
        trouble="cut",
    )


def as_jpeg(frame: NDArray[Any]) -> bytes | None:
    """JPEG of a frame: a colour picture (h, w, 3), blue first, or the camera's own JPEG bytes; None unless whole."""
    if frame.size == 0:
        return None
    if frame.ndim == 3 and frame.shape[2] == 3:  # noqa: PLR2004 -- height, width and three colours
        coded, content = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        return content.tobytes() if coded else None
    raw = np.ascontiguousarray(frame, dtype=np.uint8).tobytes().rstrip(b"\0")
    return raw if raw.startswith(_JPEG_START) and raw.endswith(_JPEG_END) else None


if __name__ == "__main__":
    serve(shoot)
