"""What a gateway tells Home Assistant: which figures there are (discovery), and what they are now. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from edge.heartbeat import Heartbeat


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure as Home Assistant shows it."""

    name: str
    unit: str | None = None
    device_class: str | None = None
    platform: str = "sensor"


FIGURES: Final[Mapping[str, Figure]] = {
    "queued": Figure(name="Messages waiting"),
    "oldest_queued_s": Figure(name="Oldest message", unit="s", device_class="duration"),
    "disk_free_mb": Figure(name="Disk free", unit="MB", device_class="data_size"),
    "rss_mb": Figure(name="Memory", unit="MB", device_class="data_size"),
    "troubles": Figure(name="Troubles"),
    "modem_signal_dbm": Figure(name="Modem signal", unit="dBm", device_class="signal_strength"),
    "battery_percent": Figure(name="Battery", unit="%", device_class="battery"),
    "power_mode": Figure(name="Power mode"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Under which names a gateway appears."""

    organisation: str
    gateway: str
    prefix: str

    @property
    def state_topic(self) -> str:
        """Where the figures are told."""
        return f"seguia-home/{self.gateway}/state"

    @property
    def availability_topic(self) -> str:
        """Where it is told whether the gateway is there: ``online`` or ``offline``."""
        return f"seguia-home/{self.gateway}/available"

    @property
    def discovery_topic(self) -> str:
        """Where the device is described, retained."""
        return f"{self.prefix}/device/seguia_{_word(self.gateway)}/config"

    @property
    def birth_topic(self) -> str:
        """Where Home Assistant says that it has started."""
        return f"{self.prefix}/status"


def discovery(place: Place, parcels: tuple[str, ...], software: str, expire_after_s: int) -> dict[str, Any]:
    """The device and its figures; a parcel's stress is a figure that is on or off."""
    own = _word(place.gateway)
    components = {key: _component(own, key, figure, expire_after_s) for key, figure in FIGURES.items()}
    for parcel in parcels:
        stress = Figure(name=f"{parcel} stressed", device_class="problem", platform="binary_sensor")
        components[f"stress_{_word(parcel)}"] = _component(own, f"stress_{_word(parcel)}", stress, expire_after_s)
    return {
        "dev": {
            "ids": [f"seguia_{own}"],
            "name": f"Seguia {place.gateway}",
            "mf": "Seguia",
            "mdl": f"Field gateway of {place.organisation}",
            "sw": software,
        },
        "o": {"name": "seguia", "sw": software},
        "cmps": components,
        "state_topic": place.state_topic,
        "availability_topic": place.availability_topic,
        "qos": 1,
    }


def state(heartbeat: Heartbeat, stressed: Mapping[str, bool]) -> dict[str, Any]:
    """The figures now; what is unknown is null, never 0."""
    power = heartbeat.power
    charge = None if power is None or power.charge is None else round(100 * power.charge, 1)
    figures: dict[str, Any] = {
        "queued": heartbeat.queued,
        "oldest_queued_s": heartbeat.oldest_queued_s,
        "disk_free_mb": heartbeat.disk_free_mb,
        "rss_mb": heartbeat.rss_mb,
        "troubles": heartbeat.trouble_count,
        "modem_signal_dbm": None if heartbeat.modem is None else heartbeat.modem.signal_dbm,
        "battery_percent": charge,
        "power_mode": None if power is None else power.mode,
    }
    return figures | {f"stress_{_word(parcel)}": "ON" if on else "OFF" for parcel, on in stressed.items()}


def _component(own: str, key: str, figure: Figure, expire_after_s: int) -> dict[str, Any]:
    component: dict[str, Any] = {
        "p": figure.platform,
        "name": figure.name,
        "unique_id": f"seguia_{own}_{key}",
        "value_template": "{{ value_json.%s }}" % key,  # noqa: UP031 -- braces of another template language
        "expire_after": expire_after_s,
    }
    if figure.unit is not None:
        component["unit_of_measurement"] = figure.unit
    if figure.device_class is not None:
        component["device_class"] = figure.device_class
    return component


def _word(name: str) -> str:
    """The name in the letters that a topic and a template allow; others by their number, so that no two names meet."""
    return "".join(letter if letter.isascii() and letter.isalnum() else f"_{ord(letter):x}_" for letter in name)
