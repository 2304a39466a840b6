"""How far a fixed camera's colours have drifted from its own first clear days: pure, over pages of daily medians.

Cameras set their white balance anew for every photo, so one photo says nothing: a page gathers a day's photos (more
days where a camera takes few) and keeps their median. The first pages are the reference, the last ones the present.
A tint of lens or sensor moves the whole picture and the leaves in it the same way; a growing canopy moves only the
picture, so of both movements the smaller counts. Dirt and haze take contrast away. Leaves that ripen change colour
too: a camera cannot tell that from a tint, and it is told and weighed the same, since the models never saw it either.
"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from edge.contract import FieldRecord, Rounded

REFERENCE_PAGES: Final = 3
RECENT_PAGES: Final = 3
FEWEST_SAMPLES: Final = 6
MOST_SAMPLES: Final = 96
CHROMA_LIMIT: Final = float(np.log(1.2))
"""Change of a channel's gain over green's that counts as drift: models are tested to 20 % of white balance."""
CONTRAST_LIMIT: Final = float(np.log(1.5))
"""Loss of contrast that counts as drift: a third."""

_SIZE: Final = (96, 72)
_FEWEST_LEAF_PIXELS: Final = 50
_CANOPY_LEVEL: Final = 127


class Colours(FieldRecord):
    """Colours of a photo: medians of log(red/green) and log(blue/green), and log of contrast."""

    frame_red: Rounded
    frame_blue: Rounded
    leaf_red: Rounded
    leaf_blue: Rounded
    contrast: Rounded


class ColourMemory(FieldRecord):
    """Pages of a camera's colours: the first ones, the last ones, and the samples of the page being written."""

    reference: Annotated[tuple[Colours, ...], Field(max_length=REFERENCE_PAGES)] = ()
    recent: Annotated[tuple[Colours, ...], Field(max_length=RECENT_PAGES)] = ()
    samples: Annotated[tuple[Colours, ...], Field(max_length=MOST_SAMPLES)] = ()
    day: date | None = None
    """Local day of the newest sample."""


def colours_of(rgb: NDArray[np.uint8], mask: NDArray[np.uint8]) -> Colours | None:
    """Colours of a photo (h, w, 3) with its canopy mask, of any size; None when hardly a leaf is in view."""
    small = cv2.resize(rgb, _SIZE, interpolation=cv2.INTER_AREA).astype(np.float32) + np.float32(1)
    leaf = cv2.resize(mask, _SIZE, interpolation=cv2.INTER_AREA) > _CANOPY_LEVEL
    if np.count_nonzero(leaf) < _FEWEST_LEAF_PIXELS:
        return None
    logarithm = np.log(small)
    red, blue = logarithm[..., 0] - logarithm[..., 1], logarithm[..., 2] - logarithm[..., 1]
    grey = small.mean(axis=2)
    return Colours(
        frame_red=float(np.median(red)),
        frame_blue=float(np.median(blue)),
        leaf_red=float(np.median(red[leaf])),
        leaf_blue=float(np.median(blue[leaf])),
        contrast=float(np.log(max(float(grey.std() / grey.mean()), 1e-3))),
    )


def with_colours(memory: ColourMemory, colours: Colours, day: date) -> ColourMemory:
    """The memory with one more photo of a local day; photos of an earlier day than the newest change nothing."""
    if memory.day is not None and day < memory.day:
        return memory
    if memory.day is not None and day > memory.day and len(memory.samples) >= FEWEST_SAMPLES:
        memory = _turned(memory)
    samples = (*memory.samples, colours)[-MOST_SAMPLES:]
    return memory.model_copy(update={"samples": samples, "day": day})


def drift_of(memory: ColourMemory) -> float | None:
    """Distance of the last pages from the first over the distance that counts as drift; None before there are both."""
    if len(memory.reference) < REFERENCE_PAGES or not memory.recent:
        return None
    then, now = _median(memory.reference), _median(memory.recent)
    shifts = (
        _common_shift(now.frame_red - then.frame_red, now.leaf_red - then.leaf_red) / CHROMA_LIMIT,
        _common_shift(now.frame_blue - then.frame_blue, now.leaf_blue - then.leaf_blue) / CHROMA_LIMIT,
        max(0.0, then.contrast - now.contrast) / CONTRAST_LIMIT,
    )
    return max(shifts)


def _turned(memory: ColourMemory) -> ColourMemory:
    page = _median(memory.samples)
    if len(memory.reference) < REFERENCE_PAGES:
        return memory.model_copy(update={"reference": (*memory.reference, page), "samples": ()})
    return memory.model_copy(update={"recent": (*memory.recent, page)[-RECENT_PAGES:], "samples": ()})


def _median(pages: Sequence[Colours]) -> Colours:
    return Colours(**{name: float(np.median([getattr(page, name) for page in pages])) for name in Colours.model_fields})


def _common_shift(frame: float, leaf: float) -> float:
    return min(abs(frame), abs(leaf)) if frame * leaf > 0 else 0.0
