"""Time in the field: a gateway without a battery clock may wake up in the past, and must not believe it."""

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

SOFTWARE_BORN_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""No honest clock shows an earlier time than this software's own."""
BACKWARD_TOLERANCE: Final = timedelta(minutes=5)
"""A correction by network time may step back this much without making the clock suspect."""

AHEAD: Final = timedelta(days=1)
"""A photo's moment may be so far ahead of this gateway: the two clocks differ by a time zone, not by a day."""

_TIME_ERROR: Final = 5
_TIMEX_BYTES: Final = 512
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


def utc_now() -> datetime:
    """The system's wall clock as aware UTC."""
    return datetime.now(UTC)


@cache
def _system() -> ctypes.CDLL:
    return ctypes.CDLL(None)


def kernel_synchronised() -> bool:
    """Whether a time service disciplines the system's clock now; the kernel takes that back when it falls silent."""
    try:
        state = int(_system().adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))
    except (OSError, AttributeError):
        return False
    return 0 <= state < _TIME_ERROR


@cache
def kernel_boot(file: Path = _BOOT_ID) -> str:
    """Name of this start of the machine, which no process outlives; empty where the system gives none."""
    try:
        return file.read_text(encoding="ascii").strip()
    except OSError:
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The clocks of a gateway: wall time for dates, monotonic time for durations."""

    now: Callable[[], datetime] = utc_now
    monotonic_s: Callable[[], float] = time.monotonic
    processor_s: Callable[[], float] = time.process_time
    synchronised: Callable[[], bool] | None = None
    """Whether a time service stands behind ``now``; None: the kernel is asked where ``now`` is the system's."""
    boot: Callable[[], str] = kernel_boot
    """Name of this start of the machine, within which uptimes compare."""

    def is_synchronised(self) -> bool:
        """Whether the wall time is that of a network."""
        if self.synchronised is not None:
            return self.synchronised()
        return self.now is utc_now and kernel_synchronised()

    def uptime_s(self) -> float:
        """Time since a moment that stands still while the machine runs [s]; sleep counts."""
        if self.monotonic_s is time.monotonic:
            return time.clock_gettime(time.CLOCK_BOOTTIME)
        return self.monotonic_s()


def clock_doubt(now: datetime, last_known: datetime | None = None) -> str | None:
    """Why a wall clock cannot be believed, in one sentence; None when it can.

    ``last_known`` is the latest time this gateway wrote down before.
    """
    floor = SOFTWARE_BORN_AT if last_known is None else max(SOFTWARE_BORN_AT, last_known - BACKWARD_TOLERANCE)
    if now >= floor:
        return None
    return (
        f"clock: expected {floor:%Y-%m-%d %H:%M} UTC or later, got {now:%Y-%m-%d %H:%M};"
        " set the time, or connect the gateway to a network time server"
    )


def is_ahead(moment: datetime, now: datetime) -> bool:
    """Whether a moment lies more than a day ahead of a wall clock that can be believed: someone's date is wrong."""
    return clock_doubt(now) is None and moment - now > AHEAD
