"""Tables are made by migrations alone, and a database that cannot be used says so in one line."""

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from cloud.adapters.ledger import METADATA, verify
from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.database import open_engine
from cloud.adapters.store.schema import migrate, schema_problem
from cloud.adapters.store.store import Store
from cloud.errors import ConfigurationError, ServiceUnavailableError
from cloud.records import Parcel
from tests.strangers import let_strangers_in


def test_migrations_make_exactly_the_tables_of_the_code(empty_url: str) -> None:
    engine = open_engine(empty_url)
    migrate(engine)
    with engine.connect() as connection, connection.begin():
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    migrate(engine)
    assert schema_problem(engine) is None
    engine.dispose()


def test_a_database_without_tables_is_told_with_the_remedy(empty_url: str, keys: PersonalKeys) -> None:
    engine = open_engine(empty_url)
    with engine.connect():
        pass
    engine.dispose()
    with pytest.raises(ConfigurationError, match=r"got no tables; run: seguia cloud migrate") as told:
        Store.open(empty_url, keys)
    assert "secret-word" not in str(told.value)


def test_an_upgrade_keeps_what_was_stored(empty_url: str, keys: PersonalKeys) -> None:
    parcel = Parcel(id="p1", crop="wheat", latitude=32, longitude=-6)
    with Store.open(empty_url, keys, create=True) as store:
        store.save_parcels([parcel])
    with Store.open(empty_url, keys, create=True) as store:
        assert store.parcels() == (parcel,)
        assert verify(store).intact


def test_two_starting_at_once_make_the_tables_once(empty_url: str, keys: PersonalKeys) -> None:
    problems: list[BaseException] = []

    def start() -> None:
        try:
            Store.open(empty_url, keys, create=True).close()
        except BaseException as error:  # noqa: BLE001 -- carried to the test's own thread
            problems.append(error)

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_half_a_migration_is_none(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = open_engine(empty_url)
    with monkeypatch.context() as patched:

        def cut(*_: object, **__: object) -> None:
            raise RuntimeError("power cut")

        patched.setattr("alembic.op.create_index", cut)
        with pytest.raises(RuntimeError, match="power cut"):
            migrate(engine)
    assert schema_problem(engine) is not None
    migrate(engine)
    assert schema_problem(engine) is None
    engine.dispose()


@pytest.mark.system("postgresql")
def test_the_password_of_an_unreachable_server_is_not_told(keys: PersonalKeys) -> None:
    with pytest.raises(ServiceUnavailableError, match=r"postgresql\+psycopg://seguia:\*\*\*@127\.0\.0\.1:1/x") as told:
        Store.open("postgresql://seguia:hidden@127.0.0.1:1/x", keys)
    assert "hidden" not in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("no address", "expected an address such as sqlite"),
        ("sqlite://", "expected the path of a file"),
        ("sqlite:///:memory:", "expected the path of a file"),
        ("mysql://user:hidden@host/name", r"expected sqlite or postgresql, got mysql://user:\*\*\*@host/name"),
        ("sqlite+nothing:///file.db", "expected sqlite, got the driver"),
    ],
)
def test_an_address_of_no_use_is_told(address: str, expected: str, keys: PersonalKeys) -> None:
    with pytest.raises(ConfigurationError, match=expected) as told:
        Store.open(address, keys)
    assert "hidden" not in str(told.value)


def test_a_missing_file_is_told_and_not_made(tmp_path: Path, keys: PersonalKeys) -> None:
    with pytest.raises(ServiceUnavailableError, match="no such file; create it with: seguia cloud init"):
        Store.open(f"sqlite:///{tmp_path / 'none.db'}", keys)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, keys: PersonalKeys) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ServiceUnavailableError, match="its folder cannot be made"):
        Store.open(f"sqlite:///{tmp_path / 'file' / 'seguia.db'}", keys, create=True)


def test_a_file_that_is_no_database_is_told(tmp_path: Path, keys: PersonalKeys) -> None:
    path = tmp_path / "seguia.db"
    path.write_bytes(b"this is a text and no database " * 100)
    with pytest.raises(ServiceUnavailableError, match="file is not a database"):
        Store.open(f"sqlite:///{path}", keys)


def test_a_full_disk_is_told_and_nothing_is_half_written(tmp_path: Path, keys: PersonalKeys) -> None:
    url = f"sqlite:///{tmp_path / 'seguia.db'}"
    parcels = [Parcel(id=f"p{n}", name="x" * 80, crop="wheat", latitude=32, longitude=-6) for n in range(2000)]
    with Store.open(url, keys, create=True) as store:
        with store.reading() as connection:
            pages = connection.execute(text("PRAGMA page_count")).scalar_one()
            # The limit belongs to the connection, which the pool gives to the next transaction too.
            connection.execute(text(f"PRAGMA max_page_count = {pages + 20}"))
        with pytest.raises(ServiceUnavailableError, match="disk is full"):
            store.save_parcels(parcels)
        assert store.parcels() == ()
        assert verify(store).intact


def test_a_folder_that_only_others_may_write_is_told(tmp_path: Path, repository: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to become a user who may not write")
    path = tmp_path / "seguia.db"
    Store.open(f"sqlite:///{path}", PersonalKeys.generate(), create=True).close()
    let_strangers_in(tmp_path)
    script = (
        "import os, sys\n"
        "from cloud.adapters.personal import PersonalKeys\n"
        "from cloud.adapters.store.store import Store\n"
        "from cloud.records import Parcel\n"
        f"store = Store.open('sqlite:///{path}', PersonalKeys.generate())\n"
        "store.close()\n"
        "os.setuid(65534)\n"
        "store.save_parcels([Parcel(id='p', crop='wheat', latitude=1, longitude=1)])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=repository, capture_output=True, text=True, check=False, timeout=60
    )
    assert "ServiceUnavailableError: database sqlite:///" in done.stderr
    assert done.returncode == 1


def test_every_commit_of_sqlite_survives_a_power_cut(tmp_path: Path, keys: PersonalKeys) -> None:
    with (
        Store.open(f"sqlite:///{tmp_path / 'seguia.db'}", keys, create=True) as store,
        store.reading() as connection,
    ):
        settings = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}
    assert sqlite3.sqlite_version_info > (3, 35)
