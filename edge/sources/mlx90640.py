"""Melexis MLX90640 on I2C: 24 x 32 temperatures, put together from the two halves that it measures in turn."""

import time
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from edge.errors import CaptureError
from edge.sources.i2c import I2cWords, WordBus
from edge.sources.mlx90640_words import COLUMNS, ROWS, WORDS, Mlx90640Calibration
from edge.sources.shutter import Order, Shot, serve
from edge.sources.thermal import ThermalFrame, shot_by

_CALIBRATION: Final = 0x2400
_MEASUREMENT: Final = 0x0400
_STATUS: Final = 0x8000
_CONTROL: Final = 0x800D
_NEW_DATA: Final = 0x0008
_TAKEN: Final = 0x0030
"""What is written into the status: the measurement was read, the next one may overwrite it."""
_CHESS: Final = 1 << 12
_EIGHTEEN_BITS: Final = 2
_FOUR_HERTZ: Final = 3
_PAUSE_S: Final = 0.01


class Mlx90640:
    """One sensor; its calibration is read once, when it is opened."""

    def __init__(self, bus: WordBus, *, name: str, until_s: float) -> None:
        self._bus = bus
        self._name = name
        self._until_s = until_s
        words = self._words(_CALIBRATION, WORDS)
        if np.unique(words).size < ROWS:
            raise CaptureError(f"{name}: expected a calibration, got the same word everywhere", trouble="refused")
        self._calibration = Mlx90640Calibration.of(words)
        control = int(self._words(_CONTROL, 1)[0]) & ~(0b11 << 10 | 0b111 << 7)
        bus.write_word(_CONTROL, control | _CHESS | _EIGHTEEN_BITS << 10 | _FOUR_HERTZ << 7)

    @classmethod
    def open(cls, order: Order) -> Self:
        """The sensor at an address of a bus."""
        bus = I2cWords(order.device, order.bus_address)
        try:
            return cls(bus, name=order.device, until_s=time.monotonic() + 0.8 * order.timeout_s)
        except BaseException:
            bus.close()
            raise

    def read(self) -> ThermalFrame:
        """Both halves, measured one after the other [deg C]."""
        halves: dict[int, NDArray[np.float64]] = {}
        while len(halves) < 2:  # noqa: PLR2004 -- two sub-pages
            page, words = self._page()
            halves[page] = self._calibration.temperatures_c(words, page, _EIGHTEEN_BITS)
        values = np.where(np.isfinite(halves[0]), halves[0], halves[1]).reshape(ROWS, COLUMNS)
        return ThermalFrame(values=values.astype(np.float32))

    def close(self) -> None:
        """Let go of the bus."""
        self._bus.close()

    def _page(self) -> tuple[int, NDArray[np.uint16]]:
        """The next sub-page whose words were not overwritten while they were read."""
        while time.monotonic() < self._until_s:
            if int(self._words(_STATUS, 1)[0]) & _NEW_DATA:
                self._bus.write_word(_STATUS, _TAKEN)
                words = self._words(_MEASUREMENT, WORDS)
                status = int(self._words(_STATUS, 1)[0])
                if not status & _NEW_DATA:
                    return status & 1, words
            time.sleep(_PAUSE_S)
        raise CaptureError(f"{self._name}: expected both halves of a frame, got none in time", trouble="cut")

    def _words(self, register: int, count: int) -> NDArray[np.uint16]:
        return np.frombuffer(self._bus.read_words(register, count), dtype=">u2").astype(np.uint16)


def shoot(order: Order) -> Shot:
    """One frame of an MLX90640 [deg C]."""
    return shot_by(Mlx90640.open, order)


if __name__ == "__main__":
    serve(shoot)
