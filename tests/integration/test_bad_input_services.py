"""Services that are not there and folders that cannot be written, through the real command line: nothing is lost."""

import socket
from pathlib import Path

import pytest

from tests.command_line import seguia
from tests.office import change, free_port, new_office, queue_now, states


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return new_office(tmp_path)


def test_an_unreachable_broker_ends_the_ingest_with_3(data: Path) -> None:
    told = seguia("cloud", "ingest", "--data", data)
    assert told.code == 3
    line = told.about("seguia: broker 127.0.0.1:")
    assert "expected a subscription, got: no connection (Connection refused)" in line
    assert "check that it runs, its address" in line


def test_an_unreachable_carrier_keeps_every_message_queued(data: Path) -> None:
    queue_now(data, count=3)
    port = free_port()
    live = f'carrier = "africastalking"\nusername = "sandbox"\nbase_url = "http://127.0.0.1:{port}"'
    change(data, 'carrier = "spool"', live)
    for _ in range(2):
        told = seguia("cloud", "send", "--data", data, SEGUIA_SMS_API_KEY="word")
        assert told.code == 3
        (line,) = told.errors
        assert f"SMS carrier 127.0.0.1:{port}: expected a connection, got Connection refused" in line
        assert line.endswith("nothing is lost, messages stay queued: try again later")
        assert states(data) == ["queued"] * 3


def test_a_port_that_is_taken_is_named(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        change(data, '[web]\nhost = "127.0.0.1"\nport = ', f'[web]\nhost = "127.0.0.1"\nport = {port} # was ')
        told = seguia("cloud", "serve", "--data", data)
    assert told.code == 3
    (line,) = told.errors
    assert line == (
        f"seguia: web port {port} on 127.0.0.1: expected a free port, got Address already in use; choose another port"
    )


@pytest.mark.parametrize("place", ["/proc/seguia", "file/data", "file"])
def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    folder = tmp_path / place
    told = seguia("cloud", "init", "--data", folder)
    assert (told.code, told.lines) == (3, ())
    (line,) = told.errors
    assert line.startswith(f"seguia: {folder}: the folder cannot be made (")
    assert line.endswith("check the path and its permissions")
    assert (tmp_path / "file").read_text(encoding="utf-8") == "not a folder"


@pytest.mark.parametrize(
    ("command", "way_out"),
    [("import", "create it with: seguia cloud init"), ("migrate", "check that it runs, has room and may be written")],
)
def test_a_database_where_none_can_be_is_named(data: Path, command: str, way_out: str) -> None:
    farmers = data / "farmers.csv"
    farmers.write_text("id,name,phone_number,language\n", encoding="utf-8")
    options = ("--farmers", farmers) if command == "import" else ()
    told = seguia("cloud", command, "--data", data, *options, SEGUIA_DATABASE_URL="sqlite:////proc/seguia.db")
    assert told.code == 3
    (line,) = told.errors
    assert "/proc/seguia.db: " in line
    assert line.endswith(way_out)


def test_a_spool_that_cannot_be_written_keeps_every_message_queued(data: Path) -> None:
    queue_now(data, count=2)
    (data / "spool").write_text("a file stands where the folder should", encoding="utf-8")
    told = seguia("cloud", "send", "--data", data)
    assert told.code == 3
    (line,) = told.errors
    assert f"spool folder {data / 'spool'}: expected a folder that can be written, got File exists" in line
    assert line.endswith("correct its permissions or choose another")
    assert states(data) == ["queued"] * 2


def test_a_file_that_is_no_database_is_left_as_it_is(data: Path) -> None:
    other = data / "notes.txt"
    other.write_text("not a database, and long enough to be read as a header of one\n" * 40, encoding="utf-8")
    before = other.read_bytes()
    told = seguia("cloud", "ingest", "--data", data, SEGUIA_DATABASE_URL=f"sqlite:///{other}")
    assert told.code == 3
    assert "cannot be used (file is not a database)" in told.about("seguia: database")
    assert other.read_bytes() == before
