"""82 colour and texture figures of a photo: the plain baseline every wilting network must stand beside."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Figures = NDArray[np.float64]

SHARES: Final = (10, 50, 90)
SCALES: Final = (1, 2, 4, 8)
DIRECTIONS: Final = 8
PATTERNS: Final = 10
COUNT: Final = 82
UNIFORM: Final = 2
GREEN_HUES: Final = (35, 85)  # OpenCV's half degrees
YELLOW_HUE: Final = 22
COLOURED, PALE, VIVID = 40, 30, 120
DARK, BRIGHT, WHITE = 50, 200, 230


def colour_figures(image: NDArray[np.uint8]) -> Figures:
    """35 figures: mean, deviation and three percentiles of hue, saturation, value, L, a, b and excess green."""
    share = image.astype(np.float32) / 255
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV).astype(np.float32)
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32)
    chroma = share / (share.sum(axis=2, keepdims=True) + 1e-3)
    excess = 2 * chroma[..., 1] - chroma[..., 0] - chroma[..., 2]
    planes = [*np.moveaxis(hsv, 2, 0), *np.moveaxis(lab, 2, 0), excess]
    return np.concatenate([[plane.mean(), plane.std(), *np.percentile(plane, SHARES)] for plane in planes])


def share_figures(image: NDArray[np.uint8]) -> Figures:
    """8 figures: shares of green, yellow, brown, dark, bright, white and strongly or weakly coloured pixels."""
    hue, saturation, value = np.moveaxis(cv2.cvtColor(image, cv2.COLOR_RGB2HSV).astype(np.float32), 2, 0)
    coloured = saturation > COLOURED
    chosen = (
        coloured & (hue >= GREEN_HUES[0]) & (hue < GREEN_HUES[1]),
        coloured & (hue >= YELLOW_HUE) & (hue < GREEN_HUES[0]),
        coloured & (hue < YELLOW_HUE),
        value < DARK,
        value > BRIGHT,
        (value > WHITE) & (saturation < PALE),
        saturation > VIVID,
        saturation < PALE,
    )
    return np.array([mask.mean() for mask in chosen])


def edge_figures(grey: NDArray[np.float32]) -> Figures:
    """15 figures: gradient and curvature of the light at four scales, and how they fall from scale to scale."""
    gradients: list[float] = []
    curvatures: list[float] = []
    for scale in SCALES:
        small = cv2.resize(grey, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_AREA)
        slope = np.hypot(cv2.Sobel(small, cv2.CV_32F, 1, 0), cv2.Sobel(small, cv2.CV_32F, 0, 1))
        gradients += [float(slope.mean()), float(slope.std())]
        curvatures.append(float(np.log(cv2.Laplacian(small, cv2.CV_32F).std() + 1e-6)))
    return np.array([*gradients, *curvatures, *np.diff(curvatures)])


def direction_figures(grey: NDArray[np.float32]) -> Figures:
    """8 figures: share of the gradient in each of eight directions."""
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    angle = np.mod(np.arctan2(down, across), np.pi)
    weights, _ = np.histogram(angle, bins=DIRECTIONS, range=(0, np.pi), weights=np.hypot(across, down))
    return weights / max(float(weights.sum()), 1e-6)


def local_figures(grey: NDArray[np.float32]) -> Figures:
    """6 figures: mean and deviation of the local contrast in windows of 5, 11 and 23 pixels."""
    figures: list[float] = []
    for window in (5, 11, 23):
        mean = cv2.blur(grey, (window, window))
        contrast = np.sqrt(np.maximum(cv2.blur(grey * grey, (window, window)) - mean * mean, 0))
        figures += [float(contrast.mean()), float(contrast.std())]
    return np.array(figures)


def pattern_figures(grey: NDArray[np.float32]) -> Figures:
    """10 figures: shares of the rotation-free uniform local binary patterns of eight neighbours."""
    centre = grey[1:-1, 1:-1]
    rows, columns = grey.shape
    ring = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))
    above = np.stack([grey[r : rows - 2 + r, c : columns - 2 + c] > centre for r, c in ring]).astype(np.int8)
    changes = np.abs(np.diff(above, axis=0, append=above[:1])).sum(axis=0)
    code = np.where(changes <= UNIFORM, above.sum(axis=0), PATTERNS - 1)
    return np.bincount(code.ravel(), minlength=PATTERNS) / code.size


def photo_figures(image: NDArray[np.uint8]) -> Figures:
    """All 82 figures of an RGB photo (H, W, 3)."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) / np.float32(255)
    return np.concatenate(
        [
            colour_figures(image),
            share_figures(image),
            edge_figures(grey),
            direction_figures(grey),
            local_figures(grey),
            pattern_figures(grey),
        ]
    )
