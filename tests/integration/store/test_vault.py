"""Data keys: one for each holder and month, opened by the master key alone, found again by their holder."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.people_tables import DATA_KEYS, MASTER_STATE
from cloud.adapters.store.store import Store
from cloud.adapters.store.vault import (
    data_key_in,
    key_of,
    missing_keys,
    number,
    person,
    ring_of,
    seal_in,
    unseal_in,
    unseal_many,
)
from cloud.errors import ConfigurationError, IntegrityError

NOW = datetime(2026, 5, 31, 23, 30, tzinfo=UTC)
LETTERS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def test_a_holder_has_one_key_a_month_and_one_for_what_stays(store: Store, keys: PersonalKeys) -> None:
    with store.writing() as writer:
        months = [None, NOW, NOW - timedelta(days=3), NOW + timedelta(hours=1)]
        found = [data_key_in(writer, keys, holder=number("+1"), at=at) for at in months]
        assert [one.period for one in found] == ["", "2026-05", "2026-05", "2026-06"]
        assert found[1] == found[2]
        assert len({one.key_id for one in found}) == 3
        other = data_key_in(writer, keys, holder=person("+1"), at=None)
        assert other.key != found[0].key
        assert writer.connection.execute(select(func.count()).select_from(DATA_KEYS)).scalar_one() == 4
        assert other.index("a") != found[0].index("a")
        assert other.index("a") == other.index("a")


def test_a_month_is_a_month_of_utc_wherever_the_moment_was_told(store: Store, keys: PersonalKeys) -> None:

    with store.writing() as writer:
        local = NOW.astimezone(ZoneInfo("Africa/Casablanca"))
        assert data_key_in(writer, keys, holder="person/f1", at=local).period == "2026-05"


def test_a_key_shows_in_no_trace(store: Store, keys: PersonalKeys) -> None:
    with store.writing() as writer:
        key = data_key_in(writer, keys, holder="person/f1", at=None)
    assert key.key.hex() not in repr(key)
    assert repr(key.key) not in repr(key)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(LETTERS, st.sampled_from(["person/f1", "person/f2"]), LETTERS), max_size=6))
def test_whatever_is_sealed_opens_again_in_order(
    store: Store, keys: PersonalKeys, some: list[tuple[str, str, str]]
) -> None:
    with store.writing() as writer:
        pairs = [
            (seal_in(writer, keys, holder=holder, at=None, plain=plain, record_id=record_id), record_id)
            for plain, holder, record_id in some
        ]
        assert unseal_many(writer.connection, keys, pairs) == [plain for plain, _, _ in some]
        assert all(key_of(sealed) is not None for sealed, _ in pairs)
        assert missing_keys(writer.connection, [key_of(sealed) or "" for sealed, _ in pairs]) == frozenset()


def test_an_erased_text_leaves_its_place_among_the_others(store: Store, keys: PersonalKeys) -> None:
    with store.writing() as writer:
        gone = seal_in(writer, keys, holder="person/f1", at=None, plain="gone", record_id="a")
        stays = seal_in(writer, keys, holder="person/f2", at=None, plain="stays", record_id="b")
        writer.connection.execute(DATA_KEYS.delete().where(DATA_KEYS.c.key_id == key_of(gone)))
        opened = unseal_many(writer.connection, keys, [(gone, "a"), (stays, "b"), (gone, "a")])
        assert opened == [None, "stays", None]
        assert missing_keys(writer.connection, [key_of(gone) or "", key_of(stays) or ""]) == {key_of(gone)}


def test_a_key_moved_to_another_holders_row_does_not_open(store: Store, keys: PersonalKeys) -> None:
    with store.writing() as writer:
        one = seal_in(writer, keys, holder="person/f1", at=None, plain="Zineb", record_id="a")
        other = data_key_in(writer, keys, holder="person/f2", at=None)
        taken = select(DATA_KEYS.c.wrapped).where(DATA_KEYS.c.key_id == other.key_id).scalar_subquery()
        writer.connection.execute(update(DATA_KEYS).where(DATA_KEYS.c.key_id == key_of(one)).values(wrapped=taken))
        with pytest.raises(IntegrityError, match="personal data of data-key/"):
            unseal_in(writer.connection, keys, one, "a")


def test_the_generation_in_force_is_the_databases_own_word(store: Store, keys: PersonalKeys) -> None:
    ring = keys.rotated()
    with store.writing() as writer:
        assert ring_of(writer.connection, keys) is keys
        writer.put(MASTER_STATE, [{"id": 1, "master": "2"}])
        assert ring_of(writer.connection, ring) is ring
        with pytest.raises(ConfigurationError, match="expected generation 2, which this database uses, got up to 1"):
            ring_of(writer.connection, keys)


def test_a_text_sealed_before_a_rotation_was_taken_opens_by_the_rotated_keys(store: Store, keys: PersonalKeys) -> None:
    with store.writing() as writer:
        sealed = seal_in(writer, keys, holder="person/f1", at=None, plain="Zineb", record_id="a")
        assert unseal_in(writer.connection, keys.rotated().rotated(), sealed, "a") == "Zineb"
        # The same holder keeps its key, found by the index of an older generation.
        again = data_key_in(writer, keys.rotated(), holder="person/f1", at=None)
        assert again.key_id == key_of(sealed)
