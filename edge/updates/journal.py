"""What a gateway remembers of its looks at the repository: the time they vouch for, bytes spent, how the last ended."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from edge.updates.durable import Disk
from edge.updates.launcher import read_json

JOURNAL_FILE: Final = "journal.json"
HEARD_FILE: Final = "heard"
"""Date on which the ingest answered this gateway last."""
_HEARD_DAYS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """The memory, one small file."""

    signed_at: str = ""
    """Latest moment that verified metadata were signed at, RFC 3339: the time is surely not earlier."""
    day: str = ""
    spent: int = 0
    """Bytes spent on ``day``, by UTC."""
    checked_at: str = ""
    outcome: str = ""
    """How the last look ended, in one line."""

    def floor(self) -> datetime | None:
        """The time that verified metadata vouch for."""
        try:
            moment = datetime.fromisoformat(self.signed_at)
        except ValueError:
            return None
        return moment if moment.tzinfo is not None else None

    def spent_on(self, day: date) -> int:
        """Bytes spent on a day."""
        return self.spent if self.day == day.isoformat() else 0

    def spend(self, day: date, spent: int) -> "Journal":
        """The memory with more bytes spent on a day."""
        return replace(self, day=day.isoformat(), spent=self.spent_on(day) + spent)

    def vouched(self, moment: datetime | None) -> "Journal":
        """The memory with a moment that verified metadata were signed at; it never moves back."""
        known = self.floor()
        if moment is None or (known is not None and moment <= known):
            return self
        return replace(self, signed_at=moment.astimezone(UTC).isoformat(timespec="seconds"))


def read_journal(updates: Path) -> Journal:
    """The memory below an updates folder; an unreadable one is begun anew."""
    found = read_json(updates / JOURNAL_FILE)
    if not isinstance(found, Mapping):
        return Journal()
    known = {field.name: found[field.name] for field in fields(Journal) if field.name in found}
    fits = all(isinstance(value, int if name == "spent" else str) for name, value in known.items())
    return Journal(**known) if fits else Journal()


def write_journal(updates: Path, journal: Journal, disk: Disk) -> None:
    """Keep the memory."""
    disk.make_folder(updates)
    disk.write(updates / JOURNAL_FILE, json.dumps(asdict(journal)).encode())


def note_heard(updates: Path, day: date, disk: Disk) -> None:
    """Write down that the ingest answers; once a day."""
    path = updates / HEARD_FILE
    if not path.is_file() or path.read_bytes() != day.isoformat().encode():
        disk.make_folder(updates)
        disk.write(path, day.isoformat().encode())


def heard_lately(updates: Path, day: date) -> bool:
    """Whether the ingest answered within the last two days: then it must answer a new release, too."""
    try:
        heard = date.fromisoformat((updates / HEARD_FILE).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return False
    return abs((day - heard).days) <= _HEARD_DAYS
