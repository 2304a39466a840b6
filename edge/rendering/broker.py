"""Configurations of mosquitto: the office's broker, and a gateway's own with a bridge to it."""

from collections.abc import Mapping
from typing import Final, get_args

from edge.config import GatewayConfig
from edge.contract import TOPIC_ROOT, Topic
from edge.errors import ConfigurationError
from edge.rendering.blank import filled
from edge.settings.site import BridgeConfig

OFFICE_SAYS: Final[frozenset[Topic]] = frozenset({"ack", "plan", "command"})
"""Kinds of message that the office says to a gateway; every other kind a gateway says to the office."""
_KINDS: Final[tuple[Topic, ...]] = get_args(Topic)
FROM_GATEWAY: Final = tuple(kind for kind in _KINDS if kind not in OFFICE_SAYS)
TO_GATEWAY: Final = tuple(kind for kind in _KINDS if kind in OFFICE_SAYS)


def office_broker(organisation: str) -> Mapping[str, str]:
    """The office's broker: every gateway confined to its own topics of one organisation by its certificate."""
    ingest = [f"topic read {TOPIC_ROOT}/+/+/{kind}" for kind in FROM_GATEWAY]
    ingest += [f"topic write {TOPIC_ROOT}/+/+/{kind}" for kind in TO_GATEWAY]
    gateway = [f"pattern write {TOPIC_ROOT}/{organisation}/%u/{kind}" for kind in FROM_GATEWAY]
    gateway += [f"pattern read {TOPIC_ROOT}/{organisation}/%u/{kind}" for kind in TO_GATEWAY]
    words = {"ingest_lines": "\n".join(ingest), "gateway_lines": "\n".join(gateway)}
    return {
        "office/mosquitto.conf": filled("mosquitto/mosquitto.conf"),
        "office/acl": filled("mosquitto/acl", words),
    }


def gateway_broker(config: GatewayConfig) -> Mapping[str, str]:
    """The gateway's own broker; nothing where its configuration has no bridge."""
    bridge = config.bridge
    if bridge is None:
        return {}
    own = f"{TOPIC_ROOT}/{config.organisation}/{config.gateway_id}"
    topics = [f"topic {own}/{kind} out 1" for kind in FROM_GATEWAY] + [
        f"topic {own}/{kind} in 1" for kind in TO_GATEWAY
    ]
    rights = [f"topic write {own}/{kind}" for kind in FROM_GATEWAY] + [
        f"topic read {own}/{kind}" for kind in TO_GATEWAY
    ]
    words = {
        **bridge.model_dump(),
        "organisation": config.organisation,
        "gateway_id": config.gateway_id,
        "nodes_listener": _nodes_listener(bridge),
        "topic_lines": "\n".join(topics),
        "gateway_lines": "\n".join(rights),
    }
    rendered = {
        "mosquitto/gateway.conf": filled("mosquitto/gateway.conf", words),
        "mosquitto/gateway-acl": filled("mosquitto/gateway-acl", words),
    }
    if bridge.nodes_address is not None:
        rendered["mosquitto/nodes-acl"] = filled("mosquitto/nodes-acl")
    return rendered


def _nodes_listener(bridge: BridgeConfig) -> str:
    if bridge.nodes_address is None:
        return ""
    words = bridge.model_dump()
    for name in ("site_ca_file", "site_certificate_file", "site_key_file"):
        if words[name] is None:
            raise ConfigurationError(
                f"bridge: nodes_address needs {name}: sensor nodes are let in by certificates only"
            )
    return filled("mosquitto/nodes-listener.conf", words)
