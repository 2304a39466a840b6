"""One connection to an MQTT broker: what paho-mqtt reports becomes events in a queue, nothing else.

A new link is made for every attempt, so that no retransmission state outlives a connection: resending is the
uplink's business. paho calls back under its own locks; a callback therefore only appends an event.
"""

import socket
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.errors import ConfigurationError
from edge.settings.broker import BrokerConfig
from edge.settings.broker import Protocol as MqttVersion

_CONNECT_TIMEOUT_S: Final = 5.0
_QUEUED_MESSAGES_MAX: Final = 64
_UNSUPPORTED_VERSION: Final = 132
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


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The broker answered the subscription to our acknowledgements."""

    granted: bool
    reason: str
    deaf_to_commands: str | None = None
    """Why no command can be heard, where one should be."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A message on the acknowledgement topic."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Commanded:
    """A message on the command topic."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Denied:
    """The broker took a message and said that it did not let it pass."""

    reason: str


Event = Accepted | Refused | Lost | Subscribed | Heard | Commanded | Denied


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
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=order.client_id,
            protocol=_VERSIONS[order.protocol],
            clean_session=None if order.protocol == "v5" else True,
            reconnect_on_failure=False,
        )
        client.connect_timeout = _CONNECT_TIMEOUT_S
        client.max_queued_messages_set(_QUEUED_MESSAGES_MAX)
        if order.will is not None:
            client.will_set(*order.will, qos=1)
        if broker.username is not None:
            client.username_pw_set(broker.username, _password(broker.password_file))
        if broker.ca_file is not None:
            client.tls_set_context(_tls_context(broker))
        self._client = client
        self._listen()

    def _listen(self) -> None:
        client = self._client
        client.on_socket_open = _without_delay
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publish = self._on_publish

    def open(self) -> None:
        """Begin to connect; a failure becomes an event."""
        broker = self._order.broker
        fresh = True if self._order.protocol == "v5" else mqtt.MQTT_CLEAN_START_FIRST_ONLY
        try:
            self._client.connect(broker.host, broker.port, keepalive=broker.keepalive_s, clean_start=fresh)
        except (OSError, ValueError) as error:
            self._events.append(Lost(_network_reason(error), opened=False))

    def turn(self, wait_s: float) -> tuple[Event, ...]:
        """Let the network work for at most so long; what happened, in its order."""
        if not self._events:
            result = self._client.loop(wait_s)
            if result != MQTTErrorCode.MQTT_ERR_SUCCESS and not self._events:
                self._events.append(Lost(mqtt.error_string(result), opened=True))
        happened = tuple(self._events)
        self._events.clear()
        return happened

    def publish(self, topic: str, payload: bytes) -> bool:
        """Hand a message over at QoS 1; False when the link takes no more now."""
        return self._client.publish(topic, payload, qos=1).rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def close(self) -> None:
        """Say goodbye and let go of the sockets."""
        self._client.disconnect()
        self._client.loop(0.0)

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
        topics = [topic for topic in (self._order.ack_topic, self._order.command_topic) if topic is not None]
        client.subscribe([(topic, 1) for topic in topics])

    def _on_disconnect(self, *parts: Any) -> None:  # noqa: ANN401 -- paho's own signature, version dependent
        self._events.append(Lost(str(parts[3]), opened=True))

    def _on_subscribe(
        self,
        _client: mqtt.Client,
        _userdata: object,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        refused, deaf = (str(reason) if reason.is_failure else None for reason in (*reasons, *reasons)[:2])
        alone = self._order.command_topic is None
        self._events.append(
            Subscribed(granted=refused is None, reason=refused or "", deaf_to_commands=None if alone else deaf)
        )

    def _on_message(
        self,
        _client: mqtt.Client,
        _userdata: object,
        message: mqtt.MQTTMessage,
    ) -> None:
        payload = bytes(message.payload)
        self._events.append(Commanded(payload) if message.topic == self._order.command_topic else Heard(payload))

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


def _without_delay(_client: mqtt.Client, _userdata: object, opened: Any) -> None:  # noqa: ANN401 -- paho's own
    # Small messages must not wait for the answer to the one before.
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _password(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: the broker's password cannot be read ({error}); correct the file") from error
    if not lines:
        raise ConfigurationError(f"{path}: expected the broker's password in its first line, got an empty file")
    return lines[0]


class _ClosedOnFailure(ssl.SSLSocket):
    """A socket that a failed handshake does not leave open."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 -- the library's own signature
        """Greet the broker; close when it cannot be believed."""
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


def _tls_context(broker: BrokerConfig) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=broker.ca_file)
        context.sslsocket_class = _ClosedOnFailure
        if broker.certificate_file is not None and broker.key_file is not None:
            context.load_cert_chain(broker.certificate_file, broker.key_file)
    except (OSError, ssl.SSLError) as error:
        files = ", ".join(str(path) for path in (broker.ca_file, broker.certificate_file, broker.key_file) if path)
        raise ConfigurationError(f"{files}: expected readable PEM files that fit together, got: {error}") from error
    return context


def _network_reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
