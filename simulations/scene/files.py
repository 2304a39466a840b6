"""Scenes as files that the field's own commands read: a photo, its bands with temperature, and what goes with them."""

import json
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from edge.errors import ConfigurationError
from simulations.scene.render import BAND_NAMES, Scene

CAMERA_NAME: Final = "camera.toml"
WEATHER_NAME: Final = "weather.json"
_DESCRIPTION: Final = 0x010E
_EXIF_DIRECTORY: Final = 0x8769
_ORIGINAL: Final = 0x9003
_ORIGINAL_OFFSET: Final = 0x9011
_ASCII, _LONG = 2, 4
_LOOKS_DOWN_DEG: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneFiles:
    """Where a scene stands; ``camera`` tells how the file of bands is to be read."""

    photo: Path
    bands: Path
    camera: Path
    weather: Path


def write_scene(scene: Scene, folder: Path, *, name: str, taken_at: datetime, jpeg_quality: int = 90) -> SceneFiles:
    """Write NAME.jpg, NAME-bands.npz with its sidecar, camera.toml and weather.json; each says that it is SYNTHETIC.

    ``image`` of the npz file holds what the camera saw, its other arrays the truth behind it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = SceneFiles(
        photo=folder / f"{name}.jpg",
        bands=folder / f"{name}-bands.npz",
        camera=folder / CAMERA_NAME,
        weather=folder / WEATHER_NAME,
    )
    files.photo.write_bytes(_jpeg(scene, taken_at, jpeg_quality))
    layers = [*(scene.bands[band] for band in BAND_NAMES), scene.temperature_c]
    np.savez(
        files.bands,
        image=np.stack(layers, axis=-1).astype(np.float32),
        label=np.array(scene.label),
        canopy=scene.truth.canopy,
        sunlit=scene.truth.sunlit,
        row_number=scene.truth.row_number,
        segment=scene.truth.segment,
        stress=scene.truth.stress,
        segment_stress=scene.truth.segment_stress,
    )
    sidecar = {"taken_at": taken_at.astimezone(UTC).isoformat(), "camera_id": camera_name(scene)}
    files.bands.with_suffix(".json").write_text(json.dumps(sidecar), encoding="utf-8")
    files.camera.write_text(camera_file(scene), encoding="utf-8")
    files.weather.write_text(_weather(scene), encoding="utf-8")
    return files


def camera_name(scene: Scene) -> str:
    """Name of the scene's camera, which says that there is none."""
    return scene.label.lower().replace(" ", "-")


def camera_file(scene: Scene) -> str:
    """Camera file (TOML) that names the bands of the npz file."""
    names = ", ".join(f'"{name}"' for name in (*BAND_NAMES, "temperature"))
    looks_down = str(scene.shot.camera.tilt_deg <= _LOOKS_DOWN_DEG).lower()
    return (
        f"# {scene.label}: rendered, no camera took this.\n"
        f'camera_id = "{camera_name(scene)}"\nbands = [{names}]\n'
        f"radiometric_calibration = true\nlooks_down = {looks_down}\n"
    )


def _weather(scene: Scene) -> str:
    content = scene.shot.weather.model_dump(exclude_none=True)
    return json.dumps({"canopy_height_m": scene.shot.crop.height_m, **content, "source": scene.label})


def _jpeg(scene: Scene, taken_at: datetime, quality: int) -> bytes:
    whole, encoded = cv2.imencode(".jpg", scene.rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not whole:
        raise ConfigurationError(f"scene: expected a picture that JPEG holds, got shape {scene.rgb.shape}")
    content = encoded.tobytes()
    block = b"Exif\0\0" + exif_block(scene.label, taken_at)
    return content[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + content[2:]


def exif_block(description: str, taken_at: datetime) -> bytes:
    """EXIF block (a TIFF without pixels) with a description and the moment of the picture, in UTC."""
    moment = taken_at.astimezone(UTC).strftime("%Y:%m:%d %H:%M:%S")
    texts = [text.encode("ascii") + b"\0" for text in (description, moment, "+00:00")]
    first, second = 8, 8 + 2 + 2 * 12 + 4  # two directories of two entries each, then the texts
    places = np.cumsum([second + 2 + 2 * 12 + 4, len(texts[0]), len(texts[1])])
    entries = [
        (_DESCRIPTION, _ASCII, len(texts[0]), int(places[0])),
        (_EXIF_DIRECTORY, _LONG, 1, second),
        (_ORIGINAL, _ASCII, len(texts[1]), int(places[1])),
        (_ORIGINAL_OFFSET, _ASCII, len(texts[2]), int(places[2])),
    ]
    packed = [struct.pack("<HHII", *entry) for entry in entries]
    front = struct.pack("<2sHI", b"II", 42, first)
    directories = [struct.pack("<H", 2) + b"".join(pair) + bytes(4) for pair in (packed[:2], packed[2:])]
    return front + b"".join(directories) + b"".join(texts)
