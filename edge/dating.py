"""When a photo arrived that bears no date of its own, also where the clock was wrong at that moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from edge.belief import NEAR
from edge.clock import clock_doubt
from edge.contract import ClockQuality
from edge.outbox import Outbox
from edge.timekeeper import Timekeeper
from edge.wire import decode_detection, encode_detection

HELD_LONGEST: Final = timedelta(hours=6)
"""So long a detection waits for somebody to vouch for the time; then it leaves without a date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """The moment a photo arrived; where it has none, the uptime by which it may get one later."""

    taken_at: datetime | None = None
    quality: ClockQuality = "unknown"
    uptime_s: float | None = None


def arrival_of(timekeeper: Timekeeper, modified_at: datetime, seen_uptime_s: float, *, watched: bool) -> Arrival:
    """When a photo arrived: by its file's stamp where the clock was right then, else by when it was first seen.

    ``watched``: the folder was being looked at when the photo came, so that it was seen as it came.
    """
    believed = timekeeper.believed_now()
    wrong = timekeeper.was_wrong_at(seen_uptime_s)
    if believed.quality != "floor" and not wrong:
        plausible = clock_doubt(modified_at) is None and modified_at <= believed.at + NEAR
        return Arrival(taken_at=modified_at, quality="arrival") if plausible else Arrival()
    if not watched:
        return Arrival()
    moment = timekeeper.moment_of_uptime(seen_uptime_s)
    if moment is not None:
        return Arrival(taken_at=moment, quality="redated")
    return Arrival(uptime_s=seen_uptime_s)


class Redating:
    """Dates what waits for a date once somebody vouches for the time, and lets go of what waited in vain."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def turn(self) -> int:
        """Look at everything that is held; how many messages were dated."""
        clock, dated = self._outbox.clock, 0
        for message, hold in self._outbox.held():
            moment = self._outbox.timekeeper.moment_of(hold.boot, hold.uptime_s)
            if moment is not None:
                self._outbox.release(message.name, redated(message.payload, moment))
                dated += 1
            elif hold.boot != clock.boot() or clock.uptime_s() - hold.uptime_s > HELD_LONGEST.total_seconds():
                self._outbox.release(message.name)
        return dated


def redated(payload: bytes, moment: datetime) -> bytes:
    """Bytes of a detection under its own name, with the moment of its photo."""
    message, detection = decode_detection("", payload)
    dated = detection.model_copy(update={"taken_at": moment.replace(microsecond=0), "clock_quality": "redated"})
    return encode_detection(dated, message.boot, message.sequence)
