import json
import re
import subprocess
import sys
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from edge.config_file import read_config, write_config
from edge.contract import (
    REASONS,
    Ack,
    Command,
    Detection,
    Evidence,
    ModelReference,
    SmsInbound,
    SmsReport,
    Topic,
    parse_topic,
)
from edge.gateway_advice import GatewayAdvice, encode_advice
from edge.heartbeat import Heartbeat
from edge.plan import pack
from edge.plan_seal import encode_plans
from edge.reading import Reading, encode_readings
from edge.schema import as_text, main, schemas
from edge.wire import encode, encode_command, encode_detection, encode_evidence, encode_sms
from tests.json_schema import faults
from tests.unit.edge.test_plan import bundle, person

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
FULL = Detection(
    path="photos/a.jpg",
    parcel_id="P01",
    camera_id="cam-1",
    taken_at=NOON,
    clock_quality="exif",
    sha256="ab" * 32,
    model=ModelReference(name="wilting", version="1.0.0", sha256="cd" * 32),
    opinion=True,
    reasons=("crop_unknown", "a_reason_of_tomorrow"),
    canopy_cover_fraction=0.5,
    wilting_score=1.25,
    wilting_probability=0.25,
    stress_index=0.1,
    stress_sigma=0.05,
    canopy_temperature_c=31.5,
    cwsi=0.4,
    cwsi_method="empirical",
    basis=("rgb", "thermal"),
    looks_down=True,
    wilting_low=1,
    wilting_high=2,
    wilting_since_dawn=0.5,
    ndvi=0.7,
    ndre=0.3,
    osavi=0.6,
    elapsed_ms=12.0,
)
BARE = Detection(sha256="ab" * 32, model=None, opinion=False, reasons=("dark",))
SHOWN = Evidence(
    parcel_id="P01",
    taken_at=None,
    detection_boot="b1",
    detection_sequence=7,
    image_jpeg=b"\xff\xd8picture",
    mask_png=None,
    stress_grid=b"\x00\xff",
    stress_grid_shape=(1, 2),
)


def wire_faults(payload: bytes, name: str, part: str | None = None) -> list[str]:
    document = schemas()[name]
    return list(faults(json.loads(payload), document if part is None else document["$defs"][part], document))


@pytest.mark.parametrize("name", schemas())
def test_the_committed_file_is_the_generated_one(name: str, repository: Path) -> None:
    committed = repository / "firmware_configs" / "schemas" / name
    assert committed.read_text(encoding="utf-8") == as_text(schemas()[name]), "stale: run make schemas"


def test_no_schema_is_left_from_another_time(repository: Path) -> None:
    from cloud.schema import schemas as of_the_cloud  # noqa: PLC0415 -- the field's tests else know no cloud

    folder = repository / "firmware_configs" / "schemas"
    assert {path.name for path in folder.glob("*.json")} == {*schemas(), *of_the_cloud()}


@pytest.mark.parametrize("detection", [FULL, BARE])
def test_a_detection_fits_both_of_its_forms(detection: Detection) -> None:
    payload = encode_detection(detection, "b1", 7)
    assert wire_faults(payload, "detection.json", "wire") == []
    assert wire_faults(detection.model_dump_json().encode(), "detection.json", "file") == []
    assert wire_faults(payload, "detection.json", "file"), "the two forms can be told apart"


def test_every_key_on_the_wire_is_described() -> None:
    described = schemas()["detection.json"]["$defs"]["wire"]["properties"]
    assert json.loads(encode_detection(FULL, "b1", 7)).keys() == described.keys()


def test_every_reason_code_is_described_by_its_place() -> None:
    told = schemas()["detection.json"]["$defs"]["wire"]["properties"]["r"]["description"]
    assert re.findall(r"(\d+) ([a-z_0-9]+)", told) == [(str(code), reason) for code, reason in enumerate(REASONS)]


@pytest.mark.parametrize(
    "changed",
    [{"v": 2}, {"o": 2}, {"h": "ab"}, {"m": "Wilting"}, {"cc": 1.5}, {"cc": None}, {"r": [-1]}, {"ba": "x"}, {"s": -1}],
)
def test_a_wrong_detection_does_not_fit(changed: dict[str, Any]) -> None:
    content = json.loads(encode_detection(FULL, "b1", 7)) | changed
    assert len(wire_faults(json.dumps(content).encode(), "detection.json", "wire")) == 1


def test_readings_travel_as_described() -> None:
    at = datetime(2026, 7, 1, 12, tzinfo=UTC)
    probe = Reading(sensor_id="a/20", parcel_id="p1", quantity="soil_water_fraction", value=0.2, sigma=0.02, at=at)
    layer = probe.model_copy(update={"depth_from_m": 0.1, "depth_to_m": 0.3, "instrument": "a", "quality": "stuck"})
    undated = Reading(sensor_id="battery", quantity="battery_fraction", value=1, uptime_s=77)
    payload = encode_readings([probe, layer, undated], "b1", 8)
    assert wire_faults(payload, "reading.json") == []
    content = json.loads(payload)
    assert wire_faults(json.dumps({**content, "r": []}).encode(), "reading.json")
    assert wire_faults(json.dumps({**content, "i": [["a", "p1", "unknown"]]}).encode(), "reading.json")


def test_evidence_travels_as_described() -> None:
    payload = encode_evidence(SHOWN, "b1", 8)
    assert wire_faults(payload, "evidence.json") == []
    document = schemas()["evidence.json"]
    assert {"v", "b", "s", "parcel_id", "image_jpeg"} <= set(document["required"])
    assert not {"taken_at", "mask_png"} & set(document["required"]), "a null is left out on the wire"
    assert document["properties"]["image_jpeg"]["contentEncoding"] == "base64"
    assert document["properties"]["mask_png"]["anyOf"][0]["contentEncoding"] == "base64"
    assert wire_faults(b'{"v": 1}', "evidence.json")


@pytest.mark.parametrize(
    ("record", "name"),
    [
        (Heartbeat(online=False), "heartbeat.json"),
        (
            Heartbeat(online=True, at=NOON, software="0.1", queued=3, rss_mb=120.5, models=("wilting",)),
            "heartbeat.json",
        ),
        (Ack(stored=(("b1", 7),), parked=(("b1", 8, "not JSON"),)), "ack.json"),
    ],
)
def test_what_is_not_queued_travels_as_described(record: Heartbeat | Ack, name: str) -> None:
    payload = encode(record)
    assert wire_faults(payload, name) == []
    assert wire_faults(payload.replace(b'"v":1', b'"v":9'), name)


@pytest.mark.parametrize(
    ("word", "name"),
    [
        (SmsReport(id="m1", state="taken"), "report.json"),
        (SmsReport(id="m1", state="failed", at=NOON, parts=2, reason="CMS 1", halted=True), "report.json"),
        (SmsInbound(name="ab" * 12, phone_number="+212612345678", text="1"), "inbound.json"),
        (SmsInbound(name="ab" * 12, path="call", phone_number="x", text="3", received_at=NOON), "inbound.json"),
    ],
)
def test_what_a_modem_tells_travels_as_described(word: SmsReport | SmsInbound, name: str) -> None:
    payload = encode_sms(word, "b1", 7)
    assert wire_faults(payload, name) == []
    assert wire_faults(payload.replace(b'"s":7', b'"s":-1'), name)


@pytest.mark.parametrize("key", [None, b"k" * 32])
def test_a_command_travels_as_described(key: bytes | None) -> None:
    command = Command(id="m1", about="P1-2026-05-01-wait", phone_number="+212612345678", text="x", valid_until=NOON)
    payload = encode_command(command, "seguia/v1/o/g/command", key)
    assert wire_faults(payload, "command.json") == []
    assert wire_faults(payload.replace(b'"id":"m1"', b'"id":"m 1"'), "command.json")


def test_a_plan_and_an_advice_travel_as_described() -> None:
    whole = bundle()
    document = schemas()["plan.json"]
    content = json.loads(zlib.decompress(pack(whole)))
    assert list(faults(content, document["$defs"]["bundle"], document)) == []
    assert wire_faults(encode_plans(whole, "seguia/v1/coop/gw-01/plan", bytes(32)), "plan.json") == []
    assert list(faults(json.loads(person().model_dump_json()), document["$defs"]["recipient"], document)) == []
    advice = GatewayAdvice(
        id="advice.1",
        parcel_id="p",
        day=NOON.date(),
        kind="wait",
        plan_number=1,
        at=NOON,
        missing_mm=1.0,
        spread_mm=2.0,
        reason="water_left",
    )
    assert wire_faults(encode_advice(advice, "b1", 1), "advice.json") == []


def test_a_gateway_file_fits_and_an_unknown_key_does_not(tmp_path: Path) -> None:
    document = schemas()["gateway-config.json"]
    file = tmp_path / "gateway.toml"
    file.write_text(write_config({"organisation": "demo", "gateway_id": "gw-01"}))
    settings = json.loads(read_config(file).model_dump_json())
    assert list(faults(settings, document, document)) == []
    assert list(faults(settings | {"speed": 1}, document, document)) == ["$: speed is not known"]


def test_every_topic_in_use_has_its_channel_and_payload() -> None:
    document = schemas()["asyncapi.json"]
    assert set(document["channels"]) == set(get_args(Topic))
    for kind, channel in document["channels"].items():
        assert parse_topic(channel["address"].format(organisation="o", gateway="g")) == ("o", "g", kind)
        target = document["components"]["messages"][kind]["payload"]["schema"]["$ref"]
        name, _, part = target.partition("#/$defs/")
        assert name in schemas()
        assert not part or part in schemas()[name]["$defs"]
    heard = [kind for kind, operation in document["operations"].items() if operation["action"] == "receive"]
    assert heard == ["plan", "command", "ack"], "the gateway hears nothing but plans, orders and the ingest's word"


def test_the_command_writes_every_document(tmp_path: Path, repository: Path) -> None:
    assert main([]) == 2
    assert main([str(tmp_path / "here")]) == 0
    assert {path.name for path in (tmp_path / "here").iterdir()} == set(schemas())
    called = [sys.executable, "-m", "edge.schema"]
    done = subprocess.run(called, cwd=repository, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "usage: python -m edge.schema FOLDER\n")
