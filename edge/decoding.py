"""Bytes to arrays: the one place where OpenCV and NumPy decode files, with their own complaints caught."""

import io
import os
import re
import struct
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from edge import pgm, tiff
from edge.headers import Header, UnusableContentError, require_bytes, require_size

Bands = NDArray[Any]

WORKING_SIDE_PX: Final = 1536
"""A photo is decoded at 1/2, 1/4 or 1/8 size while its longer side stays at least this long."""
_REDUCED: Final = {
    8: cv2.IMREAD_REDUCED_COLOR_8,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    2: cv2.IMREAD_REDUCED_COLOR_2,
}
# What libjpeg prints when it invents the rest of a picture; its other complaints are harmless.
_DAMAGE: Final = (b"premature end", b"bad Huffman code", b"Invalid SOS", b"Unsupported marker")
_NPY_HEADER: Final = re.compile(
    r"^\{'descr': '(?P<kind>[<>|][uif][1248])', 'fortran_order': (?P<fortran>True|False),"
    r" 'shape': \((?P<rows>\d{1,9}), (?P<columns>\d{1,9}), (?P<bands>\d{1,9})\)"
)
_NPY_HEADER_MAX_BYTES: Final = 10_000  # as in NumPy
_NPZ_MEMBERS_MAX: Final = 1000
_stderr_lock: Final = threading.Lock()

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


@contextmanager
def _native_complaints() -> Iterator[list[bytes]]:
    """What C libraries print on stderr meanwhile, as lines, instead of on the user's screen."""
    complaints: list[bytes] = []
    with _stderr_lock, tempfile.TemporaryFile() as capture:
        kept = os.dup(2)
        os.dup2(capture.fileno(), 2)
        try:
            yield complaints
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            capture.seek(0)
            complaints.extend(capture.read(65536).splitlines())


def _decode(content: bytes, flags: int) -> Bands:
    with _native_complaints() as complaints:
        try:
            decoded = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
        except cv2.error:
            decoded = None
    if decoded is None or any(word in line for line in complaints for word in _DAMAGE):
        detail = b"; ".join(complaints[:1]).decode("ascii", "replace")
        raise UnusableContentError(
            f"expected picture data that decode, got damage ({detail or 'no detail'}); copy it again"
        )
    return decoded


def decode_photo(content: bytes, header: Header) -> NDArray[np.uint8]:
    """Colour photo (h, w, 3), red first, upright, reduced while its longer side stays long enough.

    The models and the quality gate see at most 512 px: on 12-megapixel photos half size moved the canopy cover
    by at most 0.002 and the wilting score by 0.06, and changed no opinion.
    """
    longer = max(header.width, header.height)
    divisor = next((divisor for divisor in _REDUCED if longer // divisor >= WORKING_SIDE_PX), 1)
    if header.kind == "jpeg":
        photo = _decode(content, _REDUCED.get(divisor, cv2.IMREAD_COLOR))
    else:
        photo = _shrunk(_decode(content, cv2.IMREAD_COLOR), divisor)
    return np.asarray(cv2.cvtColor(photo, cv2.COLOR_BGR2RGB, dst=photo), dtype=np.uint8)


def _shrunk(photo: Bands, divisor: int) -> Bands:
    """Photo (h, w, 3) at one part in ``divisor`` of its size, each pixel the mean of those it stands for."""
    if divisor == 1:
        return photo
    height, width = photo.shape[:2]
    size = (-(-width // divisor), -(-height // divisor))
    return np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA))


def decode_grey(content: bytes, header: Header) -> Bands:
    """Single band (H, W) of a PNG or PGM as stored."""
    if header.kind == "pgm":
        return pgm.pixels(content)
    return _decode(content, cv2.IMREAD_UNCHANGED)


def decode_tiff(content: bytes) -> tuple[Bands, float | None]:
    """Bands (H, W, C) of a TIFF as stored, in their order in the file, and GDAL's no-data value."""
    directory = tiff.first_directory(content)
    samples = directory.number(tiff.SAMPLES, 1)
    if samples == 1:
        bands = _decode(content, cv2.IMREAD_UNCHANGED)[..., np.newaxis]
    else:
        grey = [_decode(copy, cv2.IMREAD_UNCHANGED) for copy in tiff.as_grey_images(content, directory)]
        bands = np.stack(grey, axis=-1) if tiff.is_separate(directory) else _interleaved(grey[0], samples, directory)
    expected = (directory.number(tiff.HEIGHT, 0), directory.number(tiff.WIDTH, 0), samples)
    if bands.shape != expected:
        raise UnusableContentError(f"expected TIFF bands of shape {expected}, got {bands.shape}; save the file again")
    return bands, _nodata(directory)


def _interleaved(grey: Bands, samples: int, directory: tiff.Directory) -> Bands:
    height, wide = grey.shape[:2]
    bands = grey.reshape(height, wide // samples, samples)
    predictor = directory.number(tiff.PREDICTOR, 1)
    if predictor == 1:
        return bands
    if predictor != 2:  # noqa: PLR2004 -- horizontal differencing, the only other one undone here
        raise UnusableContentError(f"expected TIFF predictor 1 or 2, got {predictor}; save the file with PREDICTOR=2")
    tile = directory.number(tiff.TILE_WIDTH, bands.shape[1])
    whole = bands.view(np.dtype(f"u{bands.itemsize}"))
    parts = [
        np.cumsum(whole[:, start : start + tile], axis=1, dtype=whole.dtype) for start in range(0, whole.shape[1], tile)
    ]
    return np.concatenate(parts, axis=1).view(bands.dtype)


def _nodata(directory: tiff.Directory) -> float | None:
    try:
        return float(directory.text(tiff.GDAL_NODATA) or "")
    except ValueError:
        return None


def decode_npz(content: bytes) -> Bands:
    """Array ``image`` (H, W, C) of an npz file; its size is checked before anything is unpacked."""
    try:
        with zipfile.ZipFile(_few_members(content)) as archive, archive.open(_plain_image(archive)) as member:
            return _read_npy(member)
    except UnusableContentError:
        raise
    except KeyError:
        raise UnusableContentError("expected an array named image in the npz file, got none; name it image") from None
    except (ValueError, OSError, EOFError, RuntimeError, struct.error, zipfile.BadZipFile, zlib.error) as error:
        raise UnusableContentError(f"expected an npz file with image (H, W, C), got {error}; save it again") from None


def _few_members(content: bytes) -> io.BytesIO:
    if content.count(b"PK\x01\x02") > _NPZ_MEMBERS_MAX:
        raise UnusableContentError(f"expected an npz file of at most {_NPZ_MEMBERS_MAX} members, got more")
    return io.BytesIO(content)


def _plain_image(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    # NumPy writes no other compression, and the others may ask for more memory than they unpack.
    image = archive.getinfo("image.npy")
    if image.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise UnusableContentError("expected image stored or deflated, got another compression; save it again")
    return image


def _read_npy(member: IO[bytes]) -> Bands:
    # NumPy's own reader evaluates the header as Python text: a damaged one raises almost anything.
    magic, major, _, length = struct.unpack("<6sBBH", member.read(10))
    if magic != b"\x93NUMPY":
        raise UnusableContentError(f"expected an array in NumPy's format, got bytes that begin {magic!r}")
    if major > 1:
        length += int.from_bytes(member.read(2), "little") << 16
    if length > _NPY_HEADER_MAX_BYTES:
        raise UnusableContentError(f"expected an array header of at most {_NPY_HEADER_MAX_BYTES} bytes, got {length}")
    match = _NPY_HEADER.search(member.read(length).decode("latin-1"))
    if match is None:
        raise UnusableContentError("expected image (H, W, C) of whole or floating numbers, got another array")
    dtype = np.dtype(match["kind"])
    rows, columns, bands = int(match["rows"]), int(match["columns"]), int(match["bands"])
    require_size(columns, rows, bands)
    size = rows * columns * bands * dtype.itemsize
    require_bytes(size)
    order: Literal["F", "C"] = "F" if match["fortran"] == "True" else "C"
    return np.frombuffer(member.read(size), dtype).reshape((rows, columns, bands), order=order)
