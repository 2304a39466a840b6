"""``seguia judge`` from files to verdicts, as a user calls it."""

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import seguia
from tests.integration.test_advise_command import farm, feature
from tests.synthetic_season import write_ahead, write_past

DAY = date(2026, 6, 10)


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    parcels = farm(tmp_path / "farm.geojson", feature("one", -6.4), feature("two", -6.39, name="Second"))
    weather = write_past(tmp_path / "past.csv", date(2026, 6, 9))
    forecast = write_ahead(tmp_path / "ahead.csv", DAY)
    return ["--parcels", str(parcels), "--weather", str(weather), "--forecast", str(forecast)]


def run(*arguments: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["seguia", *arguments])
    try:
        seguia.main()
    except SystemExit as leaving:
        return int(leaving.code or 0)
    return 0


@pytest.fixture
def advised(options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    out = tmp_path / "V.jsonl"
    assert run("advise", "--day", str(DAY), *options, "--out", str(out), monkeypatch=monkeypatch) == 0
    return out


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_verdicts_judged_again_are_the_same(
    advised: Path, options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = tmp_path / "again.jsonl"
    assert run("judge", str(advised), *options, "--out", str(again), monkeypatch=monkeypatch) == 0
    assert again.read_bytes() == advised.read_bytes()


def test_bare_recommendations_are_judged_as_well(
    advised: Path, options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "R.jsonl"
    bare.write_text("".join(json.dumps(one["proposed"]) + "\n" for one in records(advised)), encoding="utf-8")
    again = tmp_path / "again.jsonl"
    assert run("judge", str(bare), *options, "--out", str(again), monkeypatch=monkeypatch) == 0
    assert again.read_bytes() == advised.read_bytes()


@pytest.mark.parametrize("factor", [10.0, 0.1])
def test_a_slipped_volume_is_blocked(
    advised: Path, options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, factor: float
) -> None:
    proposals = [one["proposed"] for one in records(advised)]
    proposals[0]["volume_m3"] *= factor
    wrong, out = tmp_path / "R.jsonl", tmp_path / "out.jsonl"
    wrong.write_text("".join(json.dumps(one) + "\n" for one in proposals), encoding="utf-8")
    assert run("judge", str(wrong), *options, "--out", str(out), monkeypatch=monkeypatch) == 0
    first = records(out)[0]
    assert first["decision"] == "block"
    assert first["recommendation"]["action"] == "hold"
    assert first["recommendation"]["depth_mm"] is None


def test_a_line_that_is_no_recommendation_is_named_and_the_rest_judged(
    advised: Path,
    options: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    proposals = [one["proposed"] for one in records(advised)]
    proposals[0]["volume_m3"] = -5.0
    wrong, out = tmp_path / "R.jsonl", tmp_path / "out.jsonl"
    wrong.write_text("".join(json.dumps(one) + "\n" for one in proposals) + "nonsense\n", encoding="utf-8")
    assert run("judge", str(wrong), *options, "--out", str(out), monkeypatch=monkeypatch) == 1
    assert [one["proposed"]["parcel_id"] for one in records(out)] == ["two"]
    err = capsys.readouterr().err
    assert "R.jsonl line 1: volume_m3" in err
    assert "R.jsonl line 3" in err
    assert "Traceback" not in err


def test_history_is_read_and_a_day_can_be_chosen(
    advised: Path, options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.jsonl"
    more = ["--history", str(advised), "--day", str(DAY), "--out", str(out)]
    assert run("judge", str(advised), *options, *more, monkeypatch=monkeypatch) == 0
    assert len(records(out)) == 2


def test_nothing_to_judge_is_an_error(
    advised: Path, options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("judge", str(advised), *options, "--day", "2026-01-01", monkeypatch=monkeypatch) == 1
    assert "expected at least one recommendation of 2026-01-01" in capsys.readouterr().err


def test_a_missing_file_is_one_line(
    options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("judge", str(tmp_path / "none.jsonl"), *options, monkeypatch=monkeypatch) == 1
    err = capsys.readouterr().err
    assert "expected a readable file" in err
    assert len(err.splitlines()) == 1
