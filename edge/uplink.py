"""Drains the outbox over MQTT: at least once on the wire, exactly once in effect, patient when nobody listens.

Only the ingest's own acknowledgement removes a message; a broker's receipt, or a publish without an error, does not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date
from typing import Final

from edge.belief import NEAR
from edge.clock import Clock
from edge.config import GatewayConfig
from edge.contract import Topic, topic_of
from edge.heartbeat import Heartbeat
from edge.line_watch import LineWatch
from edge.link import (
    Commanded,
    Denied,
    Event,
    Heard,
    Link,
    LinkMaker,
    LinkOrder,
    Lost,
    PahoLink,
    Planned,
    Refused,
    Subscribed,
)
from edge.logbook import Logbook
from edge.outbox import Outbox
from edge.pulse import Pulse
from edge.routes import Routes
from edge.settings.section import stays_here
from edge.settling import Settling
from edge.squeeze import squeezed
from edge.voice import Voice
from edge.window import WINDOW, SendingWindow
from edge.wire import encode

_BACKOFF_FIRST_S: Final = 1.0
_BACKOFF_LAST_S: Final = 120.0
_ANSWER_TIMEOUT_S: Final = 15.0
_STEADY_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UplinkTools:
    """What an uplink takes from the world; tests put their own in."""

    clock: Clock
    voice: Voice
    chance: Callable[[], float]
    """Uniform in 0..1, for jitter."""
    heartbeat: Callable[[], Heartbeat]
    make_link: LinkMaker = PahoLink
    command: Callable[[bytes], None] | None = None
    """Takes a command over as it came; None for a gateway that carries none out."""
    plan: Callable[[bytes], None] | None = None
    """Takes a plan over as it came; None for a gateway that never advises by itself."""
    heard: Callable[[], None] | None = None
    """Told when the cloud itself spoke; a broker's words, and plans that it kept, do not count."""


class Uplink:
    """The sending side of a gateway; one thread alone calls ``step`` again and again."""

    def __init__(self, settings: GatewayConfig, outbox: Outbox, tools: UplinkTools) -> None:
        self._settings = settings
        self._outbox = outbox
        self._logbook = Logbook(outbox.database)
        self._tools = tools
        self._client_id = f"seguia-{settings.organisation}-{settings.gateway_id}"
        self._routes = Routes(settings.broker, settings.uplink)
        self._watch = LineWatch(settings.broker.certificate_file, self._client_id, tools.clock, tools.voice)
        self._pulse = Pulse(outbox, self._watch, tools.clock, tools.voice, heartbeat=tools.heartbeat)
        self._window = SendingWindow(settings.delivery.ack_timeout_s)
        self._settling = Settling(outbox, self._window, tools.voice)
        self._protocol = settings.broker.protocol
        self._link: Link | None = None
        self._ready_since_s: float | None = None
        self._failures = 0
        self._next_attempt_s = -float("inf")
        self._answer_due_s = 0.0
        self.turned_at_s = tools.clock.monotonic_s()
        """When ``step`` was last called [monotonic s]."""
        self.trouble: str | None = None
        """Why nothing can be delivered now, one line; None when nothing is known against it."""

    @property
    def ready(self) -> bool:
        """Whether the broker accepted us and lets us hear acknowledgements."""
        return self._ready_since_s is not None

    @property
    def protocol(self) -> str:
        """MQTT version in use, or to be tried next."""
        return self._protocol

    def may_send_evidence(self) -> bool:
        """Whether today's byte budget still allows pictures."""
        return self._budget_left() > 0

    def step(self, wait_s: float = 0.1) -> bool:
        """One turn of connecting, listening and sending; False when there is no connection to wait on."""
        self.turned_at_s = self._now_s()
        if self._link is None and not self._connect():
            return False
        link = self._link
        for event in link.turn(wait_s) if link is not None else ():
            if self._link is not link:
                break
            self._handle(event)
        if self._link is not None and not self.ready and self._now_s() > self._answer_due_s:
            self._give_up(f"no answer within {_ANSWER_TIMEOUT_S:.0f} s")
        if self.ready:
            self._beat()
            self._send()
            self._seek_a_better_way()
        return self._link is not None

    def close(self) -> None:
        """Say that this gateway goes, and go."""
        if self._link is not None and self.ready:
            self._link.publish(self._topic("heartbeat"), encode(Heartbeat(online=False)))
            self._link.turn(0.05)
        self._drop_link()

    def _now_s(self) -> float:
        return self._tools.clock.monotonic_s()

    def _today(self) -> date:
        return self._outbox.timekeeper.believed_now().at.astimezone(UTC).date()

    def _budget_left(self) -> int:
        """What may still be sent today [bytes]."""
        budget_kb = self._routes.daily_budget_kb or self._settings.delivery.daily_budget_kb
        return int(budget_kb * 1000) - self._logbook.spent(self._today())

    def _topic(self, kind: Topic) -> str:
        return topic_of(self._settings.organisation, self._settings.gateway_id, kind)

    def _connect(self) -> bool:
        if self._now_s() < self._next_attempt_s:
            return False
        believed = self._outbox.timekeeper.believed_now()
        self._watch.look(believed.at)
        wrong = believed.quality == "floor" or abs(believed.at - self._tools.clock.now()) > NEAR
        beat = self._topic("heartbeat")
        order = LinkOrder(
            broker=self._routes.broker,
            protocol=self._protocol,
            client_id=self._client_id,
            ack_topic=self._topic("ack"),
            will=(beat, encode(Heartbeat(online=False))),
            command_topic=None if self._tools.command is None else self._topic("command"),
            plan_topic=None if self._tools.plan is None else self._topic("plan"),
            lasts_s={beat: max(1, int(2 * self._settings.delivery.heartbeat_interval_s))},
            interface=self._routes.interface,
            believed_at=believed.at if wrong else None,
        )
        self._link = self._tools.make_link(order)
        self._answer_due_s = self._now_s() + _ANSWER_TIMEOUT_S
        self._link.open()
        return True

    def _handle(self, event: Event) -> None:
        match event:
            case Subscribed():
                self._begin(event)
            case Heard():
                self._settle(event.payload)
            case Commanded():
                self._obey(event.payload)
            case Planned():
                if self._tools.plan is not None:  # of itself no word of the cloud: brokers tell the kept one again
                    self._tools.plan(event.payload)
            case Denied():
                self._tools.voice.trouble(
                    "denied", f"the broker does not let our messages pass ({event.reason}); check its access list"
                )
            case Refused():
                self._refused(event)
            case Lost():
                self._lost(event)

    def _begin(self, answer: Subscribed) -> None:
        if not answer.granted:
            self._give_up(f"no permission to hear acknowledgements ({answer.reason}; check its access list)")
            return
        for what, reason in (("command", answer.deaf_to_commands), ("plan", answer.deaf_to_plans)):
            if reason is None:
                self._tools.voice.over(f"{what}s", f"the broker lets {what}s through again")
            else:
                told = f"the broker lets no {what} through ({reason}); check its access list"
                self._tools.voice.trouble(f"{what}s", told)
        self._ready_since_s = self._now_s()
        self._pulse.begin()
        self._routes.opened(self._now_s())
        self._watch.connected()
        self._window.restart()
        self.trouble = None
        waiting = self._outbox.counts().messages
        self._tools.voice.over("broker", f"connected to {self._place()}; {waiting} messages wait to be delivered")

    def _refused(self, refusal: Refused) -> None:
        if refusal.version_refused and self._protocol == "v5":
            self._fall_back()
        else:
            self._give_up(f"a refusal ({refusal.reason}; check user name, password and certificate)")

    def _obey(self, payload: bytes) -> None:
        if self._tools.command is not None:
            self._tools.command(payload)
        if self._tools.heard is not None:
            self._tools.heard()

    def _lost(self, loss: Lost) -> None:
        if loss.taken_over:
            self._watch.taken_over()
        elif self.ready:
            self._watch.hung_up()
        if self.ready or not loss.opened:
            self._give_up(loss.reason)
        elif self._protocol == "v5":
            # A broker of v3.1.1 alone often hangs up on a v5 greeting instead of refusing it.
            self._fall_back()
        else:
            self._protocol = self._settings.broker.protocol
            self._give_up(f"hung up before accepting us ({loss.reason}; check its TLS, access and address)")

    def _fall_back(self) -> None:
        self._drop_link()
        self._protocol = "v3.1.1"

    def _give_up(self, reason: str) -> None:
        if self._ready_since_s is not None and self._now_s() - self._ready_since_s > _STEADY_S:
            self._failures = 0
        place = self._place()
        self._drop_link()
        if not self._routes.failed():
            pause_s = min(_BACKOFF_LAST_S, _BACKOFF_FIRST_S * 2.0**self._failures) * (0.5 + self._tools.chance())
            self._failures = min(self._failures + 1, 16)
            self._next_attempt_s = self._now_s() + pause_s
        self.trouble = f"broker {place}: expected a connection, got: {reason}; nothing is lost, it is tried again"
        self._tools.voice.trouble("broker", self.trouble)

    def _place(self) -> str:
        broker, way = self._routes.broker, self._routes.name
        return f"{broker.host}:{broker.port}" + (f" by {way}" if way is not None else "")

    def _seek_a_better_way(self) -> None:
        if self._routes.better_is_due(self._now_s()):
            self._drop_link()
            self._routes.try_better()

    def _drop_link(self) -> None:
        if self._link is not None:
            self._link.close()
        self._link = None
        self._ready_since_s = None

    def _beat(self) -> None:
        if self._link is not None and self._pulse.due():
            beat = self._pulse.next(
                self._settings.delivery.heartbeat_interval_s,
                route=self._routes.name,
                sent_bytes=self._logbook.spent(self._today()),
            )
            self._link.publish(self._topic("heartbeat"), encode(beat))

    def _send(self) -> None:
        left, compress, messages, sent_bytes = self._budget_left(), self._settings.delivery.compress, 0, 0
        waiting = self._outbox.pending(WINDOW, with_evidence=left > 0)
        for message in self._window.due(waiting, self._now_s()):
            topic, payload = self._topic(message.kind), squeezed(message.payload, wanted=compress)
            if message.kind == "evidence" and sent_bytes >= left:
                break
            if self._link is None or not self._link.publish(topic, payload):
                break
            self._window.sent(message.name, self._now_s())
            messages += 1
            sent_bytes += len(topic) + len(payload)
        if messages:
            with self._outbox.database.transaction(durable=False):
                self._logbook.spend(self._today(), sent_bytes)
                self._logbook.count(messages_sent=messages, bytes_sent=sent_bytes)

    def _settle(self, payload: bytes) -> None:
        ack = self._settling.settle(payload, self._now_s())
        if ack is None:
            return
        if self._tools.heard is not None:
            self._tools.heard()
        broker = self._routes.broker
        # In clear over a network anybody could tell a gateway any time.
        if ack.time is not None and (broker.ca_file is not None or stays_here(broker.host)):
            self._pulse.told(ack.time)
