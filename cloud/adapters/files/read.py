"""What reading a file gives: records, and one line for everything that could not be used."""

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import ValidationError

from cloud.errors import InputError
from cloud.records import InputReference

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read(Generic[T]):
    """Records of one file; nothing is dropped without a line."""

    records: tuple[T, ...]
    problems: tuple[str, ...]
    """Records that could not be used: subject, expected, got, way out."""
    ignored_fields: tuple[str, ...]
    """Fields that are not ours, named once."""
    reference: InputReference
    notes: tuple[str, ...] = ()
    """What was assumed or derived and may surprise, one line each."""


def read_bytes(path: Path) -> bytes:
    """Content of a file; InputError in one line when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: expected a readable file, got {error.strerror}; check the path") from error


def read_text(path: Path) -> tuple[str, InputReference]:
    """Text of a UTF-8 file and its reference."""
    content = read_bytes(path)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: expected text in UTF-8, got other bytes; save it as UTF-8") from error
    return text, InputReference(name=path.name, sha256=hashlib.sha256(content).hexdigest())


def first_fault(error: ValidationError) -> str:
    """First fault of a record in one line: where, what was expected, what was got."""
    fault = error.errors()[0]
    where = ".".join(str(part) for part in fault["loc"])
    message = fault["msg"].removeprefix("Value error, ")
    if not where:
        return message
    given = fault["input"]
    got = given.isoformat() if isinstance(given, date) else repr(given)
    return f"{where}: {message[0].lower()}{message[1:]}, got {got}"[:300]
