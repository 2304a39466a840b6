"""What an acknowledgement of the ingest does to the queue, and what it tells of the way there and back."""

from edge.contract import Ack
from edge.errors import ContractError
from edge.logbook import Logbook
from edge.outbox import Outbox, Settled
from edge.voice import Voice
from edge.window import SendingWindow
from edge.wire import decode_ack


class Settling:
    """Takes acknowledgements in: messages leave, waits are counted, what was parked is told."""

    def __init__(self, outbox: Outbox, window: SendingWindow, voice: Voice) -> None:
        self._outbox, self._window, self._voice = outbox, window, voice
        self._logbook = Logbook(outbox.database)

    def settle(self, payload: bytes, now_s: float) -> Ack | None:
        """Take one acknowledgement in; None where it cannot be read and changes nothing."""
        try:
            ack = decode_ack(payload)
        except ContractError as error:
            self._voice.trouble("ack", f"an acknowledgement cannot be read and is ignored: {error}")
            return None
        with self._outbox.database.transaction(durable=False):
            settled = self._outbox.settle(ack)
            self._logbook.count(
                messages_stored=len(settled.stored), messages_parked=len(settled.parked), **self._waits(settled, now_s)
            )
        self._window.heard(now_s)
        for name, reason in settled.parked:
            self._voice.tell(f"the ingest set message {name.boot}/{name.sequence} aside for an operator: {reason}")
        return ack

    def _waits(self, settled: Settled, now_s: float) -> dict[str, float]:
        """How long the ingest's word took, for messages sent on this connection."""
        names = (*settled.stored, *(name for name, _ in settled.parked))
        waits = [wait for wait in (self._window.waited_s(name, now_s) for name in names) if wait is not None]
        return {"ack_wait_s": sum(waits), "acks": float(len(waits))} if waits else {}
