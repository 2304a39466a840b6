"""Crop rows in a map of canopy: their direction, spacing and places, or None where there are none to be seen."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.pattern.view import Mask, ParcelMap, Side, Unit

MIN_ROWS: Final = 4
MIN_SPACING_PX: Final = 4.0
PEAK_OVER_NOISE: Final = 40.0
"""Power of the rows over the median power of other directions at the same spacing.

Noise alone reaches 12 to 15 over some thousand wavelengths; patches of trees or weeds were seen to reach 30.
"""
MIN_CONTRAST: Final = 0.25
"""Share of canopy on the rows less that between them."""
MIN_DIPPING_GAPS: Final = 0.6
_REFINE_DEG: Final = 3.0
_REFINE_STEPS: Final = 25
_DRIFT: Final = 0.3
_LINE_PX: Final = 8
"""A line across the direction tells its share of canopy from so many pixels."""
_SIDES: Final[dict[Side, tuple[float, float]]] = {
    "left": (1.0, 0.0),
    "right": (-1.0, 0.0),
    "top": (0.0, 1.0),
    "bottom": (0.0, -1.0),
}

Profile = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRows:
    """Rows in map coordinates.

    ``across`` is the unit vector from row to row, row 1 first; ``places`` [unit] are the rows' positions along it;
    ``direction_deg`` is the rows' own direction, 0..180 from the map's right, clockwise; ``contrast`` is the share of
    canopy on the rows less that between them.
    """

    across: tuple[float, float]
    places: tuple[float, ...]
    spacing: float
    direction_deg: float
    contrast: float
    unit: Unit

    @property
    def count(self) -> int:
        """Number of rows; they are numbered 1 to this."""
        return len(self.places)


def find_rows(parcel: ParcelMap) -> FoundRows | None:
    """Rows of a parcel's map; None when the canopy shows no regular rows, fewer than 4, or narrower than 4 px."""
    start = _strongest_wave(parcel.canopy, parcel.seen)
    if start is None:
        return None
    angle, frequency = _refined(parcel, *start)
    profile, low = _profile(parcel.canopy, parcel.seen, angle)
    if not np.isfinite(profile).any():
        return None
    spacing = 1.0 / frequency
    places = _places(profile, spacing)
    if len(places) < MIN_ROWS:
        return None
    contrast = _contrast(profile, places)
    if contrast < MIN_CONTRAST:
        return None
    across, sign = _numbering(angle, parcel.rows_from)
    found = np.sort(sign * (places + low)) * parcel.step
    return FoundRows(
        across=across,
        places=tuple(float(place) for place in found),
        spacing=float(np.median(np.diff(found))),
        direction_deg=float((np.degrees(angle) + 90.0) % 180.0),
        contrast=contrast,
        unit=parcel.unit,
    )


def rows_of_pixels(found: FoundRows, x: Profile, y: Profile) -> NDArray[np.int64]:
    """Row number (N,) of points (N,) on the map, 0 for those beyond the outermost rows."""
    offset = x * found.across[0] + y * found.across[1]
    places = np.asarray(found.places)
    edges = np.concatenate(
        [[places[0] - found.spacing / 2], (places[1:] + places[:-1]) / 2, [places[-1] + found.spacing / 2]]
    )
    number = np.searchsorted(edges, offset, side="right")
    return np.where(number > len(places), 0, number).astype(np.int64)


def _strongest_wave(canopy: Mask, seen: Mask) -> tuple[float, float] | None:
    """Direction [rad] and frequency [1/px] of the strongest plane wave in the canopy; None when none stands out."""
    if not seen.any() or not canopy.any() or bool(np.all(canopy == seen)):
        return None
    if min(seen.shape) < _LINE_PX or max(seen.shape) < MIN_ROWS * MIN_SPACING_PX:
        return None
    flat = np.where(seen, canopy - canopy[seen].mean(), 0.0)
    side = 1 << int(np.ceil(np.log2(max(flat.shape))))
    power = np.abs(np.fft.rfft2(flat, (side, side))) ** 2
    fy, fx = np.meshgrid(np.fft.fftfreq(side), np.fft.rfftfreq(side), indexing="ij")
    frequency = np.hypot(fx, fy)
    fewest = MIN_ROWS / max(flat.shape)
    usable = (frequency >= fewest) & (frequency <= 1 / MIN_SPACING_PX)
    ring = np.round(np.log(np.maximum(frequency, 1e-9) / fewest) * 4).astype(np.int64)
    ring[~usable] = -1
    noise = np.array([np.median(power[ring == number]) for number in range(ring.max() + 1) if (ring == number).any()])
    numbers = [number for number in range(ring.max() + 1) if (ring == number).any()]
    level = np.full(ring.max() + 1, np.inf)
    level[numbers] = noise
    ratio = np.where(usable, power / np.maximum(level[np.maximum(ring, 0)], 1e-9), 0.0)
    # The strongest wave in itself: a harmonic stands higher over its own noise than the rows do over theirs.
    best = int(np.argmax(np.where(ratio >= PEAK_OVER_NOISE, power, 0.0)))
    if ratio.flat[best] < PEAK_OVER_NOISE:
        return None
    return float(np.arctan2(fy.flat[best], fx.flat[best])), float(frequency.flat[best])


def _refined(parcel: ParcelMap, angle: float, frequency: float) -> tuple[float, float]:
    """Direction and frequency near the given ones at which canopy, summed along the rows, waves the most."""
    span = max(np.radians(_REFINE_DEG), 1.0 / (frequency * max(parcel.canopy.shape)))
    best = (-1.0, angle, frequency)
    for tried in angle + np.linspace(-span, span, _REFINE_STEPS):
        profile, _ = _profile(parcel.canopy, parcel.seen, float(tried))
        strength, at = _wave_strength(profile, frequency)
        best = max(best, (strength, float(tried), at))
    return best[1], best[2]


def _wave_strength(profile: Profile, frequency: float) -> tuple[float, float]:
    known = np.isfinite(profile)
    if not known.any():
        return 0.0, frequency
    values = np.where(known, profile - np.nanmean(profile), 0.0)
    places = np.arange(values.size)
    tried = frequency * np.linspace(0.94, 1.06, 49)
    waves = np.abs(np.exp(-2j * np.pi * tried[:, None] * places[None]) @ values)
    best = int(np.argmax(waves))
    return float(waves[best]), float(tried[best])


def _profile(canopy: Mask, seen: Mask, angle: float) -> tuple[Profile, int]:
    """Share of canopy on each line across the direction (one bin a pixel; NaN where unseen), and the first bin."""
    rows, columns = np.nonzero(seen)
    offset = np.floor((columns + 0.5) * np.cos(angle) + (rows + 0.5) * np.sin(angle)).astype(np.int64)
    low = int(offset.min())
    pixels = np.bincount(offset - low)
    plants = np.bincount(offset - low, weights=canopy[rows, columns])
    enough = pixels >= max(_LINE_PX, 0.1 * pixels.max())
    return np.where(enough, plants / np.maximum(pixels, 1), np.nan), low


def _places(profile: Profile, spacing: float) -> Profile:
    """Position of each row along the profile [bins]: steps of one spacing, each moved to the nearby peak."""
    width = max(1, round(spacing / 3))
    known = np.where(np.isfinite(profile), profile, np.nan)
    smooth = np.convolve(np.nan_to_num(known), np.ones(width) / width, mode="same")
    bins = np.arange(profile.size)
    filled = np.nan_to_num(known - np.nanmean(known))
    phase = -np.angle(np.sum(filled * np.exp(-2j * np.pi * bins / spacing))) / (2 * np.pi) * spacing
    middle = phase + spacing * round((profile.size / 2 - phase) / spacing)
    forward = _walk(smooth, middle, spacing)
    backward = _walk(smooth, middle - spacing, -spacing)
    places = np.array(sorted({*backward, *forward}))
    valid = np.array([np.isfinite(profile[min(profile.size - 1, int(place))]) for place in places], dtype=bool)
    places = places[valid] if places.size else places
    return _without_bare_ends(smooth, places)


def _walk(smooth: Profile, start: float, step: float) -> list[float]:
    places: list[float] = []
    place = start
    reach = max(1, int(_DRIFT * abs(step)))
    while 0 <= place < smooth.size:
        low, high = max(0, int(place) - reach), min(smooth.size, int(place) + reach + 1)
        window = smooth[low:high]
        weight = np.maximum(window - window.min(), 0.0) ** 2
        centre = float((weight * (np.arange(low, high) + 0.5)).sum() / weight.sum()) if weight.sum() > 0 else place
        places.append(centre)
        place = centre + step
    return places


def _without_bare_ends(smooth: Profile, places: Profile) -> Profile:
    if places.size == 0:
        return places
    height = smooth[places.astype(np.int64)]
    planted = np.flatnonzero(height >= 0.3 * np.median(height))
    return places[planted[0] : planted[-1] + 1]


def _contrast(profile: Profile, places: Profile) -> float:
    """Share of canopy on the rows less that between them; 0 when few gaps dip, as between harmonics of wide rows."""
    on = profile[places.astype(np.int64)]
    between = profile[((places[1:] + places[:-1]) / 2).astype(np.int64)]
    contrast = float(np.nanmedian(on) - np.nanmedian(between))
    dips = np.minimum(on[1:], on[:-1]) - between >= contrast / 3
    return contrast if dips.mean() >= MIN_DIPPING_GAPS else 0.0


def _numbering(angle: float, rows_from: Side | None) -> tuple[tuple[float, float], float]:
    """Unit vector along which row numbers rise, and its sign against the angle's own direction."""
    x, y = float(np.cos(angle)), float(np.sin(angle))
    usual: Side = "left" if abs(x) >= abs(y) else "top"
    side = _SIDES[rows_from or usual]
    along = x * side[0] + y * side[1]
    if abs(along) < 0.2:  # noqa: PLR2004 -- rows that run towards the stated side are not told apart from it
        side = _SIDES[usual]
        along = x * side[0] + y * side[1]
    sign = 1.0 if along >= 0 else -1.0
    return (sign * x, sign * y), sign
