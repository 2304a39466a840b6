"""``seguia evaluate vision``: everything told that was, was not and could not be rebuilt."""

import importlib.util
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from edge.errors import ConfigurationError
from models.job import Job
from models.registry import DATASETS, checked_folder
from simulations.evaluation import command, parts
from simulations.evaluation.command import app, processor
from simulations.evaluation.parts import PARTS, Part, plain, rebuild

CARD = '[evaluation]\nrows = [{ episode = "A", auc = 0.91 }]\n'
FIGURES = {"rows": [{"episode": "A", "auc": 0.91}], "bars": {"rows": [{"what": "auc", "state": "missed"}]}}


def asked(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["vision", *arguments])


@pytest.fixture
def cards(tmp_path: Path) -> Path:
    (tmp_path / "wilting").mkdir()
    (tmp_path / "wilting" / "card.toml").write_text(CARD)
    return tmp_path


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[[Mapping[str, Any]], list[Job]]:
    def stand_in(figures: Mapping[str, Any]) -> list[Job]:
        jobs: list[Job] = []

        def run(job: Job) -> Mapping[str, Any]:
            jobs.append(job)
            return figures

        monkeypatch.setattr(parts, "importlib", SimpleNamespace(import_module=lambda _: SimpleNamespace(run=run)))
        return jobs

    return stand_in


def test_every_part_has_its_module_and_every_card_its_folder(repository: Path) -> None:
    for name, part in PARTS.items():
        assert importlib.util.find_spec(part.module) is not None, name
        assert part.card is None or (repository / "models" / part.card / "card.toml").is_file(), name


def test_figures_bars_and_machine_come_as_json_and_page(
    answering: Callable[[Mapping[str, Any]], list[Job]], cards: Path
) -> None:
    jobs = answering(FIGURES)
    page = cards / "report.html"
    result = asked("--only", "wilting", "--models", str(cards), "--data", "here", "--out", str(page))
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["machine"]["cores"].isdigit()
    part = told["parts"]["wilting"]
    assert part["state"] == "rebuilt"
    assert part["bars"] == [{"what": "auc", "state": "missed"}]
    assert part["differs_from_card"] == []
    assert part["figures"]["rows"][0]["auc"] == 0.91
    assert "Every number of the published card was rebuilt" in page.read_text(encoding="utf-8")
    assert jobs[0].data == Path("here")


def test_a_number_that_came_out_otherwise_ends_with_one(
    answering: Callable[[Mapping[str, Any]], list[Job]], cards: Path
) -> None:
    answering({"rows": [{"episode": "A", "auc": 0.85}]})
    result = asked("--only", "wilting", "--models", str(cards))
    assert result.exit_code == 1
    assert "wilting: rows [A].auc: card 0.91, rebuilt 0.85" in result.stderr
    assert json.loads(result.stdout)["parts"]["wilting"]["differs_from_card"]


def test_a_missing_package_is_named_and_the_other_parts_go_on(monkeypatch: pytest.MonkeyPatch, cards: Path) -> None:
    def load(module: str) -> SimpleNamespace:
        if "wilting" in module:
            return SimpleNamespace(run=lambda _: FIGURES)
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr(parts, "importlib", SimpleNamespace(import_module=load))
    result = asked("--only", "canopy", "--only", "wilting", "--models", str(cards))
    assert result.exit_code == 1
    assert "canopy: not rebuilt: needs the package torch" in result.stderr
    told = json.loads(result.stdout)["parts"]
    assert told["canopy"]["state"] == "not rebuilt"
    assert told["wilting"]["state"] == "rebuilt"


def test_missing_data_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cards: Path) -> None:
    def run(job: Job) -> Mapping[str, Any]:
        return {"folder": str(checked_folder(DATASETS["soybean_wilting"], job.data))}

    monkeypatch.setattr(parts, "importlib", SimpleNamespace(import_module=lambda _: SimpleNamespace(run=run)))
    result = asked("--only", "wilting", "--data", str(tmp_path / "absent"), "--models", str(cards))
    assert result.exit_code == 1
    assert "wilting: not rebuilt: data set soybean_wilting" in result.stderr


def test_a_part_of_our_own_that_is_absent_is_a_defect() -> None:
    with pytest.raises(ModuleNotFoundError):
        rebuild(
            "x",
            Part(module="models.absent", summary=""),
            Job(data=Path(), out=Path(), steps=None, threads=1, told=print),
        )


def test_an_unknown_part_is_refused_with_the_known_ones() -> None:
    result = asked("--only", "sound")
    assert isinstance(result.exception, ConfigurationError)
    assert "wilting, canopy" in str(result.exception)


def test_all_parts_are_rebuilt_when_none_is_named(
    answering: Callable[[Mapping[str, Any]], list[Job]], monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = answering({})
    monkeypatch.setattr(command, "against_card", lambda *_: [])
    told = json.loads(asked().stdout)
    assert list(told["parts"]) == list(PARTS)
    assert len(jobs) == len(PARTS)


def test_the_processor_is_named_by_the_system_or_by_its_kind(tmp_path: Path) -> None:
    listing = tmp_path / "cpuinfo"
    assert processor(listing)
    listing.write_text("processor : 0\nmodel name : Some CPU @ 2 GHz\n")
    assert processor(listing) == "Some CPU @ 2 GHz"
    listing.write_text("processor : 0\n")
    assert processor(listing)


@pytest.mark.parametrize(("watched", "written"), [(True, "a line\n"), (False, "")])
def test_progress_is_for_terminals(*, watched: bool, written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    stream = SimpleNamespace(isatty=lambda: watched, write=lines.append)
    monkeypatch.setattr(command, "sys", SimpleNamespace(stderr=stream))
    command.told("a line")
    assert "".join(lines) == written


def test_one_figure_that_is_no_number_does_not_cost_the_whole_run() -> None:
    found = plain({"a": (np.float64("nan"), float("inf"), np.int64(3)), 4: {"b": [True, None, "x", 0.5]}})
    assert found == {"a": [None, None, 3], "4": {"b": [True, None, "x", 0.5]}}
    assert json.dumps(found, allow_nan=False)


def test_figures_that_no_page_could_show_are_a_defect() -> None:
    with pytest.raises(TypeError, match="got set"):
        plain({"a": {1}})
