"""Where the next question for texts begins, and texts that two doors brought: both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

from cloud.adapters.store.store import Store
from cloud.messages import Inbound

NOW = datetime(2026, 7, 21, 17, 30, tzinfo=UTC)


def text(carrier_id: str, **changed: Any) -> Inbound:  # noqa: ANN401 -- any field
    content = {"phone_number": "+212612345678", "text": "1", "received_at": NOW, "carrier": "africastalking"} | changed
    return Inbound.model_validate(content | {"carrier_id": carrier_id})


def test_the_last_fetched_text_is_where_the_next_question_begins(store: Store) -> None:
    assert store.last_fetched("africastalking") == 0
    for one in (text("fetch-000000000000000009"), text("fetch-000000000000000012"), text("in-999")):
        store.add_inbound(one)
    store.add_inbound(text("fetch-000000000000000099", carrier="another"))
    assert store.last_fetched("africastalking") == 12


def test_the_same_words_of_the_same_moment_and_person_are_one_text(store: Store) -> None:
    store.add_inbound(text("ATXid-1"))
    assert store.knows(text("fetch-1"))
    assert store.knows(text("fetch-1", phone_number="0612345678"))
    assert not store.knows(text("ATXid-1"))
    for other in (
        {"text": "2"},
        {"phone_number": "+212687654321"},
        {"received_at": NOW + timedelta(seconds=1)},
        {"carrier": "modem"},
    ):
        assert not store.knows(text("fetch-1", **other))
