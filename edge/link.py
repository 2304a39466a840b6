"""One connection to an MQTT broker: what paho-mqtt reports becomes events in a queue, nothing else.

A new link is made for every attempt, so that no retransmission state outlives a connection: resending is the
uplink's business. paho calls back under its own locks; a callback therefore only appends an event.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.bound_client import BoundClient, network_reason, password_of, without_delay
from edge.settings.broker import BrokerConfig
from edge.settings.broker import Protocol as MqttVersion
from edge.tls import DatedContext, context_of

_CONNECT_TIMEOUT_S: Final = 5.0
_QUEUED_MESSAGES_MAX: Final = 64
_UNSUPPORTED_VERSION: Final = 132
_TAKEN_OVER: Final = 142
_LARGEST_PACKET_BYTES: Final = 320 * 1024
"""A broker hands nothing larger over: the largest of ours is a plan."""
_WILL_DELAY_S: Final = 10
"""A line that comes back so soon was never gone."""
_new_properties: Final[Callable[[int], Properties]] = Properties  # its constructor is not annotated
_VERSIONS: Final = {"v5": mqtt.MQTTv5, "v3.1.1": mqtt.MQTTv311}


@dataclass(frozen=True, slots=True)
class Accepted:
    """The broker accepted the connection."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The broker answered with a refusal."""

    reason: str
    version_refused: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection ended, or could not begin."""

    reason: str
    opened: bool
    """Whether the broker's address had answered at all."""
    taken_over: bool = False
    """Whether somebody else came under our very name."""


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The broker answered the subscription to our acknowledgements."""

    granted: bool
    reason: str
    deaf_to_commands: str | None = None
    """Why no command can be heard, where one should be."""
    deaf_to_plans: str | None = None
    """Why no plan can be heard, where one should be."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A message on the acknowledgement topic."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Commanded:
    """A message on the command topic."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Planned:
    """A message on the plan topic."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Denied:
    """The broker took a message and said that it did not let it pass."""

    reason: str


Event = Accepted | Refused | Lost | Subscribed | Heard | Commanded | Planned | Denied


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOrder:
    """What a link must be: where, in which protocol version, under which name, with which last will."""

    broker: BrokerConfig
    protocol: MqttVersion
    client_id: str
    ack_topic: str
    will: tuple[str, bytes] | None
    """Topic and payload the broker publishes for us when we vanish."""
    command_topic: str | None = None
    """Where commands come, for a gateway that carries some out."""
    plan_topic: str | None = None
    """Where plans come, for a gateway that advises by itself."""
    lasts_s: Mapping[str, int] = field(default_factory=dict)
    """Topics whose messages a broker forgets after so long (MQTT v5)."""
    interface: str | None = None
    """The network interface to go through; None: as the system routes."""
    believed_at: datetime | None = None
    """The time by which certificates are checked where the wall clock is wrong."""


class Link(Protocol):
    """What the uplink needs of a connection."""

    def open(self) -> None:
        """Begin to connect."""

    def turn(self, wait_s: float) -> tuple[Event, ...]:
        """Let the network work for at most so long; what happened."""

    def publish(self, topic: str, payload: bytes) -> bool:
        """Hand a message over at QoS 1; False when the link takes no more now."""

    def close(self) -> None:
        """Say goodbye; the broker then keeps our will to itself."""


LinkMaker = Callable[[LinkOrder], Link]


class PahoLink:
    """A link made of a paho-mqtt client, driven by the caller's thread alone."""

    def __init__(self, order: LinkOrder) -> None:
        self._order = order
        self._events: deque[Event] = deque()
        broker = order.broker
        self._context: DatedContext | None = None
        client = BoundClient(
            CallbackAPIVersion.VERSION2,
            client_id=order.client_id,
            protocol=_VERSIONS[order.protocol],
            clean_session=None if order.protocol == "v5" else True,
            reconnect_on_failure=False,
        )
        client.interface = order.interface
        client.connect_timeout = _CONNECT_TIMEOUT_S
        client.max_queued_messages_set(_QUEUED_MESSAGES_MAX)
        if order.will is not None:
            client.will_set(*order.will, qos=1, properties=self._will_terms())
        if broker.username is not None:
            client.username_pw_set(broker.username, password_of(broker.password_file))
        if broker.ca_file is not None:
            self._context = context_of(broker, order.believed_at)
            client.tls_set_context(self._context)
        self._client = client
        self._listen()

    def _listen(self) -> None:
        client = self._client
        client.on_socket_open = without_delay
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publish = self._on_publish

    def open(self) -> None:
        """Begin to connect; a failure becomes an event."""
        broker = self._order.broker
        try:
            if self._order.protocol == "v5":
                self._client.connect(
                    *(broker.host, broker.port, broker.keepalive_s),
                    clean_start=broker.session_expiry_s == 0,
                    properties=self._terms(),
                )
            else:
                self._client.connect(broker.host, broker.port, keepalive=broker.keepalive_s)
        except (OSError, ValueError) as error:
            self._events.append(Lost(network_reason(error), opened=False))

    def turn(self, wait_s: float) -> tuple[Event, ...]:
        """Let the network work for at most so long; what happened, in its order."""
        if not self._events:
            result = self._client.loop(wait_s)
            if result != MQTTErrorCode.MQTT_ERR_SUCCESS and not self._events:
                self._events.append(Lost(self._alert() or mqtt.error_string(result), opened=True))
        happened = tuple(self._events)
        self._events.clear()
        return happened

    def publish(self, topic: str, payload: bytes) -> bool:
        """Hand a message over at QoS 1; False when the link takes no more now."""
        lasts_s = self._order.lasts_s.get(topic)
        terms = None
        if lasts_s is not None and self._order.protocol == "v5":
            terms = _new_properties(PacketTypes.PUBLISH)
            terms.MessageExpiryInterval = lasts_s
        return self._client.publish(topic, payload, qos=1, properties=terms).rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def close(self) -> None:
        """Say goodbye and let go of the sockets."""
        self._client.disconnect()
        self._client.loop(0.0)

    def _terms(self) -> Properties:
        terms = _new_properties(PacketTypes.CONNECT)
        terms.SessionExpiryInterval = self._order.broker.session_expiry_s
        terms.MaximumPacketSize = _LARGEST_PACKET_BYTES
        return terms

    def _will_terms(self) -> Properties | None:
        """A will waits a little where the session does: a line that flickers is not told as a gateway that went."""
        if self._order.protocol != "v5":
            return None
        terms = _new_properties(PacketTypes.WILLMESSAGE)
        terms.WillDelayInterval = min(_WILL_DELAY_S, self._order.broker.session_expiry_s)
        return terms

    def _alert(self) -> str | None:
        return None if self._context is None else self._context.alert

    def _on_connect(
        self,
        client: mqtt.Client,
        _userdata: object,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._events.append(Refused(str(reason), version_refused=reason.value == _UNSUPPORTED_VERSION))
            return
        self._events.append(Accepted())
        client.subscribe([(topic, 1) for topic in self._topics()])

    def _topics(self) -> list[str]:
        order = self._order
        return [topic for topic in (order.ack_topic, order.command_topic, order.plan_topic) if topic is not None]

    def _on_disconnect(self, *parts: Any) -> None:  # noqa: ANN401 -- paho's own signature, version dependent
        reason: ReasonCode = parts[3]
        taken_over = parts[2].is_disconnect_packet_from_server and reason.value == _TAKEN_OVER
        self._events.append(Lost(self._alert() or str(reason), opened=True, taken_over=taken_over))

    def _on_subscribe(
        self,
        _client: mqtt.Client,
        _userdata: object,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        answers = zip(self._topics(), reasons, strict=False)
        refused = {topic: str(reason) for topic, reason in answers if reason.is_failure}
        why, order = refused.get(self._order.ack_topic), self._order
        deaf, blind = (None if one is None else refused.get(one) for one in (order.command_topic, order.plan_topic))
        self._events.append(
            Subscribed(granted=why is None, reason=why or "", deaf_to_commands=deaf, deaf_to_plans=blind)
        )

    def _on_message(
        self,
        _client: mqtt.Client,
        _userdata: object,
        message: mqtt.MQTTMessage,
    ) -> None:
        payload = bytes(message.payload)
        match message.topic:
            case self._order.command_topic:
                self._events.append(Commanded(payload))
            case self._order.plan_topic:
                self._events.append(Planned(payload))
            case _:
                self._events.append(Heard(payload))

    def _on_publish(
        self,
        _client: mqtt.Client,
        _userdata: object,
        _mid: int,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._events.append(Denied(str(reason)))
