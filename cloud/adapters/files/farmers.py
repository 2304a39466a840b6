"""Farmers of a CSV file: who is told, in which language, at which number, when, and what they agreed to.

The file is not kept. Commas or semicolons; what a row leaves empty stays as it was known.
"""

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from cloud.adapters.files.read import Read, read_text
from cloud.errors import InputError
from cloud.messages import Farmer
from cloud.people.consent import Consent
from cloud.people.enrolment import weekday

COLUMNS: Final = ("id", "name", "phone_number", "language")
PREFERENCES: Final = (
    "spoken",
    "voice",
    "quiet_from",
    "quiet_until",
    "market_day",
    "friday_prayer",
    "ramadan",
    "timezone",
)
CONSENT: Final = ("consent_how", "consent_by", "consent_at", "consent_wording")
_YES_NO: Final = {"oui": "yes", "non": "no"}


def read_farmers(path: Path) -> Read[Farmer]:
    """Read ``id, name, phone_number, language`` and preferences; an unusable row is named by its line alone."""
    text, reference = read_text(path)
    lines, present = _lines(path, text)
    records: list[Farmer] = []
    problems: list[str] = []
    for number, row in lines:
        try:
            records.append(Farmer.model_validate(_person(row)))
        except ValidationError as error:
            wrong = ", ".join(dict.fromkeys(str(fault["loc"][0]) for fault in error.errors()))
            problems.append(
                f"{path.name} line {number}: {wrong} cannot be used; expected an id, a name, a number such as"
                " +2126XXXXXXXX and a known language; correct the line"
            )
    known = {*COLUMNS, *PREFERENCES, *CONSENT}
    return Read(
        records=tuple(records),
        problems=tuple(problems),
        ignored_fields=tuple(name for name in present if name and name not in known),
        reference=reference,
    )


def read_consents(path: Path) -> Read[Consent]:
    """Read who agreed to messages: rows with ``consent_how``, ``consent_by`` and ``consent_at``."""
    text, reference = read_text(path)
    records: list[Consent] = []
    problems: list[str] = []
    for number, row in _lines(path, text)[0]:
        if not any(row[name] for name in CONSENT):
            continue
        try:
            records.append(Consent.model_validate(_consent(row)))
        except (ValidationError, ValueError):
            problems.append(
                f"{path.name} line {number}: its consent cannot be used; expected consent_how written or spoken,"
                " consent_by the person who recorded it and consent_at a date such as 2026-05-01; correct the line"
            )
    return Read(records=tuple(records), problems=tuple(problems), ignored_fields=(), reference=reference)


def _lines(path: Path, text: str) -> tuple[list[tuple[int, Mapping[str, str]]], tuple[str, ...]]:
    """Rows with their line numbers, every column of ours in each, and the columns that are there."""
    header = text.partition("\n")[0]
    lines = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=";" if header.count(";") > header.count(",") else ","
    )
    present = tuple(name.strip() for name in lines.fieldnames or ())
    lines.fieldnames = list(present)
    missing = [name for name in COLUMNS if name not in present]
    if missing:
        raise InputError(f"{path.name}: expected the columns {', '.join(COLUMNS)}, got no {', '.join(missing)}")
    wanted = (*COLUMNS, *PREFERENCES, *CONSENT)
    rows: list[tuple[int, Mapping[str, str]]] = [
        (number, {name: (row.get(name) or "").strip() for name in wanted}) for number, row in enumerate(lines, 2)
    ]
    return rows, present


def _person(row: Mapping[str, str]) -> dict[str, Any]:
    given: dict[str, Any] = {name: row[name] for name in COLUMNS}
    given |= {name: _YES_NO.get(row[name].casefold(), row[name]) for name in PREFERENCES if row[name]}
    if "market_day" in given:
        given["market_day"] = weekday(given["market_day"])
    return given


def _consent(row: Mapping[str, str]) -> dict[str, Any]:
    at = datetime.fromisoformat(row["consent_at"])
    return {
        "farmer_id": row["id"],
        "given": True,
        "how": row["consent_how"],
        "by": row["consent_by"],
        "at": at if at.tzinfo is not None else at.replace(tzinfo=UTC),
        "wording": row["consent_wording"] or None,
    }
