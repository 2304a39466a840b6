"""A network camera by RTSP over TCP: connected for one picture and left again."""

import ctypes
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import cv2

from edge.errors import CaptureError
from edge.sources.rtsp_account import place_of
from edge.sources.shutter import Order, Shot, serve
from edge.sources.v4l2 import Video, picture_of

_STATUS: Final = re.compile(rb"failed: (\d{3}) \(?([A-Za-z][A-Za-z ]{1,40})")
_NETWORK: Final = re.compile(rb"Connection refused|No route to host|Network is unreachable|Connection timed out")
_FORBIDDEN: Final = frozenset({b"401", b"403"})
_OWN_SHARE: Final = 0.8
"""Share of the time that the stream's own patience may use, so that the reason is still told."""


def shoot(order: Order) -> Shot:
    """One picture of a stream; CaptureError names the answer of the network or the camera."""
    patience_ms = int(order.timeout_s * 1000 * _OWN_SHARE)
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = "rtsp_transport;tcp"
    os.environ["OPENCV_FFMPEG_LOGLEVEL"] = "16"  # errors, read below
    os.environ["OPENCV_FFMPEG_DEBUG"] = "1"
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, patience_ms, cv2.CAP_PROP_READ_TIMEOUT_MSEC, patience_ms]
    with _complaints() as complaints:
        video = cv2.VideoCapture(order.url, cv2.CAP_FFMPEG, limits)
        if not video.isOpened():
            raise _unreachable(order.url, complaints())
        return _picture(video, order)


@contextmanager
def _complaints() -> Iterator[Callable[[], bytes]]:
    """What the player prints meanwhile, on either of its ways out."""
    kept = [os.dup(place) for place in (1, 2)]
    with tempfile.TemporaryFile() as told:

        def so_far() -> bytes:
            ctypes.CDLL(None).fflush(None)  # the player's last words wait in a buffer of C
            told.seek(0)
            return told.read(65536)

        try:
            for place in (1, 2):
                os.dup2(told.fileno(), place)
            yield so_far
        finally:
            for place, own in zip((1, 2), kept, strict=True):
                os.dup2(own, place)
                os.close(own)


def _picture(video: Video, order: Order) -> Shot:
    try:
        return picture_of(video, order)
    except CaptureError as error:
        raise CaptureError(
            f"{place_of(order.url)}: expected a whole frame, got a stream that ended; see its cable and power",
            trouble=error.trouble,
        ) from None


def _unreachable(url: str, complaints: bytes) -> CaptureError:
    status, network = _STATUS.search(complaints), _NETWORK.search(complaints)
    if status is not None and status[1] in _FORBIDDEN:
        return CaptureError(
            f"{place_of(url)}: expected to be let in, got {status[1].decode()} {status[2].decode()};"
            " correct username or password_file",
            trouble="refused",
        )
    got = "no answer in time"
    if status is not None:
        got = f"{status[1].decode()} {status[2].decode()}"
    elif network is not None:
        got = network[0].decode()
    return CaptureError(
        f"{place_of(url)}: expected a stream, got: {got}; see the camera's power, network and address", trouble="absent"
    )


if __name__ == "__main__":
    serve(shoot)
