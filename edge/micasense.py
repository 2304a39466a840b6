"""MicaSense captures: one 16-bit TIFF for each band, which says itself what its sensor and lens are."""

import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge import decoding, tiff
from edge.errors import UnreadableFrameError
from edge.exif import taken_at
from edge.headers import Header, UnusableContentError, read_header
from edge.radiometry.panel import BandCalibration

XMP: Final = 700
EXPOSURE: Final = 33434
SPEED: Final = 34867
PIXELS_PER_MM: Final = 41486
BLACK_LEVEL: Final = 50714
BANDS: Final = {name: name for name in ("blue", "green", "red", "nir")} | {
    "red edge": "red_edge",
    "rededge": "red_edge",
}
_VIGNETTING_FACTORS: Final = 6
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class BandFile:
    """One band of a capture: raw counts uint16 (H, W), its calibration, and the lens (matrix, distortion) if told."""

    path: Path
    name: str
    capture: str
    taken_at: datetime | None
    raw: NDArray[np.uint16]
    calibration: BandCalibration
    lens: tuple[NDArray[np.float64], NDArray[np.float64]] | None

    def undistorted(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """The image (H, W) as a lens without distortion would show it."""
        if self.lens is None:
            return image
        return np.asarray(cv2.undistort(image, *self.lens), dtype=np.float32)


def read_band(path: Path) -> BandFile:
    """Band of a MicaSense TIFF; UnreadableFrameError names the file and what it lacks."""
    try:
        content = path.read_bytes()
        header = read_header(content)
        directory = tiff.first_directory(content)
        values, _ = decoding.decode_tiff(content)
        return _band(path, header, directory, values, tiff.directory_at(content, _exif(directory), directory.order))
    except OSError as error:
        raise UnreadableFrameError(f"{path}: expected a readable file, got {error.strerror}") from error
    except UnusableContentError as error:
        raise UnreadableFrameError(f"{path}: {error}") from error
    except (ValueError, IndexError, OverflowError, struct.error) as error:
        raise UnreadableFrameError(
            f"{path}: expected a band as a MicaSense camera writes it, got {error}; give the camera's own TIFF files"
        ) from error


def _exif(directory: tiff.Directory) -> int:
    place = directory.number(tiff.EXIF_DIRECTORY, 0)
    if not place:
        raise ValueError("no EXIF")
    return place


def _band(
    path: Path, header: Header, directory: tiff.Directory, values: NDArray[Any], exif: tiff.Directory
) -> BandFile:
    if values.dtype != np.uint16 or values.shape[2] != 1:
        raise ValueError(f"{values.shape[2]} bands of {values.dtype}")
    packet = directory.tags.get(XMP, b"")
    text = packet.decode("utf-8", "replace") if isinstance(packet, bytes) else ""
    name = BANDS.get(_text(text, "BandName").lower())
    if name is None:
        raise ValueError(f"band name {_text(text, 'BandName')!r}")
    raw = values[..., 0]
    return BandFile(
        path=path,
        name=name,
        capture=_text(text, "CaptureId"),
        taken_at=taken_at(header.exif, UTC),  # the camera's clock is that of GPS
        raw=raw,
        calibration=_calibration(text, directory, exif),
        lens=_lens(text, exif, raw.shape),
    )


def _calibration(text: str, directory: tiff.Directory, exif: tiff.Directory) -> BandCalibration:
    a1, a2, a3 = _numbers(text, "RadiometricCalibration")[:3]
    x, y = _numbers(text, "VignettingCenter")[:2]
    dark = _numbers(text, "DarkRowValue") or [float(value) for value in directory.numbers(BLACK_LEVEL)]
    vignetting = tuple(_numbers(text, "VignettingPolynomial"))
    exposure_s, gain = _first(exif, EXPOSURE), _first(exif, SPEED) / 100
    if not dark or exposure_s <= 0 or gain <= 0:
        raise ValueError("no dark level, exposure or gain")
    if len(vignetting) > _VIGNETTING_FACTORS:
        raise ValueError(f"{len(vignetting)} factors of vignetting")
    if not np.isfinite([a1, a2, a3, x, y, *dark, exposure_s, gain, *vignetting]).all():
        raise ValueError("a calibration that is no number")
    return BandCalibration(
        coefficients=(a1, a2, a3),
        dark_level=float(np.mean(dark)),
        exposure_s=exposure_s,
        gain=gain,
        vignetting_centre=(x, y),
        vignetting=vignetting,
    )


def _lens(
    text: str, exif: tiff.Directory, shape: tuple[int, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    point, focal, bent = (
        _numbers(text, key) for key in ("PrincipalPoint", "PerspectiveFocalLength", "PerspectiveDistortion")
    )
    if len(point) < 2 or not focal or len(bent) < 5:  # noqa: PLR2004 -- x and y; three radial and two tangential factors
        return None
    density = _first(exif, PIXELS_PER_MM)
    length = focal[0] if focal[0] > max(shape) / 4 else focal[0] * density  # older files: pixels; newer ones: mm
    matrix = np.array([[length, 0, point[0] * density], [0, length, point[1] * density], [0, 0, 1]], np.float64)
    radial, tangential = bent[:3], bent[3:5]
    return matrix, np.array([radial[0], radial[1], tangential[0], tangential[1], radial[2]], np.float64)


def _first(directory: tiff.Directory, tag: int) -> float:
    values = directory.tags.get(tag)
    if values is None or isinstance(values, bytes) or not values:
        raise ValueError(f"no EXIF tag {tag}")
    return float(values[0])


def _text(text: str, key: str) -> str:
    return _after(text, key).partition("<")[0].strip()


def _numbers(text: str, key: str) -> list[float]:
    body = _after(text, key)
    closing = re.search(rf"</\w+:{key}>", body)
    inside = "" if closing is None else re.sub(r"</?rdf:\w+>", " ", body[: closing.start()])
    return [float(number) for number in _NUMBER.findall(inside)]


def _after(text: str, key: str) -> str:
    """What follows the first tag of a name: one way through the text, since a hostile one repeats its tags."""
    return text.partition(f":{key}>")[2]
