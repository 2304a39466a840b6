"""One frame of a camera: arrays with shapes and units, and what is known about the moment it was taken."""

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge import decoding, exif, tiff
from edge.camera import CameraConfig
from edge.contract import Basis, ClockQuality
from edge.errors import UnreadableFrameError
from edge.headers import Header, UnusableContentError, read_header
from edge.metadata import FrameMetadata
from edge.pattern.view import ParcelView, view_from_above, view_from_corners, view_from_pixel_size
from edge.radiometry.references import reference_temperature_c

MAX_FILE_BYTES: Final = 150_000_000
PLAUSIBLE_TEMPERATURE_C: Final = (-30.0, 90.0)
_MIN_PLAUSIBLE_FRACTION: Final = 0.99
_RGB_SAMPLES: Final = frozenset({3, 4})
_NO_CAMERA: Final = CameraConfig()


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame, upright.

    ``rgb`` is uint8 (h, w, 3), red first, possibly smaller than the file's ``width`` x ``height`` [pixels];
    ``bands`` are float32 (height, width) in the file's own scale, NaN = missing;
    ``temperature_c`` is float32 (height, width) [deg C], NaN = missing.
    """

    path: Path
    sha256: str
    width: int
    height: int
    rgb: NDArray[np.uint8] | None = None
    bands: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    temperature_c: NDArray[np.float32] | None = None
    taken_at: datetime | None = None
    clock_quality: ClockQuality = "unknown"
    camera_id: str | None = None
    parcel_id: str | None = None
    radiometric_calibration: bool = False
    closed_canopy: bool = False
    thermal_drift: bool = False
    looks_down: bool | None = None
    unvalidated_crops: tuple[str, ...] = ()
    parcel_view: ParcelView | None = None
    """How the picture lies over its parcel; None for a slanting view whose corners were not stated."""
    references_c: tuple[float, float] | None = None
    """Temperatures [deg C] of the wet and the dry reference that hang in view; None where there are none to read."""
    photo_rgb: NDArray[np.uint8] | None = None
    """Colour photo (h, w, 3) that the same rig took with a thermal frame, red first."""

    @property
    def basis(self) -> tuple[Basis, ...]:
        """Kinds of light the frame holds."""
        kinds: tuple[tuple[Basis, bool], ...] = (
            ("rgb", self.rgb is not None or self.photo_rgb is not None),
            ("multispectral", bool(self.bands)),
            ("thermal", self.temperature_c is not None),
        )
        return tuple(kind for kind, present in kinds if present)


def content_sha256(path: Path) -> str | None:
    """SHA-256 of a file's bytes in hex; None when it cannot be read, or is a pipe or device, which may have no end."""
    try:
        if not path.is_file():
            return None
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


def load_frame(path: Path, *, camera: CameraConfig | None = None, metadata: FrameMetadata | None = None) -> Frame:
    """Frame of a JPEG, PNG, TIFF, PGM or npz file; UnreadableFrameError names the file, what is wrong and the way out.

    The moment comes from EXIF, else from ``metadata`` (table, sidecar or arrival), else it is unknown.
    """
    content = _content(path)
    try:
        frame = _frame(path, content, camera or _NO_CAMERA, metadata or FrameMetadata())
    except UnusableContentError as error:
        raise UnreadableFrameError(f"{path}: {_one_line(error)}", reason=error.reason) from error
    except (ValueError, struct.error) as error:  # tags or shapes that contradict each other
        raise UnreadableFrameError(f"{path}: expected consistent data, got {_one_line(error)}") from error
    paired = None if metadata is None or frame.temperature_c is None else metadata.photo
    return frame if paired is None else replace(frame, photo_rgb=_photo_beside(path, paired))


def _photo_beside(path: Path, name: str) -> NDArray[np.uint8]:
    rgb = load_frame(path.parent / name).rgb
    if rgb is None:
        raise UnreadableFrameError(f"{path}: photo: expected a colour photo in {name}, got bands; name another")
    return rgb


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():
            what = "a folder" if path.is_dir() else "a device or pipe" if path.exists() else "nothing there"
            raise UnreadableFrameError(f"{path}: expected a picture file, got {what}; check the path")
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise UnreadableFrameError(
                f"{path}: expected at most {MAX_FILE_BYTES} bytes, got {size}; send it at a smaller size",
                reason="too_large",
            )
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFrameError(f"{path}: expected a readable file, got {error.strerror}") from error


def _frame(path: Path, content: bytes, camera: CameraConfig, metadata: FrameMetadata) -> Frame:
    if content.startswith(b"PK\x03\x04"):
        header, values = None, decoding.decode_npz(content)
        pixels = _measured(values, camera, None)
    else:
        header = read_header(content)
        pixels = _pixels(content, header, camera)
    taken_at = exif.taken_at(header.exif, camera.zone) if header else None
    clock_quality: ClockQuality = "exif" if taken_at else metadata.clock_quality
    return Frame(
        path=path,
        sha256=hashlib.sha256(content).hexdigest(),
        taken_at=taken_at or metadata.taken_at,
        clock_quality=clock_quality,
        camera_id=metadata.camera_id or camera.camera_id,
        parcel_id=metadata.parcel_id or camera.parcel_id,
        radiometric_calibration=camera.radiometric_calibration or camera.correction is not None,
        closed_canopy=camera.view == "closed_canopy",
        looks_down=camera.looks_down,
        thermal_drift=camera.drifts(metadata.ffc_age_s, metadata.sensor_change_c),
        unvalidated_crops=camera.unvalidated_crops,
        references_c=_references_c(pixels.get("temperature_c"), camera),
        **{"parcel_view": _view(camera, None), **pixels},
    )


def _references_c(temperature_c: NDArray[np.float32] | None, camera: CameraConfig) -> tuple[float, float] | None:
    if temperature_c is None or camera.references is None:
        return None
    radius_px = camera.references.radius_px
    wet_c = reference_temperature_c(temperature_c, camera.references.wet_point, radius_px)
    dry_c = reference_temperature_c(temperature_c, camera.references.dry_point, radius_px)
    return None if wet_c is None or dry_c is None else (wet_c, dry_c)


def _pixels(content: bytes, header: Header, camera: CameraConfig) -> dict[str, Any]:
    if header.kind == "tiff":
        values, nodata = decoding.decode_tiff(content)
        size_m = tiff.pixel_size_m(tiff.first_directory(content))
        return {**_measured(values, camera, nodata), "parcel_view": _view(camera, size_m)}
    if header.samples == 1 and (header.bits > 8 or camera.bands or camera.temperature_unit):  # noqa: PLR2004 -- a byte
        return _measured(decoding.decode_grey(content, header)[..., np.newaxis], camera, None)
    return {"rgb": decoding.decode_photo(content, header), "width": header.width, "height": header.height}


def _view(camera: CameraConfig, pixel_size_m: tuple[float, float] | None) -> ParcelView | None:
    stated = camera.parcel_view
    rows_from = None if stated is None else stated.rows_from
    if stated is not None and stated.image_points:
        return view_from_corners(stated.image_points, stated.parcel_points_m, rows_from)
    if pixel_size_m is not None:
        return view_from_pixel_size(*pixel_size_m, rows_from)
    return None if camera.looks_down is False else view_from_above(rows_from)


def _measured(values: NDArray[Any], camera: CameraConfig, nodata: float | None) -> dict[str, Any]:
    height, width, count = values.shape
    size = {"width": width, "height": height}
    names: tuple[str, ...] = camera.bands
    if not names and values.dtype == np.uint8 and count in _RGB_SAMPLES:
        return {"rgb": np.ascontiguousarray(values[..., :3]), **size}
    if not names and count == 1:
        names = ("temperature",)
    if len(names) != count:
        raise UnusableContentError(
            f"expected {len(names) or 'named'} bands, got {count} of {values.dtype}; name each in camera.toml,"
            ' such as bands = ["green", "red", "nir"]',
            reason="bands_unknown",
        )
    missing = tuple(value for value in (nodata, camera.nodata) if value is not None)
    bands = {name: _band(values[..., index], missing) for index, name in enumerate(names) if name != "unused"}
    temperature = bands.pop("temperature", None)
    if temperature is not None:
        temperature = _deg_c(temperature, values.dtype.kind, camera)
    return {"bands": bands, "temperature_c": temperature, **size}


def _band(values: NDArray[Any], missing: tuple[float, ...]) -> NDArray[np.float32]:
    band = values.astype(np.float32)
    absent = ~np.isfinite(band) | (band < -1e30)  # noqa: PLR2004 -- the lowest float stands for no data in many files
    for value in (*missing, -9999.0):
        absent |= band == np.float32(value)
    band[absent] = np.nan
    return band


def _scaled(stored: NDArray[np.float32], kind: str, camera: CameraConfig) -> NDArray[np.float32]:
    if camera.counts is not None:
        return camera.counts.deg_c(stored)
    scale = camera.temperature_scale or ((1.0, 0.0) if kind == "f" else None)
    if scale is None:
        raise UnusableContentError(
            "expected temperatures in deg C, got whole numbers of an unstated unit;"
            ' state it in camera.toml, such as temperature_unit = "milli_deg_c"',
            reason="bands_unknown",
        )
    return (stored * np.float32(scale[0]) + np.float32(scale[1])).astype(np.float32)


def _deg_c(stored: NDArray[np.float32], kind: str, camera: CameraConfig) -> NDArray[np.float32]:
    celsius = _scaled(stored, kind, camera)
    if camera.correction is not None:
        celsius = (celsius * np.float32(camera.correction.slope) + np.float32(camera.correction.offset_c)).astype("f4")
    valid = celsius[np.isfinite(celsius)]
    low, high = PLAUSIBLE_TEMPERATURE_C
    if valid.size == 0:
        raise UnusableContentError("expected temperatures, got no valid pixel (all NaN or no data)")
    if np.mean((valid >= low) & (valid <= high)) < _MIN_PLAUSIBLE_FRACTION:
        raise UnusableContentError(
            f"expected temperatures of {low:g} to {high:g} deg C, got a median of {np.median(valid):.6g};"
            " state temperature_unit in camera.toml",
            reason="implausible_temperature",
        )
    celsius[(celsius < low) | (celsius > high)] = np.nan
    return celsius
