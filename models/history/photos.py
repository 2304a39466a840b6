"""The scored photos as fixed cameras gave them: moments, views, cameras, and what a gateway would remember of each."""

import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import UnreadableFrameError
from edge.history import Look
from edge.views import thumbnail, view_signature
from models.history.cameras import cameras_of, views_of
from models.registry import file_sha256

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraPhotos:
    """N photos as columns (N,), in the order of ``labels.csv``; cameras are numbers found from the views."""

    paths: tuple[Path, ...]
    looks: tuple[Look, ...]
    scores: NDArray[np.int64]
    episodes: NDArray[np.str_]
    days: NDArray[np.str_]
    chains: NDArray[np.str_]
    cameras: NDArray[np.int64]

    @property
    def moments_s(self) -> NDArray[np.float64]:
        """Moments [s since 1970] (N,)."""
        return np.array([look.taken_at.timestamp() for look in self.looks])

    @property
    def hours(self) -> NDArray[np.float64]:
        """Local hour of the day with its fraction (N,)."""
        return np.array([look.taken_at.hour + look.taken_at.minute / 60 for look in self.looks])

    @property
    def images(self) -> tuple[str, ...]:
        """Name of each photo in the sheets of held-out answers."""
        return tuple(look.sha256[:16] for look in self.looks)


def picture_of(path: Path) -> Picture:
    """The photo (H, W, 3), red first."""
    picture = cv2.imread(str(path))
    if picture is None:
        raise UnreadableFrameError(f"{path}: expected a photo, got none; restore the data set")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def look_of(picture: Picture, taken_at: datetime, sha256: str = "0" * 64) -> Look:
    """A photo as a camera's memory sees it; the data set's local clock is taken for UTC."""
    return Look(taken_at=taken_at, sha256=sha256, signature=view_signature(picture), thumbnail=thumbnail(picture))


def read_camera_photos(folder: Path) -> CameraPhotos:
    """Every photo named in ``folder/labels.csv`` with its moment, view and camera."""
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    paths = tuple(folder / "img" / row["file"] for row in rows)
    moments = [datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC) for row in rows]
    looks = tuple(
        look_of(picture_of(path), moment, file_sha256(path)) for path, moment in zip(paths, moments, strict=True)
    )
    days = np.array([row["day"] for row in rows])
    views = views_of([look.signature for look in looks], np.array([moment.timestamp() for moment in moments]), days)
    return CameraPhotos(
        paths=paths,
        looks=looks,
        scores=np.array([int(row["wilting_0_4"]) for row in rows]),
        episodes=np.array([row["episode"] for row in rows]),
        days=days,
        chains=np.array([row["chain"] for row in rows]),
        cameras=cameras_of(views),
    )
