"""A camera that this gateway itself asks for pictures, or whose card it empties."""

import re
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from edge.contract import Identifier
from edge.settings.section import LocalPath, Section

CameraKind = Literal["v4l2", "csi", "rtsp", "lepton_usb", "lepton_spi", "mlx90640", "card", "bands"]

_NEEDS: Final[dict[CameraKind, str]] = {
    "v4l2": "device",
    "rtsp": "url",
    "lepton_usb": "device",
    "lepton_spi": "device",
    "mlx90640": "device",
    "card": "folder",
    "bands": "folder",
}
FolderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$")]


class CaptureConfig(Section):
    """One camera: what it is, where it is, how often it is asked and how long it may take."""

    camera_id: FolderName = Field(
        title="Camera", description="Letters, digits, _ . or -; unique here; its pictures wait in a folder so named."
    )
    kind: CameraKind = Field(
        title="Kind",
        description=(
            "v4l2: USB camera; csi: ribbon camera, by rpicam-still; rtsp: network stream; lepton_usb, lepton_spi,"
            " mlx90640: thermal; card: a drone's memory card; bands: one file for each band, gathered by capture."
        ),
    )
    parcel_id: Identifier = Field(title="Parcel", description="The parcel that this camera shows.")
    crop: str | None = Field(default=None, title="Crop", description="Crop in view, e.g. soybean.")
    camera_file: LocalPath | None = Field(
        default=None, title="Camera file", description="camera.toml with bands, calibration and time zone."
    )
    device: Path | None = Field(
        default=None, title="Device", description="E.g. /dev/video0, /dev/spidev0.0 or /dev/i2c-1; csi: none is needed."
    )
    folder: LocalPath | None = Field(
        default=None, title="Folder", description="card: where the card is mounted; bands: where the files arrive."
    )
    url: str | None = Field(
        default=None,
        title="Stream",
        description="rtsp://host:port/path, without user and password.",
        pattern=r"^rtsps?://[^\s@]+$",
    )
    username: str | None = Field(default=None, title="User name", description="Account at the network camera.")
    password_file: LocalPath | None = Field(
        default=None, title="Password file", description="File whose first line is the password; never the password."
    )
    width_px: int | None = Field(
        default=None, title="Width [px]", description="Width asked of the camera; else its own choice.", ge=16, le=10000
    )
    height_px: int | None = Field(
        default=None, title="Height [px]", description="Height asked of the camera; with width_px.", ge=16, le=10000
    )
    every_s: float = Field(
        default=900.0,
        title="Interval [s]",
        description="A picture is taken so often where power allows.",
        ge=1,
        le=86400,
    )
    timeout_s: float = Field(
        default=25.0,
        title="Patience [s]",
        description="A capture that takes longer is given up; the gateway goes on meanwhile.",
        ge=1,
        le=600,
    )
    warm_up_frames: int = Field(
        default=8, title="Frames let go", description="Frames before the one kept: exposure settles.", ge=0, le=300
    )
    spool_cap_mb: float = Field(
        default=256.0,
        title="Spool [MB]",
        description="Pictures already looked at are kept up to so much, the oldest going first; others always.",
        ge=1,
        le=100_000,
    )
    bus_address: int = Field(
        default=0x33, title="Bus address", description="mlx90640: its I2C address, 51 from the maker.", ge=3, le=0x77
    )
    band_files: int | None = Field(
        default=None,
        title="Files of a capture",
        description="bands, or a card of such: how many files make one capture, e.g. 5.",
        ge=2,
        le=10,
    )
    panel_folder: LocalPath | None = Field(
        default=None,
        title="Panel folder",
        description="Band files of one capture of the reflectance panel; without it NDVI stays out.",
    )
    panel_reflectance: str | None = Field(
        default=None,
        title="Panel reflectance",
        description='Of its certificate: "blue=0.67,green=0.69,red=0.68,nir=0.61,red_edge=0.67".',
    )

    @model_validator(mode="after")
    def _its_place_is_told(self) -> Self:
        needed = _NEEDS.get(self.kind)
        if needed is not None and getattr(self, needed) is None:
            raise ValueError(f"a camera of kind {self.kind} needs {needed}; add it")
        if self.kind == "bands" and self.band_files is None:
            raise ValueError("a camera of kind bands needs band_files; say how many files make one capture")
        return self

    @model_validator(mode="after")
    def _parts_belong_together(self) -> Self:
        if (self.width_px is None) != (self.height_px is None):
            raise ValueError("width_px and height_px belong together: give both or neither")
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file belong together: give both or neither")
        if self.panel_folder is not None and self.panel_reflectance is None:
            raise ValueError("panel_folder needs panel_reflectance; it stands in the panel's certificate")
        if self.username is not None and not re.fullmatch(r"[^\s/@:]+", self.username):
            raise ValueError("username: expected no space, /, @ or :")
        return self

    @property
    def is_shot(self) -> bool:
        """Whether the gateway itself decides when a picture is taken."""
        return self.kind not in {"card", "bands"}
