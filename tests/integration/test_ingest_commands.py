"""``seguia cloud`` as an operator types it: one clear line each, the agreed exit code, nothing half made."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import text, update
from typer.testing import CliRunner, Result

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store
from cloud.adapters.store.tables import DETECTIONS
from cloud.commands.cloud import app
from cloud.errors import CloudError, ConfigurationError, IntegrityError, ServiceUnavailableError
from edge.contract import Detection, MessageId
from edge.wire import decode_ack, encode_detection
from tests.strangers import let_strangers_in

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
DETECTION = Detection(parcel_id="p1", taken_at=NOW, sha256="ab" * 12, model=None, opinion=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def seguia(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def refused(kind: type[CloudError], *arguments: object) -> str:
    result = seguia(*arguments)
    assert isinstance(result.exception, kind), result.output
    assert "\n" not in str(result.exception)
    return str(result.exception)


def change(data: Path, old: str, new: str) -> None:
    path = data / "seguia-cloud.toml"
    content = path.read_text()
    assert old in content
    path.write_text(content.replace(old, new))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    assert seguia("init", "--data", folder, "--organisation", "office").exit_code == 0
    change(folder, "port = 1883", f"port = {free_port()}")
    change(folder, "port = 8765", f"port = {free_port()}")
    return folder


@pytest.fixture
def store(data: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{data / 'seguia.db'}", PersonalKeys.read(data / "keys" / "personal.json")) as opened:
        yield opened


@contextlib.contextmanager
def mosquitto(folder: Path, port: int) -> Iterator[None]:
    file = folder / "mosquitto.conf"
    file.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\n")
    program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    process = subprocess.Popen([program, "-c", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert until(lambda: answers(port))
        yield
    finally:
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def until(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def test_help_names_every_part() -> None:
    shown = seguia("--help").output
    for name in ("init", "check", "migrate", "ingest", "audit"):
        assert name in shown
        assert "Example" in seguia(name, "--help").output or name == "audit"
    assert seguia("nothing").exit_code == 2


def test_init_makes_a_folder_that_only_its_owner_reads(data: Path) -> None:
    files = ("seguia-cloud.toml", "seguia.db", "keys/personal.json", "keys/callback")
    assert {(data / name).stat().st_mode & 0o777 for name in files} == {0o600}
    assert (data / "keys").stat().st_mode & 0o777 == 0o700
    assert seguia("migrate", "--data", data).exit_code == 0


def test_init_never_overwrites(data: Path) -> None:
    before = (data / "keys" / "personal.json").read_bytes()
    assert "exists already; it is never overwritten" in refused(ConfigurationError, "init", "--data", data)
    (data / "seguia-cloud.toml").unlink()
    assert "seguia.db: exists already" in refused(ConfigurationError, "init", "--data", data)
    assert (data / "keys" / "personal.json").read_bytes() == before


def test_init_with_a_wrong_name_leaves_nothing_behind(tmp_path: Path) -> None:
    told = refused(ConfigurationError, "init", "--data", tmp_path / "d", "--organisation", "a b")
    assert "organisation" in told
    assert [path.name for path in (tmp_path / "d").rglob("*") if path.is_file()] == []
    assert seguia("init", "--data", tmp_path / "d").exit_code == 0


def test_init_where_no_folder_can_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = refused(ServiceUnavailableError, "init", "--data", tmp_path / "file" / "data")
    assert "the folder cannot be made" in told


def test_a_read_only_folder_is_told_with_exit_code_3(data: Path, repository: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to become a user who may not write")
    shelf = data.parent / "shelf"
    shelf.mkdir(mode=0o755)
    let_strangers_in(data.parent)
    # The command is opened as root and used as nobody: an installation under /root is closed to others.
    script = (
        "import os, sys, seguia, cloud.commands.cloud, cloud.commands.cloud_init\n"
        "os.setuid(65534)\n"
        f"sys.argv = ['seguia', 'cloud', 'init', '--data', '{shelf}']\n"
        "seguia.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=repository, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 3
    assert done.stderr.startswith("seguia: ")
    assert "Permission denied" in done.stderr
    assert done.stderr.count("\n") == 1


def test_check_of_a_new_folder_names_the_broker_and_ends_with_3(data: Path) -> None:
    result = seguia("check", "--data", data)
    assert result.exit_code == 3
    states = dict(line.split()[1::-1] for line in result.stdout.splitlines())
    assert states == {
        "config": "ok",
        "keys": "ok",
        "folder": "ok",
        "database": "ok",
        "people": "note",
        "broker": "bad",
        "weather": "note",
        "web": "ok",
        "messages": "ok",
        "outbox": "ok",
        "accounts": "note",
        "words": "note",
        "backup": "note",
        "plans": "note",
        "texts": "ok",
    }
    assert result.stderr.startswith("broker: broker 127.0.0.1:")
    assert "check that it runs" in result.stderr


@pytest.mark.system("mosquitto")
def test_check_of_a_sound_installation_ends_with_0(data: Path, tmp_path: Path) -> None:
    port = free_port()
    change(data, '[broker]\nhost = "127.0.0.1"\nport = ', f'[broker]\nhost = "127.0.0.1"\nport = {port} # was ')
    (data / "past.nc").write_bytes(b"weather")
    change(data, "[weather]\n", '[weather]\npast_path = "past.nc"\n')
    with mosquitto(tmp_path, port):
        result = seguia("check", "--config", data / "seguia-cloud.toml", "--json")
    findings = {finding["name"]: finding for finding in map(json.loads, result.stdout.splitlines())}
    assert result.exit_code == 0, result.output
    assert findings["broker"]["text"].endswith("lets us subscribe, MQTT v5")
    assert findings["weather"]["text"] == "past past.nc written 0.0 days ago"
    assert "tables up to date, 0 parcels, 0 gateways" in findings["database"]["text"]


@pytest.mark.parametrize(
    ("old", "new", "name", "expected", "code"),
    [
        ("[weather]\n", '[weather]\npast_path = "none.nc"\n', "weather", "cannot be read", 1),
        ('data_dir = "."', 'data_dir = "none"', "folder", "no such folder; make it", 3),
        ('keys_file = "keys/personal.json"', 'keys_file = "keys/none"', "keys", "cannot be read", 2),
        (
            'carrier = "spool"',
            'carrier = "africastalking"\nusername = "u"',
            "messages",
            "sms.api_key_file: expected",
            2,
        ),
    ],
)
def test_check_names_what_is_not_well(data: Path, old: str, new: str, name: str, expected: str, code: int) -> None:
    change(data, old, new)
    result = seguia("check", "--data", data, "--json")
    (finding,) = [found for found in map(json.loads, result.stdout.splitlines()) if found["name"] == name]
    assert (finding["state"], finding["exit_code"]) == ("bad", code)
    assert expected in finding["text"]
    assert result.exit_code == 3


def test_check_tells_old_weather_a_taken_port_a_full_disk_and_a_live_carrier(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data / "old.nc").write_bytes(b"")
    os.utime(data / "old.nc", (0, 0))
    change(data, "[weather]\n", '[weather]\nforecast_path = "old.nc"\n')
    change(data, 'carrier = "spool"', 'carrier = "africastalking"\nusername = "u"\nbase_url = "http://127.0.0.1:9"')
    monkeypatch.setenv("SEGUIA_SMS_API_KEY", "word")
    monkeypatch.setattr("cloud.commands.cloud_check._LEAST_FREE_MB", 10**12)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        change(data, '[web]\nhost = "127.0.0.1"\nport = ', f'[web]\nhost = "127.0.0.1"\nport = {port} # was ')
        result = seguia("check", "--data", data, "--json")
    texts = {finding["name"]: finding["text"] for finding in map(json.loads, result.stdout.splitlines())}
    assert "at most 3 days old, got" in texts["weather"]
    assert texts["web"].startswith(f"none free at 127.0.0.1:{port}")
    assert "make room" in texts["folder"]
    assert texts["messages"] == "carrier africastalking, account u at http://127.0.0.1:9"


def test_check_tells_a_folder_that_may_not_be_written(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda _path, mode, **_more: mode != os.W_OK)
    result = seguia("check", "--data", data)
    assert "cannot be written; run: chown" in result.stderr


def test_a_command_without_a_configuration_says_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEGUIA_CLOUD_CONFIG", raising=False)
    assert "make one with: seguia cloud init" in refused(ConfigurationError, "audit", "verify")


def test_the_configuration_may_be_named_by_the_environment(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGUIA_CLOUD_CONFIG", str(data / "seguia-cloud.toml"))
    assert seguia("audit", "verify").exit_code == 0


def test_audit_finds_what_was_changed(data: Path, store: Store) -> None:
    for sequence in range(3):
        store.add_detection(MessageId(gateway="g1", boot="b", sequence=sequence), "office", DETECTION, NOW)
    sound = seguia("audit", "verify", "--data", data)
    head = json.loads(sound.stdout)
    assert (sound.exit_code, head["entries"], head["records"], head["intact"]) == (0, 3, 3, True)
    assert seguia("audit", "verify", "--data", data, "--head", head["head"]).exit_code == 0
    assert isinstance(seguia("audit", "verify", "--data", data, "--head", "0" * 64).exception, IntegrityError)
    with store.writing() as writer:
        writer.connection.execute(update(DETECTIONS).where(DETECTIONS.c.sequence == 1).values(body="{}"))
    result = seguia("audit", "verify", "--data", data)
    assert isinstance(result.exception, IntegrityError)
    assert result.exception.exit_code == 1
    assert "detection office/g1/b/1: its content does not match ledger entry 2" in result.stderr


def test_ingest_without_a_broker_or_a_database_is_told(data: Path) -> None:
    assert "expected a subscription" in refused(ServiceUnavailableError, "ingest", "--data", data)
    (data / "seguia.db").unlink()
    assert "no such file; create it" in refused(ServiceUnavailableError, "ingest", "--data", data)


def test_an_old_database_asks_to_be_migrated(data: Path, store: Store) -> None:
    with store.writing() as writer:
        writer.connection.execute(text("DROP TABLE alembic_version"))
    assert "run: seguia cloud migrate" in refused(ConfigurationError, "ingest", "--data", data)


@pytest.mark.system("mosquitto")
def test_killed_again_and_again_the_ingest_loses_nothing_and_doubles_nothing(
    data: Path, tmp_path: Path, store: Store, repository: Path
) -> None:
    port = free_port()
    change(data, '[broker]\nhost = "127.0.0.1"\nport = ', f'[broker]\nhost = "127.0.0.1"\nport = {port} # was ')
    wanted = {("b", sequence) for sequence in range(400)}
    stored: set[tuple[str, int]] = set()
    command = [sys.executable, "seguia.py", "cloud", "ingest", "--data", str(data)]
    gateway = mqtt.Client(CallbackAPIVersion.VERSION2, "g1")
    gateway.on_message = lambda _client, _data, message: stored.update(decode_ack(bytes(message.payload)).stored)
    with mosquitto(tmp_path, port):
        gateway.connect("127.0.0.1", port)
        gateway.subscribe("seguia/v1/office/g1/ack", 1)
        gateway.loop_start()
        ends: list[tuple[int, bytes]] = []
        for kill_at in (50, 150, 400):
            process = subprocess.Popen(command, cwd=repository, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            end = time.monotonic() + 30
            while len(stored) < kill_at and time.monotonic() < end:
                # What nobody acknowledged is sent again, as a gateway does.
                for boot, sequence in sorted(wanted - stored)[:60]:
                    gateway.publish("seguia/v1/office/g1/detection", encode_detection(DETECTION, boot, sequence), qos=1)
                time.sleep(0.3)
            process.send_signal(signal.SIGTERM if kill_at == 400 else signal.SIGKILL)
            shown, _ = process.communicate(timeout=30)
            ends.append((process.returncode, shown))
        gateway.disconnect()
        gateway.loop_stop()
    assert [code for code, _ in ends] == [-signal.SIGKILL, -signal.SIGKILL, 0]
    assert b"stored" in ends[-1][1]
    assert stored == wanted
    assert len(store.parcel_detections("p1", 1000)) == 400
    assert json.loads(seguia("audit", "verify", "--data", data).stdout) | {"head": ""} == {
        "entries": 400,
        "records": 400,
        "head": "",
        "intact": True,
    }
