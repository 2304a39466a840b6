"""What a backup says of itself: its last member, so that every file before it is named with its digest."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

DatabaseKind = Literal["sqlite", "postgresql"]
NAME = "manifest.json"
LAYOUT = 1


class Held(BaseModel):
    """One file of a backup."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    size: int
    sha256: str


class Manifest(BaseModel):
    """What was backed up, and the head of the ledger that a restored store must have."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    layout: int = LAYOUT
    made_at: datetime
    organisation: str
    software: str
    database: DatabaseKind
    entries: int
    """Entries of the ledger."""
    head: str
    """Hash of its last entry."""
    files: tuple[Held, ...]
    elsewhere: tuple[str, ...] = ()
    """Files that the configuration names outside the data folder: they are not in the backup."""
