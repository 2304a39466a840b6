"""A model without a complete card, or with other weights than the card's, is refused in one line."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge.card import packaged_models, read_card, read_weights
from edge.errors import ModelRefusedError
from edge.network import Network


@pytest.fixture
def folder(repository: Path, tmp_path: Path) -> Path:
    shutil.copytree(repository / "tests" / "fixtures" / "models" / "wilting", tmp_path / "wilting")
    return tmp_path / "wilting"


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "card.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_complete_card_is_read(folder: Path) -> None:
    card = read_card(folder)
    assert (card.name, card.task, card.evaluated_crops) == ("wilting", "wilting", ("soybean",))
    assert card.reference.sha256 == card.sha256
    assert hashlib.sha256(read_weights(folder, card)).hexdigest() == card.sha256
    assert card.number("wilting_temperature", 1.5) == 1.5


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('licence = "Apache-2.0"\n', 'licence = ""\n', "licence: "),
        ("licence_known = true\n", "", "licence_known: Field required"),
        ('sha256 = "', 'sha256 = "xyz', "sha256: "),
        ('file = "wilting.onnx"', 'file = "../wilting.onnx"', "file: "),
        ('task = "wilting"', 'task = "weeds"', "task: "),
        ('evaluated_crops = ["soybean"]', "", "evaluated_crops: Field required"),
        ("datasets = [{", "datasets = []\nother = [{", "training.datasets: "),
        ('[evaluation]\nnote = "a fixture of the tests, never evaluated"', "[evaluation]", "evaluation: "),
        ("[input]", "[in put]", "expected TOML"),
    ],
)
def test_an_incomplete_card_is_refused(folder: Path, old: str, new: str, says: str) -> None:
    edit(folder, old, new)
    with pytest.raises(ModelRefusedError, match=says) as caught:
        read_card(folder)
    assert str(caught.value).startswith(str(folder / "card.toml"))
    assert "\n" not in str(caught.value)


def test_an_absent_card_and_absent_weights_are_named(folder: Path) -> None:
    card = read_card(folder)
    (folder / "wilting.onnx").unlink()
    with pytest.raises(ModelRefusedError, match=r"wilting\.onnx: expected the weights named in the card, got No such"):
        read_weights(folder, card)
    (folder / "card.toml").unlink()
    with pytest.raises(ModelRefusedError, match=r"card\.toml: expected the card of a model, .* --models"):
        read_card(folder)


def test_one_changed_byte_is_refused(folder: Path) -> None:
    weights = bytearray((folder / "wilting.onnx").read_bytes())
    weights[50] ^= 1
    (folder / "wilting.onnx").write_bytes(weights)
    with pytest.raises(ModelRefusedError, match=r"expected SHA-256 \w{12}\.\.\. as in its card, got \w{12}"):
        Network(folder)


def test_weights_that_are_no_model_are_refused(folder: Path) -> None:
    for content in (b"no model", b""):
        (folder / "wilting.onnx").write_bytes(content)
        old = read_card(folder).sha256
        edit(folder, old, hashlib.sha256(content).hexdigest())
        with pytest.raises(ModelRefusedError, match=r"expected an ONNX model that onnxruntime .* loads"):
            Network(folder)


def test_an_output_the_card_does_not_name_is_refused(folder: Path) -> None:
    edit(folder, 'name = "cumulative_logits"', 'name = "other"')
    with pytest.raises(ModelRefusedError, match=r"output 'other' as in its card, got .*cumulative_logits"):
        Network(folder)


@pytest.mark.parametrize("value", ['"hot"', "true"])
def test_a_calibration_that_is_no_number_is_refused(folder: Path, value: str) -> None:
    edit(folder, "[training]", f"[calibration]\nwilting_temperature = {value}\n\n[training]")
    with pytest.raises(ModelRefusedError, match=r"calibration\.wilting_temperature: expected a number"):
        read_card(folder).number("wilting_temperature", 1.0)


def test_models_stand_beside_the_package(repository: Path) -> None:
    assert packaged_models() == repository / "models"


def test_the_fixture_models_are_what_their_generator_writes(repository: Path, tmp_path: Path) -> None:
    generator = repository / "tests" / "fixtures" / "tiny_models.py"
    code = f"import runpy, pathlib; runpy.run_path({str(generator)!r})['write'](pathlib.Path({str(tmp_path)!r}))"
    subprocess.run([sys.executable, "-c", code], check=True)
    for written in sorted(tmp_path.rglob("*.*")):
        kept = generator.parent / "models" / written.relative_to(tmp_path)
        assert written.read_bytes() == kept.read_bytes()
