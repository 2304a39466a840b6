"""Where backups go, who can open them, and how long they are kept."""

from typing import Annotated, Final

from pydantic import Field

from cloud.config_section import LocalPath, Section

RECIPIENT_PATTERN: Final = r"^age1[0-9a-z]{20,2000}$"


class BackupConfig(Section):
    """Backups of the whole installation; each is sealed to keys that do not stand on this machine."""

    folder: LocalPath | None = None
    """Where backups are written; another disk, or a folder that is carried away."""
    recipients: tuple[Annotated[str, Field(pattern=RECIPIENT_PATTERN)], ...] = Field(default=(), max_length=16)
    """Public keys (age1...) of those who may open a backup; made by: seguia cloud backup key."""
    keep_days: int = Field(default=35, ge=1, le=3650)
    """A backup older than this is deleted: what was erased since must not live on in it."""
    keep_least: int = Field(default=3, ge=1, le=1000)
    """So many newest backups stay, however old."""
