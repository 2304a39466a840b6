import builtins
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.clock import utc_now
from edge.config_file import read_config
from edge.database import Database
from edge.errors import ConfigurationError, UpdateRefusedError
from edge.logbook import Logbook
from edge.updates import errand, trying, worker
from edge.updates.slots import Slots
from edge.updates.trying import try_out
from tests.release_server import Served, release_server
from tests.release_world import Maker, configuration


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "repository", now=utc_now()).begin()


@pytest.fixture
def served(maker: Maker) -> Iterator[Served]:
    with release_server(maker.public) as server:
        yield server


@pytest.fixture
def gateway(tmp_path: Path, maker: Maker, served: Served) -> Path:
    path = tmp_path / "gateway.toml"
    path.write_text(
        'organisation = "demo"\ngateway_id = "gw-01"\n'
        f'[updates]\nurl = "{served.url}"\nroot_file = "{maker.metadata("1.root.json")}"\n',
        encoding="utf-8",
    )
    return path


@pytest.fixture(autouse=True)
def _quick_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "_ask", lambda _order, _code: {"well": True})


def test_a_look_says_a_line_for_each_kind_and_counts_its_bytes(maker: Maker, gateway: Path) -> None:
    maker.publish(configuration("poll_interval_s = 3.0\n"))
    database = Database(gateway.parent / "data" / "outbox.sqlite", tell=print)
    assert errand.look(gateway) == (
        "config: 1 is in place, on trial for 15 minutes",
        "models: nothing is published",
    )
    counted = Logbook(database).counters()["update_bytes"]
    database.close()
    assert 2000 < counted < 8000


def test_what_was_refused_is_named_and_ends_with_1(
    maker: Maker, gateway: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    maker.publish(configuration("poll_interval_s = 3.0\n"))
    monkeypatch.setattr(trying, "_ask", lambda _order, _code: {"well": False, "why": "no"})
    with pytest.raises(UpdateRefusedError, match="did not pass its trial run: no"):
        errand.look(gateway)
    monkeypatch.setattr("os.nice", lambda _: 0)
    assert errand.main([str(gateway)]) == 1
    assert "stays refused" in capsys.readouterr().err
    assert errand.main([str(gateway.parent / "absent.toml")]) == 2


def test_a_quiet_look_ends_with_0(maker: Maker, gateway: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.nice", lambda _: 0)
    assert errand.main([str(gateway)]) == 0
    assert not (gateway.parent / "data" / "outbox.sqlite").exists(), "a look begins no queue"


def test_without_the_extra_the_way_out_is_told(gateway: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *rest: object, **more: object) -> object:
        if name == "edge.updates.check":
            raise ModuleNotFoundError("No module named 'tuf'", name="tuf")
        return real(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(ConfigurationError, match=r"pip install '\.\[edge,updates\]'"):
        errand.look(gateway)


@pytest.mark.parametrize("kind", ["code", "config", "models"])
def test_what_is_tried_runs_beside_what_is_in_use(
    kind: str, gateway: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[dict[str, object], Path | None]] = []

    def ask(order: dict[str, object], code: Path | None) -> dict[str, object]:
        asked.append((order, code))
        return {"well": True}

    monkeypatch.setattr(trying, "_ask", ask)
    config = read_config(gateway)
    staged = tmp_path / "staged"
    try_out(config, gateway, Slots(config.data_dir / "updates", kind), staged)  # type: ignore[arg-type]
    order, code = asked[0]
    assert (code == staged) == (kind == "code")
    assert (order["models"] == str(staged)) == (kind == "models") == order["golden"]
    assert (order["overlay"] == str(staged / "gateway.toml")) == (kind == "config")


def test_the_look_of_a_daemon_is_a_process_below_everything_else(gateway: Path) -> None:
    look = worker.begin_look(gateway)
    assert isinstance(look, subprocess.Popen)
    assert look.wait(timeout=60) == 0
    assert "nothing is published" in (gateway.parent / "data" / "updates" / "journal.json").read_text(encoding="utf-8")


def answer(script: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    monkeypatch.undo()
    real = subprocess.run

    def run(_command: list[str], **more: object) -> object:
        return real([sys.executable, "-c", script], **more)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "run", run)
    return trying._ask({"models": None}, None)


def test_whatever_a_release_says_or_does_not_say_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    said = answer("import json; print('noise'); print(json.dumps({'well': True}))", monkeypatch)
    assert said == {"well": True}
    assert answer("raise SystemExit('it fell')", monkeypatch) == {"why": "it fell"}
    assert answer("import os; os._exit(7)", monkeypatch) == {"why": "it ended with 7"}
    assert answer("print('[1]')", monkeypatch) == {}
    monkeypatch.setattr(trying, "_PATIENCE_S", 0.5)
    real = trying._ask

    def slow(_command: list[str], **more: object) -> object:
        raise subprocess.TimeoutExpired("x", 0.5, more.get("input"))  # type: ignore[arg-type]

    monkeypatch.setattr(subprocess, "run", slow)
    assert real({}, None) == {"why": "no answer within 0.5 s"}
