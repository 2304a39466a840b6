import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from edge.contract import REASONS, Ack, Detection, MessageId, ModelReference, parse_topic, topic_of
from edge.errors import ContractError
from edge.heartbeat import Heartbeat
from edge.wire import (
    decode_ack,
    decode_detection,
    decode_evidence,
    decode_heartbeat,
    encode,
    encode_detection,
    peek_message_id,
)

FULL = Detection(
    path="photos/a.jpg",
    parcel_id="P01",
    camera_id="cam-1",
    taken_at=datetime(2026, 7, 1, 14, 30, 15, 999, tzinfo=timezone(timedelta(hours=1))),
    clock_quality="exif",
    sha256="ab" * 32,
    model=ModelReference(name="wilting", version="1.0.0", sha256="cd" * 32),
    opinion=True,
    reasons=("crop_unknown", "no_stress_calibration"),
    canopy_cover_fraction=0.123456,
    wilting_score=1.23456,
    wilting_probability=0.5,
    canopy_temperature_c=31.25,
    basis=("rgb", "thermal"),
    elapsed_ms=12.34,
)


def test_the_wire_form_is_short_and_by_hand() -> None:
    assert json.loads(encode_detection(FULL, "b1", 7)) == {
        "v": 1,
        "b": "b1",
        "s": 7,
        "h": "ab" * 12,
        "m": f"wilting:1.0.0:{'cd' * 12}",
        "o": 1,
        "p": "P01",
        "c": "cam-1",
        "t": "2026-07-01T13:30:15Z",
        "q": "exif",
        "cc": 0.1235,
        "ws": 1.2346,
        "wp": 0.5,
        "ct": 31.25,
        "r": [6, 10],
        "ba": "rt",
    }


def test_the_file_form_comes_back_but_for_what_stays_in_the_field() -> None:
    name, again = decode_detection("gw", encode_detection(FULL, "b1", 7))
    assert name == MessageId("gw", "b1", 7)
    kept = FULL.model_copy(update={"path": None, "elapsed_ms": None, "sha256": "ab" * 12})
    assert again.model is not None
    assert again.model.sha256 == "cd" * 12
    assert again == kept.model_copy(update={"model": again.model})


def test_reasons_keep_their_place_for_ever() -> None:
    assert REASONS[:17] == (
        "unreadable",
        "too_large",
        "blurred",
        "dark",
        "overexposed",
        "low_canopy",
        "crop_unknown",
        "crop_not_validated",
        "no_weather",
        "no_radiometric_calibration",
        "no_stress_calibration",
        "no_model",
        "stale",
        "taken_at_unknown",
        "bands_unknown",
        "low_contrast",
        "implausible_temperature",
    )
    assert len(set(REASONS)) == len(REASONS)


def test_a_reason_of_a_later_version_is_kept_by_its_number_and_a_local_one_by_its_name() -> None:
    content = json.loads(encode_detection(FULL, "b1", 7))
    content["r"] = [0, 999, "lens_dirty"]
    assert decode_detection("gw", json.dumps(content).encode())[1].reasons == ("unreadable", "code_999", "lens_dirty")
    odd = FULL.model_copy(update={"reasons": ("lens_dirty",)})
    assert decode_detection("gw", encode_detection(odd, "b1", 1))[1].reasons == ("lens_dirty",)


def test_an_abstention_must_say_why() -> None:
    with pytest.raises(ValidationError, match="must give its reasons"):
        Detection(sha256="a" * 64, model=None, opinion=False)


def test_a_detection_too_long_for_the_wire_says_what_to_shorten() -> None:
    wide = FULL.model_copy(update={"parcel_id": "p" * 80, "camera_id": "界" * 80})
    with pytest.raises(ContractError, match=r"at most 512 bytes on the wire, got [56]"):
        encode_detection(wide, "b1", 7)


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"h": "short"}, "sha256"),
        ({"o": 0, "r": []}, "must give its reasons"),
        ({"m": "wilting"}, "detection"),
        ({"m": []}, "name:version:hash"),
        ({"ba": "x"}, "KeyError"),
        ({"s": True}, "sequence an integer"),
        ({"b": ""}, "boot must be"),
        ({"cc": 1.5}, "canopy_cover_fraction"),
        ({"t": "2026-07-01T10:00:00"}, "taken_at"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(change: dict[str, object], part: str) -> None:
    content = {**json.loads(encode_detection(FULL, "b1", 7)), **change}
    with pytest.raises(ContractError, match=part):
        decode_detection("gw", json.dumps(content).encode())


def test_evidence_with_broken_base64_is_refused() -> None:
    payload = json.dumps({"v": 1, "b": "b1", "s": 1, "parcel_id": "P", "image_jpeg": "%%%"}).encode()
    with pytest.raises(ContractError, match="evidence"):
        decode_evidence("gw", payload)
    assert peek_message_id("gw", payload) == MessageId("gw", "b1", 1)


@pytest.mark.parametrize("payload", [b"", b"[]", b"null", b"\xff", b'{"v": 2}', b"{}"])
def test_what_is_no_message_of_ours_is_refused(payload: bytes) -> None:
    for read in (decode_ack, decode_heartbeat):
        with pytest.raises(ContractError):
            read(payload)
    assert peek_message_id("gw", payload) is None


def test_wrong_heartbeats_and_acknowledgements_are_refused_by_field() -> None:
    with pytest.raises(ContractError, match="heartbeat: online"):
        decode_heartbeat(b'{"v": 1, "online": "perhaps"}')
    with pytest.raises(ContractError, match="ack: stored"):
        decode_ack(b'{"v": 1, "stored": [["b1"]]}')


def test_an_acknowledgement_and_a_heartbeat_come_back() -> None:
    ack = Ack(stored=(("b1", 1),), parked=(("b1", 2, "version"),))
    assert decode_ack(encode(ack)) == ack
    beat = Heartbeat(online=True, at=datetime(2026, 7, 1, tzinfo=UTC), queued=3, models=("canopy 1.0.0",))
    assert decode_heartbeat(encode(beat)) == beat


def test_topics_are_made_and_read() -> None:
    topic = topic_of("demo", "gw-01", "ack")
    assert topic == "seguia/v1/demo/gw-01/ack"
    assert parse_topic(topic) == ("demo", "gw-01", "ack")


@pytest.mark.parametrize("topic", ["seguia/v2/a/b/ack", "seguia/v1/a/ack", "other/v1/a/b/ack", "seguia/v1//b/ack"])
def test_topics_that_are_not_ours_are_refused(topic: str) -> None:
    with pytest.raises(ContractError, match="topic"):
        parse_topic(topic)
