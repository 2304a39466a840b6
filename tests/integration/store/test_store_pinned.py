"""A store pinned to an entry of its ledger gives what it gave then, in both databases, and writes nothing."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from sqlalchemy.exc import SQLAlchemyError

from cloud.adapters.ledger import GENESIS
from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.pinned import PinnedStore, hash_at, ledger_end
from cloud.adapters.store.store import Store
from cloud.adapters.store.witness import altered, seen_by
from cloud.errors import CloudError
from cloud.night_reads import Look
from cloud.records import IrrigationEvent, Observation, Parcel
from edge.contract import Detection, MessageId, ModelReference

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
LOOK = Look(day=date(2026, 5, 1), moment=NOON + timedelta(days=1), first=date(2026, 1, 1))
EVER = (NOON - timedelta(days=100), NOON + timedelta(days=100))


def land(crop: str = "maize") -> Parcel:
    return Parcel(id="p", crop=crop, planted_on=date(2026, 3, 1), latitude=32.3, longitude=-6.4)


def water(depth_mm: float) -> IrrigationEvent:
    return IrrigationEvent(parcel_id="p", started_at=NOON, depth_mm=depth_mm, source="meter")


def reading(value: float) -> Observation:
    return Observation(
        parcel_id="p", observed_at=NOON, kind="soil_water_fraction", value=value, sigma=0.02, source="probe"
    )


def photo(number: int) -> Detection:
    return Detection(
        parcel_id="p",
        taken_at=NOON,
        sha256=f"{number:064d}",
        model=ModelReference(name="canopy", version="1", sha256=None),
        opinion=True,
    )


def fill(store: Store, number: int) -> None:
    store.save_parcels([land("maize" if number == 1 else "tomato")])
    store.add_events([water(10.0 * number)])
    store.save_observations([reading(0.2 * number)])
    store.add_detection(MessageId(gateway="g", boot="b", sequence=number), "org", photo(number), NOON)


@pytest.fixture
def pinned(store: Store, url: str, keys: PersonalKeys) -> Iterator[PinnedStore]:
    """A store pinned between two fillings."""
    fill(store, 1)
    position, _ = ledger_end(store)
    fill(store, 2)
    with closing(PinnedStore.at(url, keys, position)) as opened:
        yield opened


def test_what_came_later_is_not_there(store: Store, pinned: PinnedStore) -> None:
    assert pinned.parcels() == (land(),)
    assert pinned.events() == (water(10.0),)
    assert pinned.observations(*EVER) == (reading(0.2),)
    assert pinned.detections(*EVER) == (photo(1),)
    assert [one.detection for one in pinned.detections_taken(*EVER)] == [photo(1)]
    assert pinned.verdicts(LOOK.day) == ()
    assert store.parcels() == (land("tomato"),)
    assert store.events() == (water(10.0), water(20.0))
    assert store.observations(*EVER) == (reading(0.4),)
    assert len(store.detections(*EVER)) == 2


def test_a_pinned_store_writes_nothing(store: Store, pinned: PinnedStore) -> None:
    with pytest.raises((SQLAlchemyError, CloudError)):
        pinned.add_events([water(30.0)])
    assert len(store.events()) == 2


def test_an_empty_store_and_the_end_of_a_ledger(store: Store, url: str, keys: PersonalKeys) -> None:
    assert ledger_end(store) == (0, GENESIS)
    assert hash_at(store, 0) == GENESIS
    with closing(PinnedStore.at(url, keys, 0)) as nothing:
        assert nothing.parcels() == ()
        fill(store, 1)
        assert nothing.parcels() == ()
    position, end = ledger_end(store)
    assert (position, hash_at(store, position)) == (4, end)
    assert hash_at(store, 5) is None


def test_digests_are_of_the_records_and_not_of_their_places(
    store: Store, pinned: PinnedStore, url: str, keys: PersonalKeys
) -> None:
    before = seen_by(pinned, LOOK)
    assert {kind: seen.count for kind, seen in before.items()} == {
        "parcel": 1,
        "event": 1,
        "observation": 1,
        "detection": 1,
        "verdict": 0,
    }
    with closing(PinnedStore.at(url, keys, 10_000)) as today:
        after = seen_by(today, LOOK)
    assert {kind for kind, seen in before.items() if seen != after[kind]} == set(before) - {"verdict"}
    narrow = Look(day=LOOK.day, moment=NOON - timedelta(days=1), first=LOOK.first)
    assert seen_by(pinned, narrow)["detection"].count == 0


CHANGES = {
    "UPDATE parcel_versions SET body = replace(body, 'maize', 'wheat') WHERE version = 1": "parcel p/1: is not what",
    "UPDATE irrigation_events SET parcel_id = 'q' WHERE position = 2": "event q/",
    "UPDATE observations SET version = 7 WHERE version = 1": "observation p/",
    "UPDATE detections SET received_at = counts_at, body = '{}' WHERE sequence = 1": "detection org/g/b/1: is not what",
    "DELETE FROM irrigation_events WHERE position = 2": "ledger entry 2 has no record: it was removed",
    "DELETE FROM ledger_entries WHERE position = 2": "event p/",
}


@pytest.mark.parametrize("statement", CHANGES)
def test_altered_records_are_named(statement: str, url: str, pinned: PinnedStore) -> None:
    assert altered(pinned, LOOK, 4) == ()
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            connection.execute(statement)
    else:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(statement.encode())
    (line,) = altered(pinned, LOOK, 4)
    assert CHANGES[statement] in line


def test_only_a_few_altered_records_are_listed(store: Store, url: str, keys: PersonalKeys) -> None:
    store.add_events([water(float(depth)) for depth in range(1, 10)])
    with store.writing() as writer:
        writer.connection.exec_driver_sql("UPDATE irrigation_events SET body = 'x'")
    with closing(PinnedStore.at(url, keys, 100)) as opened:
        told = altered(opened, LOOK, 100)
    assert len(told) == 6
    assert told[-1] == "4 more records were altered"
