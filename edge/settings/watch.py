"""A watched folder of photos of one parcel."""

from pathlib import Path

from pydantic import Field

from edge.contract import Identifier
from edge.settings.section import LocalPath, Section


class WatchConfig(Section):
    """A folder that a camera, or a person, drops photos of one parcel into."""

    folder: LocalPath = Field(title="Watched folder", description="Photos dropped here are looked at once each.")
    parcel_id: Identifier = Field(title="Parcel", description="The parcel that these photos show.")
    crop: str | None = Field(
        default=None, title="Crop", description="Crop in view, e.g. soybean; decides which opinions are allowed."
    )
    camera_id: Identifier | None = Field(
        default=None,
        title="Camera",
        description="Name of the camera, where no sidecar or metadata.csv gives one.",
    )
    camera_file: LocalPath | None = Field(
        default=None, title="Camera file", description="camera.toml with bands, calibration and time zone."
    )
    rejected_folder: LocalPath | None = Field(
        default=None,
        title="Rejected folder",
        description="Unreadable files move here with their reason; default: rejected, beside the watched folder.",
    )
    live: bool = Field(
        default=False,
        title="Live camera",
        description="true: photos arrive as they are taken, so that a photo without a date gets its arrival time.",
    )

    @property
    def rejected(self) -> Path:
        """Where unreadable files of this folder are set aside."""
        return self.rejected_folder or self.folder.parent / "rejected"
