"""Sound files of every kind the readers take: what the mutations start from. All pictures are SYNTHETIC noise."""

import io
from functools import cache
from typing import Any

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]


@cache
def seeds() -> dict[str, bytes]:
    """File content by name; the suffix says the kind."""
    random = np.random.default_rng(20261122)
    small = random.integers(0, 256, (24, 32, 3), dtype=np.uint8)
    colours = np.asarray(cv2.resize(small, (160, 120), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    return {**_jpegs(colours), **_pngs(colours, random), **_tiffs(colours, random), **_npzs(random), **_pgms(random)}


def _saved(picture: Image.Image, kind: str, **options: Any) -> bytes:  # noqa: ANN401 -- Pillow's own options
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x8769] = {0x9003: "2026:07:01 12:00:00", 0x9011: "+01:00"}
    return exif


def _jpegs(colours: Picture) -> dict[str, bytes]:
    photo = Image.fromarray(colours)
    return {
        "plain.jpg": _saved(photo, "JPEG", quality=85),
        "turned.jpg": _saved(photo, "JPEG", quality=85, exif=_exif(6)),
        "progressive.jpg": _saved(photo, "JPEG", progressive=True, exif=_exif(1)),
        "restarts.jpg": _saved(photo, "JPEG", restart_marker_rows=1),
        "grey.jpg": _saved(photo.convert("L"), "JPEG"),
        "cmyk.jpg": _saved(photo.convert("CMYK"), "JPEG"),
    }


def _pngs(colours: Picture, random: np.random.Generator) -> dict[str, bytes]:
    photo = Image.fromarray(colours)
    deep = random.integers(0, 2**16, (60, 80), dtype=np.uint16)
    return {
        "rgb.png": _saved(photo, "PNG", exif=_exif(3)),
        "rgba.png": _saved(photo.convert("RGBA"), "PNG"),
        "palette.png": _saved(photo.convert("P"), "PNG"),
        "grey.png": _saved(photo.convert("L"), "PNG"),
        "bilevel.png": _saved(photo.convert("1"), "PNG"),
        "thermal.png": bytes(cv2.imencode(".png", deep)[1]),
        "colour16.png": bytes(cv2.imencode(".png", random.integers(0, 2**16, (60, 80, 3), dtype=np.uint16))[1]),
    }


def _tiff(values: NDArray[Any], **options: Any) -> bytes:  # noqa: ANN401 -- tifffile's own options
    stream = io.BytesIO()
    tifffile.imwrite(stream, values, metadata=None, **options)
    return stream.getvalue()


def _tiffs(colours: Picture, random: np.random.Generator) -> dict[str, bytes]:
    heat = random.normal(30.0, 3.0, (60, 80)).astype(np.float32)
    heat[:5] = np.nan
    bands = random.random((48, 64, 5)).astype(np.float32)
    nodata = [(42113, 2, 6, "-9999", True)]
    return {
        "heat.tif": _tiff(heat),
        "heat-tiled.tif": _tiff(heat, tile=(32, 32), compression="deflate"),
        "heat-big-endian.tif": _tiff(heat, byteorder=">", rowsperstrip=7, extratags=nodata),
        "milli.tif": bytes(cv2.imencode(".tif", np.nan_to_num(heat * 1000, nan=0.0).astype(np.uint16))[1]),
        "bands.tif": _tiff(bands, planarconfig="contig", photometric="minisblack", extrasamples=[0] * 4),
        "planes.tif": _tiff(bands.transpose(2, 0, 1), planarconfig="separate", photometric="minisblack"),
        "rgb.tif": _tiff(colours, photometric="rgb", compression="deflate"),
        "packbits.tif": _saved(Image.fromarray(colours).convert("L"), "TIFF", compression="packbits"),
        "lzw.tif": _saved(Image.fromarray(colours), "TIFF", compression="tiff_lzw"),
        "jpeg.tif": _saved(Image.fromarray(colours), "TIFF", compression="jpeg"),
        "big.tif": _tiff(heat, bigtiff=True),
    }


def _npzs(random: np.random.Generator) -> dict[str, bytes]:
    files = {}
    for name, image in (
        ("float.npz", random.random((40, 30, 4)).astype(np.float32)),
        ("bytes.npz", random.integers(0, 256, (40, 30, 3), dtype=np.uint8)),
        ("fortran.npz", np.asfortranarray(random.random((20, 30, 5)))),
    ):
        stream = io.BytesIO()
        save = np.savez if name == "bytes.npz" else np.savez_compressed
        save(stream, image=image, other=np.arange(3))
        files[name] = stream.getvalue()
    return files


def _pgms(random: np.random.Generator) -> dict[str, bytes]:
    counts = random.integers(7000, 9000, (60, 80), dtype=np.uint16)
    return {
        "lepton.pgm": b"P5\n# counts\n80 60\n16383\n" + counts.astype(">u2").tobytes(),
        "text.pgm": b"P2\n80 60\n16383\n" + b" ".join(str(value).encode() for value in counts.ravel()) + b"\n",
        "grey.pgm": b"P5 80 60 255\n" + (counts >> 6).astype(np.uint8).tobytes(),
    }
