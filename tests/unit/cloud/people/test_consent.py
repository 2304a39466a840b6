"""The last word on messages counts."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cloud.people.consent import Consent, wanted

START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


def word(farmer_id: str, hour: int, *, given: bool) -> Consent:
    at = START + timedelta(hours=hour)
    return Consent(farmer_id=farmer_id, given=given, how="sms", by="Amina (invented)", at=at)


def test_the_last_word_counts_whatever_the_order_in_which_it_arrived() -> None:
    words = [word("f1", 3, given=False), word("f1", 1, given=True), word("f2", 2, given=True)]
    assert wanted(words, START + timedelta(hours=9)) == {"f2"}
    assert wanted(words, START + timedelta(hours=2)) == {"f1", "f2"}
    assert wanted(words, START) == frozenset()


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=8), st.randoms(use_true_random=False))
def test_of_two_words_at_once_the_no_counts_in_any_order(said: list[tuple[int, bool]], shuffled: random.Random) -> None:
    words = [word("f1", hour, given=given) for hour, given in said]
    mixed = list(words)
    shuffled.shuffle(mixed)
    now = START + timedelta(hours=9)
    last = max((hour for hour, _ in said), default=None)
    right = last is not None and all(given for hour, given in said if hour == last)
    assert wanted(words, now) == wanted(mixed, now) == (frozenset({"f1"}) if right else frozenset())


def test_who_wrote_it_down_and_the_note_show_in_no_trace() -> None:
    shown = repr(word("f1", 1, given=True).model_copy(update={"note": "seen at the souk"}))
    assert "Amina" not in shown
    assert "souk" not in shown


@pytest.mark.parametrize("changed", [{"how": "telepathy"}, {"by": ""}, {"at": START.replace(tzinfo=None)}])
def test_a_word_without_its_parts_is_refused(changed: dict[str, object]) -> None:
    content = word("f1", 1, given=True).model_dump()
    with pytest.raises(ValidationError):
        Consent.model_validate({**content, **changed})
