"""Powers, and rows of members, compiled so that all members of a round are worked side by side.

A call would end that, so powers, logarithms and exponentials are written out here. They agree with numpy's to a few
units of the last place, so that what follows from them does to 1e-12, relatively.
"""

from typing import Final

import numba
import numpy as np

from cloud.agronomy.engines.kernel_arrays import LANES
from cloud.variables import Floats

_HALF_ROOT: Final = np.uint64(0x3FF0000000000000 - 0x3FE6A09E667F3BCD)
_ONE: Final = np.uint64(0x3FF0000000000000)
_TO_FLOAT: Final = np.uint64(0x4330000000000000)
_MANTISSA: Final = np.uint64(52)
_BIAS: Final = np.uint64(1023)
_FROM_FLOAT: Final = 4503599627370496.0 + 1023.0
_ROUNDER: Final = 6755399441055744.0
_LN2: Final = (0.6931471805599453, 6.93147180369123816490e-01, 1.90821492927058770002e-10, 1.4426950408889634)
_TINY: Final = 1e-300

inlined = numba.njit(forceinline=True, error_model="numpy")
"""Compiles a part of the kernel: no call is left of it."""

_fused = numba.njit(forceinline=True, error_model="numpy", fastmath={"contract"})


@_fused
def logarithm(value: float) -> float:
    """Natural logarithm of a positive normal number: exponent and the series of artanh, |f| <= 0.172."""
    bits = np.float64(value).view(np.uint64)
    power_of_two = (bits + _HALF_ROOT) >> _MANTISSA
    mantissa = np.uint64(bits + _ONE - (power_of_two << _MANTISSA)).view(np.float64)
    exponent = np.uint64(power_of_two | _TO_FLOAT).view(np.float64) - _FROM_FLOAT
    f = (mantissa - 1.0) / (mantissa + 1.0)
    s = f * f
    q = s * s
    low = (1.0 / 3.0 + s * (1.0 / 5.0)) + q * (1.0 / 7.0 + s * (1.0 / 9.0))
    high = (1.0 / 11.0 + s * (1.0 / 13.0)) + q * (1.0 / 15.0 + s * (1.0 / 17.0))
    series = low + q * q * (high + q * q * (1.0 / 19.0))
    return exponent * _LN2[0] + 2.0 * (f + f * s * series)


@_fused
def exponential(value: float) -> float:
    """Exponential, its argument held within -708 and 709: a power of two and Taylor's series, |r| <= 0.347."""
    bounded = min(max(value, -708.0), 709.0)
    shifted = bounded * _LN2[3] + _ROUNDER
    twos = shifted - _ROUNDER
    r = (bounded - twos * _LN2[1]) - twos * _LN2[2]
    s = r * r
    q = s * s
    low = (1.0 + r) + s * (0.5 + r * (1.0 / 6.0))
    middle = (1.0 / 24.0 + r * (1.0 / 120.0)) + s * (1.0 / 720.0 + r * (1.0 / 5040.0))
    high = (1.0 / 40320.0 + r * (1.0 / 362880.0)) + s * (1.0 / 3628800.0 + r * (1.0 / 39916800.0))
    series = low + q * (middle + q * (high + q * (1.0 / 479001600.0)))
    return series * np.uint64((np.float64(shifted).view(np.uint64) + _BIAS) << _MANTISSA).view(np.float64)


@inlined
def power(base: float, exponent: float) -> float:
    """A number of 0 or more to a power above 0."""
    return exponential(exponent * logarithm(base)) if base > _TINY else 0.0


@inlined
def fill(lanes: Floats, row: int, source: Floats, place: tuple[int, int], first: int) -> None:
    """Read values from a member on into a row, from the first again after the last.

    Places are told to be positive: asking whether they count from the end would cost more than reading.
    """
    day, parcel = place
    width = source.shape[2]
    if width == 1:
        for lane in range(LANES):
            lanes[row + lane] = source[day, parcel, 0]
        return
    if first + LANES <= width:
        for lane in range(LANES):
            lanes[row + lane] = source[day, parcel, np.uintp(first + lane)]
        return
    at, done = first % width, 0
    while done < LANES:
        count = min(LANES - done, width - at)
        for lane in range(count):
            lanes[row + done + lane] = source[day, parcel, np.uintp(at + lane)]
        done, at = done + count, 0


@inlined
def spill(lanes: Floats, row: int, target: Floats, place: tuple[int, int], first: int) -> None:
    """Write a row to the members from one on, as many as there are."""
    day, parcel = place
    for lane in range(min(LANES, target.shape[2] - first)):
        target[day, parcel, np.uintp(first + lane)] = lanes[row + lane]
