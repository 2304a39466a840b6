from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.speech.segments import segments
from edge.gsm.submit import relative_validity, split, submissions
from simulations.modem.network import read_submission

HOUR = timedelta(hours=1)
TEXTS = st.text("aé€{^ سقيⵉ😀ç1", max_size=400)


def test_a_published_example_octet_by_octet() -> None:
    (part,) = submissions("+46708251358", "hellohello", reference=0, validity=timedelta(days=4))
    # 00: the SIM's own service centre; 31: a report is asked for; AA: four days.
    assert part.pdu == "0031000B916407281553F80000AA0AE8329BFD4697D9EC37"
    assert part.length == 23


def test_a_wide_text_is_told_in_octets() -> None:
    (part,) = submissions("+212612345678", "سقي", reference=0, validity=HOUR)
    assert part.pdu.endswith("00080B060633064206" + "4A")
    assert read_submission(part.pdu, 1).text == "سقي"


@settings(max_examples=60)
@given(text=TEXTS, reference=st.integers(0, 255))
def test_the_parts_of_any_text_join_to_it_again(text: str, reference: int) -> None:
    parts = [
        read_submission(part.pdu, 1) for part in submissions("+212612345678", text, reference=reference, validity=HOUR)
    ]
    assert "".join(part.text for part in parts) == text
    assert len(parts) == segments(text).segments, "the cloud counts and pays as many parts as leave"
    assert {part.number for part in parts} == {"+212612345678"}
    assert all(part.wants_report for part in parts)
    if len(parts) > 1:
        assert [part.joint for part in parts] == [(reference, len(parts), place + 1) for place in range(len(parts))]


@settings(max_examples=60)
@given(text=TEXTS)
def test_every_length_is_the_one_the_modem_is_told(text: str) -> None:
    for part in submissions("+21261234567", text, reference=3, validity=HOUR):
        assert part.length == len(bytes.fromhex(part.pdu)) - 1
        assert part.length <= 164 + 12


def test_neither_an_escaped_letter_nor_a_pair_is_torn() -> None:
    assert [len(part) for part in split("a" * 152 + "€" + "a" * 10)] == [152, 11]
    assert [len(part) for part in split("س" * 66 + "😀" + "س" * 10)] == [66, 11]
    assert split("a" * 160) == ("a" * 160,)


@pytest.mark.parametrize(
    ("validity", "code"),
    [
        (timedelta(minutes=5), 0),
        (timedelta(minutes=9), 0),
        (timedelta(minutes=10), 1),
        (timedelta(hours=12), 143),
        (timedelta(hours=12, minutes=30), 144),
        (timedelta(days=1), 167),
        (timedelta(days=2), 168),
        (timedelta(days=30), 196),
        (timedelta(weeks=5), 197),
        (timedelta(weeks=63), 255),
        (timedelta(weeks=900), 255),
    ],
)
def test_the_network_never_keeps_trying_longer_than_the_text_is_valid(validity: timedelta, code: int) -> None:
    assert relative_validity(validity) == code


def test_more_parts_than_can_be_told_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 255 parts"):
        submissions("+212612345678", "س" * 67 * 256, reference=0, validity=HOUR)
