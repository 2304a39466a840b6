"""Multi-band TIFF files: every layout gives the same bands as the array that was written."""

import struct
import zlib
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge import tiff
from edge.camera import CameraConfig
from edge.errors import UnreadableFrameError
from edge.frame import load_frame

NAMES = ("blue", "green", "red", "red_edge", "nir", "temperature")
Order = Literal["<", ">"]
RNG = np.random.default_rng(3)


def tiff_file(  # noqa: PLR0913 -- one parameter per choice of layout
    image: NDArray[np.generic],
    *,
    separate: bool = False,
    deflate: bool = False,
    predictor: int = 1,
    tile: int = 0,
    order: Order = "<",
    nodata: bytes = b"",
) -> bytes:
    """TIFF of (H, W, C) written by hand: strips of 7 rows or square tiles."""
    height, width, samples = image.shape
    stored = image.astype(image.dtype.newbyteorder(order))
    planes = [stored[..., band : band + 1] for band in range(samples)] if separate else [stored]
    blocks = [block for plane in planes for block in _blocks(plane, tile, predictor)]
    data = [zlib.compress(block) if deflate else block for block in blocks]
    kind = {"f": 3, "u": 1}[image.dtype.kind]
    tags: dict[int, tuple[int, ...] | bytes] = {
        256: (width,),
        257: (height,),
        258: (8 * image.dtype.itemsize,) * samples,
        259: (8 if deflate else 1,),
        262: (1,),
        277: (samples,),
        284: (2 if separate else 1,),
        317: (predictor,),
        338: (0,) * max(1, samples - 1),
        339: (kind,) * samples,
    }
    counts = tuple(len(block) for block in data)
    tags |= {322: (tile,), 323: (tile,), 325: counts} if tile else {278: (7,), 279: counts}
    if nodata:
        tags[42113] = nodata + b"\0"
    offsets, body = [], b""
    for block in data:
        offsets.append(8 + len(body))
        body += block + b"\0" * (len(block) % 2)
    tags[324 if tile else 273] = tuple(offsets)
    return _assembled(order, body, tags)


def _blocks(plane: NDArray[np.generic], tile: int, predictor: int) -> list[bytes]:
    height, width = plane.shape[:2]
    if tile:
        padded = np.pad(plane, ((0, -height % tile), (0, -width % tile), (0, 0)))
        parts = [
            padded[row : row + tile, column : column + tile]
            for row in range(0, height, tile)
            for column in range(0, width, tile)
        ]
    else:
        parts = [plane[row : row + 7] for row in range(0, height, 7)]
    return [_differenced(part) if predictor == 2 else part.tobytes() for part in parts]


def _differenced(part: NDArray[np.generic]) -> bytes:
    whole = part.view(f"{part.dtype.byteorder}u{part.dtype.itemsize}")
    steps = whole.copy()
    steps[:, 1:] = whole[:, 1:] - whole[:, :-1]
    return steps.tobytes()


def _assembled(order: str, body: bytes, tags: dict[int, tuple[int, ...] | bytes]) -> bytes:
    place = 8 + len(body)
    after = place + 2 + 12 * len(tags) + 4
    entries, data = b"", b""
    for tag, value in sorted(tags.items()):
        kind, count = (2, len(value)) if isinstance(value, bytes) else (4, len(value))
        packed = value if isinstance(value, bytes) else struct.pack(f"{order}{count}I", *value)
        inline = packed.ljust(4, b"\0") if len(packed) <= 4 else struct.pack(order + "I", after + len(data))
        data += packed if len(packed) > 4 else b""
        entries += struct.pack(order + "HHI", tag, kind, count) + inline
    magic = b"II*\0" if order == "<" else b"MM\0*"
    return (
        magic + struct.pack(order + "I", place) + body + struct.pack(order + "H", len(tags)) + entries + bytes(4) + data
    )


def bands_of(path: Path, names: tuple[str, ...], unit: str | None = None) -> dict[str, NDArray[np.float32]]:
    camera = CameraConfig.model_validate({"bands": names, "temperature_unit": unit})
    frame = load_frame(path, camera=camera)
    bands = dict(frame.bands)
    if frame.temperature_c is not None:
        bands["temperature"] = frame.temperature_c
    return bands


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("tile", [0, 32])
@pytest.mark.parametrize("planes", ["interleaved", "separate"])
@pytest.mark.parametrize(("compression", "predictor"), [("none", 1), ("deflate", 1), ("deflate", 2)])
@pytest.mark.parametrize(("dtype", "samples"), [(np.uint16, 5), (np.float32, 6), (np.float32, 3), (np.uint8, 4)])
def test_every_layout_gives_the_bands_as_written(  # noqa: PLR0913, PLR0917 -- one parameter per choice of layout
    tmp_path: Path,
    order: Order,
    tile: int,
    planes: str,
    compression: str,
    predictor: int,
    dtype: type[np.generic],
    samples: int,
) -> None:
    image: NDArray[np.generic] = RNG.integers(0, 60, (43, 70, samples)).astype(dtype)
    path = tmp_path / "bands.tif"
    separate, deflate = planes == "separate", compression == "deflate"
    path.write_bytes(tiff_file(image, order=order, tile=tile, separate=separate, deflate=deflate, predictor=predictor))
    found = bands_of(path, NAMES[:samples], "deg_c")
    for index, name in enumerate(NAMES[:samples]):
        np.testing.assert_array_equal(found[name], image[..., index].astype(np.float32))


def test_lzw_as_a_common_writer_makes_it(tmp_path: Path) -> None:
    image = RNG.integers(0, 60_000, (31, 45, 3), dtype=np.uint16)
    path = tmp_path / "lzw.tif"
    cv2.imwrite(str(path), image[..., ::-1], [cv2.IMWRITE_TIFF_COMPRESSION, cv2.IMWRITE_TIFF_COMPRESSION_LZW])
    found = bands_of(path, ("green", "red", "nir"))
    for index, name in enumerate(("green", "red", "nir")):
        np.testing.assert_array_equal(found[name], image[..., index].astype(np.float32))


def test_three_bytes_a_pixel_without_names_are_a_colour_photo(tmp_path: Path) -> None:
    image = RNG.integers(0, 255, (12, 14, 3), dtype=np.uint8)
    path = tmp_path / "photo.tif"
    path.write_bytes(tiff_file(image))
    frame = load_frame(path)
    assert frame.rgb is not None
    np.testing.assert_array_equal(frame.rgb, image)


def test_gdal_no_data_is_missing(tmp_path: Path) -> None:
    image = np.full((20, 20, 1), 30.0, np.float32)
    image[:2] = 12.25
    path = tmp_path / "nodata.tif"
    path.write_bytes(tiff_file(image, nodata=b"12.25"))
    frame = load_frame(path)
    assert frame.temperature_c is not None
    assert np.isnan(frame.temperature_c[:2]).all()
    assert (frame.temperature_c[2:] == 30.0).all()


def test_an_unreadable_no_data_text_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "nodata.tif"
    path.write_bytes(tiff_file(np.full((20, 20, 1), 30.0, np.float32), nodata=b"none"))
    assert load_frame(path).temperature_c is not None


def test_a_predictor_we_cannot_undo_is_told(tmp_path: Path) -> None:
    path = tmp_path / "three.tif"
    path.write_bytes(tiff_file(np.ones((8, 8, 2), np.float32), predictor=3))
    with pytest.raises(UnreadableFrameError, match="expected TIFF predictor 1 or 2, got 3; save the file with"):
        bands_of(path, ("red", "nir"))


def test_tags_of_each_kind_are_read() -> None:
    entries = [
        struct.pack("<HHI4s", 1, 1, 2, b"\x07\x08\0\0"),
        struct.pack("<HHIhH", 2, 8, 1, -5, 0),
        struct.pack("<HHIf", 3, 11, 1, 1.5),
        struct.pack("<HHI4s", 4, 2, 4, b"abc\0"),
        struct.pack("<HHII", 5, 5, 1, 120),
        struct.pack("<HHII", 6, 99, 1, 0),
        struct.pack("<HHII", 7, 4, 50, 90),
        struct.pack("<HHII", 8, 4, 0, 0),
    ]
    content = b"II*\0" + struct.pack("<IH", 8, len(entries)) + b"".join(entries) + bytes(4)
    content = content.ljust(120, b"\0") + struct.pack("<II", 7, 2) + bytes(24)
    directory = tiff.first_directory(content)
    assert directory.numbers(1) == (7, 8)
    assert directory.number(2, 0) == -5
    assert directory.tags[3] == (1.5,)
    assert directory.text(4) == "abc"
    assert directory.tags[5] == (3.5,)
    assert directory.numbers(4) == ()
    assert directory.text(1) is None
    assert 6 not in directory.tags
    assert 7 not in directory.tags
    for tag in (4, 8):
        with pytest.raises(ValueError, match=f"TIFF tag {tag}: expected a number"):
            directory.number(tag, 0)
