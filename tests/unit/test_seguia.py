"""The front door: one line for each error, the right exit code, no traceback unless asked."""

import subprocess
import sys
from pathlib import Path

import pytest

import seguia
from cloud.errors import ConfigurationError, InputError, ServiceUnavailableError


def run_with(monkeypatch: pytest.MonkeyPatch, error: BaseException, *options: str) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(seguia, "app", fail)
    monkeypatch.setattr(sys, "argv", ["seguia", *options])
    seguia.main()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("weather.csv: row 3"), 1),
        (ConfigurationError("gateway.toml: broker.port"), 2),
        (ServiceUnavailableError("broker 127.0.0.1:1"), 3),
        (RuntimeError("a defect of ours"), 1),
    ],
)
def test_an_error_is_one_line_with_its_exit_code(
    error: Exception, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        run_with(monkeypatch, error)
    told = capsys.readouterr().err
    assert stop.value.code == code
    assert str(error) in told
    assert len(told.splitlines()) == 1


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError):
        run_with(monkeypatch, InputError("weather.csv: row 3"), "detect", "--debug")
    assert sys.argv == ["seguia", "detect"]


def test_a_missing_extra_is_named_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def without(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name="xarray.core")

    monkeypatch.setattr("importlib.import_module", without)
    with pytest.raises(SystemExit) as stop:
        seguia.RoomsGroup(name="seguia").get_command(None, "et0")
    assert stop.value.code == 2
    assert "pip install '.[cloud]'" in capsys.readouterr().err


def test_an_extra_missed_only_when_a_command_runs_is_named_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        run_with(monkeypatch, ModuleNotFoundError("No module named 'xarray'", name="xarray"), "et0", "weather.csv")
    assert stop.value.code == 2
    told = capsys.readouterr().err
    assert "needs the package xarray" in told
    assert "pip install '.[cloud]'" in told


def test_an_unknown_command_is_wrong_use(repository: Path) -> None:
    done = subprocess.run(
        [sys.executable, "seguia.py", "irigate"], cwd=repository, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", list(seguia.ROOMS))
def test_every_command_opens_and_explains_itself(name: str, repository: Path) -> None:
    done = subprocess.run(
        [sys.executable, "seguia.py", name, "--help"], cwd=repository, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "seguia" in done.stdout
