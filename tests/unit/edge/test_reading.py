import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.errors import ContractError
from edge.reading import (
    BATCH_MAX_READINGS,
    CODES,
    QUALITIES,
    READING_MAX_BYTES,
    Reading,
    ReadingBatch,
    decode_readings,
    encode_readings,
    fits,
)

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def reading(**changed: Any) -> Reading:  # noqa: ANN401 -- any field
    usual = {
        "sensor_id": "soil-a/20",
        "parcel_id": "p1",
        "quantity": "soil_water_fraction",
        "value": 0.2134,
        "sigma": 0.03,
        "depth_from_m": 0.1,
        "depth_to_m": 0.3,
        "instrument": "soil-a",
        "at": NOON,
    }
    return Reading.model_validate({**usual, **changed})


ANY_READING = st.builds(
    lambda sensor, parcel, quantity, value, sigma, at, quality, up: reading(
        sensor_id=sensor,
        parcel_id=parcel,
        quantity=quantity,
        value=value,
        sigma=sigma,
        at=None if at is None else NOON + timedelta(seconds=at),
        uptime_s=up if at is None else None,
        quality=quality,
    ),
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_./-]{0,20}", fullmatch=True),
    st.none() | st.sampled_from(["p1", "olive 3", "حقل"]),
    st.sampled_from(sorted(CODES)),
    st.floats(-1e6, 1e6),
    st.none() | st.floats(0.001, 100),
    st.none() | st.integers(-(10**7), 10**7),
    st.sampled_from(QUALITIES),
    st.none() | st.integers(0, 10**8),
)


@settings(max_examples=100)
@given(readings=st.lists(ANY_READING, min_size=1, max_size=20), sequence=st.integers(0, 2**60))
def test_what_is_read_is_what_was_written(readings: list[Reading], sequence: int) -> None:
    try:
        payload = encode_readings(readings, "b00t", sequence)
    except ContractError:
        assert len(readings) == 1
        assert fits(readings[0]) is not None
        return
    message, batch = decode_readings("gw", payload)
    assert (message.gateway, message.boot, message.sequence) == ("gw", "b00t", sequence)
    assert batch == ReadingBatch(readings=tuple(readings))


@given(one=ANY_READING)
def test_a_reading_alone_keeps_its_bytes(one: Reading) -> None:
    if fits(one) is None:
        assert len(encode_readings([one], "0123abcd", 2**53)) <= READING_MAX_BYTES


def test_a_day_of_a_probe_of_four_layers_travels_in_little() -> None:
    day = [
        reading(sensor_id=f"soil-a/{depth}", value=0.2 + step / 1000, at=NOON + timedelta(minutes=15 * step))
        for step in range(24)
        for depth in (10, 20, 40, 60)
    ]
    payload = encode_readings(day, "0123abcd", 1)
    assert len(day) <= BATCH_MAX_READINGS
    assert len(payload) / len(day) < 25


def test_names_too_long_for_the_wire_are_told_before_they_are_used() -> None:
    too_long = reading(parcel_id="p" * 80, sensor_id="s" * 32, instrument="i" * 32)
    words = fits(too_long)
    assert words is not None
    assert "at most 110 bytes" in words
    with pytest.raises(ContractError, match="at most 200 bytes on the wire"):
        encode_readings([too_long], "b", 1)


def test_a_layer_has_thickness() -> None:
    with pytest.raises(ValidationError, match="must lie below"):
        reading(depth_from_m=0.3, depth_to_m=0.3)


def test_an_undated_reading_says_its_uptime_and_a_dated_one_does_not() -> None:
    rows = json.loads(encode_readings([reading(at=None, uptime_s=77), reading()], "b", 1))["r"]
    assert rows == [[0, None, 0.2134, 0, 77], [0, 0, 0.2134]]


def test_a_quality_of_a_later_version_is_not_taken_for_good() -> None:
    content = json.loads(encode_readings([reading(quality="stuck")], "b", 1))
    content["r"][0][3] = 99
    assert decode_readings("g", json.dumps(content).encode())[1].readings[0].quality == "implausible"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda c: c.update(v=2),
        lambda c: c.update(i="nothing"),
        lambda c: c.update(r=[]),
        lambda c: c["r"][0].__setitem__(0, 7),
        lambda c: c["r"][0].__setitem__(0, -1),
        lambda c: c["r"][0].__setitem__(2, "wet"),
        lambda c: c["r"][0].__setitem__(2, float("nan")),
        lambda c: c["r"][0].__setitem__(1, 10**18),
        lambda c: c.pop("t"),
        lambda c: c.pop("s"),
        lambda c: c["i"][0].__setitem__(2, "zz"),
        lambda c: c["i"][0].append({"e": -1}),
        lambda c: c["i"][0].append([1]),
        lambda c: c["i"][0].append("e"),
        lambda c: c["r"][0].__setitem__(2, 10**400),
        lambda c: c.update(r=[[0, 0, 1.0]] * (BATCH_MAX_READINGS + 1)),
    ],
)
def test_what_is_no_batch_is_refused_in_words(spoil: Any) -> None:  # noqa: ANN401 -- a lambda of the list above
    content = json.loads(
        encode_readings([reading(depth_from_m=None, depth_to_m=None, sigma=None, instrument=None)], "b", 1)
    )
    spoil(content)
    with pytest.raises(ContractError, match="reading"):
        decode_readings("g", json.dumps(content).encode())


@pytest.mark.parametrize("payload", [b"", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"v":1}'])
def test_bytes_that_are_no_json_object_are_refused(payload: bytes) -> None:
    with pytest.raises(ContractError):
        decode_readings("g", payload)
