"""FLIR Lepton: whole 16-bit frames over USB (a PureThermal board) or over SPI (VoSPI packets).

The layout of packets and of the telemetry row is that of the maker's engineering data sheet for Lepton 2.5 and 3.5.
"""

import binascii
import fcntl
import os
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import CaptureError
from edge.sources.shutter import Order, Shot, serve
from edge.sources.thermal import ThermalFrame, shot_by
from edge.sources.v4l2 import Video

PACKET_BYTES: Final = 164
PACKETS: Final = 60
_HEADER_BYTES: Final = 4
_SEGMENTS: Final = 4
_NAMED_PACKET: Final = 20
"""The packet that says which segment it belongs to."""
_BURST: Final = 24
"""Packets read at once: what fits into the kernel's SPI buffer of 4096 bytes."""
_RESYNC_S: Final = 0.2
"""Silence after which a Lepton begins its stream anew (185 ms at least)."""
_MODE: Final = 0x40016B01  # SPI_IOC_WR_MODE of <linux/spi/spidev.h>
_SPEED: Final = 0x40046B04  # SPI_IOC_WR_MAX_SPEED_HZ
_SPEED_HZ: Final = 16_000_000
_MODE_3: Final = 3
_TELEMETRY_ROWS: Final = 2
_WIDE: Final = 160
_NARROW: Final = 80
_HEIGHTS: Final[dict[int, int]] = {_WIDE: 120, _NARROW: 60}

Read = Callable[[int], bytes]


class LeptonUsb:
    """A Lepton behind a USB board that gives its frames as they are."""

    def __init__(self, video: Video, device: str) -> None:
        self._video = video
        self._device = device

    @classmethod
    def open(cls, order: Order) -> Self:
        """The board at a video device."""
        if not Path(order.device).exists():
            raise CaptureError(f"{order.device}: expected a thermal camera, got none; plug it in", trouble="absent")
        video = cv2.VideoCapture(order.device, cv2.CAP_V4L2)
        if not video.isOpened():
            raise CaptureError(
                f"{order.device}: expected a thermal camera that can be opened, got one that is busy or forbidden",
                trouble="refused",
            )
        video.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"Y16 "))
        video.set(cv2.CAP_PROP_CONVERT_RGB, 0)
        return cls(video, order.device)

    def read(self) -> ThermalFrame:
        """The next frame, without its telemetry rows."""
        came, frame = self._video.read()
        if not came or frame.dtype != np.uint16 or frame.shape[0] < _TELEMETRY_ROWS:
            raise CaptureError(
                f"{self._device}: expected a frame of 16-bit numbers, got none; plug the camera in again", trouble="cut"
            )
        return frame_of(frame.reshape(frame.shape[0], -1))

    def close(self) -> None:
        """Close the device."""
        self._video.release()


class LeptonSpi:
    """A Lepton on an SPI bus: packets are put together until a whole frame is there."""

    def __init__(self, read: Read, close: Callable[[], None], *, width_px: int, until_s: float) -> None:
        self._read_bytes = read
        self._close = close
        self._segments = _SEGMENTS if width_px == _WIDE else 1
        self._width_px = width_px
        self._until_s = until_s
        self._pending: list[bytes] = []

    @classmethod
    def open(cls, order: Order) -> Self:
        """The sensor at an SPI device, in SPI mode 3."""
        place = os.open(order.device, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.ioctl(place, _MODE, struct.pack("B", _MODE_3))
            fcntl.ioctl(place, _SPEED, struct.pack("I", _SPEED_HZ))
        except OSError:
            os.close(place)
            raise
        time.sleep(_RESYNC_S)
        return cls(
            lambda size: os.read(place, size),
            lambda: os.close(place),
            width_px=order.width_px or _WIDE,
            until_s=time.monotonic() + 0.8 * order.timeout_s,
        )

    def read(self) -> ThermalFrame:
        """The next whole frame; CaptureError when packets do not fit together in time."""
        segments: list[bytes] = []
        while len(segments) < self._segments:
            number, rows = self._segment()
            if self._segments == 1 or number == len(segments) + 1:
                segments.append(rows)
            else:  # 0: a frame given twice; another: one was missed
                segments = [rows] if number == 1 else []
        values = np.frombuffer(b"".join(segments), dtype=">u2").astype(np.uint16)
        return ThermalFrame(values=values.reshape(_HEIGHTS[self._width_px], self._width_px))

    def close(self) -> None:
        """Close the device."""
        self._close()

    def _segment(self) -> tuple[int, bytes]:
        """Number and pixels of the next segment whose packets all came in order."""
        number = 0
        rows: list[bytes] = []
        while len(rows) < PACKETS:
            packet = self._packet()
            place = packet_number(packet)
            if place == 0:
                rows = []
            if place != len(rows):
                continue
            rows.append(packet[_HEADER_BYTES:])
            if place == _NAMED_PACKET:
                number = packet[0] >> 4 & 7
        return number, b"".join(rows)

    def _packet(self) -> bytes:
        if not self._pending:
            if time.monotonic() >= self._until_s:
                raise CaptureError(
                    "lepton: expected a whole frame, got pieces; see its wires and its power", trouble="cut"
                )
            burst = self._read_bytes(PACKET_BYTES * _BURST)
            self._pending = [burst[start : start + PACKET_BYTES] for start in range(0, len(burst), PACKET_BYTES)][::-1]
        return self._pending.pop() if self._pending else b""


def packet_number(packet: bytes) -> int | None:
    """Place of a packet in its segment; None for one to be thrown away, or one that came damaged."""
    if len(packet) != PACKET_BYTES or packet[0] & 0x0F == 0x0F:  # noqa: PLR2004 -- four bits, all set: filled in
        return None
    checked = bytes([packet[0] & 0x0F, packet[1], 0, 0]) + packet[_HEADER_BYTES:]
    if binascii.crc_hqx(checked, 0) != int.from_bytes(packet[2:4], "big"):
        return None
    return (packet[0] & 0x0F) << 8 | packet[1]


def frame_of(rows: NDArray[Any]) -> ThermalFrame:
    """The picture of rows (H, W) of 16-bit numbers; two rows beyond its own height are telemetry."""
    height = _HEIGHTS.get(int(rows.shape[1]), int(rows.shape[0]))
    values = np.ascontiguousarray(rows[:height], dtype=np.uint16)
    if rows.shape[0] < height + _TELEMETRY_ROWS:
        return ThermalFrame(values=values)
    age_s, change_c = telemetry(rows[height].astype("<u2").tobytes())
    return ThermalFrame(values=values, ffc_age_s=age_s, sensor_change_c=change_c)


def telemetry(row: bytes) -> tuple[float, float]:
    """Seconds since the last flat-field correction, and the sensor's change since then [deg C], from row A.

    Words of 16 bits, the lesser first: 1-2 milliseconds since start, 24 sensor [0.01 K], 29 the same and 30-31 the
    milliseconds at the last correction.
    """
    (now_ms,) = struct.unpack_from("<I", row, 2)
    (sensor,) = struct.unpack_from("<H", row, 48)
    sensor_then, then_ms = struct.unpack_from("<HI", row, 58)
    return (now_ms - then_ms) / 1000, (sensor - sensor_then) / 100


def shoot(order: Order) -> Shot:
    """One frame of a Lepton, in its own numbers; which bus it is on its device tells."""
    if "spi" in Path(order.device).name:
        return shot_by(LeptonSpi.open, order)
    return shot_by(LeptonUsb.open, order)


if __name__ == "__main__":
    serve(shoot)
