"""Messages made to harm the ingest: each is parked with its reason, and none ends the worker."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from cloud.adapters.broker import BrokerLink, Heard
from cloud.config import BrokerConfig
from cloud.ingest import Parked, read_arrival
from edge.contract import Detection
from edge.errors import ContractError
from edge.heartbeat import Heartbeat
from edge.wire import decode_ack

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
PLAIN = {"v": 1, "b": "boot", "s": 7, "h": "ab" * 12, "m": None, "o": 1}
PICTURE = {
    "parcel_id": "p1",
    "taken_at": "2026-05-01T08:00:00Z",
    "detection_boot": "b",
    "detection_sequence": 1,
    "image_jpeg": "",
    "mask_png": "",
}


def parked(kind: str, **content: Any) -> str:  # noqa: ANN401 -- whatever JSON can hold
    found = read_arrival(f"seguia/v1/office/g1/{kind}", json.dumps({**PLAIN, **content}).encode(), NOW)
    assert isinstance(found.content, Parked), found.content
    assert (found.message is None) == (kind == "heartbeat" and "b" not in content) or found.message is not None
    return found.content.reason


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_outside_the_calendar_is_parked_and_does_not_end_the_ingest(moment: str) -> None:
    assert "taken_at" in parked("detection", t=moment)
    assert "taken_at" in parked("evidence", **{**PICTURE, "taken_at": moment})
    assert "at: " in parked("heartbeat", online=True, at=moment)


@pytest.mark.parametrize("opinion", ["false", "0", "no", [], {}, 2, -1, 0.5, None])
def test_an_opinion_is_one_or_zero_and_nothing_is_read_into_another_value(opinion: object) -> None:
    assert "o: expected 0 or 1" in parked("detection", o=opinion)


@pytest.mark.parametrize("reasons", ["dark", {"dark": 1}, 3])
def test_reasons_are_a_list(reasons: object) -> None:
    assert "r: expected a list" in parked("detection", o=0, r=reasons)


@pytest.mark.parametrize("basis", [["r"], {"r": 1}, 5])
def test_the_basis_is_a_text(basis: object) -> None:
    assert "ba: expected a text" in parked("detection", ba=basis)


def test_what_a_gateway_does_say_is_still_read() -> None:
    content = {**PLAIN, "o": 0, "r": [2, "later_reason", 90], "ba": "rt"}
    found = read_arrival("seguia/v1/office/g1/detection", json.dumps(content).encode(), NOW).content
    assert isinstance(found, Detection)
    assert (found.opinion, found.reasons, found.basis) == (
        False,
        ("blurred", "later_reason", "code_90"),
        ("rgb", "thermal"),
    )


@pytest.mark.parametrize("name", ["a\x7fb", "a\x9b2Jb", "a\u202eb", "\u200b"])
@pytest.mark.parametrize("place", ["{}/g1", "office/{}"])
def test_a_name_that_would_command_a_terminal_is_no_name(name: str, place: str) -> None:
    found = read_arrival(f"seguia/v1/{place.format(name)}/detection", json.dumps(PLAIN).encode(), NOW)
    assert isinstance(found.content, Parked)
    assert "printable" in found.content.reason
    assert name not in (found.organisation, found.gateway)


def test_an_ack_with_endless_numbers_is_no_ack() -> None:
    with pytest.raises(ContractError):
        decode_ack(b'{"v":1,"stored":[["b",1e400]]}')


@pytest.mark.parametrize(
    ("kind", "retained", "expected"),
    [
        ("heartbeat", True, 0),
        ("heartbeat", False, 1),
        ("detection", True, 1),
    ],
)
def test_a_heartbeat_that_the_broker_kept_is_no_sign_of_life(kind: str, retained: bool, expected: int) -> None:  # noqa: FBT001 -- a parameter
    heard: list[Heard] = []

    def hear(one: Heard) -> bool:
        heard.append(one)
        return True

    link = BrokerLink(BrokerConfig(), None, hear=hear)
    message = MQTTMessage(mid=1, topic=f"seguia/v1/office/g1/{kind}".encode())
    message.payload = Heartbeat(online=True).model_dump_json().encode()
    message.retain = retained
    link._on_message(Client(CallbackAPIVersion.VERSION2), None, message)
    assert len(heard) == expected
