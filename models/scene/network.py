"""The scene network: frozen first stages of EfficientNet-Lite0, and what each of twelve tiles of a photo looks like."""

from typing import Final

import torch
from torch import nn

from models.backbone import (
    CHANNEL_MEAN,
    CHANNEL_SPREAD,
    STAGES,
    STEM_WIDTH,
    Inverted,
    padding_of,
)

SIZE: Final = (144, 192)
TILES: Final = (3, 4)
DEPTH: Final = 8
TAPS: Final = (4, 7)
"""Blocks whose maps are read: fine texture, and the shapes it makes."""
FEATURES: Final = 2 * sum(STAGES[tap].outputs for tap in TAPS)
CLASSES: Final = ("plants", "soil", "other")
REACH: Final = 4.0


class SceneNet(nn.Module):
    """Shares (N, 3) of a photo that look like plants in a field, like its soil, like anything else.

    Each of 3 x 4 tiles is judged alone by means and spreads of two maps, and the answers are averaged: a bird in the
    corner is one tile, and a crop never seen is still leaves and soil.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, STEM_WIDTH, 3, stride=2)
        self.stages = nn.ModuleList([Inverted(stage) for stage in STAGES[:DEPTH]])
        self.border = nn.ZeroPad2d(padding_of(3, 2))
        self.bend = nn.ReLU6()
        self.pools = nn.ModuleList([nn.AvgPool2d(kernel_of(tap)) for tap in TAPS])
        self.positive = nn.ReLU()
        self.chances = nn.Softmax(dim=1)
        self.head = nn.Conv2d(FEATURES, len(CLASSES), 1)
        self.register_buffer("centre", torch.zeros(1, FEATURES, 1, 1))
        self.register_buffer("spread", torch.ones(1, FEATURES, 1, 1))
        self.register_buffer("mean", torch.tensor(CHANNEL_MEAN).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(CHANNEL_SPREAD).view(1, 3, 1, 1))

    def features(self, image: torch.Tensor) -> torch.Tensor:
        """Means and spreads (N, 240, 3, 4) of the tapped maps of an RGB image in 0..1."""
        field = self.bend(self.stem(self.border((image - self.mean) / self.deviation)))
        found, pools = [], iter(self.pools)
        for index, stage in enumerate(self.stages):
            field = stage(field)
            if index in TAPS:
                pool = next(pools)
                mean = pool(field)
                variance = self.positive(pool(field * field) - mean * mean)
                found += [mean, torch.sqrt(variance + 1e-6)]
        return torch.cat(found, dim=1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Mean over the tiles of the probabilities of the three classes."""
        scaled = torch.clamp((self.features(image) - self.centre) / self.spread, -REACH, REACH)
        tiles = self.chances(self.head(scaled))
        return tiles.mean(dim=(2, 3))


def kernel_of(tap: int) -> tuple[int, int]:
    """Pixels of a tapped map that make one tile."""
    stride = 2
    for stage in STAGES[: tap + 1]:
        stride *= stage.stride
    return SIZE[0] // stride // TILES[0], SIZE[1] // stride // TILES[1]
