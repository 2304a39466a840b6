"""What a rendered node reports is what the gateway's reader of LoRaWAN uplinks understands."""

import json
import re

import pytest

from edge.rendering.folder import rendered
from edge.sensors.chirpstack import samples_of
from edge.settings.sensor import SensorConfig
from tests.whole_site import whole_site

NUMBERS = [
    ("soil-p01", "soil_water_fraction_1", "soil_water_fraction"),
    ("soil-p01", "soil_water_fraction_2", "soil_water_fraction"),
    ("meter-p01", "water_m3", "water_m3"),
    ("meter-p01", "flow_m3_h", "flow_m3_h"),
    ("meter-p01", "pressure_kpa", "pressure_kpa"),
    ("heat-p01", "air_temperature_c", "air_temperature_c"),
    ("heat-p01", "relative_humidity_percent", "relative_humidity_percent"),
]


@pytest.mark.parametrize(("node", "place", "quantity"), NUMBERS)
def test_each_number_of_a_node_is_found_by_its_name(node: str, place: str, quantity: str) -> None:
    firmware = rendered(whole_site())[f"esphome/{node}.yaml"]
    reported = re.findall(r'root\["object"\]\["(\w+)"\]', firmware)
    assert place in reported
    (eui,) = re.findall(r'device_eui: "(\w+)"', firmware)
    topic = re.findall(r"topic: (application\S+)", firmware)[0].replace("${device_eui}", eui)
    uplink = {"deviceInfo": {"devEui": eui}, "fCnt": 7, "time": "2026-07-01T12:00:00Z"}
    payload = json.dumps(uplink | {"object": dict.fromkeys(reported, 0.25)}).encode()
    layer = {"depth_from_m": 0.1, "depth_to_m": 0.3} if quantity.startswith("soil") else {}
    sensor = SensorConfig.model_validate(
        {"id": "s", "bus": "nodes", "quantity": quantity, "parcel_id": "P1", "address": eui, "place": place, **layer}
    )
    (sample,) = samples_of(topic, payload, [sensor])
    assert sample.raw == 0.25
    assert sample.taken_at is not None
    assert sample.taken_at.isoformat() == "2026-07-01T12:00:00+00:00"
    absent = json.dumps(uplink | {"object": {}}).encode()
    assert all(one.raw is None for one in samples_of(topic, absent, [sensor])), "missing is never zero"
