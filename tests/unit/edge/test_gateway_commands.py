import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import seguia
from edge.commands import gateway as commands
from edge.contract import Detection
from edge.doctor import examine
from edge.errors import UnreadableFrameError
from edge.evidence import Sighting
from edge.metadata import FrameMetadata
from edge.sources.folder import Drop

Result = tuple[int, str, str]
Run = Callable[..., Result]


def look(drop: Drop, metadata: FrameMetadata | None) -> Sighting:
    if drop.path.name.startswith("bad"):
        raise UnreadableFrameError(f"{drop.path}: expected a JPEG, got text")
    taken_at = None if metadata is None else metadata.taken_at
    return Sighting(detection=Detection(sha256="a" * 64, model=None, opinion=True, taken_at=taken_at))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    monkeypatch.setattr(commands, "_looker", lambda _: (look, ("canopy 1",)))
    monkeypatch.chdir(tmp_path)
    kept = [(name, signal.getsignal(name)) for name in (signal.SIGTERM, signal.SIGINT)]

    def call(*arguments: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["seguia", "gateway", *arguments])
        try:
            seguia.main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            for name, handler in kept:
                signal.signal(name, handler)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call


@pytest.fixture
def ready(run: Run) -> Path:
    code, _, _ = run(
        "init", "--organisation", "demo", "--gateway", "gw-01", "--parcel", "P1", "--crop", "soybean",
        "--broker", "127.0.0.1:1",
    )  # fmt: skip
    assert code == 0
    text = Path("gateway.toml").read_text().replace("settle_s = 1.0", "settle_s = 0.0")
    Path("gateway.toml").write_text(text.replace("poll_interval_s = 2.0", "poll_interval_s = 0.05"))
    return Path("photos/P1")


def test_init_writes_a_configuration_and_its_folders_once(run: Run, ready: Path) -> None:
    assert ready.is_dir()
    assert Path("data").is_dir()
    code, _, told = run("init", "--organisation", "o", "--gateway", "g", "--parcel", "P")
    assert code == 2
    assert "expected no such file yet" in told


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("--gateway", "a/b"), "gateway_id: expected"),
        (("--broker", ":1883"), "--broker: expected host or host:port"),
        (("--broker", "host:many"), "--broker: expected host or host:port"),
        (("--broker", "host:70000"), "broker.port: expected"),
        (("--config", "file/gateway.toml"), "cannot be written"),
    ],
)
def test_init_refuses_what_would_not_work(run: Run, arguments: tuple[str, ...], part: str) -> None:
    Path("file").write_text("")
    code, _, told = run("init", "--organisation", "o", "--gateway", "g", "--parcel", "P", *arguments)
    assert code == 2
    assert part in told
    assert told.count("\n") == 1


def test_check_names_what_is_wrong_and_ends_with_3_without_a_broker(run: Run, ready: Path) -> None:
    code, shown, told = run("check")
    assert code == 3
    assert "WRONG broker" in shown
    assert "ok    models      canopy 1" in shown
    (line,) = told.splitlines()
    assert line.startswith("seguia gateway: broker: 127.0.0.1:")
    assert "expected to be let in, got: Connection refused; check host" in line
    ready.rmdir()
    watch, broker = run("check")[2].splitlines()
    assert "watch: " in watch
    assert "broker: " in broker


def test_check_ends_with_1_when_only_a_folder_is_missing(
    run: Run, ready: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready.rmdir()
    monkeypatch.setattr(
        commands, "everything", lambda *parts: (each for each in examine(*parts) if each.part != "broker")
    )
    assert run("check")[0] == 1
    ready.mkdir()
    assert run("check")[0] == 0


def test_run_once_names_bad_files_and_ends_with_1(run: Run, ready: Path) -> None:
    (ready / "good.jpg").write_bytes(b"1")
    (ready / "bad.jpg").write_bytes(b"2")
    code, _, told = run("run", "--once")
    assert code == 1
    assert "bad.jpg: expected a JPEG, got text" in told
    assert "1 files could not be used" in told
    assert "2 photos looked at: 1 queued, 1 set aside, 0 messages stored by the cloud" in told
    code, _, told = run("run", "--once")
    assert code == 0
    assert "0 photos looked at: 0 queued, 0 set aside, 0 messages stored by the cloud" in told
    code, shown, _ = run("receipt", "--json")
    receipt = json.loads(shown)
    assert code == 0
    assert (receipt["frames_queued"], receipt["frames_rejected"], receipt["queued_messages"]) == (1, 1, 1)


def test_until_empty_without_a_broker_ends_with_3_and_keeps_everything(run: Run, ready: Path) -> None:
    (ready / "good.jpg").write_bytes(b"1")
    code, _, told = run("run", "--until-empty", "0.3")
    assert code == 3
    assert "1 messages wait after 0.3 s: the broker was not reached; nothing is lost" in told
    assert json.loads(run("receipt", "--json")[1])["queued_messages"] == 1


def test_a_termination_signal_stops_the_daemon_cleanly(run: Run, ready: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def look_and_end(drop: Drop, metadata: FrameMetadata | None) -> Sighting:
        os.kill(os.getpid(), signal.SIGTERM)
        return look(drop, metadata)

    monkeypatch.setattr(commands, "_looker", lambda _: (look_and_end, ()))
    (ready / "good.jpg").write_bytes(b"1")
    code, _, told = run("run")
    assert code == 0
    assert told.startswith("seguia gateway: watching 1 folders for 127.0.0.1:1;")
    assert json.loads(run("receipt", "--json")[1])["frames_queued"] == 1


def test_replay_prints_what_is_seen_and_queues_nothing(run: Run, ready: Path) -> None:
    (ready / "good.jpg").write_bytes(b"1")
    (ready / "good.json").write_text('{"taken_at": "2026-07-01T10:00:00Z"}')
    (ready / "bad.jpg").write_bytes(b"2")
    code, shown, told = run("replay")
    (detection,) = [Detection.model_validate_json(line) for line in shown.splitlines()]
    assert code == 1
    assert "bad.jpg" in told
    assert detection.parcel_id == "P1"
    assert detection.path is not None
    assert detection.path.endswith("photos/P1/good.jpg")
    assert detection.taken_at is not None
    assert (ready / "bad.jpg").exists()
    (ready / "bad.jpg").unlink()
    assert run("replay")[0] == 0


def test_a_receipt_needs_a_queue(run: Run, ready: Path) -> None:
    code, _, told = run("receipt", "--json")
    assert code == 2
    assert "run the gateway first" in told


@pytest.mark.parametrize("command", ["init", "check", "run", "receipt", "replay"])
def test_every_command_explains_itself_with_an_example(run: Run, command: str) -> None:
    code, shown, _ = run(command, "--help")
    assert code == 0
    assert f"seguia gateway {command}" in shown


def test_a_missing_configuration_ends_with_2(run: Run) -> None:
    code, _, told = run("run", "--config", "none.toml")
    assert code == 2
    assert "seguia gateway init" in told


@pytest.mark.parametrize(("machine", "profile"), [("x86_64", "x86"), ("AMD64", "x86"), ("aarch64", "pi4")])
def test_init_takes_the_profile_of_the_machine_it_runs_on_and_says_so(
    run: Run, monkeypatch: pytest.MonkeyPatch, machine: str, profile: str
) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)
    code, told, _ = run("init", "--organisation", "o", "--gateway", "g", "--parcel", "P")
    assert code == 0
    assert f"made for {profile}, after the machine" in told
    assert f'profile = "{profile}"' in Path("gateway.toml").read_text(encoding="utf-8")


def test_a_name_that_no_topic_may_hold_is_refused_in_words(run: Run) -> None:
    code, _, told = run("init", "--organisation", "a b", "--gateway", "g", "--parcel", "P")
    assert code == 2
    assert "organisation: expected letters, digits, _ . or -, at most 40, got 'a b'" in told


def test_a_look_for_releases_without_their_table_names_the_table(run: Run) -> None:
    assert run("init", "--organisation", "o", "--gateway", "g", "--parcel", "P")[0] == 0
    code, _, told = run("update")
    assert code == 2
    assert "expected a table [updates]" in told


def test_text_without_quotes_gets_the_hint(run: Run) -> None:
    Path("gateway.toml").write_text("organisation = demo\n", encoding="utf-8")
    code, _, told = run("check")
    assert code == 2
    assert "text stands in quotes" in told
