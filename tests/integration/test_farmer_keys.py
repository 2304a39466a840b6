"""A rotation of the master keys in a process of its own, killed while it runs: everything reads, and it ends."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from cloud.adapters.ledger import verify
from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store
from cloud.commands.farmer_keys import replace_secret
from cloud.errors import IntegrityError
from cloud.messages import Farmer, Inbound
from tests.office import cloud, new_office, store_of

PEOPLE = 60
SLOWLY = """
import sys, time
from cloud.adapters.store.store import Store

steps = Store.wrap_anew
def slow(self, at_once=1):
    for done in steps(self, 1):
        print(done, flush=True)
        time.sleep(0.1)
        yield done
Store.wrap_anew = slow
from cloud.commands.cloud import app
app(["farmer", "rotate-keys", "--data", sys.argv[1]])
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    made = new_office(tmp_path)
    now = datetime.now(UTC)
    with store_of(made) as store:
        store.save_farmers([person(number) for number in range(PEOPLE)])
        for number in range(0, PEOPLE, 6):
            inbound = Inbound(
                carrier="modem",
                carrier_id=str(number),
                phone_number=person(number).phone_number,
                text=f"text {number}",
                received_at=now,
            )
            store.add_inbound(inbound)
    return made


def person(number: int) -> Farmer:
    return Farmer(id=f"f{number}", name=f"Invented {number}", phone_number=f"+2126123450{number:02d}", language="fr")


def everything_reads(data: Path) -> None:
    with store_of(data) as store:
        assert store.farmers() == tuple(sorted((person(number) for number in range(PEOPLE)), key=lambda one: one.id))
        for number in range(0, PEOPLE, 6):
            assert store.farmers_of_number(person(number).phone_number) == (f"f{number}",)
            assert [one.text for one in store.inbound_of(f"f{number}")] == [f"text {number}"]
        assert verify(store).problems == ()


def test_a_rotation_killed_at_any_moment_goes_on(data: Path) -> None:
    keys = data / "keys" / "personal.json"
    for steps in (1, 4, 11):
        process = subprocess.Popen(
            [sys.executable, "-c", SLOWLY, str(data)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            text=True,
        )
        assert process.stdout is not None
        for _ in range(steps):
            assert process.stdout.readline().strip() == "1"
        process.send_signal(signal.SIGKILL)
        assert process.wait(timeout=30) == -signal.SIGKILL
        process.stdout.close()
        everything_reads(data)
        # Killed and called again, it is still the same rotation.
        assert json.loads(keys.read_text())["current"] == "2"
    done = cloud("farmer", "rotate-keys", "--data", data)
    assert done.exit_code == 0, done.exception
    assert done.stdout.startswith("generation 2 in force: ")
    assert cloud("farmer", "rotate-keys", "--forget-older", "--data", data).exit_code == 0
    assert list(json.loads(keys.read_text())["keys"]) == ["2"]
    everything_reads(data)


def test_a_key_file_written_before_the_database_knew_is_taken_up(data: Path) -> None:
    keys = data / "keys" / "personal.json"
    replace_secret(keys, PersonalKeys.read(keys).rotated().text())
    everything_reads(data)
    assert cloud("farmer", "rotate-keys", "--data", data).stdout.startswith("generation 2 in force: ")
    everything_reads(data)


def test_a_service_that_runs_meanwhile_reads_and_writes_on(data: Path) -> None:
    with store_of(data) as running:
        assert cloud("farmer", "rotate-keys", "--data", data).exit_code == 0
        assert running.farmer("f1") == person(1)
        assert running.farmers_of_number(person(0).phone_number) == ("f0",)
        assert running.add_inbound(
            Inbound(
                carrier="modem",
                carrier_id="later",
                phone_number=person(1).phone_number,
                text="later",
                received_at=datetime.now(UTC),
            )
        )
        running.save_farmers([person(1).model_copy(update={"name": "Renamed"})])
        assert [one.text for one in running.inbound_of("f1")] == ["later"]
        running.save_farmers([person(1)])
    assert cloud("farmer", "rotate-keys", "--forget-older", "--data", data).exit_code == 0
    everything_reads(data)


def test_two_rotations_do_not_run_at_once(data: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SLOWLY, str(data)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    refused = cloud("farmer", "rotate-keys", "--data", data)
    assert "another rotation runs" in str(refused.exception)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)
    process.stdout.close()


def test_a_secret_is_replaced_whole_and_leaves_no_copy(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    for content in ("one", "two"):
        (tmp_path / "secret.new").write_text("half of an earlier attempt")
        replace_secret(path, content)
        assert path.read_text() == content
        assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["secret"]


def test_the_key_that_was_erased_is_nowhere_in_the_file(data: Path) -> None:
    with store_of(data) as store, store.reading() as connection:
        before = {bytes(row.wrapped) for row in connection.execute(text("SELECT wrapped FROM data_keys"))}
    with store_of(data) as store:
        store.erase_farmer("f6", by="Amina (invented)", why="asked")
        with store.reading() as connection:
            after = {bytes(row.wrapped) for row in connection.execute(text("SELECT wrapped FROM data_keys"))}
    gone = before - after
    assert len(gone) == 3
    content = b"".join(path.read_bytes() for path in data.glob("seguia.db*"))
    assert all(key in content for key in after)
    assert not any(key in content for key in gone)


def test_keys_of_another_installation_open_nothing(data: Path) -> None:
    stranger = PersonalKeys.generate()
    with Store.open(f"sqlite:///{data / 'seguia.db'}", stranger) as store:
        assert store.farmers_of_number(person(0).phone_number) == ()
        with pytest.raises(IntegrityError, match="expected a ciphertext of this record"):
            store.farmer("f0")
