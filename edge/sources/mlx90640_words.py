"""What the words of a Melexis MLX90640 mean: its calibration, and temperatures of its 24 x 32 pixels.

Equations and addresses are those of the maker's data sheet 3901090640, revision 12, sections 11.1 (calibration) and
11.2 (temperatures); the reflected temperature defaults to 8 K below the sensor's own, as it recommends.
"""

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

ROWS: Final = 24
COLUMNS: Final = 32
WORDS: Final = 832
"""Words of the calibration memory, and of the measurement memory."""
EMISSIVITY: Final = 0.98
"""Of leaves, as elsewhere in this gateway."""
_REFLECTED_BELOW_K: Final = 8.0
_ZERO_K: Final = 273.15
_PIXELS: Final = 64  # first pixel's place in the calibration memory
_VBE: Final = 768
_COMPENSATION: Final = (776, 808)
_GAIN: Final = 778
_PTAT: Final = 800
_SUPPLY: Final = 810

Floats = NDArray[np.float64]
Words = NDArray[np.int64]
_ROW, _COLUMN = np.mgrid[0:ROWS, 0:COLUMNS]
CHESS: Final[NDArray[Any]] = (_ROW + _COLUMN) % 2
"""Which of the two sub-pages measures a pixel (24, 32)."""
_INTERLEAVED: Final = _ROW % 2
_CONVERSION: Final = np.array([0, -1, 0, 1])[_COLUMN % 4] * (1 - 2 * _INTERLEAVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mlx90640Calibration:
    """Calibration of one sensor; arrays are float64 (24, 32), voltages in its own counts."""

    supply_slope: float
    supply_25: float
    ptat_supply_slope: float
    ptat_slope: float
    ptat_25: float
    ptat_share: float
    gain: float
    tgc: float
    resolution: int
    sensitivity_ta: float
    sensitivity_to: tuple[float, ...]
    """Of the four ranges of object temperature."""
    corners_c: tuple[float, ...]
    """Where the four ranges begin [deg C]."""
    compensation_offset: tuple[float, float]
    compensation_ta: float
    compensation_supply: float
    sensitivity: Floats
    offset: Floats
    offset_ta: Floats
    offset_supply: Floats
    interleaved: bool
    """Whether it was calibrated row by row and not like a chess board."""
    chess_corrections: tuple[float, float, float]
    faulty: NDArray[np.bool_]
    """Pixels that the maker found broken or far out (24, 32)."""

    @classmethod
    def of(cls, words: NDArray[np.uint16]) -> Self:
        """Calibration from the 832 words of the memory at 0x2400."""
        memory = words.astype(np.int64)
        pixels = memory[_PIXELS:].reshape(ROWS, COLUMNS)
        tgc = _value(memory, 60, 0, 8) / 32
        compensation = _compensation_sensitivity(memory)
        offset_0 = _value(memory, 58, 0, 10)
        ta_scale, supply_scale = 2.0 ** (_count(memory, 56, 4, 4) + 8), 2.0 ** _count(memory, 56, 8, 4)
        step_c = 10.0 * _count(memory, 63, 12, 2)
        third_c = step_c * _count(memory, 63, 4, 4)
        to_scale = 2.0 ** (_count(memory, 63, 0, 4) + 8)
        return cls(
            supply_slope=32.0 * _value(memory, 51, 8, 8),
            supply_25=32.0 * (_count(memory, 51, 0, 8) - 256) - 8192,
            ptat_supply_slope=_value(memory, 50, 10, 6) / 4096,
            ptat_slope=_value(memory, 50, 0, 10) / 8,
            ptat_25=float(memory[49]),
            ptat_share=_count(memory, 16, 12, 4) / 4 + 8,
            gain=_value(memory, 48, 0, 16),
            tgc=tgc,
            resolution=int(_count(memory, 56, 12, 2)),
            sensitivity_ta=_value(memory, 60, 8, 8) / 8192,
            sensitivity_to=tuple(
                _value(memory, place, low, 8) / to_scale for place, low in ((61, 0), (61, 8), (62, 0), (62, 8))
            ),
            corners_c=(-40.0, 0.0, third_c, third_c + step_c * _count(memory, 63, 8, 4)),
            compensation_offset=(offset_0, offset_0 + _value(memory, 58, 10, 6)),
            compensation_ta=_value(memory, 59, 0, 8) / ta_scale,
            compensation_supply=_value(memory, 59, 8, 8) / supply_scale,
            sensitivity=_sensitivity(memory, pixels) - tgc * sum(compensation) / 2,
            offset=_offset(memory, pixels),
            offset_ta=(_signed(pixels, 1, 3) * 2 ** _count(memory, 56, 0, 4) + _by_parity(memory, 54, 8)) / ta_scale,
            offset_supply=_by_parity(memory, 52, 4) / supply_scale,
            interleaved=bool(_count(memory, 10, 11, 1)),
            chess_corrections=(
                _value(memory, 53, 0, 6) / 16,
                _value(memory, 53, 6, 5) / 2,
                _value(memory, 53, 11, 5) / 8,
            ),
            faulty=(pixels == 0) | (pixels % 2 == 1),
        )

    def sensor(self, words: NDArray[np.uint16], resolution: int) -> tuple[float, float]:
        """Supply [V] and the sensor's own temperature [deg C] of one measurement, at a resolution's code 0 to 3."""
        scale = 2.0**self.resolution / 2.0**resolution
        supply_v = (scale * _word(words, _SUPPLY) - self.supply_25) / self.supply_slope + 3.3
        ptat = _word(words, _PTAT)
        art = ptat / (ptat * self.ptat_share + _word(words, _VBE)) * 2.0**18
        return supply_v, (art / (1 + self.ptat_supply_slope * (supply_v - 3.3)) - self.ptat_25) / self.ptat_slope + 25

    def temperatures_c(self, words: NDArray[np.uint16], page: int, resolution: int) -> Floats:
        """Temperatures (24, 32) [deg C] of one measurement in chess mode; NaN where its sub-page saw nothing."""
        supply_v, sensor_c = self.sensor(words, resolution)
        gain = self.gain / _word(words, _GAIN)
        change = (1 + self.compensation_ta * (sensor_c - 25)) * (1 + self.compensation_supply * (supply_v - 3.3))
        correction = self.chess_corrections[0] if self.interleaved and page == 1 else 0.0
        compensation = gain * _word(words, _COMPENSATION[page]) - (self.compensation_offset[page] + correction) * change
        signal = gain * words[: ROWS * COLUMNS].astype(np.int16).astype(np.float64).reshape(ROWS, COLUMNS)
        signal -= self.offset * (1 + self.offset_ta * (sensor_c - 25)) * (1 + self.offset_supply * (supply_v - 3.3))
        if self.interleaved:
            _, second, third = self.chess_corrections
            signal += third * (2 * _INTERLEAVED - 1) - second * _CONVERSION
        signal = (signal - self.tgc * compensation) / EMISSIVITY
        found = self._object_c(signal, sensor_c)
        found[(page != CHESS) | self.faulty] = np.nan
        return found

    def _object_c(self, signal: Floats, sensor_c: float) -> Floats:
        """Temperatures [deg C] of compensated signals: found for the range about 0 to 300 first, then in their own."""
        sensor, reflected = sensor_c + _ZERO_K, sensor_c - _REFLECTED_BELOW_K + _ZERO_K
        around = reflected**4 - (reflected**4 - sensor**4) / EMISSIVITY
        alpha = self.sensitivity * (1 + self.sensitivity_ta * (sensor_c - 25))
        slope = self.sensitivity_to
        with np.errstate(invalid="ignore", divide="ignore"):
            first = np.power(alpha**3 * (signal + alpha * around), 0.25) * slope[1]
            coarse_c = np.power(signal / (alpha * (1 - slope[1] * _ZERO_K) + first) + around, 0.25) - _ZERO_K
            place = np.clip(np.digitize(coarse_c, self.corners_c[1:]), 0, 3)
            steps = np.array(self._range_factors())[place]
            own = 1 + np.array(slope)[place] * (coarse_c - np.array(self.corners_c)[place])
            return np.asarray(np.power(signal / (alpha * steps * own) + around, 0.25) - _ZERO_K)

    def _range_factors(self) -> tuple[float, float, float, float]:
        """Sensitivity at the beginning of each range over that at 0 deg C."""
        slope, corner = self.sensitivity_to, self.corners_c
        third = 1 + slope[1] * corner[2]
        return 1 / (1 + slope[0] * 40), 1.0, third, third * (1 + slope[2] * (corner[3] - corner[2]))


def _bits(words: Words, low: int, count: int) -> Words:
    return (words >> low) & ((1 << count) - 1)


def _signed(words: Words, low: int, count: int) -> Floats:
    """Bits of each word as numbers that may be negative."""
    value = _bits(words, low, count)
    return np.asarray(value - (value >> (count - 1)) * float(1 << count))


def _count(memory: Words, place: int, low: int, count: int) -> int:
    return int(memory[place]) >> low & ((1 << count) - 1)


def _value(memory: Words, place: int, low: int, count: int) -> float:
    """Bits of one word as a number that may be negative."""
    value = _count(memory, place, low, count)
    return float(value - (value >> (count - 1)) * (1 << count))


def _word(words: NDArray[np.uint16], place: int) -> float:
    return float(words[place].astype(np.int16))


def _nibbles(words: Words) -> Floats:
    """Four signed numbers of each word, the least first."""
    return np.stack([_signed(words, low, 4) for low in (0, 4, 8, 12)], axis=-1).reshape(-1)


def _spread(memory: Words, scales: int, first: int) -> Floats:
    """What rows and columns add to each pixel (24, 32), by the scales of one word."""
    rows = _nibbles(memory[first : first + 6]) * 2 ** _count(memory, scales, 8, 4)
    columns = _nibbles(memory[first + 6 : first + 14]) * 2 ** _count(memory, scales, 4, 4)
    return np.asarray(rows[:, np.newaxis] + columns[np.newaxis, :])


def _sensitivity(memory: Words, pixels: Words) -> Floats:
    own = _signed(pixels, 4, 6) * 2 ** _count(memory, 32, 0, 4)
    return np.asarray((memory[33] + _spread(memory, 32, 34) + own) / 2.0 ** (_count(memory, 32, 12, 4) + 30))


def _offset(memory: Words, pixels: Words) -> Floats:
    own = _signed(pixels, 10, 6) * 2 ** _count(memory, 16, 0, 4)
    return np.asarray(_value(memory, 17, 0, 16) + _spread(memory, 16, 18) + own)


def _compensation_sensitivity(memory: Words) -> tuple[float, float]:
    first = _value(memory, 57, 0, 10) / 2.0 ** (_count(memory, 32, 12, 4) + 27)
    return first, first * (1 + _value(memory, 57, 10, 6) / 128)


def _by_parity(memory: Words, place: int, count: int) -> Floats:
    """Numbers of odd and even rows and columns, (24, 32): packed into one word by fours, or into two by twos."""
    words = memory[place : place + count // 4]
    packed = np.array([int("".join(f"{word:04x}" for word in words), 16)])
    # From the greatest on: row and column odd, row even, column even, both even (counted from 1).
    odd_odd, even_odd, odd_even, both_even = (float(_signed(packed, low * count, count)[0]) for low in (3, 2, 1, 0))
    table = np.array([[odd_odd, odd_even], [even_odd, both_even]])
    return np.asarray(table[_ROW % 2, _COLUMN % 2])
