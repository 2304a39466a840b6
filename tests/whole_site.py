"""The settings of a gateway that has everything: cameras, modem, probes, a broker of its own, sensor nodes."""

from pathlib import Path
from typing import Any

from edge.config import GatewayConfig


def whole_site(keys: Path = Path("/etc/seguia"), **changes: Any) -> GatewayConfig:  # noqa: ANN401 -- any setting, checked when it is made
    bridge = {
        "host": "broker.example.org",
        "ca_file": keys / "ca.pem",
        "certificate_file": keys / "gw-01.pem",
        "key_file": keys / "gw-01.key",
        "nodes_address": "192.168.4.1",
        "site_ca_file": keys / "ca.pem",
        "site_certificate_file": keys / "site.pem",
        "site_key_file": keys / "site.key",
    }
    settings: dict[str, Any] = {
        "organisation": "demo",
        "gateway_id": "gw-01",
        "data_dir": "/var/lib/seguia",
        "bridge": bridge | changes.pop("bridge", {}),
        "modem": {},
        "camera": [
            {"camera_id": "mast", "kind": "csi", "parcel_id": "P01", "crop": "maize"},
            {"camera_id": "heat", "kind": "mlx90640", "device": "/dev/i2c-1", "parcel_id": "P01"},
        ],
        "node": [
            {"name": "soil-p01", "kind": "soil_probe", "device_eui": "00000000000000a1"},
            {"name": "meter-p01", "kind": "valve_meter", "device_eui": "00000000000000a2", "pulses_per_m3": 100},
            {"name": "heat-p01", "kind": "thermal", "device_eui": "00000000000000a3"},
        ],
    }
    return GatewayConfig.model_validate(settings | changes)
