"""Readings are kept once, corrected by a new version, and given back by their time."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from cloud.adapters.ledger import verify
from cloud.adapters.store.store import Store
from cloud.records import Observation

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=300)


def reading(hours: int = 0, value: float = 0.2, top_m: float | None = None, source: str = "probe") -> Observation:
    return Observation(
        parcel_id="p1",
        observed_at=NOON + timedelta(hours=hours),
        kind="soil_water_fraction",
        value=value,
        sigma=0.02,
        depth_from_m=top_m,
        depth_to_m=None if top_m is None else top_m + 0.1,
        source=source,
    )


def test_readings_are_kept_once_and_come_back_oldest_first(store: Store) -> None:
    assert store.save_observations([reading(5), reading(), reading(5)]) == 2
    assert store.save_observations([reading()]) == 0
    local = reading().model_copy(update={"observed_at": NOON.astimezone(timezone(timedelta(hours=1)))})
    assert store.save_observations([local]) == 0
    assert store.save_observations([]) == 0
    assert store.observations(NOON, LATER) == (reading(), reading(5))
    assert store.observations(NOON + timedelta(hours=1), NOON + timedelta(hours=5)) == ()
    audit = verify(store)
    assert (audit.entries, audit.intact) == (2, True)


def test_another_number_for_a_reading_takes_its_place(store: Store) -> None:
    store.save_observations([reading(), reading(1)])
    assert store.save_observations([reading(value=0.3)]) == 1
    assert [one.value for one in store.observations(NOON, LATER)] == [0.3, 0.2]
    assert store.save_observations([reading(value=0.2)]) == 1
    assert [one.value for one in store.observations(NOON, LATER)] == [0.2, 0.2]
    assert verify(store).entries == 4


@pytest.mark.parametrize("other", [reading(top_m=0.1), reading(top_m=0.2), reading(source="other")])
def test_layers_and_sources_are_readings_of_their_own(store: Store, other: Observation) -> None:
    store.save_observations([reading(), other])
    assert len(store.observations(NOON, LATER)) == 2
