"""LoRaWAN instruments by ChirpStack's MQTT integration (version 4, JSON), or by nodes that speak in its shape.

An uplink is acknowledged to the broker only when its readings are durably kept; until then the broker keeps it, also
while this gateway is off. The same uplink heard again, by its deduplicationId, changes nothing.
"""

import json
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.sensors.bus import BusUnavailableError, Sample
from edge.sensors.places import path_of
from edge.settings.sensor import BusConfig, SensorConfig

_KEPT_S: Final = 7 * 86_400
"""The broker keeps uplinks for so long while this gateway is away."""
_CONNECT_TIMEOUT_S: Final = 5.0
_TURNS: Final = 100
_LARGEST_BYTES: Final = 64 * 1024


class ChirpstackBus:
    """The uplinks of an application, driven by the caller's thread alone."""

    listens = True

    def __init__(self, bus: BusConfig, client_id: str) -> None:
        self._bus = bus
        self._client_id = client_id
        self._client: mqtt.Client | None = None
        self._heard: deque[mqtt.MQTTMessage] = deque()
        self._held: list[mqtt.MQTTMessage] = []
        self._refusal: str | None = None

    def read(self, sensors: Sequence[SensorConfig]) -> list[Sample]:
        """What came for these sensors since; an uplink that cannot be read is told once under its device."""
        client = self._opened()
        for _ in range(_TURNS):
            before = len(self._heard)
            result = client.loop(0.02)
            if result != MQTTErrorCode.MQTT_ERR_SUCCESS or self._refusal is not None:
                reason = self._refusal or mqtt.error_string(result)
                self.close()
                raise self._unavailable(reason)
            if len(self._heard) == before:
                break
        samples: list[Sample] = []
        while self._heard:
            message = self._heard.popleft()
            self._held.append(message)
            samples += samples_of(message.topic, bytes(message.payload), sensors)
        return samples

    def keep(self) -> None:
        """Tell the broker that it may forget what was read."""
        held, self._held = self._held, []
        for message in held:
            if self._client is not None and message.qos > 0:
                self._client.ack(message.mid, message.qos)

    def close(self) -> None:
        """Leave the broker, which keeps what comes meanwhile."""
        client, self._client = self._client, None
        self._heard.clear()
        self._held.clear()
        self._refusal = None
        if client is not None:
            client.disconnect()
            client.loop(0.0)

    def _opened(self) -> mqtt.Client:
        if self._client is not None:
            return self._client
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = _CONNECT_TIMEOUT_S
        if self._bus.username is not None:
            client.username_pw_set(self._bus.username, self._password())
        if self._bus.ca_file is not None:
            client.tls_set(str(self._bus.ca_file))
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        make: Callable[[int], Properties] = Properties
        kept = make(PacketTypes.CONNECT)
        kept.SessionExpiryInterval = _KEPT_S
        try:
            client.connect(self._bus.host, self._bus.port_in_use, clean_start=False, properties=kept)
        except (OSError, ValueError) as error:
            raise self._unavailable(str(error) or type(error).__name__) from error
        self._client = client
        return client

    def _password(self) -> str | None:
        if self._bus.password_file is None:
            return None
        try:
            return self._bus.password_file.read_text(encoding="utf-8").splitlines()[0]
        except (OSError, UnicodeDecodeError, IndexError) as error:
            raise self._unavailable(f"{self._bus.password_file} cannot be read ({type(error).__name__})") from error

    def _on_connect(
        self,
        client: mqtt.Client,
        _userdata: object,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._refusal = f"refused: {reason}"
            return
        client.subscribe(f"application/{self._bus.application_id or '+'}/device/+/event/up", qos=1)

    def _on_subscribe(
        self,
        _client: mqtt.Client,
        _userdata: object,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            self._refusal = f"no permission to hear uplinks ({refused[0]})"

    def _on_message(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        self._heard.append(message)

    def _unavailable(self, reason: str) -> BusUnavailableError:
        return BusUnavailableError(
            f"bus {self._bus.name}: expected ChirpStack's broker at {self._bus.host}:{self._bus.port_in_use},"
            f" got: {reason}; check its address, account and access list"
        )


def samples_of(topic: str, payload: bytes, sensors: Sequence[SensorConfig]) -> list[Sample]:
    """What one uplink says of these sensors; nothing where it is of another device."""
    parts = topic.split("/")
    eui = parts[3].lower() if len(parts) == 6 else ""  # noqa: PLR2004 -- application/ID/device/EUI/event/up
    mine = [(sensor, path_of(sensor)) for sensor in sensors]
    wanted = [(sensor, path.keys) for sensor, path in mine if path.eui == eui]
    if not wanted:
        return []
    content = _content(payload)
    if content is None:
        unread = f"device {eui}: an uplink cannot be read: expected a JSON object of at most {_LARGEST_BYTES} bytes"
        return [Sample(sensor_id=sensor.id, raw=None, trouble=unread) for sensor, _ in wanted]
    name = _name(eui, content)
    taken_at = _moment(content.get("time"))
    decoded = content.get("object")
    samples = []
    for sensor, keys in wanted:
        raw, trouble = _number(decoded, keys, eui)
        if raw is not None or trouble is not None:
            samples.append(
                Sample(sensor_id=sensor.id, raw=raw, trouble=trouble, taken_at=taken_at, name=f"{name} {sensor.id}")
            )
    return samples


def _content(payload: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(payload) if len(payload) <= _LARGEST_BYTES else None
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _name(eui: str, content: Mapping[str, Any]) -> str:
    """Name of an uplink: the network's own, else by its device, frame counter and time."""
    given = content.get("deduplicationId")
    name = (
        given[:80] if isinstance(given, str) and given else f"{eui} {content.get('fCnt')} {content.get('time')}"[:120]
    )
    # JSON can spell half a letter, which no database keeps: such an uplink would come again for ever.
    return name.encode("utf-8", "replace").decode()


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _number(decoded: object, keys: Sequence[str], eui: str) -> tuple[float | None, str | None]:
    """Number at a path and no trouble; neither where this message does not speak of it."""
    if decoded is None:
        return None, f"device {eui}: its uplinks are not decoded; set a codec in its device profile"
    found: Any = decoded
    for key in keys:
        if isinstance(found, list) and key.isdecimal() and int(key) < len(found):
            found = found[int(key)]
        elif isinstance(found, dict) and key in found:
            found = found[key]
        else:
            return None, None
    number = _float(found)
    if number is None:
        return None, f"device {eui}: {'.'.join(keys)}: expected a number, got {str(found)[:40]!r}"
    return number, None


def _float(found: object) -> float | None:
    """A number that can be reckoned with; None for everything else, and for whole numbers of hundreds of digits."""
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    try:
        number = float(found)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
