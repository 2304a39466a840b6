"""``seguia evaluate water``: figures as JSON and page, exit 1 where a part could not be rebuilt."""

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from edge.errors import ConfigurationError
from models.job import Job
from simulations.evaluation import parts
from simulations.evaluation.command import app
from simulations.evaluation.parts import WATER_PARTS

FIGURES = {"rows": [{"mode": "blind", "rmse_mm": 30.0}], "bars": {"rows": [{"what": "blind", "state": "missed"}]}}


def standing_in(monkeypatch: pytest.MonkeyPatch, figures: Mapping[str, Any] | Exception) -> None:
    def run(_: Job) -> Mapping[str, Any]:
        if isinstance(figures, Exception):
            raise figures
        return figures

    monkeypatch.setattr(parts, "importlib", SimpleNamespace(import_module=lambda _: SimpleNamespace(run=run)))


def test_every_part_has_its_module() -> None:
    for name, part in WATER_PARTS.items():
        assert importlib.util.find_spec(part.module) is not None, name


def test_a_missed_bar_is_marked_and_is_no_fault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    standing_in(monkeypatch, FIGURES)
    out = tmp_path / "water.html"
    result = CliRunner().invoke(app, ["water", "--out", str(out), "--data", str(tmp_path)])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert list(told["parts"]) == list(WATER_PARTS)
    assert told["parts"]["maricopa"]["figures"]["rows"][0]["rmse_mm"] == 30.0
    text = out.read_text()
    assert "Water figures, rebuilt" in text
    assert "seguia evaluate water" in text
    assert "missed" in text


def test_a_part_without_data_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    standing_in(monkeypatch, ConfigurationError("no data there"))
    result = CliRunner().invoke(app, ["water", "--only", "azmet", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert "seguia evaluate water: azmet: not rebuilt: no data there" in result.stderr


def test_an_unknown_part_is_refused() -> None:
    result = CliRunner().invoke(app, ["water", "--only", "wilting"])
    assert isinstance(result.exception, ConfigurationError)
    assert "maricopa" in str(result.exception)


def test_visits_one_by_one_are_drawn_and_not_printed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    standing_in(monkeypatch, {"rows": [{"mode": "blind", "rmse_mm": 30.0}], "series": []})
    result = CliRunner().invoke(app, ["water", "--only", "maricopa", "--data", str(tmp_path)])
    assert list(json.loads(result.stdout)["parts"]["maricopa"]["figures"]) == ["rows"]


@pytest.mark.parametrize("out", ["none/report.html", "."])
def test_a_page_that_cannot_be_written_is_refused_before_anything_is_made(
    out: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    standing_in(monkeypatch, RuntimeError("was made all the same"))
    result = CliRunner().invoke(app, ["water", "--out", str(tmp_path / out), "--data", str(tmp_path)])
    assert isinstance(result.exception, ConfigurationError)
    assert "expected a file in a folder that exists, got none" in str(result.exception)
