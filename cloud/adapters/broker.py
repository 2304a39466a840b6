"""The line to the MQTT broker: it hears gateways, confirms what was committed, and comes back by itself."""

import contextlib
import os
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from cloud.config import BrokerConfig
from cloud.errors import ConfigurationError, ServiceUnavailableError
from cloud.ingest import PEEKED_BYTES
from edge.contract import TOPIC_ROOT

HEARD_KINDS: Final = ("detection", "evidence", "heartbeat", "report", "inbound", "reading", "advice")
HEARD_BY_INGEST: Final = tuple(f"{TOPIC_ROOT}/+/+/{kind}" for kind in HEARD_KINDS)
LARGEST_WINDOW: Final = 2000
"""Messages under way at once, on a broker that asks; the memory they take is bounded by it."""
_PROTOCOLS: Final = {"v5": MQTTProtocolVersion.MQTTv5, "v3.1.1": MQTTProtocolVersion.MQTTv311}
_new_properties: Final[Callable[[int], Properties]] = Properties  # its constructor is not annotated
_CONNECT_S: Final = 5.0
_SLOWEST_RETRY_S: Final = 60
_WAITING_ACKS: Final = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One message as it came, and what its confirmation needs."""

    topic: str
    payload: bytes
    mid: int
    qos: int
    connection: int


def to_stderr(line: str) -> None:
    """Tell the operator one line."""
    sys.stderr.write(f"seguia: {line}\n")


class BrokerLink:
    """One connection that confirms a message to the broker only when it is told to."""

    def __init__(
        self,
        broker: BrokerConfig,
        password: str | None,
        *,
        hear: Callable[[Heard], bool],
        tell: Callable[[str], None] = to_stderr,
        topics: Sequence[str] = HEARD_BY_INGEST,
    ) -> None:
        self._topics = tuple(topics)
        self._receipts: dict[int, int] = {}
        self._broker = broker
        self._password = password
        self._hear = hear
        self._tell = tell
        self._client: Client | None = None
        self._settled = threading.Event()
        self._refusal: str | None = None
        self._refused_version = False
        self._open = False
        self._connection = 0
        self.protocol: str = broker.protocol
        """MQTT version in use."""

    def open(self, patience_s: float = 10.0) -> None:
        """Connect and subscribe; ServiceUnavailableError when the broker cannot be reached or does not let us."""
        versions = ["v5", "v3.1.1"] if self._broker.protocol == "v5" else ["v3.1.1"]
        for version in versions:
            self.protocol = version
            if self._attempt(version, patience_s):
                return
            if not self._refused_version:
                break
        raise ServiceUnavailableError(
            f"broker {self._broker.address}: expected a subscription, got: {self._refusal};"
            " check that it runs, its address, user name, password and access list"
        )

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, lasts_s: int | None = None) -> int | None:
        """Send one message, at least once, when the line allows; its number; None if it surely does not leave.

        ``retain``: the broker keeps it for whoever subscribes later, in the place of the one before. A broker of MQTT
        v5 forgets it after ``lasts_s``, where nobody took it by then.
        """
        if self._client is None:
            return None
        # A name that cannot stand in a topic has nobody listening: nothing is owed to it.
        with contextlib.suppress(ValueError):
            terms = None
            if lasts_s is not None and self.protocol == "v5":
                terms = _new_properties(PacketTypes.PUBLISH)
                terms.MessageExpiryInterval = lasts_s
            handed = self._client.publish(topic, payload, qos=1, retain=retain, properties=terms)
            # Without a connection it waits in the client, and may still leave.
            return None if handed.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE else handed.mid
        return None

    @property
    def connected(self) -> bool:
        """Whether the line is open at this moment."""
        return self._client is not None and self._client.is_connected()

    def receipt(self, number: int) -> int | None:
        """What the broker said of a published message, as MQTT v5 codes it; None while it has said nothing."""
        return self._receipts.get(number)

    def confirm(self, heard: Heard) -> None:
        """Tell the broker that a message needs not be given again; a former connection's are no longer ours."""
        if self._client is not None and heard.connection == self._connection and heard.qos > 0:
            self._client.ack(heard.mid, heard.qos)

    def close(self) -> None:
        """Say goodbye and stop listening."""
        client, self._client, self._open = self._client, None, False
        if client is not None:
            client.disconnect()
            client.loop_stop()

    def _attempt(self, version: str, patience_s: float) -> bool:
        self._settled.clear()
        self._refusal, self._refused_version, self._open = None, False, False
        client = self._made(version)
        try:
            if version == "v5":
                client.connect(self._broker.host, self._broker.port, self._broker.keepalive_s, properties=_promises())
            else:
                client.connect(self._broker.host, self._broker.port, self._broker.keepalive_s)
        except OSError as error:
            self._refusal = f"no connection ({getattr(error, 'strerror', None) or error})"
            return False
        self._client = client
        client.loop_start()
        if self._settled.wait(patience_s) and self._refusal is None:
            self._open = True
            return True
        if not self._settled.is_set():
            self._refusal = f"no answer within {patience_s:g} s"
        self.close()
        return False

    def _made(self, version: str) -> Client:
        # Two of a name would throw each other out for ever.
        client_id = f"seguia-ingest-{os.urandom(6).hex()}"
        client = Client(
            CallbackAPIVersion.VERSION2, client_id, protocol=_PROTOCOLS[version], manual_ack=True, clean_session=None
        )
        client.connect_timeout = _CONNECT_S
        client.reconnect_delay_set(1, _SLOWEST_RETRY_S)
        client.max_queued_messages_set(_WAITING_ACKS)
        if self._broker.username is not None:
            client.username_pw_set(self._broker.username, self._password)
        if self._broker.ca_file is not None:
            self._set_tls(client)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_socket_open = _without_delay
        return client

    def _set_tls(self, client: Client) -> None:
        authority, certificate, key = (
            None if file is None else str(file)
            for file in (self._broker.ca_file, self._broker.certificate_file, self._broker.key_file)
        )
        try:
            client.tls_set(ca_certs=authority, certfile=certificate, keyfile=key)
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"broker: the TLS files {', '.join(filter(None, (authority, certificate, key)))} cannot be used"
                f" ({error}); expected a PEM certificate authority, certificate and key"
            ) from error

    def _on_connect(
        self,
        client: Client,
        _userdata: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._refused_version = "protocol version" in str(reason).lower()
            self._turn_down(f"a refusal ({reason})")
            return
        self._connection += 1
        client.subscribe([(topic, 1) for topic in self._topics])

    def _on_subscribe(
        self, _client: Client, _userdata: object, _mid: int, reasons: list[ReasonCode], _properties: Properties | None
    ) -> None:
        refused = [reason for reason in reasons if reason.is_failure]
        if refused:
            self._turn_down(f"no permission to subscribe ({refused[0]})")
            return
        if self._open:
            self._tell(f"broker {self._broker.address}: connected again")
        self._settled.set()

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: object,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if self._client is None:
            return
        if self._open:
            self._tell(f"broker {self._broker.address}: connection lost ({reason}); it is tried again until it answers")
        elif not self._settled.is_set():
            # A broker of v3.1.1 alone often hangs up on a v5 greeting instead of refusing it.
            self._refused_version = True
            self._turn_down(f"hung up before accepting us ({reason})")

    def _on_message(self, client: Client, _userdata: object, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            client.ack(message.mid, message.qos)
            return
        if message.retain and topic.endswith("/heartbeat"):
            # The broker kept it for whoever comes: it says nothing of the gateway as it is now.
            client.ack(message.mid, message.qos)
            return
        heard = Heard(
            topic=topic,
            payload=bytes(message.payload[: PEEKED_BYTES + 1]),
            mid=message.mid,
            qos=message.qos,
            connection=self._connection,
        )
        if not self._hear(heard):
            # No room: the broker is relieved of it, and its gateway sends again what nobody acknowledged.
            client.ack(message.mid, message.qos)

    def _on_publish(
        self, _client: Client, _userdata: object, mid: int, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        self._receipts[mid] = reason.value
        if len(self._receipts) > _WAITING_ACKS:
            self._receipts.pop(next(iter(self._receipts)), None)

    def _turn_down(self, reason: str) -> None:
        if self._open:
            self._tell(f"broker {self._broker.address}: {reason}; it is tried again until it answers")
            return
        self._refusal = self._refusal or reason
        self._settled.set()


def _promises() -> Properties:
    properties = _new_properties(PacketTypes.CONNECT)
    properties.ReceiveMaximum = LARGEST_WINDOW
    properties.MaximumPacketSize = PEEKED_BYTES + 1024
    return properties


def _without_delay(_client: Client, _userdata: object, line: Any) -> None:  # noqa: ANN401 -- a plain or a TLS socket
    with contextlib.suppress(OSError):
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
