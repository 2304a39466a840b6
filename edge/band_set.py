"""The files of one multispectral capture, one for each band, brought to one size, lens and unit."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from edge.errors import ConfigurationError, UnreadableFrameError
from edge.micasense import BandFile, read_band
from edge.radiometry.masks import FloatImage
from edge.radiometry.panel import find_panel, radiance, reflectance_factor

ORDER: Final = ("blue", "green", "red", "red_edge", "nir")
REFERENCE: Final = "green"
_NUMBERED: Final = re.compile(r"^(?P<capture>.+)_\d+$")


def read_capture(paths: Sequence[Path]) -> dict[str, BandFile]:
    """Bands of a capture by name, in the order of their wavelengths; files of two captures are refused."""
    if len(paths) == 1 and (numbered := _NUMBERED.match(paths[0].stem)):
        beside = paths[0].parent.glob(f"{numbered['capture']}_*{paths[0].suffix}")
        paths = sorted(path for path in beside if _NUMBERED.match(path.stem)) or paths
    files = [read_band(path) for path in paths]
    strange = next((file for file in files if file.capture != files[0].capture), None)
    if strange is not None:
        raise UnreadableFrameError(
            f"{strange.path}: expected a band of the capture of {files[0].path}, got another's; give one capture"
        )
    if len({file.raw.shape for file in files}) > 1:
        raise UnreadableFrameError(f"{files[0].path}: expected bands of one size, got several; give one capture")
    named = {file.name: file for file in files}
    return {name: named[name] for name in ORDER if name in named}


def read_reflectance(text: str | None) -> dict[str, float]:
    """Reflectance [0..1] of the panel by band; ConfigurationError where a part is not name=number."""
    values: dict[str, float] = {}
    for part in (text or "").replace(" ", "").split(","):
        name, _, number = part.partition("=")
        try:
            values[name] = float(number)
        except ValueError:
            values[name] = 0.0
        if name not in ORDER or not 0 < values[name] <= 1:
            raise ConfigurationError(
                f"--panel-reflectance: expected parts such as green=0.69 of {', '.join(ORDER)}, got {part!r};"
                " they stand in the certificate of the panel"
            )
    return values


def panel_factors(files: Mapping[str, BandFile], reflectance: Mapping[str, float]) -> dict[str, float | None]:
    """Reflectance for each unit of radiance by band; None where the panel was not found or its own is unknown."""
    factors: dict[str, float | None] = {}
    for name, file in files.items():
        image = radiance(file.raw, file.calibration)
        seen = find_panel(image)
        known = name in reflectance and seen is not None
        factors[name] = reflectance_factor(image, seen, reflectance[name]) if known and seen is not None else None
    return factors


def flat(file: BandFile, factor: float | None) -> FloatImage:
    """A band as a lens without distortion would show it: reflectance, or radiance where there is no factor."""
    image = radiance(file.raw, file.calibration) * np.float32(factor or 1.0)
    return file.undistorted(image.astype(np.float32))
