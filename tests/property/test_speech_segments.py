"""Segment counts agree with an independent count built on another codec."""

from typing import get_args

import gsm0338
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.speech.reply import Reply, fold, parse_reply
from cloud.speech.segments import GSM7_BASIC, GSM7_EXTENSION, segments

CODEC = gsm0338.Codec()
CHEAP = st.text(st.sampled_from(sorted(GSM7_BASIC | GSM7_EXTENSION)), max_size=500)
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


def independent(text: str) -> tuple[str, int, int]:
    try:
        units = [len(CODEC.encode(character)[0]) for character in text]
        encoding, single, part = "gsm7", 160, 153
    except UnicodeEncodeError:
        units = [len(character.encode("utf-16-be")) // 2 for character in text]
        encoding, single, part = "ucs2", 70, 67
    total = sum(units)
    if total <= single:
        return encoding, total, 1
    parts: list[list[int]] = [[]]
    for unit in units:
        if sum(parts[-1]) + unit > part:
            parts.append([])
        parts[-1].append(unit)
    return encoding, total, len(parts)


@settings(max_examples=200, deadline=None)
@given(text=CHEAP | ANY)
def test_segments_agree_with_an_independent_count(text: str) -> None:
    found = segments(text.replace("\x1b", ""))
    assert (found.encoding, found.units, found.segments) == independent(text.replace("\x1b", ""))


@given(text=ANY, more=ANY)
def test_a_longer_text_never_costs_less(text: str, more: str) -> None:
    assert segments(text + more).segments >= segments(text).segments


@given(text=ANY)
def test_any_answer_has_a_meaning_or_is_unknown(text: str) -> None:
    assert parse_reply(text) in get_args(Reply)
    assert parse_reply(fold(text)) == parse_reply(text)
