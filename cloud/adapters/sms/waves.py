"""Requests in waves: some at once, since a carrier far away answers slowly; none after a halt.

Two texts for one telephone never stand in the same wave, so that they arrive in their order. One request goes ahead
until the channel has taken one.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from cloud.dispatch.carrier import Outcome
from cloud.messages import QueuedMessage

AT_ONCE: Final = 8
Group = Sequence[QueuedMessage]


class Waves:
    """Hands groups of messages over, one request a group."""

    def __init__(self, hand_over: Callable[[Group], Sequence[Outcome]], *, at_once: int = AT_ONCE) -> None:
        self._hand_over = hand_over
        self._at_once = at_once
        self._proven = False
        self._pool: ThreadPoolExecutor | None = None

    def send(self, groups: Sequence[Group]) -> dict[str, Outcome]:
        """Outcome of every message by its id; after a halt nothing more is handed over."""
        outcomes: dict[str, Outcome] = {}
        halt: Outcome | None = None
        for wave in self._waves(groups):
            if halt is not None:
                outcomes.update({queued.message_id: halt for group in wave for queued in group})
                continue
            for group, told in zip(wave, self._at_once_over(wave), strict=True):
                outcomes.update({queued.message_id: outcome for queued, outcome in zip(group, told, strict=True)})
                halt = halt or next((outcome for outcome in told if outcome.kind == "halt"), None)
                self._proven = any(outcome.kind == "accepted" for outcome in told)
        return outcomes

    def _waves(self, groups: Sequence[Group]) -> Iterator[list[Group]]:
        left = list(groups)
        while left:
            wave: list[Group] = []
            numbers: set[str] = set()
            room = self._at_once if self._proven else 1
            while left and len(wave) < room and numbers.isdisjoint(queued.phone_number for queued in left[0]):
                numbers.update(queued.phone_number for queued in left[0])
                wave.append(left.pop(0))
            yield wave

    def _at_once_over(self, wave: Sequence[Group]) -> list[Sequence[Outcome]]:
        if len(wave) == 1:
            return [self._hand_over(wave[0])]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(max_workers=self._at_once, thread_name_prefix="seguia-carrier")
        return list(self._pool.map(self._hand_over, wave))
