"""decode(encode(x)) == x, in at most 512 bytes; unknown fields are tolerated, unknown versions refused."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edge.contract import REASONS, Ack, Detection, Evidence, MessageId, ModelReference, parse_topic, topic_of
from edge.errors import ContractError
from edge.heartbeat import Heartbeat
from edge.wire import (
    WIRE_DETECTION_MAX_BYTES,
    decode_ack,
    decode_detection,
    decode_evidence,
    decode_heartbeat,
    encode,
    encode_detection,
    encode_evidence,
    peek_message_id,
)

names = st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=0x24F, exclude_characters="\x7f"), min_size=1)
identifiers = names.map(lambda text: text[:12]).filter(lambda text: not text.isspace() and text[0].strip() != "")
moments = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001 -- bounds
    lambda moment: moment.replace(microsecond=0)
)
fractions = st.floats(0.0, 1.0).map(lambda value: round(value, 4))
hashes = st.text(alphabet="0123456789abcdef", min_size=24, max_size=24)
models = st.builds(
    ModelReference,
    name=st.sampled_from(["canopy", "wilting", "thermal-split"]),
    version=st.sampled_from(["1.0.0", "2.13.4-rc.1"]),
    sha256=st.none() | hashes,
)
detections = st.builds(
    Detection,
    parcel_id=st.none() | identifiers,
    camera_id=st.none() | identifiers,
    taken_at=st.none() | moments,
    clock_quality=st.sampled_from(["exif", "metadata", "sidecar", "arrival", "unknown"]),
    sha256=hashes,
    model=st.none() | models,
    opinion=st.booleans(),
    reasons=st.lists(st.sampled_from(REASONS), min_size=1, max_size=6, unique=True).map(tuple),
    canopy_cover_fraction=st.none() | fractions,
    wilting_score=st.none() | st.floats(0.0, 4.0),
    wilting_probability=st.none() | fractions,
    stress_index=st.none() | fractions,
    stress_sigma=st.none() | fractions,
    canopy_temperature_c=st.none() | st.floats(-30.0, 90.0),
    cwsi=st.none() | st.floats(-0.5, 1.5),
    cwsi_method=st.sampled_from([None, "empirical", "theoretical"]),
    basis=st.lists(st.sampled_from(["rgb", "multispectral", "thermal"]), max_size=3, unique=True).map(tuple),
)
evidences = st.builds(
    Evidence,
    parcel_id=identifiers,
    camera_id=st.none() | identifiers,
    taken_at=st.none() | moments,
    detection_boot=st.sampled_from(["b1", "0f3a99c1"]),
    detection_sequence=st.integers(1, 10**9),
    image_jpeg=st.binary(min_size=1, max_size=200),
    mask_png=st.none() | st.binary(min_size=1, max_size=50),
    stress_grid=st.none() | st.binary(min_size=1, max_size=50),
    stress_grid_shape=st.none() | st.tuples(st.integers(1, 24), st.integers(1, 32)),
    dry_rows=st.lists(st.integers(0, 50), max_size=4).map(tuple),
)
heartbeats = st.builds(
    Heartbeat,
    online=st.booleans(),
    at=st.none() | moments,
    software=names,
    queued=st.integers(0, 10**6),
    oldest_queued_s=st.none() | st.floats(0.0, 1e6),
    rss_mb=st.none() | st.floats(0.0, 1e4),
    models=st.lists(names, max_size=3).map(tuple),
)
acks = st.builds(
    Ack,
    stored=st.lists(st.tuples(names, st.integers(0, 2**53)), max_size=5).map(tuple),
    parked=st.lists(st.tuples(names, st.integers(0, 2**53), names), max_size=5).map(tuple),
)
quick = settings(max_examples=100, deadline=None)


@quick
@given(detections, st.integers(1, 2**53))
def test_a_detection_survives_the_wire_whole_in_512_bytes(detection: Detection, sequence: int) -> None:
    payload = encode_detection(detection, "0f3a99c1", sequence)
    assert len(payload) <= WIRE_DETECTION_MAX_BYTES
    name, again = decode_detection("gw", payload)
    assert name == MessageId("gw", "0f3a99c1", sequence) == peek_message_id("gw", payload)
    assert again == detection


@quick
@given(evidences)
def test_evidence_survives_the_wire_whole(evidence: Evidence) -> None:
    assert decode_evidence("gw", encode_evidence(evidence, "b1", 3)) == (MessageId("gw", "b1", 3), evidence)


@quick
@given(heartbeats)
def test_a_heartbeat_survives_the_wire_whole(heartbeat: Heartbeat) -> None:
    assert decode_heartbeat(encode(heartbeat)) == heartbeat


@quick
@given(acks)
def test_an_acknowledgement_survives_the_wire_whole(ack: Ack) -> None:
    assert decode_ack(encode(ack)) == ack


@quick
@given(detections, st.dictionaries(names.filter(lambda name: len(name) > 2), st.integers() | names, max_size=3))
def test_fields_of_a_later_version_are_tolerated(detection: Detection, more: dict[str, object]) -> None:
    content = json.loads(encode_detection(detection, "b1", 1))
    payload = json.dumps({**more, **content}).encode()
    assert decode_detection("gw", payload)[1] == detection


@quick
@given(detections, st.integers() | st.none() | st.text(max_size=3))
def test_another_version_is_refused_but_can_still_be_named(detection: Detection, version: object) -> None:
    assume(version != 1)
    payload = json.dumps({**json.loads(encode_detection(detection, "b1", 1)), "v": version}).encode()
    with pytest.raises(ContractError, match="version"):
        decode_detection("gw", payload)
    assert peek_message_id("gw", payload) == MessageId("gw", "b1", 1)


@quick
@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused_never_a_crash(payload: bytes) -> None:
    readers = (decode_ack, decode_heartbeat, partial(decode_detection, "gw"), partial(decode_evidence, "gw"))
    for read in readers:
        with suppress(ContractError):
            assert read(payload) is not None
    name = peek_message_id("gw", payload)
    assert name is None or name.gateway == "gw"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@quick
@given(detections, st.sampled_from(["b", "s", "h", "m", "o", "r", "ba", "t", "cc", "q"]), json_values)
def test_a_detection_with_one_wrong_value_is_read_or_refused_never_a_crash(
    detection: Detection, key: str, value: object
) -> None:
    payload = json.dumps({**json.loads(encode_detection(detection, "b1", 1)), key: value}).encode()
    with suppress(ContractError):
        name, read = decode_detection("gw", payload)
        assert name.gateway == "gw"
        # What was read can be said again and means the same: nothing half-understood is passed on.
        assert decode_detection("gw", encode_detection(read, name.boot, name.sequence)) == (name, read)


def test_a_message_nested_beyond_reason_is_refused() -> None:
    payload = b"[" * 200_000
    with pytest.raises(ContractError, match="recursion"):
        decode_ack(payload)
    assert peek_message_id("gw", payload) is None


topic_levels = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}", fullmatch=True)


@quick
@given(topic_levels, topic_levels)
def test_a_topic_is_read_as_it_was_made(organisation: str, gateway: str) -> None:
    assert parse_topic(topic_of(organisation, gateway, "detection")) == (organisation, gateway, "detection")
