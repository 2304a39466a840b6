"""Colour, light and texture of a photo as one row of numbers: what the wilting model reads of a picture."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Light = NDArray[np.float32]
Row = NDArray[np.float64]

FIGURES_NAME: Final = "photo-figures-1"
"""Name that a model's card gives for these figures; another order or another sum is another name."""
FIGURES_HEIGHT, FIGURES_WIDTH = 192, 256
FIGURES_COUNT: Final = 205

_SHARES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
_SCALES: Final = (1, 2, 4, 8)
_DIRECTIONS: Final = 8
_WINDOWS: Final = (5, 11)
_RADII: Final = (1, 2, 3, 5)
_PATTERNS: Final = 10
_UNIFORM: Final = 2
_GREEN_HUES: Final = (35, 85)  # OpenCV's half degrees
_YELLOW_HUE: Final = 22
_COLOURED, _PALE, _VIVID = 40, 30, 120
_DARK, _BRIGHT, _WHITE = 50, 200, 230
_LIGHT_CUTS: Final = (0.2, 0.4, 0.6, 0.8, 1.0, 1.3, 1.6, 2.0, 2.5)
_FEWEST: Final = 100
_LOGARITHM: Final = np.log(np.arange(256, dtype=np.float32) / 255 + np.float32(0.02))
_MEAN_OF_THREE: Final = np.full((1, 3), 1 / 3, dtype=np.float32)
_GREY: Final = 0.4
_LEVELS: Final = np.arange(256, dtype=np.float64)
_STEPS: Final = 255 / 4
"""Levels a byte has for each unit of a plane that runs over four units."""
_RING: Final = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))


def _pattern_table() -> Bytes:
    """Rotation-free uniform code 0..9 of each of the 256 neighbour patterns."""
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
    changes = np.abs(np.diff(bits, axis=1, append=bits[:, :1])).sum(axis=1)
    return np.where(changes <= _UNIFORM, bits.sum(axis=1), _PATTERNS - 1).astype(np.uint8)


_CODES: Final = _pattern_table()


def counts_of(plane: Bytes, mask: Bytes | None = None) -> Row:
    """Number of pixels at each of the 256 levels of a plane, inside the mask where there is one."""
    return cv2.calcHist([plane], [0], mask, [256], [0, 256]).ravel().astype(np.float64)


def spread_of(counts: Row) -> Row:
    """7 figures of counted levels: mean, deviation and five percentiles."""
    total = max(float(counts.sum()), 1.0)
    mean = float(counts @ _LEVELS) / total
    deviation = float(np.sqrt(counts @ (_LEVELS - mean) ** 2 / total))
    upto = (np.cumsum(counts) - counts / 2) / total
    return np.array([mean, deviation, *np.interp(_SHARES, upto, _LEVELS)])


def as_bytes(plane: Light, low: float, high: float) -> Bytes:
    """A plane of light as bytes, low = 0 and high = 255."""
    gain = 255 / (high - low)
    return cv2.convertScaleAbs(np.maximum(plane, np.float32(low)), alpha=gain, beta=-low * gain).astype(
        np.uint8, copy=False
    )


def planes_of(image: Bytes, code: int) -> tuple[Bytes, ...]:
    """The three planes of an RGB image in another colour space."""
    return tuple(plane.astype(np.uint8, copy=False) for plane in cv2.split(cv2.cvtColor(image, code)))


def colour_figures(image: Bytes) -> Row:
    """57 figures: spread of hue, saturation, value, L, a, b and excess green, 7 each, and 8 shares of colour."""
    hue, saturation, value = planes_of(image, cv2.COLOR_RGB2HSV)
    red, green, blue = (plane.astype(np.float32) for plane in cv2.split(image))
    excess = 3 * green / (red + green + blue + np.float32(0.25)) - 1
    planes = (hue, saturation, value, *planes_of(image, cv2.COLOR_RGB2LAB), as_bytes(excess, -0.5, 1.0))
    counts = [counts_of(plane) for plane in planes]
    coloured = counts_of(hue, np.asarray(saturation > _COLOURED, dtype=np.uint8))
    glint = np.count_nonzero((value > _WHITE) & (saturation < _PALE))
    shares = (
        coloured[_GREEN_HUES[0] : _GREEN_HUES[1]].sum(),
        coloured[_YELLOW_HUE : _GREEN_HUES[0]].sum(),
        coloured[:_YELLOW_HUE].sum(),
        counts[2][:_DARK].sum(),
        counts[2][_BRIGHT + 1 :].sum(),
        glint,
        counts[1][_VIVID + 1 :].sum(),
        counts[1][:_PALE].sum(),
    )
    return np.concatenate([*map(spread_of, counts), np.array(shares, dtype=np.float64) / hue.size])


def balanced_figures(image: Bytes) -> Row:
    """28 figures: spread of L, a, b and saturation after every channel was brought to the same mean."""
    gains = 255 * _GREY / (np.array(cv2.mean(image)[:3]) + 0.25)
    table = np.clip(np.rint(np.arange(256)[:, None] * gains), 0, 255).astype(np.uint8)
    picture = cv2.LUT(image, table[None]).astype(np.uint8, copy=False)
    saturation = planes_of(picture, cv2.COLOR_RGB2HSV)[1]
    return np.concatenate(
        [spread_of(counts_of(plane)) for plane in (*planes_of(picture, cv2.COLOR_RGB2LAB), saturation)]
    )


def plant_mask(image: Bytes) -> Bytes:
    """255 where a pixel is greener than the rest by Otsu's limit on Lab a*; everywhere when hardly any is."""
    green = planes_of(image, cv2.COLOR_RGB2LAB)[1]
    _, plant = cv2.threshold(green, 0, 255, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    if cv2.countNonZero(plant) < _FEWEST:
        plant = np.full_like(green, 255)
    return plant.astype(np.uint8, copy=False)


def plant_figures(image: Bytes) -> Row:
    """23 figures of the pixels that are greener than the rest: colour differences around their median, and light."""
    plant = plant_mask(image)
    logs = _LOGARITHM[image]
    found: list[float] = [cv2.countNonZero(plant) / plant.size]
    for other in (0, 2):
        difference = as_bytes(logs[..., 1] - logs[..., other], -2.0, 2.0)
        row = spread_of(counts_of(difference, plant)) / _STEPS
        found += [float(row[1]), *(row[2:] - row[4]).tolist()]
    light = cv2.transform(image.astype(np.float32), _MEAN_OF_THREE)
    relative = as_bytes(light / np.float32(max(cv2.mean(light, plant)[0], 1.0)), 0.0, 4.0)
    row = spread_of(counts_of(relative, plant))
    found += (row[1:] / _STEPS).tolist()
    for part in (relative > row[5], relative < row[3]):
        chosen = np.asarray(part, dtype=np.uint8) & plant
        red, green, blue, _ = cv2.mean(logs, chosen if cv2.countNonZero(chosen) else plant)
        found += [green - red, green - blue]
    return np.array(found)


def light_figures(grey: Light) -> Row:
    """10 figures of the light, whose mean is 1: its deviation and the shares above nine levels."""
    above = [np.count_nonzero(grey > np.float32(cut)) / grey.size for cut in _LIGHT_CUTS]
    return np.array([float(grey.std()), *above])


def edge_figures(grey: Light) -> Row:
    """19 figures: gradient (8) and curvature (4) at four scales, how it falls, and how far gradients lie across."""
    gradients: list[float] = []
    curvatures: list[float] = []
    leaning: list[float] = []
    for scale in _SCALES:
        small = cv2.resize(grey, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_AREA)
        across, down = cv2.Sobel(small, cv2.CV_32F, 1, 0), cv2.Sobel(small, cv2.CV_32F, 0, 1)
        mean, deviation = cv2.meanStdDev(cv2.magnitude(across, down))
        gradients += [float(mean[0, 0]), float(deviation[0, 0])]
        curvatures.append(float(np.log(cv2.meanStdDev(cv2.Laplacian(small, cv2.CV_32F))[1][0, 0] + 1e-4)))
        leaning.append(float(np.log((np.abs(across).mean() + 1e-4) / (np.abs(down).mean() + 1e-4))))
    return np.array([*gradients, *curvatures, *np.diff(curvatures), *leaning])


def direction_figures(grey: Light) -> Row:
    """8 figures: share of the gradient in each of eight directions."""
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    size, angle = cv2.cartToPolar(across, down)
    part = (angle * np.float32(_DIRECTIONS / np.pi)).astype(np.int64) % _DIRECTIONS
    weights = np.bincount(part.ravel(), weights=size.ravel(), minlength=_DIRECTIONS)
    return np.asarray(weights / max(float(weights.sum()), 1e-6), dtype=np.float64)


def local_figures(grey: Light) -> Row:
    """4 figures for each window of 5 and 11 pixels: mean and deviation of contrast, plain and against local light."""
    found: list[float] = []
    squares = grey * grey
    for window in _WINDOWS:
        mean = cv2.blur(grey, (window, window))
        contrast = cv2.sqrt(np.maximum(cv2.blur(squares, (window, window)) - mean * mean, 0))
        for plane in (contrast, contrast / (mean + np.float32(0.1))):
            middle, deviation = cv2.meanStdDev(plane)
            found += [float(middle[0, 0]), float(deviation[0, 0])]
    return np.array(found)


def pattern_figures(grey: Bytes) -> Row:
    """10 figures: shares of the rotation-free uniform local binary patterns of eight neighbours."""
    centre = grey[1:-1, 1:-1]
    rows, columns = grey.shape
    code = np.zeros(centre.shape, dtype=np.uint8)
    for bit, (row, column) in enumerate(_RING):
        code |= (grey[row : rows - 2 + row, column : columns - 2 + column] > centre).view(np.uint8) << np.uint8(bit)
    return np.bincount(_CODES, weights=counts_of(code), minlength=_PATTERNS) / code.size


def grain_figures(grey: Bytes) -> Row:
    """8 figures: light that openings and closings of four sizes take and give, against the mean light."""
    found: list[float] = []
    whole = max(cv2.mean(grey)[0], 1.0)
    for kind in (cv2.MORPH_OPEN, cv2.MORPH_CLOSE):
        before = whole
        for radius in _RADII:
            box = np.ones((2 * radius + 1, 2 * radius + 1), dtype=np.uint8)
            after = cv2.mean(cv2.morphologyEx(grey, kind, box))[0]
            found.append(abs(after - before) / whole)
            before = after
    return np.array(found)


def halved(plane: Light) -> Light:
    """A plane at half its size, four pixels averaged into one."""
    return cv2.resize(plane, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)


def photo_figures(rgb: Bytes) -> Row:
    """All figures of a photo (h, w, 3), red first, read at 192 x 256: (FIGURES_COUNT,)."""
    image = cv2.resize(rgb, (FIGURES_WIDTH, FIGURES_HEIGHT), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    tone = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False)
    mean = max(cv2.mean(tone)[0], 1.0) / 255
    grey = tone.astype(np.float32) / np.float32(255 * mean)
    half = halved(grey)
    edges, local = edge_figures(grey), np.concatenate([local_figures(grey), local_figures(half)])
    return np.concatenate(
        [
            colour_figures(image),
            balanced_figures(image),
            plant_figures(image),
            light_figures(grey),
            edges,
            edges[:8] * mean,
            direction_figures(half),
            local,
            local[[0, 1, 4, 5, 8, 9, 12, 13]] * mean,
            pattern_figures(tone),
            pattern_figures(as_bytes(half, 0.0, 4.0)),
            grain_figures(tone),
        ]
    )
