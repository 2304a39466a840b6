"""Masks without learning: the untrained rules that a trained canopy mask must beat or give way to."""

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def otsu_above(field: NDArray[np.float32]) -> Mask:
    """True where a field lies above Otsu's threshold of its own 256 levels between its 0.5th and 99.5th percentile."""
    low, high = np.percentile(field, [0.5, 99.5])
    levels = np.clip((field - low) / max(float(high - low), 1e-6) * 255, 0, 255).astype(np.uint8)
    threshold, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    mask: Mask = levels > threshold
    return mask


def lab_mask(image: NDArray[np.uint8]) -> Mask:
    """Vegetation of an RGB image (H, W, 3) by Otsu's threshold on the green-red axis a* of CIELAB."""
    lab = cv2.cvtColor(image.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB).astype(np.float32)
    return otsu_above(-lab[..., 1])


def excess_green_mask(image: NDArray[np.uint8]) -> Mask:
    """Vegetation of an RGB image (H, W, 3) by Otsu's threshold on excess green 2g - r - b of chromaticities."""
    share = image.astype(np.float32)
    red, green, blue = np.moveaxis(share / (share.sum(axis=2, keepdims=True) + 1), 2, 0)
    return otsu_above(2 * green - red - blue)
