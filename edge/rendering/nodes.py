"""ESPHome files of the sensor nodes around a gateway."""

from collections.abc import Mapping
from typing import Final

from edge.config import GatewayConfig
from edge.errors import ConfigurationError
from edge.rendering.blank import filled
from edge.settings.site import NodeConfig, NodeKind

_CONVERTER_PINS: Final = ("GPIO34", "GPIO35")
_PULSES: Final = """      - lambda: |-
          if (std::isnan(id(pulses_total).state)) return;
          uint32_t now = (uint32_t) id(pulses_total).state;
          id(pulses_kept) += now - id(pulses_seen);
          id(pulses_seen) = now;"""


def nodes(config: GatewayConfig) -> Mapping[str, str]:
    """Text of each node's file, and of the secrets it asks for, by its path."""
    if not config.node:
        return {}
    if config.bridge is None or config.bridge.nodes_address is None:
        raise ConfigurationError(
            f"node {config.node[0].name}: expected [bridge] with nodes_address, where sensor nodes report to; add it"
        )
    names = [node.name for node in config.node] + [node.device_eui for node in config.node]
    for name in names:
        if names.count(name) > 1:
            raise ConfigurationError(f"node: {name} stands twice; each node has a name and a device number of its own")
    place = {
        "gateway_id": config.gateway_id,
        "broker": config.bridge.nodes_address,
        "port": config.bridge.nodes_port,
    }
    rendered = {f"esphome/{node.name}.yaml": _node(node, place) for node in config.node}
    secrets = [filled("esphome/secret-of-a-node.yaml.example", {"secret": _secret(node)}) for node in config.node]
    rendered["esphome/secrets.yaml.example"] = filled("esphome/secrets.yaml.example") + "".join(secrets)
    return rendered


def _node(node: NodeConfig, place: Mapping[str, object]) -> str:
    words = {**node.model_dump(), **place, "secret": _secret(node)}
    parts = {
        "instruments": _instruments(node),
        "before": _before(node),
        "payload": _payload(node),
    }
    return filled("esphome/node.yaml", {**words, **parts})


def _secret(node: NodeConfig) -> str:
    return node.name.replace("-", "_")


def _instruments(node: NodeConfig) -> str:
    text = filled(f"esphome/{node.kind}.yaml")
    if node.kind == "soil_probe":
        for number, (depth_m, pin) in enumerate(zip(node.depths_m, _CONVERTER_PINS, strict=False), start=1):
            text += filled("esphome/soil_probe-depth.yaml", {"number": number, "depth_m": f"{depth_m:g}", "pin": pin})
    return text


def _measured(node: NodeConfig) -> Mapping[str, str]:
    """Name of each number in the report, and the node's own expression for it."""
    numbers: Mapping[NodeKind, Mapping[str, str]] = {
        "soil_probe": {
            f"soil_water_fraction_{number}": f"id(probe_{number}).state" for number in range(1, len(node.depths_m) + 1)
        },
        "valve_meter": {
            "flow_m3_h": f"id(pulses_per_minute).state * 60.0 / {node.pulses_per_m3:.1f}",
            "pressure_kpa": "id(pressure).state",
        },
        "thermal": {
            "canopy_temperature_c": "id(canopy).state",
            "housing_temperature_c": "id(housing).state",
            "air_temperature_c": "id(air_temperature).state",
            "relative_humidity_percent": "id(air_humidity).state",
        },
    }
    return numbers[node.kind]


def _before(node: NodeConfig) -> str:
    asked: Mapping[NodeKind, tuple[str, ...]] = {
        "soil_probe": tuple(f"probe_{number}" for number in range(1, len(node.depths_m) + 1)),
        "valve_meter": ("pressure",),
        "thermal": ("infrared", "air"),
    }
    lines = [f"      - component.update: {name}" for name in asked[node.kind]]
    lines.append("      - delay: 3s")
    if node.kind == "valve_meter":
        lines.append(_PULSES)
    return "\n".join(lines)


def _payload(node: NodeConfig) -> str:
    """Lines of the report: what was not measured is left out, since missing is never zero."""
    indent = " " * 12
    lines = [
        f'{indent}if (!std::isnan({expression})) root["object"]["{name}"] = {expression};'
        for name, expression in _measured(node).items()
    ]
    if node.kind == "valve_meter":
        counted = f"(double) id(pulses_kept) / {node.pulses_per_m3:.1f}"
        lines.append(f'{indent}root["object"]["water_m3"] = {counted};')
    return "\n".join(lines)
