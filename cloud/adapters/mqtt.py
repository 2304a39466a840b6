"""The ingest: hears gateways, commits in batches, and only then acknowledges.

A broker's receipt is no durability: a gateway lets go of a message on this ingest's own word alone.
"""

import contextlib
import queue
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from cloud.adapters.broker import LARGEST_WINDOW, BrokerLink, Heard, to_stderr
from cloud.config import BrokerConfig
from cloud.doubles import Doubles
from cloud.errors import ServiceUnavailableError
from cloud.ingest import OF_MODEMS, Arrival, Handled, Outcome, Parked, parked_again, read_arrival
from edge.contract import Ack, CloudTime, topic_of
from edge.heartbeat import Heartbeat
from edge.wire import encode

_LOOK_UP_S: Final = 0.2
_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 30.0
_STOP_S: Final = 30.0
WAITING_MAX_BYTES: Final = 64 * 1024 * 1024
"""Room for messages heard and not yet read: a full window of the largest that a gateway sends."""


class Receiver(Protocol):
    """Where arrivals are kept."""

    def receive(self, arrivals: Sequence[Arrival]) -> tuple[Outcome, ...]:
        """Commit a batch whole, or raise ServiceUnavailableError and keep nothing of it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestSettings:
    """Where the ingest listens and how it gathers."""

    broker: BrokerConfig
    password: str | None = None
    messengers: frozenset[str] | None = None
    """Gateways whose modems are believed; None: of every gateway of the broker's access list."""
    batch: int = 200
    patience_s: float = 10.0


@dataclass(slots=True, kw_only=True)
class IngestCounts:
    """What became of all messages since the start."""

    stored: int = 0
    known: int = 0
    parked: int = 0
    turned_away: int = 0
    """Heard while there was no room; their gateways send them again."""


class Ingest:
    """Messages from the broker to the store, each exactly once in effect."""

    def __init__(
        self,
        store: Receiver,
        settings: IngestSettings,
        clock: Callable[[], datetime],
        *,
        tell: Callable[[str], None] = to_stderr,
    ) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._tell = tell
        self._waiting: queue.Queue[Heard] = queue.Queue(LARGEST_WINDOW)
        self._room_bytes = WAITING_MAX_BYTES
        self._room_lock = threading.Lock()
        self._stopping = threading.Event()
        self._worker = threading.Thread(target=self._work, name="seguia-ingest", daemon=True)
        self._link = BrokerLink(settings.broker, settings.password, hear=self._keep, tell=tell)
        self._doubles = Doubles()
        self.counts = IngestCounts()

    @property
    def protocol(self) -> str:
        """MQTT version in use."""
        return self._link.protocol

    def start(self) -> None:
        """Connect and begin; ServiceUnavailableError when the broker cannot be reached."""
        self._link.open(self._settings.patience_s)
        self._worker.start()

    def ask_to_stop(self) -> None:
        """Let ``run_forever`` end; safe in a signal handler."""
        self._stopping.set()

    def stop(self) -> None:
        """Finish the batch in hand, then leave the broker."""
        self._stopping.set()
        if self._worker.ident is not None:
            self._worker.join(_STOP_S)
        self._link.close()

    def run_forever(self) -> None:
        """Work until asked to stop."""
        self.start()
        try:
            while not self._stopping.wait(1.0):
                if not self._worker.is_alive():
                    raise ServiceUnavailableError("ingest: its worker ended unexpectedly; start it again")
        finally:
            self.stop()

    def handle(self, topic: str, payload: bytes) -> list[Handled]:
        """Read and commit one message, without a broker."""
        return self._commit([(payload, read_arrival(topic, payload, self._clock()))])

    def _keep(self, heard: Heard) -> bool:
        with self._room_lock:
            if len(heard.payload) <= self._room_bytes and not self._waiting.full():
                self._waiting.put_nowait(heard)
                self._room_bytes -= len(heard.payload)
                return True
        self.counts.turned_away += 1
        return False

    def _work(self) -> None:
        while not self._stopping.is_set():
            batch = self._gather()
            if batch:
                self._settle(batch)

    def _gather(self) -> list[Heard]:
        batch: list[Heard] = []
        with contextlib.suppress(queue.Empty):
            batch.append(self._waiting.get(timeout=_LOOK_UP_S))
            while len(batch) < self._settings.batch:
                batch.append(self._waiting.get_nowait())
        with self._room_lock:
            self._room_bytes += sum(len(heard.payload) for heard in batch)
        return batch

    def _settle(self, batch: Sequence[Heard]) -> None:
        now = self._clock()
        read = [(heard.payload, self._read(heard, now)) for heard in batch]
        handled = self._patiently(read)
        if handled is None:
            return
        self._look_for_doubles(arrival for _, arrival in read)
        times = times_for((arrival for _, arrival in read), self._clock())
        acks = acks_of(handled)
        told = {place: acks.get(place, Ack()).model_copy(update={"time": time}) for place, time in times.items()}
        for (organisation, gateway), ack in {**acks, **told}.items():
            self._link.publish(topic_of(organisation, gateway, "ack"), encode(ack))
        for heard in batch:
            self._link.confirm(heard)

    def _look_for_doubles(self, arrivals: Iterable[Arrival]) -> None:
        for arrival in arrivals:
            line = arrival.content.uplink if isinstance(arrival.content, Heartbeat) else None
            if line is not None and self._doubles.note(arrival.organisation, arrival.gateway, line.instance):
                self._tell(
                    f"gateway {arrival.gateway} of {arrival.organisation}: two gateways speak under this name by turns;"
                    " give one of them a gateway_id and a certificate of its own"
                )

    def _read(self, heard: Heard, now: datetime) -> Arrival:
        arrival = read_arrival(heard.topic, heard.payload, now)
        believed = self._settings.messengers
        if arrival.kind not in OF_MODEMS or believed is None or arrival.gateway in believed:
            return arrival
        reason = f"gateway {arrival.gateway} has no modem by [sms.modem]; name it there, or look at it"
        return parked_again(arrival, heard.payload, reason)

    def _patiently(self, read: Sequence[tuple[bytes, Arrival]]) -> list[Handled] | None:
        pause_s, told = _FIRST_PAUSE_S, False
        while True:
            try:
                handled = self._commit(read)
            except ServiceUnavailableError as error:
                if not told:
                    self._tell(f"ingest: {error}; nothing is acknowledged until it can be stored")
                    told = True
                if self._stopping.wait(pause_s):
                    return None
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            else:
                if told:
                    self._tell("ingest: the database stores again")
                return handled

    def _commit(self, read: Sequence[tuple[bytes, Arrival]]) -> list[Handled]:
        arrivals = [arrival for _, arrival in read]
        try:
            outcomes = self._store.receive(arrivals)
        except ServiceUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 -- the top of the loop: one poisoned message is parked, never dropped
            if len(read) > 1:
                return [handled for one in read for handled in self._commit([one])]
            ((payload, arrival),) = read
            self._tell(f"ingest: a {arrival.kind} of gateway {arrival.gateway} cannot be stored ({error!r}): parked")
            arrivals = [parked_again(arrival, payload, f"cannot be stored: {type(error).__name__}")]
            outcomes = self._store.receive(arrivals)
        return [self._handled(*pair) for pair in zip(arrivals, outcomes, strict=True)]

    def _handled(self, arrival: Arrival, outcome: Outcome) -> Handled:
        setattr(self.counts, outcome, getattr(self.counts, outcome) + 1)
        reason = arrival.content.reason if isinstance(arrival.content, Parked) else None
        return Handled(
            organisation=arrival.organisation,
            gateway=arrival.gateway,
            kind=arrival.kind,
            message=arrival.message,
            outcome=outcome,
            reason=reason or ("message id used for another content" if outcome == "parked" else None),
        )


def times_for(arrivals: Iterable[Arrival], now: datetime) -> dict[tuple[str, str], CloudTime]:
    """The time for each gateway whose heartbeat asked for it, by organisation and gateway."""
    asked = {
        (arrival.organisation, arrival.gateway): arrival.content.clock
        for arrival in arrivals
        if isinstance(arrival.content, Heartbeat) and arrival.content.clock is not None and arrival.content.clock.ask
    }
    return {place: CloudTime(at=now, boot=clock.boot, uptime_s=clock.uptime_s) for place, clock in asked.items()}


def acks_of(handled: Sequence[Handled]) -> dict[tuple[str, str], Ack]:
    """One acknowledgement for each gateway; a message without an id cannot be acknowledged."""
    stored: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    parked: dict[tuple[str, str], list[tuple[str, int, str]]] = defaultdict(list)
    for one in handled:
        if one.message is None:
            continue
        place = (one.organisation, one.gateway)
        if one.outcome == "parked":
            parked[place].append((one.message.boot, one.message.sequence, one.reason or ""))
        else:
            stored[place].append((one.message.boot, one.message.sequence))
    return {
        place: Ack(stored=tuple(stored.get(place, ())), parked=tuple(parked.get(place, ())))
        for place in {**stored, **parked}
    }
