"""Farmers' answers from a CSV file: taken down on paper, or heard by somebody who went round."""

import csv
import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from cloud.adapters.files.read import Read, read_text
from cloud.errors import InputError

NEEDED: Final = ("farmer", "text", "received_at")
OPTIONAL: Final = ("parcel_id",)
DISTRICT_TIME: Final = ZoneInfo("Africa/Casablanca")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenReply:
    """One answer of a farmer, by id, as it was taken down."""

    line: int
    farmer_id: str
    text: str
    received_at: datetime
    parcel_id: str | None = None


def read_replies(path: Path) -> Read[WrittenReply]:
    """Read ``farmer, text, received_at`` and ``parcel_id``; a moment without an offset is of the district's clock."""
    text, reference = read_text(path)
    delimiter = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    present = tuple(name.strip() for name in reader.fieldnames or () if name)
    missing = [name for name in NEEDED if name not in present]
    if missing:
        raise InputError(
            f"{path}: expected columns {', '.join((*NEEDED, *OPTIONAL))}, got none of {', '.join(missing)}; add them"
        )
    records: list[WrittenReply] = []
    problems: list[str] = []
    try:
        for row in reader:
            found = _reply(reader.line_num, {(name or "").strip(): value for name, value in row.items()})
            records.extend([] if isinstance(found, str) else [found])
            problems.extend([f"{path.name} line {reader.line_num}: {found}"] if isinstance(found, str) else [])
    except csv.Error as error:
        raise InputError(f"{path} line {reader.line_num}: expected CSV, got {error}; correct the line") from error
    return Read(
        records=tuple(records),
        problems=tuple(problems),
        ignored_fields=tuple(name for name in present if name not in {*NEEDED, *OPTIONAL}),
        reference=reference,
    )


def _reply(line: int, row: dict[str, object]) -> WrittenReply | str:
    cells = {name: value.strip() for name, value in row.items() if isinstance(value, str)}
    farmer_id, text = cells.get("farmer", ""), cells.get("text", "")
    if not farmer_id or not text:
        return "expected a farmer's id and what they answered, got an empty cell; fill it in"
    try:
        at = datetime.fromisoformat(cells.get("received_at", ""))
    except ValueError:
        return "expected received_at such as 2026-05-01T18:30, got another text; correct it"
    if at.tzinfo is None:
        at = at.replace(tzinfo=DISTRICT_TIME)
    return WrittenReply(
        line=line, farmer_id=farmer_id, text=text, received_at=at, parcel_id=cells.get("parcel_id") or None
    )
