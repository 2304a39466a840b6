"""A camera that gives a picture when it is asked: any kind whose capture is one process."""

import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from edge.errors import CaptureError
from edge.headers import UnusableContentError, read_header
from edge.settings.camera import CameraKind, CaptureConfig
from edge.sources.rtsp_account import read_password, with_account
from edge.sources.shutter import Order, Shutter
from edge.sources.spool import Spool

_PROGRAMS: Final[Mapping[CameraKind, str]] = {
    "v4l2": "edge.sources.v4l2",
    "csi": "edge.sources.csi",
    "rtsp": "edge.sources.rtsp",
    "lepton_usb": "edge.sources.lepton",
    "lepton_spi": "edge.sources.lepton",
    "mlx90640": "edge.sources.mlx90640",
}
_MAX_PICTURE_BYTES: Final = 150_000_000


class ShotCamera:
    """Takes one picture into its spool when asked."""

    wait_s: float | None = None

    def __init__(self, camera: CaptureConfig, spool: Spool, command: tuple[str, ...] | None = None) -> None:
        self.camera = camera
        self.spool = spool
        command = command or (sys.executable, "-m", _PROGRAMS[camera.kind])
        self._shutter = Shutter(f"camera {camera.camera_id}", command)

    def capture(self, now: datetime) -> Path | None:
        """A new picture in the spool; CaptureError when the camera gives none that is whole."""
        stem = f"{self.camera.camera_id}-{now:%Y%m%dT%H%M%SZ}"
        unfinished = self.spool.unfinished(stem)
        try:
            taken = self._shutter.take(self._order(unfinished))
            self._require_whole(unfinished)
            return self.spool.finish(unfinished, stem + taken.suffix, taken.said)
        finally:
            unfinished.unlink(missing_ok=True)

    def _order(self, target: Path) -> Order:
        camera = self.camera
        password = None if camera.password_file is None else read_password(camera.password_file)
        return Order(
            target=str(target),
            device="" if camera.device is None else str(camera.device),
            url=with_account(camera.url or "", camera.username, password),
            width_px=camera.width_px,
            height_px=camera.height_px,
            warm_up_frames=camera.warm_up_frames,
            timeout_s=camera.timeout_s,
            bus_address=camera.bus_address,
        )

    def _require_whole(self, picture: Path) -> None:
        try:
            size = picture.stat().st_size
            if size > _MAX_PICTURE_BYTES:
                raise UnusableContentError(f"expected at most {_MAX_PICTURE_BYTES} bytes, got {size}")
            read_header(picture.read_bytes())
        except (OSError, ValueError) as error:
            raise CaptureError(f"camera {self.camera.camera_id}: {error}", trouble="cut") from error
