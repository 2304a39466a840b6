"""``seguia models publish``: nothing gets in that made a group worse, and nothing gets in by halves."""

import datetime as dt
import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from edge.card import read_card
from edge.errors import ConfigurationError, ModelRefusedError
from models.commands import app
from models.evaluation.predictions import Predictions, Truth, column, names, write_sheet
from models.publishing import next_version, publish
from models.verification import check

DAY = dt.date(2026, 11, 22)
COUNT = 60
IMAGES = tuple(f"{index:03d}" for index in range(COUNT))


def leave_answers(folder: Path, shared: float) -> None:
    sheet = Predictions(
        task="canopy",
        split="leave-block-out",
        images=IMAGES,
        answers={
            "shared_px": column(np.full(COUNT, shared)),
            "either_px": column(np.full(COUNT, 100.0)),
            "cover_error": column(np.zeros(COUNT)),
        },
    )
    write_sheet(folder / "predictions.json", sheet)


def leave_truth(folder: Path) -> None:
    blocks = names([f"block {index % 4}" for index in range(COUNT)])
    runs = names([str(index // 10) for index in range(COUNT)])
    truth = Truth(task="canopy", images=IMAGES, truth={}, groups={"block": blocks, "run": runs}, resampled_by="run")
    write_sheet(folder / "truth.json", truth)


def changed_graph(folder: Path, note: bytes = b"a") -> None:
    """Other weights that still load: the graph gets a one-letter doc_string (field 6), and the card its hash."""
    graph, card = folder / "canopy.onnx", folder / "card.toml"
    content = graph.read_bytes()
    graph.write_bytes(content + b"\x32\x01" + note)
    old, new = (hashlib.sha256(part).hexdigest() for part in (content, graph.read_bytes()))
    card.write_text(card.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


@pytest.fixture
def installed(tmp_path: Path, repository: Path) -> Path:
    folder = tmp_path / "installed" / "canopy"
    folder.mkdir(parents=True)
    for file in ("card.toml", "card.md", "canopy.onnx"):
        shutil.copy(repository / "models" / "canopy" / file, folder / file)
    leave_answers(folder, 85)
    (folder / "train.py").write_text("kept")
    return folder.parent


@pytest.fixture
def trained(tmp_path: Path, repository: Path) -> Path:
    folder = tmp_path / "trained" / "canopy"
    folder.mkdir(parents=True)
    for file in ("card.toml", "card.md", "canopy.onnx"):
        shutil.copy(repository / "models" / "canopy" / file, folder / file)
    changed_graph(folder)
    leave_answers(folder, 90)
    leave_truth(folder)
    return folder.parent


def test_a_better_model_is_installed_under_the_next_version(installed: Path, trained: Path) -> None:
    before = read_card(installed / "canopy")
    done = publish("canopy", trained, installed, DAY)
    after = read_card(installed / "canopy")
    assert check(installed / "canopy").problem is None
    assert after.sha256 == read_card(trained / "canopy").sha256 != before.sha256
    assert after.version == done.version == next_version(before.version, before.version)
    assert (installed / "canopy" / "card.md").read_text().startswith(f"# canopy {done.version}\n")
    assert (installed / "canopy" / "changes.md").read_text().endswith(done.line + "\n")
    assert f"replaces {before.version}" in done.line
    assert "60 held-out images" in done.line
    assert (installed / "canopy" / "train.py").read_text() == "kept"
    assert not list((installed / "canopy").glob(".*")), "nothing half-written stays"
    assert not (installed / "canopy" / "truth.json").exists(), "labels stay where they are"


def test_a_second_publication_adds_a_line_and_keeps_the_first(installed: Path, trained: Path) -> None:
    first = publish("canopy", trained, installed, DAY)
    changed_graph(trained / "canopy", b"b")
    second = publish("canopy", trained / "canopy", installed, DAY)
    lines = (installed / "canopy" / "changes.md").read_text().splitlines()
    assert lines[-2:] == [first.line, second.line]
    assert second.version != first.version


def test_a_worse_model_is_refused_and_nothing_changes(installed: Path, trained: Path) -> None:
    leave_answers(trained / "canopy", 80)
    before = {path.name: path.read_bytes() for path in (installed / "canopy").iterdir()}
    with pytest.raises(ModelRefusedError) as caught:
        publish("canopy", trained, installed, DAY)
    text = str(caught.value)
    assert caught.value.exit_code == 1
    for group in ("all", "block block 0", "block block 3"):
        assert f"{group}: iou_pooled 0.850 to 0.800" in text
    assert {path.name: path.read_bytes() for path in (installed / "canopy").iterdir()} == before


def test_many_faults_are_counted_and_the_greatest_shown(installed: Path, trained: Path) -> None:
    cameras = names([f"camera {index // 12}" for index in range(COUNT)])
    days = names([f"day {index // 10}" for index in range(COUNT)])
    lights = names([f"light {index % 4}" for index in range(COUNT)])
    groups = {"camera": cameras, "day": days, "light": lights, "photo": IMAGES}
    truth = Truth(task="canopy", images=IMAGES, truth={}, groups=groups, resampled_by="photo")
    write_sheet(trained / "canopy" / "truth.json", truth)
    leave_answers(trained / "canopy", 70)
    with pytest.raises(ModelRefusedError, match="worse in 16 places") as caught:
        publish("canopy", trained, installed, DAY)
    assert len(str(caught.value).splitlines()) == 14


def test_a_crop_no_longer_evaluated_is_a_fault(installed: Path, trained: Path) -> None:
    card = installed / "canopy" / "card.toml"
    card.write_text(card.read_text().replace("evaluated_crops = []", 'evaluated_crops = ["carrot"]'))
    with pytest.raises(ModelRefusedError, match="crop carrot: evaluated before, no longer"):
        publish("canopy", trained, installed, DAY)


def test_the_first_model_of_its_kind_needs_no_comparison(tmp_path: Path, trained: Path) -> None:
    done = publish("canopy", trained, tmp_path / "empty", DAY)
    assert "first publication" in done.line
    assert check(tmp_path / "empty" / "canopy").problem is None


def test_weights_already_installed_are_not_published_again(installed: Path, trained: Path) -> None:
    publish("canopy", trained, installed, DAY)
    with pytest.raises(ModelRefusedError, match="expected new weights"):
        publish("canopy", trained, installed, DAY)


def test_without_the_installed_answers_nothing_can_be_compared(installed: Path, trained: Path) -> None:
    (installed / "canopy" / "predictions.json").unlink()
    with pytest.raises(ModelRefusedError, match="held-out answers of the installed model"):
        publish("canopy", trained, installed, DAY)


def test_without_labels_the_missing_step_is_named(installed: Path, trained: Path) -> None:
    (trained / "canopy" / "truth.json").unlink()
    with pytest.raises(ConfigurationError, match="seguia models evaluate"):
        publish("canopy", trained, installed, DAY)


def test_a_model_that_may_not_be_used_may_not_be_published(installed: Path, trained: Path) -> None:
    (trained / "canopy" / "canopy.onnx").write_bytes(b"not a graph")
    with pytest.raises(ModelRefusedError, match="SHA-256"):
        publish("canopy", trained, installed, DAY)


def test_a_folder_that_holds_no_export_is_named_with_the_step(installed: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"there/card\.toml: expected what seguia models export leaves"):
        publish("canopy", tmp_path / "nothing there", installed, DAY)


def test_another_models_folder_is_refused(installed: Path, trained: Path) -> None:
    (trained / "wilting").mkdir()
    for path in (trained / "canopy").iterdir():
        shutil.copy(path, trained / "wilting" / path.name)
    with pytest.raises(ModelRefusedError, match="expected a model named wilting, got canopy"):
        publish("wilting", trained, installed, DAY)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, trained: Path) -> None:
    (tmp_path / "models").write_text("no folder")
    with pytest.raises(ModelRefusedError, match="what was installed stays"):
        publish("canopy", trained, tmp_path / "models", DAY)


def test_a_full_disk_leaves_what_was_installed(installed: Path, trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path.name: path.read_bytes() for path in (installed / "canopy").iterdir()}

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("models.publishing.os.fsync", full)
    with pytest.raises(ModelRefusedError, match="No space left on device; what was installed stays"):
        publish("canopy", trained, installed, DAY)
    assert {path.name: path.read_bytes() for path in (installed / "canopy").iterdir()} == before


@pytest.mark.parametrize(
    ("new", "old", "version"),
    [("1.1.0", "1.0.9", "1.1.0"), ("1.0.0", "1.0.0", "1.0.1"), ("1.0.0", "1.2.9", "1.2.10"), ("x", "3", "3.1")],
)
def test_versions_only_rise(new: str, old: str, version: str) -> None:
    assert next_version(new, old) == version


def test_the_command_prints_the_line_and_names_groups_too_small(installed: Path, trained: Path) -> None:
    few = names(["one"] * (COUNT - 3) + ["two"] * 3)
    truth = Truth(task="canopy", images=IMAGES, truth={}, groups={"camera": few, "run": IMAGES}, resampled_by="run")
    write_sheet(trained / "canopy" / "truth.json", truth)
    result = CliRunner().invoke(app, ["publish", "canopy", "--from", str(trained), "--to", str(installed)])
    assert result.exit_code == 0, result.output
    assert "replaces" in result.stdout
    assert "not judged, too small: camera two (3 images)" in result.stderr
