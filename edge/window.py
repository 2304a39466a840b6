"""Which waiting messages to send now: a small window, and patience with an ingest that is silent."""

from collections.abc import Sequence
from typing import Final

from edge.outbox import QueuedMessage, QueueId

WINDOW: Final = 20
_PROBE_LAST_S: Final = 600.0


class SendingWindow:
    """Memory of what was sent on this connection and has no acknowledgement yet.

    Times are monotonic seconds. When nothing was heard for longer than the patience, one message at a time is sent as
    a probe, each time another one and after a longer pause, so that an absent ingest costs little mobile data.
    """

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._sent_at_s: dict[QueueId, float] = {}
        self._probes = 0
        self._probe_due_s = 0.0

    def restart(self) -> None:
        """A new connection: whatever is unacknowledged is due again."""
        self._sent_at_s.clear()
        self._probes = 0

    def heard(self, now_s: float) -> None:
        """The ingest spoke: it is there, so what it should have had by now is due again."""
        self._probes = 0
        self._sent_at_s = {name: at_s for name, at_s in self._sent_at_s.items() if not self._expired(at_s, now_s)}

    def due(self, waiting: Sequence[QueuedMessage], now_s: float) -> tuple[QueuedMessage, ...]:
        """Those of the first waiting messages that should go out now."""
        names = {message.name for message in waiting}
        self._sent_at_s = {name: at_s for name, at_s in self._sent_at_s.items() if name in names}
        if self._probes:
            return self._probe(waiting, now_s) if now_s >= self._probe_due_s else ()
        if any(self._expired(at_s, now_s) for at_s in self._sent_at_s.values()):
            return self._probe(waiting, now_s)
        return tuple(message for message in waiting if message.name not in self._sent_at_s)

    def sent(self, name: QueueId, now_s: float) -> None:
        """A message was handed to the connection."""
        self._sent_at_s[name] = now_s

    def waited_s(self, name: QueueId, now_s: float) -> float | None:
        """How long ago a message was handed over on this connection; None where it was not."""
        at_s = self._sent_at_s.get(name)
        return None if at_s is None else now_s - at_s

    def _probe(self, waiting: Sequence[QueuedMessage], now_s: float) -> tuple[QueuedMessage, ...]:
        if not waiting:
            return ()
        # Another one each time, so that a message which can never be acknowledged does not hold up the others.
        chosen = waiting[self._probes % len(waiting)]
        self._probe_due_s = now_s + min(_PROBE_LAST_S, self._patience_s * 2.0 ** min(self._probes, 16))
        self._probes += 1
        return (chosen,)

    def _expired(self, at_s: float, now_s: float) -> bool:
        return now_s - at_s > self._patience_s
