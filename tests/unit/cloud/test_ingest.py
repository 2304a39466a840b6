"""Whatever arrives becomes a record or a parked payload with its reason; nothing raises."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.ingest import ACCEPTED_BYTES, PEEKED_BYTES, Arrival, Parked, parked_again, read_arrival, without_person
from edge.contract import Detection, Evidence, MessageId, SmsInbound, SmsReport
from edge.heartbeat import Heartbeat
from edge.wire import encode, encode_detection, encode_evidence, encode_sms

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
DETECTION = Detection(parcel_id="p1", taken_at=NOW, sha256="ab" * 12, model=None, opinion=True)
TOPIC = "seguia/v1/office/g1/detection"


def reason_of(arrival: Arrival) -> str:
    assert isinstance(arrival.content, Parked)
    return arrival.content.reason


def evidence(boot: str = "b", sequence: int = 1) -> bytes:
    found = Evidence(
        parcel_id="p1",
        taken_at=NOW,
        detection_boot=boot,
        detection_sequence=sequence,
        image_jpeg=b"x",
        mask_png=None,
    )
    return encode_evidence(found, "b", 2)


def test_a_detection_takes_its_gateway_from_the_topic() -> None:
    arrival = read_arrival(TOPIC, encode_detection(DETECTION, "b", 7), NOW)
    assert arrival.message == MessageId(gateway="g1", boot="b", sequence=7)
    assert arrival.content == DETECTION
    assert (arrival.organisation, arrival.gateway, arrival.kind, arrival.received_at) == (
        "office",
        "g1",
        "detection",
        NOW,
    )


def test_evidence_and_heartbeats_are_read() -> None:
    found = read_arrival("seguia/v1/office/g1/evidence", evidence(), NOW)
    assert isinstance(found.content, Evidence)
    beat = read_arrival("seguia/v1/office/g1/heartbeat", encode(Heartbeat(online=True)), NOW)
    assert (beat.content, beat.message) == (Heartbeat(online=True), None)


@pytest.mark.parametrize(
    ("payload", "expected", "known"),
    [
        (b"", "expected a JSON object", False),
        (b"\xff\xfe", "expected a JSON object", False),
        (b"[1]", "got list", False),
        (b'{"v":2,"b":"b","s":3}', "version 2 is not understood", True),
        (b'{"v":1,"b":"b","s":3}', "detection", True),
        (b'{"v":1,"b":"b","s":3,"h":"zz","m":null,"o":1}', "detection: sha256", True),
        (b"[" * 50_000, "recursion", False),
    ],
)
def test_what_cannot_be_read_is_parked_with_its_reason(payload: bytes, expected: str, *, known: bool) -> None:
    arrival = read_arrival(TOPIC, payload, NOW)
    assert expected in reason_of(arrival)
    assert (arrival.message == MessageId(gateway="g1", boot="b", sequence=3)) is known
    assert isinstance(arrival.content, Parked)
    assert arrival.content.payload == payload


def test_an_oversized_payload_is_parked_cut_and_still_named() -> None:
    payload = json.dumps({"v": 1, "b": "b", "s": 3, "x": "y" * ACCEPTED_BYTES}).encode()
    arrival = read_arrival(TOPIC, payload, NOW)
    assert "at most 65536 bytes are read" in reason_of(arrival)
    assert isinstance(arrival.content, Parked)
    assert len(arrival.content.payload) == ACCEPTED_BYTES
    assert arrival.message is not None


def test_a_huge_payload_is_not_even_searched_for_its_name() -> None:
    payload = json.dumps({"v": 1, "b": "b", "s": 3, "x": "y" * PEEKED_BYTES}).encode()
    assert read_arrival(TOPIC, payload, NOW).message is None


@pytest.mark.parametrize(
    ("boot", "sequence"), [("b", 2**63), ("b", -1), ("x" * 81, 1), ("a\x00b", 1), ("a\nb", 1), ("\ud800", 1)]
)
def test_an_id_that_no_database_holds_is_parked_unacknowledged(boot: str, sequence: int) -> None:
    content = json.loads(encode_detection(DETECTION, "b", 1))
    arrival = read_arrival(TOPIC, json.dumps({**content, "b": boot, "s": sequence}).encode(), NOW)
    assert "boot: expected" in reason_of(arrival)
    assert arrival.message is None


@pytest.mark.parametrize(("boot", "sequence"), [("b", 2**63), ("a\x00b", 1)])
def test_evidence_that_points_nowhere_is_parked_under_its_own_name(boot: str, sequence: int) -> None:
    arrival = read_arrival("seguia/v1/office/g1/evidence", evidence(boot, sequence), NOW)
    assert "boot: expected" in reason_of(arrival)
    assert arrival.message == MessageId(gateway="g1", boot="b", sequence=2)


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("seguia/v2/office/g1/detection", "version v2 is not understood"),
        ("other/topic", "expected seguia/v1"),
        (
            "seguia/v1/office/g1/plan",
            "expected one of detection, evidence, heartbeat, report, inbound, advice, reading",
        ),
        ("seguia/v1/office/ g1/detection", "expected names of 1 to 80"),
        (f"seguia/v1/office/{'g' * 81}/detection", "expected names of 1 to 80"),
        ("seguia/v1/of\x00ice/g1/detection", "expected names of 1 to 80"),
    ],
)
def test_a_topic_that_is_not_ours_is_parked(topic: str, expected: str) -> None:
    arrival = read_arrival(topic, encode_detection(DETECTION, "b", 1), NOW)
    assert expected in reason_of(arrival)
    assert "\x00" not in arrival.organisation + arrival.gateway + arrival.kind


def test_what_cannot_be_stored_is_parked_under_the_same_name() -> None:
    payload = encode_detection(DETECTION, "b", 7)
    arrival = parked_again(read_arrival(TOPIC, payload, NOW), payload, "cannot be stored: \x00\ud800" + "x" * 300)
    assert arrival.message == MessageId(gateway="g1", boot="b", sequence=7)
    assert len(reason_of(arrival)) == 200
    assert reason_of(arrival).startswith("cannot be stored: ??")


@settings(max_examples=150)
@given(st.text(max_size=60), st.binary(max_size=200))
def test_nothing_that_arrives_raises(topic: str, payload: bytes) -> None:
    assert read_arrival(topic, payload, NOW).received_at == NOW
    assert read_arrival(TOPIC, payload, NOW).gateway == "g1"


@settings(max_examples=150)
@given(
    st.dictionaries(
        st.sampled_from(["v", "b", "s", "h", "m", "o", "p", "t", "r", "ba", "ws", "si"]),
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.just(1), st.just("ab" * 12)),
    )
)
def test_no_json_object_raises(content: dict[str, object]) -> None:
    for kind in ("detection", "evidence", "heartbeat"):
        payload = json.dumps({"v": 1, **content}).encode()
        assert read_arrival(f"seguia/v1/office/g1/{kind}", payload, NOW).kind == kind


NUMBER = "+212612345678"


def test_what_a_modem_tells_is_read_under_its_gateways_name() -> None:
    report = SmsReport(id="m1", state="sent", parts=1)
    inbound = SmsInbound(name="ab" * 12, phone_number=NUMBER, text="1", received_at=NOW)
    arrival = read_arrival("seguia/v1/office/g1/report", encode_sms(report, "b", 3), NOW)
    assert (arrival.message, arrival.content) == (MessageId("g1", "b", 3), report)
    arrival = read_arrival("seguia/v1/office/g1/inbound", encode_sms(inbound, "b", 4), NOW)
    assert (arrival.message, arrival.content) == (MessageId("g1", "b", 4), inbound)


@pytest.mark.parametrize("kind", ["report", "inbound"])
@pytest.mark.parametrize(
    "payload",
    [
        f'{{"v":1,"b":"b","s":1,"phone_number":"{NUMBER}","text":"my words","path":"fax"}}'.encode(),
        f'{{"v":2,"b":"b","s":1,"name":"{NUMBER * 9}","text":"my words"}}'.encode(),
        f'{{"v":1,"b":"b","s":1,"state":["{NUMBER}"],"words":"my words"}}'.encode(),
        f"{NUMBER} my words".encode(),
        f'["{NUMBER}", "my words"]'.encode(),
        b"[" * 100_000,
    ],
)
def test_an_unreadable_word_of_a_modem_is_parked_without_its_person(kind: str, payload: bytes) -> None:
    arrival = read_arrival(f"seguia/v1/office/g1/{kind}", payload, NOW)
    assert isinstance(arrival.content, Parked)
    kept = arrival.content.payload.decode() + arrival.content.reason
    assert NUMBER[1:] not in kept
    assert "my words" not in kept
    assert len(arrival.content.payload) <= ACCEPTED_BYTES


def test_what_is_no_person_is_kept_for_the_operator() -> None:
    kept = json.loads(without_person(b'{"v":1,"b":"boot","s":7,"state":"perhaps","parts":2,"text":"x"}'))
    assert kept == {"v": 1, "b": "boot", "s": 7, "state": "perhaps", "parts": 2, "text": "(withheld)"}
    assert without_person(b'"+2126" {') == b'"#####" {'
