"""What the ledger says of a row depends on every column and on nothing else."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from cloud.adapters.ledger import METADATA
from cloud.adapters.store.rows import RECORDS, digest_of, subject_of
from cloud.adapters.store.tables import TRANSITIONS

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)
ROW = {
    "message_id": "m",
    "state": "sent",
    "applied": True,
    "carrier": "at",
    "carrier_id": None,
    "reason": None,
    "at": NOW,
}


def test_every_column_counts_but_the_place() -> None:
    record = RECORDS["transition"]
    base = digest_of(record, ROW)
    others = {"message_id": "n", "state": "x", "applied": False, "carrier": "b", "carrier_id": "1", "reason": "r"}
    others["at"] = NOW + timedelta(microseconds=1)
    assert set(others) == {column.name for column in TRANSITIONS.columns} - {"position"}
    for name, value in others.items():
        assert digest_of(record, {**ROW, name: value}) != base, name
    assert digest_of(record, {**ROW, "position": 7}) == base


def test_the_same_moment_in_another_zone_is_the_same() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=1)))
    assert digest_of(RECORDS["transition"], {**ROW, "at": there}) == digest_of(RECORDS["transition"], ROW)


def test_a_column_left_out_is_a_column_of_nothing() -> None:
    short = {name: value for name, value in ROW.items() if name != "reason"}
    assert digest_of(RECORDS["transition"], short) == digest_of(RECORDS["transition"], ROW)


def test_a_row_is_named_by_its_key() -> None:
    row = {"parcel_id": "p1", "day": date(2026, 5, 1), "version": 2}
    assert subject_of(RECORDS["water"], row) == "p1/2026-05-01/2"


def test_a_value_without_a_form_is_our_own_mistake() -> None:
    with pytest.raises(TypeError, match="no canonical form for float"):
        digest_of(RECORDS["transition"], {**ROW, "reason": 0.5})


def test_every_table_with_a_place_in_the_ledger_is_a_record() -> None:
    placed = {table.name for table in METADATA.tables.values() if table.primary_key.columns.keys() == ["position"]}
    assert placed - {"ledger_entries"} == {record.table.name for record in RECORDS.values()}
