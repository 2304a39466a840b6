"""The canopy network on tiny synthetic pictures: shapes, invariance, learning, export."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'seguia[train]'")
pytest.importorskip("onnx", reason="needs onnx: pip install 'seguia[train]'")

from models.canopy.evaluate import (  # noqa: E402 -- after the skip
    HeldOut,
    bias_rows,
    changed_overlap,
    changed_rows,
    evaluate,
    rows_of,
)
from models.canopy.export import export  # noqa: E402 -- after the skip
from models.canopy.marking import mask_of, network_input  # noqa: E402 -- after the skip
from models.canopy.network import CanopyNet, standard  # noqa: E402 -- after the skip
from models.canopy.photos import Photo  # noqa: E402 -- after the skip
from models.canopy.train import TrainingSettings, loss_of, settings_of, train  # noqa: E402 -- after the skip
from models.evaluation.perturbations import perturbations  # noqa: E402 -- after the skip
from models.job import Job  # noqa: E402 -- after the skip

GREEN_AND_BROWN = ([0.2, 0.6, 0.2], [0.6, 0.4, 0.3])
TINY = TrainingSettings(steps=3, batch=2, size=32)


def photos() -> list[Photo]:
    made = []
    for number in (1, 2, 81, 82):
        mask = np.zeros((48, 64), dtype=bool)
        mask[10:40, 4 * (number % 7) : 40] = True
        image = np.where(mask[..., None], (60, 150, 50), (140, 100, 70)).astype(np.uint8)
        made.append(Photo(number=number, image=image, mask=mask))
    return made


def test_network_is_small_and_answers_at_half_resolution() -> None:
    network = CanopyNet().eval()
    assert sum(parameter.numel() for parameter in network.parameters()) <= 300_000
    assert network(torch.rand(2, 3, 64, 96)).shape == (2, 1, 32, 48)


def test_light_level_does_not_change_the_standard_field() -> None:
    field = torch.rand(1, 1, 8, 8)
    assert torch.allclose(standard(field, 0.0), standard(field * 3, 0.0), atol=1e-4)


def test_a_frame_of_one_colour_keeps_its_colour() -> None:
    torch.manual_seed(3)
    network = CanopyNet().eval()
    green, brown = (torch.ones(1, 3, 32, 32) * torch.tensor(shares)[:, None, None] for shares in GREEN_AND_BROWN)
    assert not torch.allclose(network(green), network(brown), atol=1e-4), "nothing else in the frame to compare with"


def test_loss_falls_when_the_answer_is_right() -> None:
    masks = (torch.rand(2, 1, 8, 8) > 0.5).float()
    assert loss_of(masks * 20 - 10, masks).item() < 0.01 < loss_of(10 - masks * 20, masks).item()


def test_same_seed_gives_the_same_network() -> None:
    one, two = train(photos(), TINY), train(photos(), TINY)
    for left, right in zip(one.state_dict().values(), two.state_dict().values(), strict=True):
        assert torch.equal(left, right)


def test_evaluation_holds_out_blocks_and_stands_beside_the_rules() -> None:
    told: list[str] = []
    found, answer = evaluate(photos(), TINY, told.append)
    rows = found["rows"]
    assert isinstance(rows, list)
    assert [row["block"] for row in rows] == ["1-80", "81-160", "all"] * 3
    assert {row["method"] for row in rows} == {"network, 32 bits", "Lab a* + Otsu", "ExG + Otsu"}
    assert all(row["iou_pooled"] == 1.0 for row in rows if row["method"] == "Lab a* + Otsu")
    assert sum("training without block" in line for line in told) == 2
    assert len(answer.masks) == 4
    bars = found["bars"]
    assert isinstance(bars, list)
    assert [row["state"] for row in bars][1] == "not measured"


def test_bias_and_robustness_show_the_worst_first() -> None:
    made = photos()
    wrong = [photo.mask if photo.number < 80 else ~photo.mask for photo in made]
    rows = bias_rows(made, wrong)
    assert rows[0]["by"] == "block"
    assert (rows[0]["group"], rows[0]["iou_pooled"]) == ("81-160", 0.0)
    assert {row["by"] for row in rows} == {"block", "light", "cover"}
    lost = np.array([[1, 4]])
    answer = HeldOut(
        networks={}, masks=tuple(photo.mask for photo in made), changed={"haze": lost, "blur": np.array([[3, 4]])}
    )
    table = changed_rows(made, answer)
    assert [row["change"] for row in table] == ["unchanged", "haze", "blur"]
    assert table[0] == {"change": "unchanged", "images": 2, "iou_pooled": 1.0}
    assert table[1]["iou_pooled_lost"] == 0.75


def test_a_drawn_mask_moves_with_the_pixels_and_only_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.canopy.evaluate.network_mask", lambda _, image: image[..., 1] > image[..., 0])
    photo = photos()[0]
    for change in perturbations():
        if change.moves or "gamma" in change.name:
            shared, either = changed_overlap(CanopyNet(), photo, change)
            assert shared / either > 0.85, change.name


def test_figures_of_a_perfect_and_an_empty_mask() -> None:
    made = photos()
    perfect = rows_of(made, [photo.mask for photo in made], "perfect", 1)[-1]
    empty = rows_of(made, [np.zeros_like(photo.mask) for photo in made], "empty", 1)[-1]
    assert (perfect["iou_pooled"], perfect["cover_bias"]) == (1.0, 0.0)
    assert empty["iou_pooled"] == 0.0
    assert empty["cover_bias"] == pytest.approx(-np.mean([photo.mask.mean() for photo in made]), abs=1e-3)


def test_logits_come_back_at_the_size_of_the_photo() -> None:
    logits = np.array([[-1.0, 1.0]], dtype=np.float32)
    mask = mask_of(logits, (4, 8))
    assert mask.shape == (4, 8)
    assert not mask[:, 0].any()
    assert mask[:, -1].all()


def test_input_is_a_batch_of_one_in_0_to_1() -> None:
    image = network_input(np.full((10, 20, 3), 255, dtype=np.uint8), (16, 32))
    assert image.shape == (1, 3, 16, 32)
    assert image.max() == 1.0


def test_export_writes_an_8_bit_graph_like_the_network(tmp_path: Path) -> None:
    measured = export(train(photos(), TINY), photos(), tmp_path)
    assert (tmp_path / "canopy.onnx").stat().st_size == measured["bytes"]
    assert int(str(measured["bytes"])) < 1_000_000
    assert float(str(measured["mask_pixels_equal_fraction"])) > 0.9


def test_a_trial_is_shorter_and_nothing_else(tmp_path: Path) -> None:
    job = Job(data=tmp_path, out=tmp_path, steps=5, threads=1, told=lambda _: None)
    assert settings_of(job).steps == 5
    assert settings_of(job).seed == TrainingSettings().seed
