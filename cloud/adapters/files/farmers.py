"""Farmers of a CSV file: who is told, in which language, at which number; the file is not kept."""

import csv
import io
from pathlib import Path

from pydantic import ValidationError

from cloud.adapters.files.read import Read, read_text
from cloud.errors import InputError
from cloud.messages import Farmer

COLUMNS = ("id", "name", "phone_number", "language")


def read_farmers(path: Path) -> Read[Farmer]:
    """Read ``id, name, phone_number, language``; a row that cannot be used is named by its line alone."""
    text, reference = read_text(path)
    lines = csv.DictReader(io.StringIO(text, newline=""))
    present = tuple(lines.fieldnames or ())
    missing = [name for name in COLUMNS if name not in present]
    if missing:
        raise InputError(f"{path.name}: expected the columns {', '.join(COLUMNS)}, got no {', '.join(missing)}")
    records: list[Farmer] = []
    problems: list[str] = []
    for number, row in enumerate(lines, start=2):
        try:
            records.append(Farmer.model_validate({name: (row[name] or "").strip() for name in COLUMNS}))
        except ValidationError as error:
            wrong = ", ".join(str(fault["loc"][0]) for fault in error.errors())
            problems.append(
                f"{path.name} line {number}: {wrong} cannot be used; expected an id, a name, a number such as"
                " +2126XXXXXXXX and a known language; correct the line"
            )
    return Read(
        records=tuple(records),
        problems=tuple(problems),
        ignored_fields=tuple(name for name in present if name and name not in COLUMNS),
        reference=reference,
    )
