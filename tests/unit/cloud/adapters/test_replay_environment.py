"""What computes here is named, and the rules have a digest of their own."""

import platform
from importlib import metadata
from pathlib import Path

import pytest

from cloud.adapters import replay_environment
from cloud.adapters.replay_environment import environment


def test_the_environment_is_that_of_this_process() -> None:
    here = environment()
    assert (here.machine, here.python) == (platform.machine(), platform.python_version())
    assert here.packages["numpy"] == metadata.version("numpy")
    assert here.processor
    assert environment() is here


def test_the_digest_follows_every_rule_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = tmp_path / "cloud"
    for name in ("daily.py", "advice/dose.py", "judge/judge.py", "web/app.py", "../edge/contract.py"):
        (cloud / name).parent.mkdir(parents=True, exist_ok=True)
        (cloud / name).write_text(name)
    monkeypatch.setattr(replay_environment, "_HERE", cloud)
    digests = [replay_environment._code()]
    for name in ("daily.py", "advice/dose.py", "judge/judge.py", "../edge/contract.py"):
        (cloud / name).write_text("changed")
        digests.append(replay_environment._code())
    assert len(set(digests)) == 5
    (cloud / "web" / "app.py").write_text("changed")
    assert replay_environment._code() == digests[-1]


def test_a_machine_that_tells_nothing_of_itself_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_environment, "_PROCESSORS", tmp_path / "absent")
    assert replay_environment._processor() == (platform.processor() or "unknown")
    (tmp_path / "cpuinfo").write_text("processor : 0\nmodel name : Test 9000\n")
    monkeypatch.setattr(replay_environment, "_PROCESSORS", tmp_path / "cpuinfo")
    assert replay_environment._processor() == "Test 9000"
