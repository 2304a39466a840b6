import hashlib
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.card import packaged_models
from edge.errors import UpdateRefusedError
from edge.updates import selftest
from edge.updates.golden import (
    DRAWN,
    GOLDEN_FILE,
    Golden,
    difference,
    drawn_tile,
    golden_of,
    hold,
    model_names,
    read_golden,
)

EXPECTED = ["51499724ac45e8c2", "6b82c3eb409d8980", "583a8d8e854659bb"]


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed models with their known answers, and a photo besides."""
    folder = tmp_path_factory.mktemp("models")
    for name in model_names(packaged_models()):
        shutil.copytree(
            packaged_models() / name, folder / name, ignore=shutil.ignore_patterns("*.py", "*.md", "*.json")
        )
    (folder / "golden").mkdir()
    cv2.imwrite(str(folder / "golden" / "field.png"), drawn_tile("another"))
    (folder / GOLDEN_FILE).write_text(golden_of(folder, ["field.png"]).model_dump_json(), encoding="utf-8")
    return folder


@pytest.fixture
def folder(answered: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(answered, tmp_path / "models"))


def test_drawn_tiles_are_the_same_on_every_machine() -> None:
    hashes = [hashlib.sha256(drawn_tile(name).tobytes()).hexdigest()[:16] for name in DRAWN]
    assert hashes == EXPECTED
    assert len(set(hashes)) == 3
    for name in DRAWN:
        tile = drawn_tile(name)
        assert tile.shape == (360, 480, 3)
        assert tile.dtype == np.uint8
        green = (tile[..., 1] > tile[..., 0]).mean()
        assert 0.1 < green < 0.9, "rows of green on soil"


def test_models_that_answer_as_known_are_held(folder: Path) -> None:
    hold(folder)
    golden = read_golden(folder)
    assert set(golden.answers) == {"canopy", "scene", "wilting"}
    assert set(golden.answers["canopy"]) == {*DRAWN, "field.png"}
    assert len(golden.answers["canopy"]["drawn-1"]) == 64


def test_a_model_that_answers_otherwise_is_named(folder: Path) -> None:
    golden = json.loads((folder / GOLDEN_FILE).read_bytes())
    golden["answers"]["scene"]["drawn-2"] = [value + 0.2 for value in golden["answers"]["scene"]["drawn-2"]]
    (folder / GOLDEN_FILE).write_text(json.dumps(golden), encoding="utf-8")
    with pytest.raises(UpdateRefusedError, match="model scene: expected its known answer to drawn-2"):
        hold(folder)


def test_answers_that_are_missing_or_of_other_models_are_refused(folder: Path) -> None:
    golden = json.loads((folder / GOLDEN_FILE).read_bytes())
    del golden["answers"]["scene"]
    (folder / GOLDEN_FILE).write_text(json.dumps(golden), encoding="utf-8")
    with pytest.raises(UpdateRefusedError, match="scene"):
        hold(folder)
    (folder / GOLDEN_FILE).write_bytes(b"{}")
    with pytest.raises(UpdateRefusedError, match="something else"):
        hold(folder)
    (folder / GOLDEN_FILE).unlink()
    with pytest.raises(UpdateRefusedError, match="expected known answers"):
        hold(folder)


def test_a_golden_photo_that_is_not_there_is_named(folder: Path) -> None:
    (folder / "golden" / "field.png").unlink()
    with pytest.raises(UpdateRefusedError, match=r"golden photo field\.png"):
        hold(folder)


def test_what_differs_is_measured_by_the_answers_own_spread() -> None:
    assert difference((0.0, 10.0), (0.5, 10.5)) == pytest.approx(0.05)
    assert difference((0.0, 0.1), (0.5, 0.6)) == pytest.approx(0.5), "a spread below 1 counts as 1"
    assert difference((1.0,), (1.0, 2.0)) == difference((1.0,), (float("nan"),)) == float("inf")


def test_an_answer_is_never_empty() -> None:
    with pytest.raises(ValueError, match="answers"):
        Golden(answers={})


def asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], **order: object
) -> tuple[int, str, bool]:
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(order) + "\n"))
    code = selftest.main()
    answer = json.loads(capsys.readouterr().out)
    return code, str(answer.get("why", "")), bool(answer["well"])


def test_a_trial_run_says_yes_to_what_works(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path
) -> None:
    config = tmp_path / "gateway.toml"
    config.write_text('organisation = "demo"\ngateway_id = "gw-01"\n', encoding="utf-8")
    assert asked(monkeypatch, capsys, models=str(folder), golden=True, config=str(config)) == (0, "", True)
    assert asked(monkeypatch, capsys) == (0, "", True)


def test_a_trial_run_says_why_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path
) -> None:
    weights = folder / "scene" / "scene.onnx"
    weights.write_bytes(weights.read_bytes()[:-1])
    code, why, well = asked(monkeypatch, capsys, models=str(folder), golden=True)
    assert (code, well) == (1, False)
    assert "SHA-256" in why
    assert "no such file" in asked(monkeypatch, capsys, config=str(tmp_path / "absent.toml"))[1]
    monkeypatch.setattr(selftest, "_ROOMS", ("edge.no_such_room",))
    assert "no_such_room" in asked(monkeypatch, capsys)[1]


def test_models_that_take_too_long_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(selftest, "SLOWEST_S", -1.0)
    assert "expected an answer within" in asked(monkeypatch, capsys)[1]


def test_it_runs_as_a_process_of_its_own(repository: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "edge.updates.selftest"],
        input="{}\n",
        capture_output=True,
        text=True,
        check=False,
        cwd=repository,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["well"]
    assert len(answer["models"]) == 3
