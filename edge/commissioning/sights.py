"""What the cameras of a gateway show now: their newest pictures, and one taken for the asking."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera import CameraConfig, read_camera
from edge.cameras import camera_watches, spool_folder
from edge.config import GatewayConfig
from edge.errors import EdgeError, UnreadableFrameError
from edge.evidence import grey_picture
from edge.frame import Frame, load_frame
from edge.settings.watch import WatchConfig
from edge.sources.folder import PICTURE_SUFFIXES
from edge.sources.shot import ShotCamera
from edge.sources.spool import Spool

CanopyDrawer = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
"""From a photo (h, w, 3), red first, to its canopy mask (h, w), 255 = canopy."""
_ANALYSED_WIDTH_PX: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One camera, or one folder that somebody drops photos into, and where the configuration tells of it."""

    name: str
    watch: WatchConfig
    table: Literal["watch", "camera"]
    place: int
    """Which of the tables of that name."""

    @property
    def camera_file(self) -> Path | None:
        """Where the facts about this camera stand."""
        return self.watch.camera_file

    def camera(self) -> CameraConfig:
        """The facts about this camera; ConfigurationError when its file cannot be read."""
        return CameraConfig() if self.camera_file is None else read_camera(self.camera_file)

    def newest(self) -> Path | None:
        """The newest picture that lies there whole; None when there is none."""
        try:
            found = [
                (each.stat().st_mtime_ns, each)
                for each in self.watch.folder.iterdir()
                if each.suffix.lower() in PICTURE_SUFFIXES and not each.name.startswith(".") and each.stat().st_size > 0
            ]
        except OSError:
            return None
        return max(found)[1] if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A picture as it is shown: ``shown`` (h, w, 3), its canopy mask (h, w), and the frame it was made of."""

    path: Path
    frame: Frame
    shown: NDArray[np.uint8]
    canopy: NDArray[np.uint8] | None


def sights_of(config: GatewayConfig) -> tuple[Sight, ...]:
    """Every camera and folder of a gateway, cameras first."""
    cameras = tuple(
        Sight(name=config.camera[place].camera_id, watch=watch, table="camera", place=place)
        for place, watch in enumerate(camera_watches(config))
    )
    folders = tuple(
        Sight(name=watch.camera_id or watch.folder.name, watch=watch, table="watch", place=place)
        for place, watch in enumerate(config.watch)
    )
    return cameras + folders


def take_picture(config: GatewayConfig, sight: Sight, now: datetime) -> Path | None:
    """A picture taken for the asking; None of a folder or a card. CaptureError when the camera fails."""
    camera = config.camera[sight.place] if sight.table == "camera" else None
    if camera is None or not camera.is_shot:
        return None
    spool = Spool(spool_folder(config, camera.camera_id), cap_bytes=int(camera.spool_cap_mb * 1e6))
    return ShotCamera(camera, spool).capture(now)


def see(sight: Sight, path: Path, draw: CanopyDrawer | None) -> Seen:
    """A picture ready to be shown; EdgeError when it, or its camera file, cannot be read."""
    frame = load_frame(path, camera=sight.camera())
    shown = frame.rgb if frame.rgb is not None else _grey(frame)
    if shown.shape[1] > _ANALYSED_WIDTH_PX:
        height = max(1, round(shown.shape[0] * _ANALYSED_WIDTH_PX / shown.shape[1]))
        shown = np.asarray(cv2.resize(shown, (_ANALYSED_WIDTH_PX, height), interpolation=cv2.INTER_AREA), np.uint8)
    canopy = draw(shown) if draw is not None and frame.rgb is not None else None
    # What is shown may be kept for long: a gateway has no memory to spare for the whole picture.
    frame = replace(frame, rgb=None if frame.rgb is None else shown, bands={})
    return Seen(path=path, frame=frame, shown=shown, canopy=canopy)


def _grey(frame: Frame) -> NDArray[np.uint8]:
    layers = ([] if frame.temperature_c is None else [frame.temperature_c]) + list(frame.bands.values())
    if not layers:
        raise UnreadableFrameError(f"{frame.path}: expected a picture, got none; check the camera file")
    return grey_picture(layers[0])


def canopy_drawer(config: GatewayConfig) -> CanopyDrawer | None:
    """The canopy model at work, or None where it cannot be loaded: the page then shows the picture without it."""
    from edge.canopy import CanopyReader  # noqa: PLC0415 -- onnxruntime takes 0.3 s: only who draws pays for it
    from edge.card import packaged_models  # noqa: PLC0415 -- see above

    try:
        reader = CanopyReader(packaged_models() if config.models_dir is None else config.models_dir)
    except EdgeError:
        return None
    return lambda rgb: reader.mask(rgb, height=rgb.shape[0], width=rgb.shape[1])
