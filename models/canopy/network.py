"""The canopy network: a plain 3x3 U-Net that works at a quarter of the resolution and answers at half of it."""

from typing import Final

import torch
from torch import nn

WIDTHS: Final = (16, 32, 48, 72)
STRIDE: Final = 2
COLOURS: Final = 5
CHROMA_GAIN: Final = 6.0


def line(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Convolution and batch normalisation, one operation once exported."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(outputs))


def block(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Convolution, batch normalisation, ReLU: the only block an 8-bit runtime fuses without loss."""
    return nn.Sequential(line(inputs, outputs, stride), nn.ReLU())


def standard(field: torch.Tensor, floor: float) -> torch.Tensor:
    """A field less its own image's mean, in its own image's deviations (at least ``floor``), within +-3."""
    centred = field - field.mean(dim=(1, 2, 3), keepdim=True)
    spread = (centred**2).mean(dim=(1, 2, 3), keepdim=True).sqrt()
    return torch.clamp(centred / (spread + floor), -3.0, 3.0)


class CanopyNet(nn.Module):
    """Logit of vegetation for an RGB image in 0..1; exposure is normalised inside, so a graph needs no recipe."""

    def __init__(self) -> None:
        super().__init__()
        first, second, third, fourth = WIDTHS
        self.halve = nn.AvgPool2d(STRIDE)
        self.texture, self.colour = line(3, first, STRIDE), line(COLOURS, first)
        self.stem = nn.Sequential(nn.ReLU(), block(first, second, 2), block(second, second))
        self.eighth = nn.Sequential(block(second, third, 2), block(third, third))
        self.sixteenth = nn.Sequential(block(third, fourth, 2), block(fourth, fourth))
        self.upper = block(fourth + third, third)
        self.lower = block(third + second, second)
        self.head = nn.Conv2d(second, (4 // STRIDE) ** 2, 1)
        self.enlarge = nn.Upsample(scale_factor=2, mode="nearest")
        self.unfold = nn.PixelShuffle(4 // STRIDE)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits (N, 1, H/2, W/2) of an image (N, 3, H, W); the colour cast is kept, only the light level goes.

        Greenness enters twice, against the frame and by itself: the first finds thin weeds on soil of any tint, the
        second knows that a closed canopy has no soil to be set against. Green against red is also given per root of
        the light, which does not blow up the noise of dark pixels.
        """
        quarters = self.halve(image)
        light = quarters.sum(dim=1, keepdim=True) + 0.05
        red, green, blue = quarters[:, 0:1], quarters[:, 1:2], quarters[:, 2:3]
        excess, warmth = (2 * green - red - blue) / light, (red - green) / light
        calm = (red - green) / light.sqrt()
        absolute = torch.clamp(torch.cat([excess, warmth], dim=1) * CHROMA_GAIN, -3.0, 3.0)
        relative = [standard(excess, 0.03), standard(calm, 0.02), standard(warmth, 0.03)]
        colours = torch.cat([*relative, absolute], dim=1)
        quarter = self.stem(self.texture(standard(image, 0.02)) + self.colour(colours))
        eighth = self.eighth(quarter)
        deep = self.sixteenth(eighth)
        upper = self.upper(torch.cat([self.enlarge(deep), eighth], dim=1))
        lower = self.lower(torch.cat([self.enlarge(upper), quarter], dim=1))
        return self.unfold(self.head(lower))
