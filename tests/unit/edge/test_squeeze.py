"""Larger messages as zlib streams, and what the cloud makes of them, hostile ones too."""

import os
import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.ingest import ACCEPTED_BYTES, Parked, read_arrival
from edge.contract import Evidence, topic_of
from edge.errors import ContractError
from edge.squeeze import WORTH_BYTES, plain, squeezed
from edge.wire import encode_evidence

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PICTURE = Evidence(
    parcel_id="P1", taken_at=NOW, detection_boot="b", detection_sequence=1, image_jpeg=os.urandom(8000), mask_png=None
)
TOPIC = topic_of("demo", "gw-01", "evidence")


def test_a_picture_goes_a_fifth_smaller_at_least_and_arrives_as_it_was() -> None:
    payload = encode_evidence(PICTURE, "b1", 7)
    small = squeezed(payload)
    assert len(small) < 0.8 * len(payload)
    assert squeezed(payload, wanted=False) is payload
    arrival = read_arrival(TOPIC, small, NOW)
    assert arrival.content == PICTURE
    assert arrival == read_arrival(TOPIC, payload, NOW)


@given(st.binary(max_size=4 * WORTH_BYTES))
def test_whatever_goes_comes_back(content: bytes) -> None:
    payload = b"{" + content
    assert plain(squeezed(payload), 1_000_000) == payload
    assert len(squeezed(payload)) <= len(payload)


@pytest.mark.parametrize(
    "payload",
    [
        zlib.compress(b"{" + b" " * (ACCEPTED_BYTES + 1)),
        zlib.compress(b"{" + b" " * 100_000_000),
        zlib.compress(b"{}")[:-3],
        zlib.compress(b"{}") + b"more",
        b"x is no stream",
        zlib.compress(zlib.compress(b"{}")),
    ],
)
def test_bombs_and_broken_streams_are_parked(payload: bytes) -> None:
    content = read_arrival(TOPIC, payload, NOW).content
    assert isinstance(content, Parked)
    assert len(content.payload) <= ACCEPTED_BYTES


def test_a_bomb_is_not_blown_up_to_find_out() -> None:
    with pytest.raises(ContractError, match="at most 1000 bytes"):
        plain(zlib.compress(b" " * 50_000_000), 1000)
