"""Time in the field: a gateway without a battery clock may wake up in the past, and must not believe it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

SOFTWARE_BORN_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""No honest clock shows an earlier time than this software's own."""
BACKWARD_TOLERANCE: Final = timedelta(minutes=5)
"""A correction by network time may step back this much without making the clock suspect."""

AHEAD: Final = timedelta(days=1)
"""A photo's moment may be so far ahead of this gateway: the two clocks differ by a time zone, not by a day."""


def utc_now() -> datetime:
    """The system's wall clock as aware UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The two clocks of a gateway: wall time for dates, monotonic time for durations."""

    now: Callable[[], datetime] = utc_now
    monotonic_s: Callable[[], float] = time.monotonic
    processor_s: Callable[[], float] = time.process_time


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
