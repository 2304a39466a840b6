"""``seguia models`` as a user meets it: good models, broken ones, missing things."""

import hashlib
import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from edge.errors import ConfigurationError, ModelRefusedError
from models import commands
from models.commands import app
from models.job import Job, machine

RUNNER = CliRunner()


@pytest.fixture
def installed(tmp_path: Path, repository: Path) -> Path:
    for name in ("canopy", "wilting"):
        (tmp_path / name).mkdir()
        for file in ("card.toml", f"{name}.onnx"):
            shutil.copy(repository / "models" / name / file, tmp_path / name / file)
    return tmp_path


def refusal(arguments: list[str]) -> tuple[str, ModelRefusedError]:
    result = RUNNER.invoke(app, arguments)
    assert isinstance(result.exception, ModelRefusedError), result.output
    assert result.exception.exit_code == 1
    return result.output, result.exception


def test_list_names_each_installed_model() -> None:
    result = RUNNER.invoke(app, ["list"])
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert [line.split()[0] for line in lines] == ["canopy", "scene", "wilting"]
    assert "soybean" in lines[2]


def test_verify_prints_licence_and_data_of_the_packaged_models() -> None:
    result = RUNNER.invoke(app, ["verify"])
    assert result.exit_code == 0, result.output
    assert "canopy: ok" in result.output
    assert "wilting: ok" in result.output
    assert "CC-BY-SA-4.0" in result.output
    assert "data: soybean_wilting, none stated" in result.output
    assert "needs the operator's switch" in result.output


def test_verify_names_a_model_with_a_changed_byte_and_still_checks_the_other(installed: Path) -> None:
    graph = installed / "canopy" / "canopy.onnx"
    content = bytearray(graph.read_bytes())
    content[len(content) // 2] ^= 1
    graph.write_bytes(bytes(content))
    output, error = refusal(["verify", "--models", str(installed)])
    assert "canopy: REFUSED" in output
    assert "wilting: ok" in output
    assert "canopy.onnx" in str(error)
    assert "SHA-256" in str(error)


def test_verify_names_a_model_without_a_card(installed: Path) -> None:
    (installed / "wilting" / "card.toml").unlink()
    output, error = refusal(["verify", "--models", str(installed)])
    assert "wilting: REFUSED" in output
    assert "card.toml" in str(error)


def test_verify_names_a_card_without_a_licence(installed: Path) -> None:
    card = installed / "wilting" / "card.toml"
    lines = [line for line in card.read_text(encoding="utf-8").splitlines() if not line.startswith("licence =")]
    card.write_text("\n".join(lines), encoding="utf-8")
    _, error = refusal(["verify", "--models", str(installed)])
    assert "licence" in str(error)


def test_verify_names_both_bad_models_in_one_run(installed: Path) -> None:
    for name in ("canopy", "wilting"):
        (installed / name / f"{name}.onnx").write_bytes(b"not a graph")
    _, error = refusal(["verify", "--models", str(installed)])
    assert len(str(error).splitlines()) == 2


def test_verify_refuses_a_graph_that_is_none_although_its_hash_is_right(installed: Path) -> None:
    graph, card = installed / "canopy" / "canopy.onnx", installed / "canopy" / "card.toml"
    graph.write_bytes(b"not a graph")
    digest = hashlib.sha256(b"not a graph").hexdigest()
    lines = [
        f'sha256 = "{digest}"' if line.startswith("sha256 =") else line
        for line in card.read_text(encoding="utf-8").splitlines()
    ]
    card.write_text("\n".join(lines), encoding="utf-8")
    output, _ = refusal(["verify", "--models", str(installed)])
    assert "canopy: REFUSED" in output


@pytest.mark.parametrize("command", ["list", "verify"])
def test_a_folder_without_models_is_told(command: str, tmp_path: Path) -> None:
    _, error = refusal([command, "--models", str(tmp_path)])
    assert "at least one model" in str(error)
    _, error = refusal([command, "--models", str(tmp_path / "absent")])
    assert "expected a folder of models" in str(error)


def test_list_names_a_broken_card_and_goes_on(installed: Path) -> None:
    (installed / "canopy" / "card.toml").write_text("name = ", encoding="utf-8")
    output, error = refusal(["list", "--models", str(installed)])
    assert output.startswith("wilting")
    assert "TOML" in str(error)


def test_export_before_training_names_the_missing_step(tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["export", "canopy", "--out", str(tmp_path)])
    assert isinstance(result.exception, ConfigurationError)
    assert "seguia models train" in str(result.exception)


def test_export_without_figures_names_evaluate(tmp_path: Path) -> None:
    (tmp_path / "canopy").mkdir()
    (tmp_path / "canopy" / "canopy.pt").write_bytes(b"")
    result = RUNNER.invoke(app, ["export", "canopy", "--out", str(tmp_path)])
    assert isinstance(result.exception, ConfigurationError)
    assert "seguia models evaluate" in str(result.exception)


def test_missing_training_library_is_told_with_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ModuleNotFoundError(name="torch")

    monkeypatch.setattr("models.commands.importlib.import_module", absent)
    result = RUNNER.invoke(app, ["train", "canopy"])
    assert isinstance(result.exception, ConfigurationError)
    assert "package torch" in str(result.exception)
    assert "'.[edge,train]' in a checkout" in str(result.exception)


def test_a_broken_room_of_our_own_is_not_called_a_missing_library(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ModuleNotFoundError(name="models.canopy.train")

    monkeypatch.setattr("models.commands.importlib.import_module", absent)
    assert isinstance(RUNNER.invoke(app, ["train", "canopy"]).exception, ModuleNotFoundError)


def test_evaluate_prints_json_and_keeps_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[Job] = []

    def run(job: Job) -> dict[str, object]:
        asked.append(job)
        return {"split": "leave-episode-out"}

    monkeypatch.setattr(commands, "room", lambda *_: SimpleNamespace(run=run))
    result = RUNNER.invoke(app, ["evaluate", "wilting", "--out", str(tmp_path), "--data", "d", "--steps", "3"])
    assert json.loads(result.stdout) == {"split": "leave-episode-out"}
    assert json.loads((tmp_path / "wilting" / "figures.json").read_text()) == {"split": "leave-episode-out"}
    assert asked[0].data == Path("d")
    assert asked[0].steps == 3


def test_train_and_export_print_where_the_result_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(
        commands, "room", lambda name, work: SimpleNamespace(run=lambda job: job.weights(name.value).parent / work)
    )
    (tmp_path / "canopy").mkdir()
    (tmp_path / "canopy" / "canopy.pt").write_bytes(b"")
    (tmp_path / "canopy" / "figures.json").write_text("{}")
    for work in ("train", "export"):
        result = RUNNER.invoke(app, [work, "canopy", "--out", str(tmp_path)])
        assert result.output.strip() == str(tmp_path / "canopy" / work)


@pytest.mark.parametrize(("watched", "written"), [(True, "a line\n"), (False, "")])
def test_progress_is_for_terminals(watched: bool, written: str, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001 -- a test parameter
    lines: list[str] = []
    monkeypatch.setattr(sys, "stderr", SimpleNamespace(isatty=lambda: watched, write=lines.append))
    commands.told("a line")
    assert "".join(lines) == written


def test_job_knows_its_files_and_names_no_machine() -> None:
    job = commands.job_of(Path("data"), Path("out"))
    assert job.weights("canopy") == Path("out/canopy/canopy.pt")
    assert job.figures("canopy") == Path("out/canopy/figures.json")
    assert "server" in machine()


@pytest.mark.parametrize("work", ["train", "evaluate"])
def test_scores_from_the_map_join_the_training_of_wilting(
    work: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[Job] = []

    def run(job: Job) -> dict[str, object]:
        asked.append(job)
        return {}

    monkeypatch.setattr(commands, "room", lambda *_: SimpleNamespace(run=run))
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(b"a photo")
    table = tmp_path / "scores.csv"
    table.write_text(
        "path,taken_at,camera_id,score,labeller\n"
        "a.jpg,2026-07-01T13:05+01:00,north,3,amina\n"
        "b.jpg,2026-07-01T13:05+01:00,north,0,amina\n"
        "b.jpg,2026-07-01T13:05+01:00,north,4,brahim\n"
    )
    result = RUNNER.invoke(app, [work, "wilting", "--labels", str(table), "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert [row["wilting_0_4"] for row in asked[0].labelled] == ["3"]
    assert "b.jpg: left out: scores 0 to 4" in result.stderr


def test_scores_train_no_other_model(tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["train", "canopy", "--labels", str(tmp_path / "scores.csv")])
    assert isinstance(result.exception, ConfigurationError)
    assert "expected the model wilting, got canopy" in str(result.exception)
