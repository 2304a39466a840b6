"""What a camera's colours do without any drift, and what drift put in on purpose looks like to the gateway's rule.

The photos hold no camera for more than two days, so pages here are six photos in a row, not days: light that changes
through the day is part of the false alarms, which makes them worse than a camera's own days would be.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Final

import cv2
import numpy as np

from edge.drift import (
    FEWEST_SAMPLES,
    RECENT_PAGES,
    REFERENCE_PAGES,
    ColourMemory,
    Colours,
    colours_of,
    drift_of,
    with_colours,
)
from models.canopy.classical import lab_mask
from models.history.moved import in_time
from models.history.photos import CameraPhotos, Picture, picture_of

FIRST: Final = FEWEST_SAMPLES * REFERENCE_PAGES
NEEDED: Final = FEWEST_SAMPLES * (REFERENCE_PAGES + RECENT_PAGES)
DAY: Final = date(2019, 8, 1)
Row = dict[str, object]


def tinted(picture: Picture, red: float, blue: float) -> Picture:
    """The photo through a lens or sensor that changes the gains of red and blue."""
    return np.asarray(np.clip(picture * np.array([red, 1.0, blue]), 0, 255), dtype=np.uint8)


def veiled(picture: Picture, share: float) -> Picture:
    """The photo through a dirty lens: a share of it replaced by even grey light."""
    return np.asarray(np.clip(picture * (1 - share) + 128.0 * share, 0, 255), dtype=np.uint8)


CHANGES: Final[dict[str, tuple[str, Callable[[Picture], Picture]]]] = {
    "as they were": ("good", lambda picture: picture),
    "red a tenth more": ("slight", lambda picture: tinted(picture, 1.1, 1.0)),
    "red a third more": ("drifted", lambda picture: tinted(picture, 1.33, 1.0)),
    "blue a third less": ("drifted", lambda picture: tinted(picture, 1.0, 0.67)),
    "half the contrast under dirt": ("drifted", lambda picture: veiled(picture, 0.5)),
}


def drift_rows(photos: CameraPhotos) -> list[Row]:
    """Share of cameras called drifted, and the median drift, by what was done to their later photos."""
    orders = [order[:NEEDED] for order in in_time(photos, photos.cameras) if order.size >= NEEDED]
    walks = [[_small(picture_of(photos.paths[index])) for index in order] for order in orders]
    rows: list[Row] = []
    for case, (truth, change) in CHANGES.items():
        drifts = [drift_after(pictures, change) for pictures in walks]
        known = np.array([drift for drift in drifts if drift is not None])
        if known.size:
            rows.append(
                {
                    "case": case,
                    "truth": truth,
                    "photos": int(known.size) * NEEDED,
                    "cameras": int(known.size),
                    "called": round(float((known > 1).mean()), 4),
                    "median_drift": round(float(np.median(known)), 3),
                }
            )
    return rows


def drift_after(pictures: Sequence[Picture], change: Callable[[Picture], Picture]) -> float | None:
    """Drift of a camera whose photos, in the order of time, are changed once its reference is complete."""
    memory = ColourMemory()
    found: Colours | None = None
    for place, picture in enumerate(pictures):
        seen = change(picture) if place >= FIRST else picture
        found = colours_of(seen, np.where(lab_mask(seen), 255, 0).astype(np.uint8)) or found
        if found is not None:
            memory = with_colours(memory, found, DAY + timedelta(days=place // FEWEST_SAMPLES))
    # A page is closed by the first photo of the next day.
    return None if found is None else drift_of(with_colours(memory, found, DAY + timedelta(days=len(pictures))))


def _small(picture: Picture) -> Picture:
    return np.asarray(cv2.resize(picture, (96, 72), interpolation=cv2.INTER_AREA), dtype=np.uint8)
