import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from edge.updates import launcher
from edge.updates.bundle import bundle_of
from edge.updates.slots import Slots


class StartedError(Exception):
    """In the place of a process that became another."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        super().__init__(command)
        self.command, self.environment = command, environment


@pytest.fixture(autouse=True)
def _nobody_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    def become(_path: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        raise StartedError(command, environment)

    monkeypatch.setattr(os, "execve", become)
    monkeypatch.setenv(launcher.CODE_SLOT, "of another start")
    monkeypatch.delenv("PYTHONPATH", raising=False)


def started(*arguments: str) -> StartedError:
    with pytest.raises(StartedError) as caught:
        launcher.main(list(arguments))
    return caught.value


def laid(updates: Path, slot: str) -> Slots:
    folder = updates / "code" / slot
    folder.mkdir(parents=True)
    (folder / launcher.COMPLETE).write_bytes(bundle_of("code", slot, {"seguia.py": b""}).listed)
    return Slots(updates, "code")


def test_without_releases_the_installed_code_is_started(tmp_path: Path) -> None:
    start = started(str(tmp_path), "gateway", "run")
    assert start.command == [sys.executable, "-P", "-m", "seguia", "gateway", "run"]
    assert start.environment[launcher.CODE_SLOT] == "installed"
    assert (tmp_path / "code" / launcher.LAUNCHED).exists()
    assert "PYTHONPATH" not in start.environment


def test_released_code_comes_first_on_the_path(tmp_path: Path) -> None:
    laid(tmp_path, "a").put_on_trial("a", heard_before=False)
    start = started(str(tmp_path), "gateway", "run")
    assert start.environment["PYTHONPATH"] == str(tmp_path / "code" / "a")
    assert start.environment[launcher.CODE_SLOT] == "a"
    assert start.command[1:] == ["-P", "-c", launcher.ON_TRIAL, "gateway", "run"]
    Slots(tmp_path, "code").keep()
    assert started(str(tmp_path), "gateway", "run").command[1:4] == ["-P", "-m", "seguia"]


@pytest.mark.parametrize(("code", "end"), [("2", 1), ("75", 75), ("0", 0), ("1", 1), ("None", 0), ("'word'", 1)])
def test_on_trial_no_end_says_that_starting_again_is_no_use(code: str, end: int, tmp_path: Path) -> None:
    (tmp_path / "seguia.py").write_text(
        f"import sys\nassert sys.argv[1:] == ['x'] and __name__ == '__main__'\nsys.exit({code})\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", launcher.ON_TRIAL, "x"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == end, done.stderr


@pytest.mark.parametrize(
    "command", [("gateway", "run", "--once"), ("gateway", "run", "--until-empty=5"), ("gateway", "update"), ("--help",)]
)
def test_only_starts_of_the_daemon_count(command: tuple[str, ...], tmp_path: Path) -> None:
    slots = laid(tmp_path, "a")
    slots.put_on_trial("a", heard_before=False)
    for _ in range(5):
        assert started(str(tmp_path), *command).environment[launcher.CODE_SLOT] == "a"
    trial = slots.trial()
    assert trial is not None
    assert trial.boots == 0


def test_whatever_goes_wrong_the_installed_code_is_started(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Path) -> None:
        raise ValueError("anything")

    monkeypatch.setattr(launcher, "begin_code", fail)
    assert started("/nowhere", "gateway", "run").command[-2:] == ["gateway", "run"]
    assert "the installed code is started" in capsys.readouterr().err
    assert started().command[-1] == "seguia"


def test_starts_that_cannot_be_counted_are_of_the_slot_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slots = laid(tmp_path, "a")
    slots.put_on_trial("a", heard_before=False)
    slots.keep()

    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    assert [launcher.begin_code(tmp_path / "code") for _ in range(9)] == ["a"] * 9


def test_code_that_rotted_gives_way_and_is_tried_again_in_the_end(tmp_path: Path) -> None:
    laid(tmp_path, "a")
    slots = laid(tmp_path, "b")
    slots.put_on_trial("b", heard_before=False)
    slots.keep()
    order = [launcher.begin_code(tmp_path / "code") for _ in range(10)]
    assert order == ["b", "b", "b", "a", "a", "a", None, None, None, "b"]


def test_an_only_slot_gives_way_to_what_was_installed(tmp_path: Path) -> None:
    slots = laid(tmp_path, "a")
    slots.put_on_trial("a", heard_before=False)
    slots.keep()
    assert [launcher.begin_code(tmp_path / "code") for _ in range(4)] == ["a", "a", "a", None]
