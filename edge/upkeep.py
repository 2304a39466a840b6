"""What a gateway does for itself now and then: time noted, what is too old dropped, the queue's file looked at."""

from typing import Final

from edge.clock import Clock, clock_doubt
from edge.dating import Redating
from edge.outbox import Outbox
from edge.shelf import Shelf
from edge.voice import Voice

_TURN_S: Final = 10.0
_NOTE_S: Final = 600.0
_DEEPLY_S: Final = 86_400.0
_PAGES: Final = 256


class Upkeep:
    """A worker of the gateway; its turns are short."""

    def __init__(self, outbox: Outbox, clock: Clock, voice: Voice, shelf: Shelf | None = None) -> None:
        self._outbox, self._clock, self._voice, self._shelf = outbox, clock, voice, shelf
        self._redating = Redating(outbox)
        self._due_s = self._note_due_s = -float("inf")
        self._deeply_due_s = clock.monotonic_s() + _DEEPLY_S

    def step(self) -> bool:
        """One turn; always False: it never has anything to wait on. StoreDamagedError when the file is not sound."""
        now_s = self._clock.monotonic_s()
        if now_s < self._due_s:
            return False
        self._due_s = now_s + _TURN_S
        deeply = now_s >= self._deeply_due_s
        if deeply:
            self._deeply_due_s = now_s + _DEEPLY_S
        self._outbox.database.examine(deeply=deeply)
        self._mind_the_clock()
        dated = self._redating.turn()
        if dated:
            self._voice.tell(f"{dated} photos that came while the clock was wrong have their date now")
        if now_s >= self._note_due_s:
            self._note_due_s = now_s + _NOTE_S
            self._outbox.timekeeper.note()
            dropped = self._outbox.expire()
            if dropped:
                self._voice.tell(
                    f"{dropped} messages waited beyond their time and were dropped; the receipt counts them"
                )
            if self._shelf is not None:
                self._shelf.forget_old()
            self._outbox.database.give_back(_PAGES)
        return False

    def close(self) -> None:
        """Nothing is held."""

    def _mind_the_clock(self) -> None:
        keeper = self._outbox.timekeeper
        believed, wall = keeper.believed_now(), self._clock.now()
        if believed.quality != "floor":
            self._voice.over("wall clock", "the clock can be believed again")
            return
        doubt = clock_doubt(wall, keeper.floor()) or (
            f"clock: it leapt from about {believed.at:%Y-%m-%d %H:%M} to {wall:%Y-%m-%d %H:%M} UTC and nobody vouches"
            " for it; set the time, or connect the gateway to a network time server"
        )
        self._voice.trouble("wall clock", f"{doubt}; photos without a date of their own wait for one")
