"""What a line of instruments looks like to those who read it, whatever is spoken there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from edge.errors import EdgeError
from edge.settings.sensor import SensorConfig


class BusUnavailableError(EdgeError):
    """A whole line cannot be used now: its instruments are silent, and it is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What came of reading one sensor: its raw number, or why there is none."""

    sensor_id: str
    raw: float | None
    """As the instrument says it, before scale and unit."""
    trouble: str | None = None
    """Why there is no number, one line."""
    taken_at: datetime | None = None
    """When it was taken, where the line itself says so; None: now."""
    name: str | None = None
    """Name of the message that brought it: one that was heard before changes nothing."""


class Bus(Protocol):
    """A line of instruments."""

    listens: bool
    """Whether instruments speak of their own accord, and are not asked."""

    def read(self, sensors: Sequence[SensorConfig]) -> list[Sample]:
        """Ask these sensors now, or hear what came for any; BusUnavailableError when the line is dead."""

    def keep(self) -> None:
        """Called when what was read last is durably kept; a line that holds it back until then may let go."""

    def close(self) -> None:
        """Let go of the line; it may be read again later."""
