"""Parts are kept as a whole, a run goes on where it stood, and what cannot run is named while the rest goes on."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cloud.errors import MissingDataError
from edge.errors import ConfigurationError
from simulations.closed_loop import crew
from simulations.closed_loop.command import app
from simulations.closed_loop.district import DistrictDesign
from simulations.closed_loop.outcome import Outcome
from simulations.closed_loop.parts_kept import KeptParts
from simulations.closed_loop.pilot import Pilot
from simulations.closed_loop.runs import Part, Setting, parts_of
from tests.unit.simulations.closed_loop.made import many, outcome, pilot

TOML = """
name = "small"
crops = ["maize", "tomato"]
[[climates]]
name = "tunis"
seasons = [1990, 1991]
"""
asked: list[str] = []


def part(name: str = "advisor") -> Part:
    return Part(strategy=name, climate="tunis", crop="maize")


def test_parts_are_kept_and_read_again(tmp_path: Path) -> None:
    kept = KeptParts(tmp_path / "run", pilot(), resume=False)
    assert not kept.finished(part())
    kept.keep(part(), [outcome("advisor"), outcome("advisor", field="f2")])
    again = KeptParts(tmp_path / "run", pilot(), resume=True)
    assert again.finished(part())
    assert again.outcomes([part(), part("mixture")]) == [outcome("advisor"), outcome("advisor", field="f2")]
    assert not list(tmp_path.rglob("*.tmp"))


def test_folders_of_other_runs_are_refused(tmp_path: Path) -> None:
    KeptParts(tmp_path, pilot(), resume=False)
    with pytest.raises(ConfigurationError, match="--resume"):
        KeptParts(tmp_path, pilot(), resume=False)
    with pytest.raises(ConfigurationError, match="another"):
        KeptParts(tmp_path, pilot(seed=9), resume=True)
    (tmp_path / "pilot.json").write_text("[]", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="expected the pilot"):
        KeptParts(tmp_path, pilot(), resume=True)
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="--out"):
        KeptParts(tmp_path / "file", pilot(), resume=False)


@pytest.mark.parametrize(("content", "word"), [("{", "delete the file"), ('{"strategy": "x"}', "another folder")])
def test_a_damaged_part_is_named(tmp_path: Path, content: str, word: str) -> None:
    kept = KeptParts(tmp_path, pilot(), resume=False)
    kept.keep(part(), [])
    (tmp_path / "parts" / f"{part().name}.jsonl").write_text(content, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=word):
        kept.outcomes([part()])


def test_every_strategy_of_every_crop_is_a_part() -> None:
    names = [one.name for one in parts_of(pilot())]
    assert len(names) == len(set(names)) == 6
    assert names[0] == "advisor-tunis-maize"


def setting_of(pilot: Pilot, choice: object, folders: Sequence[Path]) -> Setting:
    return Setting(pilot=pilot, climate=None, forecasts=None)  # type: ignore[arg-type]  # nobody looks


def test_a_district_runs_season_by_season(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = pilot(district={"sample": 20, "turn_days": 15}, strategies=["mixture", "calendar_110_on_demand"])
    assert [one.name for one in parts_of(whole)][:2] == ["mixture-tunis-1990", "calendar_110_on_demand-tunis-1990"]
    designs: list[tuple[str, int, int]] = []

    def district_outcomes(strategy: str, season: int, setting: Setting, design: DistrictDesign) -> list[Outcome]:
        designs.append((strategy, season, design.turn_days))
        return [outcome(strategy, season=season, weight=12.0)]

    monkeypatch.setattr(crew, "setting_of", setting_of)
    monkeypatch.setattr(crew, "district_outcomes", district_outcomes)
    crew._kept_setting.cache_clear()
    found = crew.ran(whole, tmp_path, folders=(), jobs=1, resume=False)
    assert designs == [(name, year, 15) for year in (1990, 1991) for name in ("mixture", "calendar_110_on_demand")]
    assert len(found.outcomes) == 4
    crew._kept_setting.cache_clear()


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Parts that are made up instead of lived through; tomato has no weather."""
    asked.clear()
    crew._kept_setting.cache_clear()

    def outcomes_of(part: Part, setting: Setting) -> list[Outcome]:
        asked.append(part.name)
        if part.crop == "tomato":
            raise MissingDataError("weather of tunis: expected a record, got none; name a file")
        return [one for one in many() if one.strategy == part.strategy and one.crop == part.crop]

    monkeypatch.setattr(crew, "setting_of", setting_of)
    monkeypatch.setattr(crew, "outcomes_of", outcomes_of)
    return asked


def test_what_cannot_run_is_named_once_and_the_rest_goes_on(tmp_path: Path, stand_in: list[str]) -> None:
    found = crew.ran(pilot(), tmp_path, folders=(), jobs=1, resume=False)
    assert len(found.problems) == 1
    assert "mixture-tunis-tomato" in found.problems[0]
    assert "name a file" in found.problems[0]
    assert {one.crop for one in found.outcomes} == {"maize"}
    assert len(stand_in) == 6


def test_a_defect_in_one_part_is_named_and_the_others_go_on(
    tmp_path: Path, stand_in: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = vars(crew)["outcomes_of"]

    def outcomes_of(part: Part, setting: Setting) -> list[Outcome]:
        assert part.strategy != "advisor"
        found: list[Outcome] = sound(part, setting)
        return found

    monkeypatch.setattr(crew, "outcomes_of", outcomes_of)
    found = crew.ran(pilot(crops=["maize"]), tmp_path, folders=(), jobs=1, resume=False)
    assert "a defect, AssertionError in test_parts_and_command.py line" in found.problems[0]
    assert {one.strategy for one in found.outcomes} == {"mixture", "calendar_110"}


def test_only_what_is_not_finished_runs_again(tmp_path: Path, stand_in: list[str]) -> None:
    crew.ran(pilot(), tmp_path, folders=(), jobs=1, resume=False)
    stand_in.clear()
    again = crew.ran(pilot(), tmp_path, folders=(), jobs=1, resume=True)
    assert stand_in == ["advisor-tunis-tomato", "mixture-tunis-tomato", "calendar_110-tunis-tomato"]
    assert len(again.outcomes) == 60


def test_progress_is_told_where_someone_watches(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    times = iter((0.0, 60.0))
    bar = crew._Bar(2, 0, clock=lambda: next(times))
    bar.step("advisor-tunis-maize")
    bar.close()
    assert "1 of 2 parts, 1 min left, advisor-tunis-maize" in capsys.readouterr().err


def test_command_writes_report_and_page(tmp_path: Path, stand_in: list[str]) -> None:
    path, out = tmp_path / "pilot.toml", tmp_path / "out"
    path.write_text(TOML, encoding="utf-8")
    result = CliRunner().invoke(app, [str(path), "--out", str(out), "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert "tomato" in result.stderr
    printed = json.loads(result.stdout)
    assert set(printed) == {"verdict", "bars"}
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert report["verdict"] == printed["verdict"]
    assert report["strategies"]["advisor"]["seeds"] == [1]
    assert len(report["outcomes"]) == 60
    assert "SYNTHETIC" in (out / "report.html").read_text(encoding="utf-8")


def test_command_of_some_strategies(tmp_path: Path, stand_in: list[str]) -> None:
    path, out = tmp_path / "pilot.toml", tmp_path / "out"
    path.write_text(TOML.replace('["maize", "tomato"]', '["maize"]'), encoding="utf-8")
    result = CliRunner().invoke(app, [str(path), "--out", str(out), "--only", "mixture", "--seasons", "1"])
    assert result.exit_code == 0, result.stderr
    assert stand_in == ["mixture-tunis-maize"]
    assert json.loads(result.stdout)["verdict"].startswith("not proven")


def test_wrong_use_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [str(tmp_path / "absent.toml"), "--out", str(tmp_path / "out")])
    assert isinstance(result.exception, ConfigurationError)
    assert result.exception.exit_code == 2
