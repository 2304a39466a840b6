"""From a photo to its mask by a canopy network in 32 bits."""

from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from models.canopy.classical import Mask
from models.canopy.network import CanopyNet

SIZE: Final = (384, 512)


def network_input(image: NDArray[np.uint8], size: tuple[int, int] = SIZE) -> NDArray[np.float32]:
    """The photo as the graph takes it: (1, 3, H, W) in 0..1, the whole frame resized by area."""
    height, width = size
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small.transpose(2, 0, 1)[None], dtype=np.float32) / np.float32(255)


def mask_of(logits: NDArray[np.float32], shape: tuple[int, ...]) -> Mask:
    """Logits (h, w) brought to the photo's own size, vegetation where they are positive."""
    grown = cv2.resize(logits, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    mask: Mask = grown > 0
    return mask


def network_mask(network: CanopyNet, image: NDArray[np.uint8]) -> Mask:
    """Vegetation of a photo by the network in 32 bits."""
    with torch.no_grad():
        logits = network(torch.from_numpy(network_input(image))).numpy()
    return mask_of(logits[0, 0], image.shape)
