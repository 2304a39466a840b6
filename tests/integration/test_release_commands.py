"""``seguia release`` and ``seguia gateway update`` end to end: real keys, the installed models, a wheel, a daemon."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.commands.gateway import app as gateway_app
from edge.errors import EdgeError
from edge.updates import launcher
from edge.updates.bundle import bundle_of
from edge.updates.golden import GOLDEN_FILE
from edge.updates.slots import Slots
from models.release.command import PASSPHRASE, app
from models.release.keys import read_key
from models.release.repository import ReleaseRepository
from tests.command_line import REPOSITORY, Told, seguia
from tests.release_server import Served, release_server
from tests.release_world import NOON

WORD = "correct horse battery"


def release(*arguments: object, word: str | None = WORD) -> Told:
    """The command in this process, which is quicker; its errors as the front door tells them."""
    done = CliRunner().invoke(app, [str(each) for each in arguments], env={PASSPHRASE: word})
    lines = tuple(done.output.splitlines())
    if isinstance(done.exception, EdgeError):
        return Told(code=done.exception.exit_code, lines=lines, errors=(str(done.exception),))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return Told(code=done.exit_code, lines=lines, errors=())


@dataclass(frozen=True)
class Desk:
    """Where releases are made."""

    folder: Path

    @property
    def repository(self) -> Path:
        return self.folder / "repository"

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    def do(self, command: str, *arguments: object) -> tuple[str, ...]:
        """The lines of a command that must succeed."""
        done = release(command, self.repository, *arguments)
        assert done.code == 0, done.errors
        return done.lines

    def publish(self) -> None:
        self.do("sign", "--key", self.keys / "targets-1.pem")
        self.do("publish", "--keys", self.keys)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.do("init", "--keys", desk.keys)
    desk.do("add", "models", REPOSITORY / "models", "--release", "m1", "--needs", "onnxruntime=1.22")
    desk.publish()
    return desk


@pytest.fixture
def desk(begun: Desk, tmp_path: Path) -> Desk:
    return Desk(Path(shutil.copytree(begun.folder, tmp_path / "desk")))


@pytest.fixture
def served(desk: Desk) -> Iterator[Served]:
    with release_server(desk.repository / "public") as server:
        yield server


@pytest.fixture
def gateway(tmp_path: Path, desk: Desk, served: Served) -> Path:
    """A gateway's configuration file."""
    shutil.copy(desk.repository / "public" / "metadata" / "1.root.json", tmp_path / "root.json")
    launched = tmp_path / "data" / "updates" / "code" / launcher.LAUNCHED
    launched.parent.mkdir(parents=True)
    launched.touch()
    path = tmp_path / "gateway.toml"
    path.write_text(
        'organisation = "demo"\ngateway_id = "gw-01"\npoll_interval_s = 0.1\n'
        f'[broker]\nport = 9\n[updates]\nurl = "{served.url}"\nroot_file = "root.json"\n',
        encoding="utf-8",
    )
    return path


def update(gateway: Path, *options: str) -> Told:
    """``seguia gateway update`` in this process; what is tried runs in one of its own all the same."""
    done = CliRunner().invoke(gateway_app, ["update", "--config", str(gateway), *options])
    if isinstance(done.exception, EdgeError):
        return Told(code=done.exception.exit_code, lines=(), errors=tuple(str(done.exception).splitlines()))
    assert done.exception is None, done.exception
    return Told(code=done.exit_code, lines=tuple(done.output.splitlines()), errors=())


def state_of(gateway: Path) -> dict[str, dict[str, object]]:
    told = update(gateway, "--state")
    assert told.code == 0, told.errors
    kinds: dict[str, dict[str, object]] = json.loads("\n".join(told.lines))["kinds"]
    return kinds


def wheel_of(folder: Path, **changed: str) -> Path:
    """A wheel of this checkout's gateway, some of its files changed."""
    wheel = folder / "seguia-0.2.0-py3-none-any.whl"
    about = "Metadata-Version: 2.4\nName: seguia\nVersion: 0.2.0\nRequires-Dist: numpy>=2.2\n"
    about += 'Requires-Dist: paho-mqtt>=2.1; extra == "edge"\nRequires-Dist: xarray>=99; extra == "cloud"\n'
    replaced = {f"edge/{name}.py": text for name, text in changed.items()}
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(REPOSITORY / "seguia.py", "seguia.py")
        for room in ("edge", "models"):
            for path in sorted((REPOSITORY / room).rglob("*")):
                name = str(path.relative_to(REPOSITORY))
                if path.suffix in {".py", ".toml", ".onnx"} and name not in replaced:
                    archive.write(path, name)
        for name, text in {**replaced, "cloud/__init__.py": "", "seguia-0.2.0.dist-info/METADATA": about}.items():
            archive.writestr(name, text)
    return wheel


def test_a_gateway_takes_released_models_tries_them_and_puts_them_in_place(gateway: Path) -> None:
    done = update(gateway)
    assert (done.code, done.lines[-1]) == (0, "models: m1 is in place, on trial for 15 minutes")
    models = state_of(gateway)["models"]
    assert (models["release"], models["slot"], models["trial_minutes"]) == ("m1", "a", 0)
    slot = gateway.parent / "data" / "updates" / "models" / "a"
    assert seguia("models", "verify", "--models", slot).code == 0
    assert (slot / GOLDEN_FILE).is_file()
    again = update(gateway)
    assert (again.code, again.lines[-1]) == (0, "models: m1 runs, the newest")


def test_models_that_answer_otherwise_here_are_refused(desk: Desk, gateway: Path) -> None:
    """As on a processor that computes 8-bit weights otherwise than the one the answers come from."""
    slot = gateway.parent / "data" / "updates" / "models" / "a"
    assert update(gateway).code == 0
    files = {
        str(path.relative_to(slot)): path.read_bytes()
        for path in slot.rglob("*")
        if path.is_file() and path.name != launcher.COMPLETE
    }
    Slots(slot.parent.parent, "models").keep()
    golden = json.loads(files[GOLDEN_FILE])
    golden["answers"]["canopy"]["drawn-1"] = [value + 3.0 for value in golden["answers"]["canopy"]["drawn-1"]]
    other = bundle_of("models", "m2", {**files, GOLDEN_FILE: json.dumps(golden).encode()})
    repository = ReleaseRepository(desk.repository, NOON)
    repository.add(other, "stable")
    repository.sign(read_key(desk.keys / "targets-1.pem", WORD))
    desk.do("publish", "--keys", desk.keys)
    refused = update(gateway)
    assert refused.code == 1
    assert "model canopy: expected its known answer to drawn-1 within 0.05" in refused.errors[0]
    models = state_of(gateway)["models"]
    assert models["release"] == "m1"
    assert "known answer" in json.dumps(models["refused"])


def test_released_code_is_tried_and_started_by_the_launcher(desk: Desk, gateway: Path, tmp_path: Path) -> None:
    changed = (REPOSITORY / "edge" / "updates" / "journal.py").read_text(encoding="utf-8")
    marked = changed.replace("on ``day``, by UTC", "on ``day``, by UTC (0.2)")
    wheel = wheel_of(tmp_path, **{"updates/journal": marked, "telling": 'SAYS = "0.2"\n'})
    desk.do("add", "code", wheel, "--release", "0.2.0")
    desk.publish()
    done = update(gateway)
    assert (done.code, done.lines[0]) == (0, "code: 0.2.0 is in place, on trial for 15 minutes")
    slot = gateway.parent / "data" / "updates" / "code" / "a"
    assert not (slot / "cloud").exists()
    script = "import edge.telling, seguia; print(edge.telling.SAYS, seguia.__file__)"
    code = [sys.executable, "-P", "-c", script]
    said = subprocess.run(code, env={**os.environ, "PYTHONPATH": str(slot)}, capture_output=True, text=True, check=True)
    assert said.stdout == f"0.2 {slot / 'seguia.py'}\n"
    started = subprocess.run(
        [
            *(sys.executable, "-P", "-m", "edge.updates.launcher", str(slot.parent.parent)),
            *("gateway", "update", "--state", "--config", str(gateway)),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert json.loads(started.stdout)["kinds"]["code"]["release"] == "0.2.0"
    trial = Slots(slot.parent.parent, "code").trial()
    assert trial is not None
    assert trial.boots == 0, "only starts of the daemon count"


@pytest.mark.parametrize("error", ["RuntimeError", "ConfigurationError"])
def test_code_that_dies_at_work_is_taken_back_and_what_was_installed_works_again(
    error: str, desk: Desk, gateway: Path, tmp_path: Path
) -> None:
    """It passes its trial run and falls in the field: the service manager starts it thrice, then the code before."""
    real = (REPOSITORY / "edge" / "gateway.py").read_text(encoding="utf-8")
    head, mark, tail = real.partition("        self.config = config\n")
    assert mark
    fall = "        from edge.errors import ConfigurationError  # which ends with 2: not to be started again\n"
    broken = f'{head}{mark}{fall}        raise {error}("it falls in the field")\n{tail}'
    desk.do("add", "code", wheel_of(tmp_path, gateway=broken), "--release", "0.2.0")
    desk.publish()
    assert update(gateway).code == 0
    updates = gateway.parent / "data" / "updates"
    ends = []
    for _ in range(4):
        command = [sys.executable, "-P", "-m", "edge.updates.launcher", str(updates), "gateway", "run"]
        with subprocess.Popen([*command, "--config", str(gateway)], stderr=subprocess.PIPE, text=True) as daemon:
            assert daemon.stderr is not None
            fell = False
            for line in daemon.stderr:
                fell |= "it falls in the field" in line
                if "watching" in line:
                    daemon.terminate()
        ends.append((daemon.returncode, fell))
    assert ends == [(1, True)] * 3 + [(0, False)]
    code = state_of(gateway)["code"]
    assert (code["release"], code["trial_minutes"]) == (None, None)
    assert "started 3 times without one healthy minute" in json.dumps(code["refused"])


@pytest.mark.parametrize(
    ("room", "text", "word"),
    [
        ("gateway", "this is no python", "SyntaxError"),
        ("detector", "import no_such_library\n", "no_such_library"),
        ("updates/selftest", "import os\nos.kill(os.getpid(), 9)\n", "ended with -9"),
    ],
)
def test_code_that_does_not_run_here_is_refused(
    room: str, text: str, word: str, desk: Desk, gateway: Path, tmp_path: Path
) -> None:
    desk.do("add", "code", wheel_of(tmp_path, **{room: text}), "--release", "0.2.0")
    desk.publish()
    done = update(gateway)
    assert done.code == 1
    assert word in done.about("code: release of code: did not pass its trial run")
    kinds = state_of(gateway)
    assert kinds["code"]["release"] is None
    assert kinds["models"]["release"] == "m1", "the others go on"


def test_code_that_needs_more_than_is_installed_is_refused(desk: Desk, gateway: Path, tmp_path: Path) -> None:
    desk.do("add", "code", wheel_of(tmp_path), "--release", "0.2.0", "--needs", "numpy=99")
    desk.publish()
    done = update(gateway)
    assert done.code == 1
    assert "expected numpy 99 or later" in done.about("code")


def test_a_configuration_that_this_gateway_cannot_read_is_refused(desk: Desk, gateway: Path, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[delivery]\nack_timeout_s = -4\n", encoding="utf-8")
    desk.do("add", "config", tmp_path / "c.toml", "--release", "c1")
    desk.publish()
    done = update(gateway)
    assert done.code == 1
    assert "delivery.ack_timeout_s" in done.about("config")


def test_a_daemon_ends_with_75_to_start_what_was_put_in_place(desk: Desk, gateway: Path, tmp_path: Path) -> None:
    assert update(gateway).code == 0
    updates = gateway.parent / "data" / "updates"
    Slots(updates, "models").keep()
    command = [sys.executable, "-m", "seguia", "gateway", "run", "--config", str(gateway)]
    daemon = subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 60
        while not (gateway.parent / "data" / "outbox.sqlite").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        (tmp_path / "c.toml").write_text("poll_interval_s = 0.2\n", encoding="utf-8")
        desk.do("add", "config", tmp_path / "c.toml", "--release", "c1")
        desk.publish()
        assert update(gateway).code == 0
        assert daemon.wait(timeout=60) == 75
        assert daemon.stderr is not None
        said = daemon.stderr.read()
        assert "another release of config is in place" in said
        assert "Traceback" not in said
    finally:
        if daemon.poll() is None:
            daemon.send_signal(signal.SIGKILL)
        daemon.wait()
        assert daemon.stderr is not None
        daemon.stderr.close()


def test_an_unreachable_repository_is_3_and_a_gateway_without_one_2(
    gateway: Path, served: Served, tmp_path: Path
) -> None:
    served.mischief.status["timestamp.json"] = 500
    assert update(gateway).code == 3
    plain = tmp_path / "plain.toml"
    plain.write_text('organisation = "demo"\ngateway_id = "gw-01"\n', encoding="utf-8")
    for arguments in ((), ("--state",)):
        done = update(plain, *arguments)
        assert done.code == 2
        assert "[updates]" in done.errors[0]


def test_status_tells_what_is_public_staged_and_lacking(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("poll_interval_s = 9.0\n", encoding="utf-8")
    desk.do("add", "config", tmp_path / "c.toml", "--release", "c1", "--channel", "demo.gw-01")
    lines = desk.do("status")
    assert any(line.startswith("public: models/stable") for line in lines)
    assert any(line.startswith("staged: config/demo.gw-01") for line in lines)
    assert "lacking: targets 3: 0 of 1 signatures by root 1" in lines
    assert any(line.startswith("root: 2 of ") for line in lines)


def test_keys_are_changed_by_a_threshold_of_root_keys(desk: Desk) -> None:
    (old,) = [line.split()[-1] for line in desk.do("status") if line.startswith("targets: 1 of ")]
    rotated = desk.do("rotate", "targets", "--new-key", desk.keys / "targets-2.pem", "--remove", old)
    assert "lacking: root 2: 0 of 2 signatures by root 1" in rotated
    first = desk.do("sign", "--key", desk.keys / "root-1.pem", "--key", desk.keys / "targets-2.pem")
    assert "still lacking: root 2: 1 of 2 signatures by root 2" in first
    refused = release("publish", desk.repository, "--keys", desk.keys)
    assert refused.code == 1
    assert "1 of 2 signatures" in refused.errors[0]
    desk.do("sign", "--key", desk.keys / "root-2.pem")
    assert "root 2" in desk.do("publish", "--keys", desk.keys)[0]
    useless = release("sign", desk.repository, "--key", desk.keys / "targets-1.pem")
    assert useless.code == 2
    assert "got nothing" in useless.errors[0]


def test_root_and_targets_are_renewed_before_they_run_out(desk: Desk) -> None:
    desk.do("publish", "--renew")
    desk.do(
        "sign", *(part for name in ("root-1", "root-3", "targets-1") for part in ("--key", desk.keys / f"{name}.pem"))
    )
    line = desk.do("publish", "--keys", desk.keys)[0]
    assert line.endswith("published, targets 3, root 2")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("init",), "expected no such key yet"),
        (("init", "--keys", "{new}"), "expected no repository yet"),
        (("init", "--root-keys", "1", "--keys", "{new}"), "thresholds"),
        (("add", "models", "{new}", "--release", "x"), "folder of models"),
        (("add", "code", "{new}", "--release", "x"), "expected a wheel"),
        (("add", "config", "{new}", "--release", "x"), "expected TOML"),
        (("add", "config", "{own}", "--release", "x"), "only a gateway's own file"),
        (("add", "config", "{good}", "--release", "x/y"), "release"),
        (("add", "config", "{good}", "--release", "x", "--needs", "numpy"), "expected PACKAGE=VERSION"),
        (("add", "code", "{zip}", "--release", "x"), "a wheel of something else"),
        (("sign", "--key", "{new}"), "expected a key"),
        (("sign", "--key", "{good}"), "expected a key that its passphrase opens"),
        (("rotate", "targets", "--remove", "zz"), "the beginning of one key id"),
        (("rotate", "root", "--threshold", "9"), "expected at least 9 keys"),
        (("publish", "--keys", "{new}"), "expected the key of snapshot"),
    ],
)
def test_wrong_use_is_told_with_the_way_out(arguments: tuple[str, ...], word: str, desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("gateway_id = 'x'\n", encoding="utf-8")
    (tmp_path / "good.toml").write_text("poll_interval_s = 1.0\n", encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as archive:
        archive.writestr("other.py", "")
    places = {"new": "new", "own": "own.toml", "good": "good.toml", "zip": "other.whl"}
    named = [text.format(**{name: tmp_path / place for name, place in places.items()}) for text in arguments]
    if named[0] == "init" and "--keys" not in named:
        named += ["--keys", str(desk.keys)]
    done = release(named[0], desk.repository, *named[1:])
    assert done.code in {1, 2}
    assert word in done.errors[-1]
    assert len(done.errors) == 1


def test_a_passphrase_is_asked_for_and_must_be_right(desk: Desk, tmp_path: Path) -> None:
    key = desk.keys / "targets-1.pem"
    assert b"ENCRYPTED" in key.read_bytes()
    assert key.stat().st_mode & 0o077 == 0
    without = release("sign", desk.repository, "--key", key, word=None)
    assert (without.code, "neither" in without.errors[0]) == (2, True)
    wrong = release("sign", desk.repository, "--key", key, word="something else")
    assert (wrong.code, "passphrase" in wrong.errors[0]) == (2, True)
    short = release("init", tmp_path / "new", "--keys", tmp_path / "k", word="short")
    assert (short.code, "12 letters" in short.errors[0]) == (2, True)
    absent = release("status", tmp_path / "nowhere")
    assert (absent.code, "release init" in absent.errors[0]) == (2, True)
