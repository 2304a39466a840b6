"""The files of one multispectral capture made one frame, in a process of its own: it needs memory for seconds only."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from edge.band_set import ORDER, REFERENCE, flat, panel_factors, read_capture, read_reflectance
from edge.errors import CaptureError, ConfigurationError, UnreadableFrameError
from edge.micasense import BandFile
from edge.radiometry.alignment import align_all, laid_on
from edge.radiometry.masks import FloatImage
from edge.sources.shutter import Order, Shot, serve

FEWEST_BANDS: Final = 2


def shoot(order: Order) -> Shot:
    """One frame (H, W, 5) of all bands in the order of their wavelengths, a missing one all NaN; its moment is told.

    Reflectance with a panel, else radiance. A band that does not lie on the others is missing too.
    """
    try:
        files = read_capture([Path(name) for name in order.files])
        factors = _factors(order)
    except (UnreadableFrameError, ConfigurationError) as error:
        raise CaptureError(str(error), trouble="unusable") from error
    if len(files) < FEWEST_BANDS:
        raise CaptureError(f"{order.files[0]}: expected several bands, got {', '.join(files)}", trouble="unusable")
    lost = [name for name in files if order.panel_files and factors.get(name) is None]
    images = {name: flat(file, None if lost else factors.get(name)) for name, file in files.items()}
    laid, apart = _laid(images)
    missing = [name for name in ORDER if name not in laid]
    notes = [f"{name} does not lie on the others" for name in apart]
    notes += [f"{name} is missing" for name in missing if name not in apart]
    notes += [f"the panel was not found in {name}: radiance only" for name in lost]
    content = io.BytesIO()
    np.savez_compressed(content, image=_stacked(laid))
    return Shot(content=content.getvalue(), suffix=".npz", said=_said(files), notes=tuple(notes))


def _factors(order: Order) -> dict[str, float | None]:
    if not order.panel_files:
        return {}
    return panel_factors(read_capture([Path(name) for name in order.panel_files]), read_reflectance(order.reflectance))


def _laid(images: Mapping[str, FloatImage]) -> tuple[dict[str, FloatImage], list[str]]:
    reference = REFERENCE if REFERENCE in images else next(iter(images))
    alignments = align_all(images, reference)
    apart = [name for name, alignment in alignments.items() if not alignment.good]
    kept = {name: image for name, image in images.items() if name not in apart}
    return {
        name: image if name == reference else laid_on(image, alignments[name]) for name, image in kept.items()
    }, apart


def _stacked(laid: Mapping[str, FloatImage]) -> FloatImage:
    shape = next(iter(laid.values())).shape
    absent = np.full(shape, np.nan, np.float32)
    return np.stack([laid.get(name, absent) for name in ORDER], axis=-1)


def _said(files: Mapping[str, BandFile]) -> dict[str, float | str]:
    moments = [file.taken_at for file in files.values() if file.taken_at is not None]
    return {"taken_at": min(moments).isoformat()} if moments else {}


if __name__ == "__main__":
    serve(shoot)
