"""However much is sent at once, what waits in the ingest's memory stays bounded, and its room comes back."""

from collections.abc import Sequence
from datetime import UTC, datetime

from cloud.adapters.broker import LARGEST_WINDOW, Heard
from cloud.adapters.mqtt import WAITING_MAX_BYTES, Ingest, IngestSettings
from cloud.config import BrokerConfig
from cloud.ingest import PEEKED_BYTES, Arrival, Outcome

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


def heard(size: int) -> Heard:
    return Heard(topic="seguia/v1/office/g1/detection", payload=b"x" * size, mid=1, qos=1, connection=1)


class Nowhere:
    def receive(self, arrivals: Sequence[Arrival]) -> tuple[Outcome, ...]:
        raise AssertionError(arrivals)


def an_ingest() -> Ingest:
    return Ingest(Nowhere(), IngestSettings(broker=BrokerConfig()), lambda: NOW, tell=lambda _: None)


def test_large_messages_are_turned_away_before_they_fill_the_memory() -> None:
    ingest = an_ingest()
    large, room = heard(PEEKED_BYTES), WAITING_MAX_BYTES // PEEKED_BYTES
    taken = sum(ingest._keep(large) for _ in range(LARGEST_WINDOW))
    assert taken == room
    assert ingest.counts.turned_away == LARGEST_WINDOW - room
    assert len(ingest._gather()) == room
    assert ingest._keep(large)


def test_a_full_window_of_ordinary_messages_has_room() -> None:
    ingest = an_ingest()
    assert all(ingest._keep(heard(20_480)) for _ in range(LARGEST_WINDOW))
    assert not ingest._keep(heard(1))
