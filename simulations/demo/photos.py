"""The photos of the demo's camera: a folder given by the user, or scenes rendered here and named synthetic."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copyfile
from typing import Final

import cv2
import numpy as np

from simulations.scene.drawing import SceneSettings, render

PHOTO_SUFFIXES: Final = {".jpg", ".jpeg", ".png"}
MOST_PHOTOS: Final = 12
SCENE_WILTING: Final = (0.05, 0.15, 0.25, 0.45)


class NoPhotosError(Exception):
    """The folder of photos holds none that can be used; the caller names another one."""

    exit_code = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoSet:
    """What the camera of the demo will see, and how it is to be announced."""

    files: tuple[Path, ...]
    announcement: str
    synthetic: bool


def choose_photos(folder: Path | None, scratch: Path, generator: np.random.Generator) -> PhotoSet:
    """Photos of the folder, spread evenly over its names, or rendered scenes when no folder is given."""
    if folder is None:
        return _rendered(scratch, generator)
    if not folder.is_dir():
        raise NoPhotosError(f"--photos {folder}: expected a folder of JPEG or PNG photos, got no folder")
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in PHOTO_SUFFIXES and path.is_file())
    if not found:
        raise NoPhotosError(f"--photos {folder}: expected JPEG or PNG photos, got none; name another folder")
    chosen = _spread(found)
    told = f"{len(found)} photos" if len(chosen) == len(found) else f"{len(chosen)} of the {len(found)} photos"
    return PhotoSet(files=tuple(chosen), announcement=f"{told} of {folder.name}", synthetic=False)


def deliver(photos: PhotoSet, watched: Path, *, camera_id: str, last_at: datetime) -> None:
    """Copy the photos into the gateway's watched folder, dated every 15 minutes up to last_at."""
    watched.mkdir(parents=True, exist_ok=True)
    count = len(photos.files)
    with (watched / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "taken_at", "camera_id"])
        for place, source in enumerate(photos.files):
            taken_at = last_at - timedelta(minutes=15 * (count - 1 - place))
            writer.writerow([source.name, taken_at.isoformat(), camera_id])
    for source in photos.files:
        copyfile(source, watched / source.name)


def _spread(found: Sequence[Path]) -> list[Path]:
    if len(found) <= MOST_PHOTOS:
        return list(found)
    return [found[round(place * (len(found) - 1) / (MOST_PHOTOS - 1))] for place in range(MOST_PHOTOS)]


def _rendered(scratch: Path, generator: np.random.Generator) -> PhotoSet:
    scratch.mkdir(parents=True, exist_ok=True)
    files = []
    for place, wilting in enumerate(SCENE_WILTING):
        path = scratch / f"synthetic-scene-{place}.jpg"
        picture = render(SceneSettings(rows=7, plants_per_row=11, wilting=wilting), generator)
        cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, 90])
        files.append(path)
    return PhotoSet(
        files=tuple(files),
        announcement=f"{len(files)} SYNTHETIC scenes rendered by this project (give real ones with --photos DIR)",
        synthetic=True,
    )
