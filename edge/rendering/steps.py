"""The page that leads from a rendered folder to a gateway at work: the commands, in their order."""

from collections.abc import Mapping
from typing import Final

from edge.config import GatewayConfig
from edge.rendering.blank import filled, plain
from edge.rendering.units import STATE_FOLDER

_BROKER_LINES: Final = (
    "cp mosquitto/gateway.conf /etc/mosquitto/conf.d/seguia.conf && cp mosquitto/*-acl /etc/mosquitto/"
    "\nsystemctl restart mosquitto"
)


def install_steps(config: GatewayConfig) -> Mapping[str, str]:
    """Text of the page by its path."""
    words = {
        "gateway_id": config.gateway_id,
        "extras": ",".join(_extras(config)),
        "photo_lines": _photo_lines(config),
        "bridge_lines": "" if config.bridge is None else _BROKER_LINES,
    }
    return {"INSTALL.md": filled("install/INSTALL.md", words)}


def _extras(config: GatewayConfig) -> list[str]:
    wanted = ["edge", "receipt"]
    if any(bus.kind.startswith("modbus") for bus in config.bus):
        wanted.append("edge-sensors")
    return wanted if config.updates is None else [*wanted, "updates"]


def _photo_lines(config: GatewayConfig) -> str:
    """Folders of photos, each with those that lead to it: the service could not set aside into one of root's."""
    folders = {
        place
        for watch in config.watch
        for folder in (watch.folder, watch.rejected)
        if folder.is_relative_to(STATE_FOLDER)
        for place in (folder, *folder.parents)
        if place != STATE_FOLDER and place.is_relative_to(STATE_FOLDER)
    }
    return f"install -d -o seguia -g seguia {' '.join(map(plain, sorted(folders)))}" if folders else ""
