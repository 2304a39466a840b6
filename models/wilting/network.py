"""The wilting network: frozen first stages of EfficientNet-Lite0, an ordinal head on their means and spreads."""

from dataclasses import dataclass
from typing import Final

import torch
from torch import nn

GREY: Final = 0.45
CHANNEL_MEAN: Final = (0.485, 0.456, 0.406)
CHANNEL_SPREAD: Final = (0.229, 0.224, 0.225)
STEM_WIDTH: Final = 32
REACH: Final = 4.0
LEVELS: Final = 4


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
FEATURES: Final = 4 * STAGES[-1].outputs


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


class WiltingNet(nn.Module):
    """Four cumulative logits, P(score > k) for k = 0..3, of an RGB image in 0..1; white balance is set inside.

    The same features are read twice, at the image's size and at half of it: leaves near and far then look alike.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, STEM_WIDTH, 3, stride=2)
        self.stages = nn.ModuleList([Inverted(stage) for stage in STAGES])
        self.border = nn.ZeroPad2d(padding_of(3, 2))
        self.bend = nn.ReLU6()
        self.halve = nn.AvgPool2d(2)
        self.head = nn.Linear(FEATURES, LEVELS)
        self.register_buffer("centre", torch.zeros(FEATURES))
        self.register_buffer("spread", torch.ones(FEATURES))
        self.register_buffer("mean", torch.tensor(CHANNEL_MEAN).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(CHANNEL_SPREAD).view(1, 3, 1, 1))

    def features(self, image: torch.Tensor) -> torch.Tensor:
        """Means and spreads (N, 448) of the last map at two sizes, every channel brought to the same mean light."""
        balanced = torch.clamp(image / (image.mean(dim=(2, 3), keepdim=True) + 1e-3) * GREY, 0.0, 1.5)
        field = (balanced - self.mean) / self.deviation
        return torch.cat([self.moments(field), self.moments(self.halve(field))], dim=1)

    def moments(self, field: torch.Tensor) -> torch.Tensor:
        """Means and spreads (N, 224) over the last map of a normalised image."""
        field = self.bend(self.stem(self.border(field)))
        for stage in self.stages:
            field = stage(field)
        mean = field.mean(dim=(2, 3), keepdim=True)
        variance = ((field - mean) ** 2).mean(dim=(2, 3))
        return torch.cat([mean.flatten(1), (variance + 1e-6).sqrt()], dim=1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Cumulative logits (N, 4), never rising from one level to the next."""
        scaled = torch.clamp((self.features(image) - self.centre) / self.spread, -REACH, REACH)
        levels = self.head(scaled)
        ordered = [levels[:, 0:1]]
        for level in range(1, LEVELS):
            ordered.append(torch.minimum(ordered[-1], levels[:, level : level + 1]))
        return torch.cat(ordered, dim=1)


class FeatureGraph(nn.Module):
    """The features alone, as a graph: what the 8-bit arithmetic does to them is measured on held-out episodes."""

    def __init__(self, network: WiltingNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Features (N, 448) of an RGB image in 0..1."""
        return self.network.features(image)
