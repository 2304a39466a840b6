"""The gateway at a Home Assistant of its own site: shown by itself, unknown when it is silent, back after a restart."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.clock import Clock
from edge.config import GatewayConfig
from edge.health import software_version
from edge.heartbeat import Heartbeat
from edge.home_discovery import Place, discovery, state
from edge.settings.observers import HomeAssistantConfig
from edge.voice import Voice

_properties: Final[Callable[[int], Properties]] = Properties
_TURN_S: Final = 1.0
_PAUSE_S: Final = 30.0
_SILENT_INTERVALS: Final = 3
_GHOST_AFTER_S: Final = 30 * 86_400
"""A gateway that is gone for good leaves the broker, and with it Home Assistant, by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeTools:
    """What is told, and by which clock."""

    heartbeat: Callable[[], Heartbeat]
    stressed: Callable[[], Mapping[str, bool]]
    clock: Clock
    voice: Voice
    make_client: Callable[[str], mqtt.Client] | None = None


class HomeAssistant:
    """Keeps Home Assistant told; a worker of the gateway."""

    def __init__(self, config: GatewayConfig, settings: HomeAssistantConfig, tools: HomeTools) -> None:
        self._settings, self._tools = settings, tools
        self._place = Place(
            organisation=config.organisation, gateway=config.gateway_id, prefix=settings.discovery_prefix
        )
        self._client: mqtt.Client | None = None
        self._known: tuple[str, ...] | None = None
        self._due_s = 0.0
        self._again_s = 0.0
        self._answer_due_s = 0.0
        self._refusal: str | None = None

    def step(self) -> bool:
        """Let the network work for a second, and tell what is due; False while the broker is away."""
        now_s = self._tools.clock.monotonic_s()
        if self._client is None and (now_s < self._again_s or not self._connect()):
            return False
        assert self._client is not None
        result = self._client.loop(_TURN_S)
        if result != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._lost(self._refusal or mqtt.error_string(result))
            return False
        now_s = self._tools.clock.monotonic_s()
        if not self._client.is_connected():
            if now_s > self._answer_due_s:
                self._lost("no answer")
        elif now_s >= self._due_s:
            self._tell()
        return True

    def close(self) -> None:
        """Say that the gateway is not there any more, and go."""
        client, self._client = self._client, None
        if client is not None and client.is_connected():
            client.publish(self._place.availability_topic, b"offline", qos=1, retain=True)
            client.loop(0.1)
            client.disconnect()
            client.loop(0.0)

    def _connect(self) -> bool:
        name = f"seguia-home-{self._place.organisation}-{self._place.gateway}"
        client = (self._tools.make_client or _client)(name)
        client.will_set(self._place.availability_topic, b"offline", qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        settings = self._settings
        try:
            if settings.username is not None:
                client.username_pw_set(settings.username, _password(settings))
            if settings.ca_file is not None:
                client.tls_set(str(settings.ca_file))
            client.connect(settings.host, settings.port, keepalive=60)
        except (OSError, ValueError) as error:
            self._lost(getattr(error, "strerror", None) or str(error))
            return False
        self._client = client
        self._refusal = None
        self._answer_due_s = self._tools.clock.monotonic_s() + _PAUSE_S
        return True

    def _lost(self, reason: str) -> None:
        self._client = None
        self._again_s = self._tools.clock.monotonic_s() + _PAUSE_S
        place = f"{self._settings.host}:{self._settings.port}"
        self._tools.voice.trouble(
            "home assistant", f"home assistant: its broker {place}: expected a connection, got: {reason}; tried again"
        )

    def _on_connect(self, client: mqtt.Client, _data: object, _flags: object, reason: Any, _more: object) -> None:  # noqa: ANN401 -- paho's own
        if reason.is_failure:
            self._refusal = str(reason)
            return
        client.subscribe(self._place.birth_topic, qos=1)
        self._tools.voice.over("home assistant", "home assistant: its broker is reached")
        self._anew()

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        if bytes(message.payload) == b"online":
            self._anew()

    def _anew(self) -> None:
        """Home Assistant, or its broker, began anew: it is told everything again with the next turn."""
        self._known = None
        self._due_s = 0.0

    def _tell(self) -> None:
        assert self._client is not None
        stressed = dict(self._tools.stressed())
        parcels = tuple(sorted(stressed))
        if parcels != self._known:
            self._known = parcels
            expire_s = int(_SILENT_INTERVALS * self._settings.interval_s)
            described = discovery(self._place, parcels, software_version(), expire_s)
            lasting = _properties(PacketTypes.PUBLISH)
            lasting.MessageExpiryInterval = _GHOST_AFTER_S
            self._publish(self._place.discovery_topic, described, retain=True, properties=lasting)
            self._client.publish(self._place.availability_topic, b"online", qos=1, retain=True)
        self._publish(self._place.state_topic, state(self._tools.heartbeat(), stressed))
        self._due_s = self._tools.clock.monotonic_s() + self._settings.interval_s

    def _publish(
        self, topic: str, content: Mapping[str, Any], *, retain: bool = False, properties: Properties | None = None
    ) -> None:
        assert self._client is not None
        payload = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
        self._client.publish(topic, payload, qos=1, retain=retain, properties=properties)


def _client(name: str) -> mqtt.Client:
    return mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5, reconnect_on_failure=False)


def _password(settings: HomeAssistantConfig) -> str | None:
    if settings.password_file is None:
        return None
    lines = settings.password_file.read_text(encoding="utf-8").splitlines()
    return lines[0] if lines else None
