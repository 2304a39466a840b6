"""Files become frames: sizes, kinds of light, moments, units and missing pixels."""

import hashlib
import io
import struct
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.camera import CameraConfig
from edge.errors import UnreadableFrameError
from edge.frame import content_sha256, load_frame
from edge.metadata import FrameMetadata

SIX_BANDS = CameraConfig(bands=("blue", "green", "red", "red_edge", "nir", "temperature"))


def photo(height: int = 48, width: int = 64) -> NDArray[np.uint8]:
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([rows * 4 % 256, columns * 3 % 256, (rows + columns) % 256], axis=-1).astype(np.uint8)


def jpeg(image: NDArray[np.uint8], quality: int = 95) -> bytes:
    return bytes(cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1])


def exif_block(
    moment: bytes | None = None, offset: bytes | None = None, *, orientation: int = 1, order: str = "<"
) -> bytes:
    """EXIF block whose second directory holds DateTimeOriginal and OffsetTimeOriginal."""
    entries = [(0x9003, moment), (0x9011, offset)]
    texts = [(tag, text + b"\0") for tag, text in entries if text is not None]
    second = 8 + 2 + 2 * 12 + 4
    data_at = second + 2 + 12 * len(texts) + 4
    directory, data = b"", b""
    for tag, text in texts:
        inline = text.ljust(4, b"\0") if len(text) <= 4 else struct.pack(order + "I", data_at + len(data))
        directory += struct.pack(order + "HHI", tag, 2, len(text)) + inline
        data += text if len(text) > 4 else b""
    front = struct.pack(order + "H", 2)
    front += struct.pack(order + "HHIHH", 274, 3, 1, orientation, 0)
    front += struct.pack(order + "HHII", 34665, 4, 1, second) + b"\0" * 4
    magic = b"II*\0" if order == "<" else b"MM\0*"
    head = magic + struct.pack(order + "I", 8)
    return head + front + struct.pack(order + "H", len(texts)) + directory + b"\0" * 4 + data


def with_exif(content: bytes, block: bytes) -> bytes:
    segment = b"Exif\0\0" + block
    return content[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + content[2:]


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def npz(image: NDArray[np.generic], name: str = "image") -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=True, **{name: image})
    return stream.getvalue()


def test_a_jpeg_is_a_colour_photo_red_first(tmp_path: Path) -> None:
    red = np.zeros((20, 30, 3), np.uint8)
    red[..., 0] = 200
    content = jpeg(red)
    frame = load_frame(written(tmp_path, "red.jpg", content))
    assert frame.rgb is not None
    assert frame.rgb.shape == (20, 30, 3)
    assert frame.rgb[..., 0].mean() > 190
    assert frame.rgb[..., 1:].mean() < 10
    assert (frame.width, frame.height, frame.basis) == (30, 20, ("rgb",))
    assert frame.sha256 == hashlib.sha256(content).hexdigest() == content_sha256(frame.path)
    assert (frame.taken_at, frame.clock_quality) == (None, "unknown")


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_large_photo_is_decoded_smaller_but_keeps_its_size(tmp_path: Path, suffix: str) -> None:
    large = cv2.resize(photo(), (3200, 2401), interpolation=cv2.INTER_LINEAR)
    path = written(tmp_path, f"large{suffix}", bytes(cv2.imencode(suffix, large[..., ::-1])[1]))
    frame = load_frame(path)
    assert frame.rgb is not None
    assert (frame.width, frame.height) == (3200, 2401)
    assert frame.rgb.shape == (1201, 1600, 3)
    expected = cv2.resize(large, (1600, 1201), interpolation=cv2.INTER_AREA)
    assert np.abs(frame.rgb.astype(int) - expected).mean() < 3


def test_exif_orientation_turns_the_photo_upright(tmp_path: Path) -> None:
    image = np.zeros((20, 30, 3), np.uint8)
    image[:, :15] = 255
    frame = load_frame(written(tmp_path, "t.jpg", with_exif(jpeg(image), exif_block(orientation=6))))
    assert (frame.width, frame.height) == (20, 30)
    assert frame.rgb is not None
    assert frame.rgb[:15].mean() > 250
    assert frame.rgb[15:].mean() < 5


@pytest.mark.parametrize("order", ["<", ">"])
def test_exif_time_without_zone_is_the_cameras_zone_else_utc(tmp_path: Path, order: str) -> None:
    block = exif_block(b"2019:08:22 06:45:55", order=order)
    path = written(tmp_path, "t.jpg", with_exif(jpeg(photo()), block))
    assert load_frame(path).taken_at == datetime(2019, 8, 22, 6, 45, 55, tzinfo=UTC)
    frame = load_frame(path, camera=CameraConfig(timezone="+01:00", camera_id="mast", parcel_id="P1"))
    assert frame.taken_at == datetime(2019, 8, 22, 5, 45, 55, tzinfo=UTC)
    assert (frame.clock_quality, frame.camera_id, frame.parcel_id) == ("exif", "mast", "P1")


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        (b"-03:30", timezone(-timedelta(hours=3, minutes=30))),
        (b"+02:00", timezone(timedelta(hours=2))),
        (b"noon", timezone(timedelta(hours=1))),
        (b"+99:00", timezone(timedelta(hours=1))),
    ],
)
def test_exif_offset_comes_before_the_cameras_zone(tmp_path: Path, offset: bytes, expected: timezone) -> None:
    path = written(tmp_path, "t.jpg", with_exif(jpeg(photo()), exif_block(b"2024:05:01 12:00:00", offset)))
    frame = load_frame(path, camera=CameraConfig(timezone="+01:00"))
    assert frame.taken_at == datetime(2024, 5, 1, 12, tzinfo=expected)


@pytest.mark.parametrize(
    "moment", [b"0000:00:00 00:00:00", b"1970:01:01 00:00:05", b"yesterday", b"2200:01:01 00:00:00"]
)
def test_an_impossible_exif_clock_gives_way_to_metadata(tmp_path: Path, moment: bytes) -> None:
    path = written(tmp_path, "t.jpg", with_exif(jpeg(photo()), exif_block(moment)))
    assert load_frame(path).taken_at is None
    said = FrameMetadata(taken_at=datetime(2024, 5, 1, tzinfo=UTC), camera_id="c", clock_quality="sidecar")
    frame = load_frame(path, metadata=said)
    assert (frame.taken_at, frame.clock_quality, frame.camera_id) == (said.taken_at, "sidecar", "c")


def test_damaged_exif_is_ignored(tmp_path: Path) -> None:
    block = exif_block(b"2024:05:01 12:00:00")
    pointing_outside = block.replace(struct.pack("<I", 38), struct.pack("<I", 9999), 1)
    for name, damaged in (("a.jpg", block[:20]), ("b.jpg", b"nonsense"), ("c.jpg", pointing_outside), ("d.jpg", b"")):
        frame = load_frame(written(tmp_path, name, with_exif(jpeg(photo()), damaged)))
        assert (frame.taken_at, frame.width) == (None, 64)


def test_png_carries_exif_too(tmp_path: Path) -> None:
    import zlib  # noqa: PLC0415 -- only this test writes a chunk by hand

    plain = bytes(cv2.imencode(".png", photo())[1])
    data = b"eXIf" + exif_block(b"2024:05:01 12:00:00")
    chunk = struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))
    frame = load_frame(written(tmp_path, "t.png", plain[:33] + chunk + plain[33:]))
    assert frame.taken_at == datetime(2024, 5, 1, 12, tzinfo=UTC)


def test_float_deg_c_needs_no_camera_file(tmp_path: Path) -> None:
    temperature = np.full((5, 6), 31.5, np.float32)
    temperature[0, :4] = [np.nan, -9999.0, -3.4028235e38, np.inf]
    ok, tiff = cv2.imencode(".tif", temperature)
    assert ok
    frame = load_frame(written(tmp_path, "t.tif", bytes(tiff)))
    assert frame.basis == ("thermal",)
    assert frame.temperature_c is not None
    assert np.isnan(frame.temperature_c[0, :4]).all()
    assert np.nanmean(frame.temperature_c) == pytest.approx(31.5)
    assert not frame.radiometric_calibration


@pytest.mark.parametrize(
    ("unit", "stored"),
    [("milli_deg_c", 21500), ("centi_deg_c", 2150), ("centi_kelvin", 29465), ("deg_c", 21), ("kelvin", 295)],
)
def test_whole_numbers_are_read_in_the_unit_stated(tmp_path: Path, unit: str, stored: int) -> None:
    path = written(tmp_path, "t.png", bytes(cv2.imencode(".png", np.full((4, 5), stored, np.uint16))[1]))
    frame = load_frame(path, camera=CameraConfig.model_validate({"temperature_unit": unit}))
    assert frame.temperature_c is not None
    assert float(frame.temperature_c[0, 0]) == pytest.approx(21.5, abs=0.51)


def test_whole_numbers_of_no_stated_unit_are_refused_with_the_way_out(tmp_path: Path) -> None:
    path = written(tmp_path, "t.tif", bytes(cv2.imencode(".tif", np.full((4, 5), 21500, np.uint16))[1]))
    with pytest.raises(UnreadableFrameError, match='temperature_unit = "milli_deg_c"') as caught:
        load_frame(path)
    assert caught.value.reason == "bands_unknown"


@pytest.mark.parametrize(("value", "reason"), [(295.0, "implausible_temperature"), (np.nan, "unreadable")])
def test_temperatures_no_field_has_are_refused(tmp_path: Path, value: float, reason: str) -> None:
    path = written(tmp_path, "t.tif", bytes(cv2.imencode(".tif", np.full((4, 5), value, np.float32))[1]))
    with pytest.raises(UnreadableFrameError, match=r"t\.tif: expected temperatures") as caught:
        load_frame(path)
    assert caught.value.reason == reason


def test_declared_no_data_is_missing(tmp_path: Path) -> None:
    temperature = np.full((10, 20), 20.0, np.float32)
    temperature[0, 0] = 77.0
    path = written(tmp_path, "t.tif", bytes(cv2.imencode(".tif", temperature)[1]))
    frame = load_frame(path, camera=CameraConfig(nodata=77.0, radiometric_calibration=True, view="closed_canopy"))
    assert frame.temperature_c is not None
    assert np.isnan(frame.temperature_c[0, 0])
    assert frame.radiometric_calibration
    assert frame.closed_canopy


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint16])
def test_npz_bands_are_named_by_the_camera_file(tmp_path: Path, dtype: type[np.generic]) -> None:
    image = np.arange(4 * 5 * 6).reshape(4, 5, 6).astype(dtype) % 50
    path = written(tmp_path, "t.npz", npz(image))
    camera = SIX_BANDS.model_copy(update={"temperature_unit": "deg_c"})
    frame = load_frame(path, camera=camera)
    assert frame.basis == ("multispectral", "thermal")
    assert (frame.width, frame.height) == (5, 4)
    assert set(frame.bands) == {"blue", "green", "red", "red_edge", "nir"}
    np.testing.assert_array_equal(frame.bands["nir"], image[..., 4].astype(np.float32))
    assert frame.temperature_c is not None
    np.testing.assert_array_equal(frame.temperature_c, image[..., 5].astype(np.float32))


def test_npz_in_column_order_and_of_plain_rgb(tmp_path: Path) -> None:
    image = photo(6, 7)
    frame = load_frame(written(tmp_path, "t.npz", npz(np.asfortranarray(image))))
    assert frame.rgb is not None
    np.testing.assert_array_equal(frame.rgb, image)


@pytest.mark.parametrize("bands", [(), ("red", "nir"), ("red", "nir", "unused")])
def test_bands_must_fit_the_file(tmp_path: Path, bands: tuple[str, ...]) -> None:
    path = written(tmp_path, "t.npz", npz(np.ones((4, 5, 6), np.float32)))
    with pytest.raises(UnreadableFrameError, match=r"got 6 of float32; name each in camera\.toml") as caught:
        load_frame(path, camera=CameraConfig.model_validate({"bands": bands}))
    assert caught.value.reason == "bands_unknown"


def test_content_hash_of_nothing_is_unknown(tmp_path: Path) -> None:
    assert content_sha256(tmp_path / "absent") is None
    assert content_sha256(tmp_path) is None
