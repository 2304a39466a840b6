"""When a gateway says how it is, what it adds about clock and line, and the time that it asks the cloud for."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from edge.belief import NEAR
from edge.clock import Clock
from edge.contract import CloudTime
from edge.heartbeat import ClockState, Heartbeat
from edge.line_watch import LineWatch
from edge.outbox import Outbox
from edge.voice import Voice

ASK_AGAIN_S: Final = 60.0
"""A gateway whose clock is wrong repeats its question so soon, a few times on each connection."""
QUESTIONS: Final = 5
ASK_AFTER_S: Final = 21_600.0
"""Whom the cloud told the time asks again so late."""
_BOOT_LETTERS: Final = 40
_NO_TIME: Final = timedelta(0)


class Pulse:
    """The heartbeats of one gateway."""

    def __init__(
        self, outbox: Outbox, watch: LineWatch, clock: Clock, voice: Voice, *, heartbeat: Callable[[], Heartbeat]
    ) -> None:
        self._outbox, self._watch, self._clock, self._voice = outbox, watch, clock, voice
        self._heartbeat = heartbeat
        self._due_s = self._answered_at_s = -float("inf")
        self._questions = 0

    def begin(self) -> None:
        """A new connection: its first word is a heartbeat."""
        self._due_s, self._questions = self._clock.monotonic_s(), 0

    def due(self) -> bool:
        """Whether it is time for a heartbeat."""
        return self._clock.monotonic_s() >= self._due_s

    def next(self, interval_s: float, *, route: str | None, sent_bytes: int) -> Heartbeat:
        """The heartbeat to send now; the one after it is due after the interval."""
        clock = self._clock_state()
        lost = clock.quality == "floor" and self._questions < QUESTIONS
        self._questions += clock.ask
        self._due_s = self._clock.monotonic_s() + (min(ASK_AGAIN_S, interval_s) if lost else interval_s)
        now = self._outbox.timekeeper.believed_now().at
        self._watch.look(now)
        line = self._watch.state(now, instance=self._outbox.boot, route=route, sent_bytes=sent_bytes)
        return self._heartbeat().model_copy(update={"clock": clock, "uplink": line})

    def told(self, time: CloudTime) -> None:
        """Take the cloud's answer for the time; one to a question of another start of the machine is no answer."""
        if time.boot != self._clock.boot()[:_BOOT_LETTERS]:
            return
        off = self._outbox.timekeeper.told_by_cloud(time.at, time.uptime_s)
        if off is None:
            return
        self._answered_at_s = self._clock.monotonic_s()
        if abs(off) > NEAR:
            self._voice.trouble(
                "clock",
                f"the wall clock is {abs(off)} {'ahead of' if off > _NO_TIME else 'behind'} the cloud's, which counts"
                " here; set the time, or connect the gateway to a network time server",
            )
        else:
            self._voice.over("clock", "the wall clock agrees with the cloud's")

    def _clock_state(self) -> ClockState:
        at, quality = self._outbox.timekeeper.believed_now()
        off_s = (self._clock.now() - at).total_seconds()
        late = self._clock.monotonic_s() - self._answered_at_s > ASK_AFTER_S
        return ClockState(
            quality=quality,
            off_s=None if abs(off_s) <= NEAR.total_seconds() else round(off_s),
            boot=self._clock.boot()[:_BOOT_LETTERS],
            uptime_s=round(self._clock.uptime_s(), 1),
            ask=quality != "cloud" or late,
            held=len(self._outbox.held()),
        )
