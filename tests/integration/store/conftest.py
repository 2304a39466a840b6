"""Both databases: a file, and a private PostgreSQL server that lives as long as the tests."""

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from cloud.adapters.ledger import METADATA
from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
BACKENDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.system("postgresql"))]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _program(name: str) -> str:
    found = shutil.which(name)
    return found or str(max(Path("/usr/lib/postgresql").glob(f"*/bin/{name}")))


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="seguia-postgresql-"))
    as_root = os.geteuid() == 0
    prefix = ["runuser", "-u", "postgres", "--"] if as_root else []
    if as_root:
        shutil.chown(folder, "postgres", "postgres")
    port = _free_port()
    data = folder / "data"

    def run(*command: str) -> None:
        subprocess.run(
            [*prefix, *command], check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60
        )

    run(_program("initdb"), "-D", str(data), "-U", "seguia", "-A", "trust", "-N", "-E", "UTF8")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c fsync=off -c unix_socket_directories={folder}"
    run(_program("pg_ctl"), "-D", str(data), "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield f"postgresql://seguia:secret-word@127.0.0.1:{port}"
    finally:
        run(_program("pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def keys() -> PersonalKeys:
    return PersonalKeys(encryption_key=bytes(range(32)), index_key=bytes(range(32, 64)))


@pytest.fixture(scope="session")
def postgresql_tables(postgresql_server: str, keys: PersonalKeys) -> str:
    """A database with tables, emptied for every test: quicker than making the tables each time."""
    url = _new_database(postgresql_server)
    Store.open(url, keys, create=True).close()
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, keys: PersonalKeys) -> Path:
    path = tmp_path_factory.mktemp("template") / "seguia.db"
    Store.open(f"sqlite:///{path}", keys, create=True).close()
    return path


def _new_database(server: str) -> str:
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return f"{server}/{name}"


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables."""
    if backend == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    return _new_database(request.getfixturevalue("postgresql_server"))


@pytest.fixture
def url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with tables and nothing in them."""
    if backend == "sqlite":
        path = tmp_path / "seguia.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("postgresql_tables")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"TRUNCATE {', '.join(METADATA.tables)}".encode())
    return url


@pytest.fixture
def store(url: str, keys: PersonalKeys) -> Iterator[Store]:
    with Store.open(url, keys, clock=lambda: NOW) as opened:
        yield opened


@pytest.fixture
def reopened(url: str, keys: PersonalKeys) -> Callable[[], Store]:
    return lambda: Store.open(url, keys, clock=lambda: NOW)
