"""A CSV file as text: comment lines, header and rows with their line numbers; nothing is interpreted yet.

Comma, semicolon or tab, told by the header; a byte order mark, decimal commas and Arabic digits are understood. A
comment line is ``# key: value``; the header block of NASA POWER (``-BEGIN HEADER-`` .. ``-END HEADER-``) is one too.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from cloud.errors import InputError

MISSING_WORDS: Final = frozenset({"", "nan", "na", "n/a", "null", "none", "-", "--", "---"})
"""Cells that say "no value" in words."""

_SENTINELS: Final = frozenset({-99.0, -99.9, -999.0, -999.9, -9999.0})
_DIGITS: Final = str.maketrans(
    "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹\u066b\u2212", "01234567890123456789.-", "\u200e\u200f\u202a\u202c\u00a0\u202f"
)
"""Arabic and Persian digits, the Arabic decimal point, the minus sign; marks of direction and hard spaces fall out."""
_BEGIN: Final = "-begin header-"
_END: Final = "-end header-"
_POWER_PLACE: Final = re.compile(r"(latitude|longitude)\s+(-?\d+(?:\.\d+)?)", re.IGNORECASE)
_POWER_ELEVATION: Final = re.compile(r"elevation.*=\s*(-?\d+(?:\.\d+)?)\s*met", re.IGNORECASE)
_TOWN_PLACE: Final = re.compile(r"lat/lon:\s*(-?\d+(?:\.\d+)?)\s*/\s*(-?\d+(?:\.\d+)?)", re.IGNORECASE)
_POWER_UNIT: Final = re.compile(r"^(\w+)\s+.*\(([^()]+)\)\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Header and rows of a CSV file, and what was found wrong with its cells on the way."""

    name: str
    sha256: str
    comments: Mapping[str, str]
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    stand_ins: dict[str, list[int]] = field(default_factory=dict)
    """Lines where a column says "no value" by a number such as -99."""
    units: Mapping[str, str] = field(default_factory=dict)
    """Units that a header block states, by lower-case column."""

    def column(self, name: str) -> list[str]:
        """Cells of one column; empty text where a row is too short."""
        place = self.header.index(name)
        return [cells[place] if place < len(cells) else "" for _, cells in self.rows]

    def numbers(self, name: str) -> np.ndarray:
        """Numbers of one column, one a row; NaN where there is none, and what cannot be one is named."""
        return np.array([self._number(row, name, text) for row, text in enumerate(self.column(name))])

    def line(self, row: int) -> str:
        """The file and line of a row, for people."""
        return f"{self.name} line {self.rows[row][0]}"

    def _number(self, row: int, header: str, text: str) -> float:
        if text.lower() in MISSING_WORDS:
            return float("nan")
        try:
            value = float(text.replace(",", "."))
        except ValueError:
            self.problems.append(f"{self.line(row)}: {header}: expected a number, got {text!r}; taken as missing")
            return float("nan")
        if value in _SENTINELS:
            self.stand_ins.setdefault(header, []).append(self.rows[row][0])
            return float("nan")
        return value if np.isfinite(value) else float("nan")


def read_table(path: Path) -> Table:
    """Text of a CSV file; InputError in one line when there is none to read."""
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig").translate(_DIGITS)
    except OSError as error:
        raise InputError(f"{path}: expected a readable file, got {error.strerror}; check the path") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: expected text in UTF-8, got other bytes; save it as UTF-8 CSV") from error
    comments, units, lines = _sorted_out(text)
    if not lines:
        raise InputError(f"{path}: expected a header line and rows, got an empty file; give a CSV file")
    delimiter = max(",;\t", key=lines[0][1].count)
    parsed, problems = _parsed(path.name, lines, delimiter)
    return Table(
        name=path.name,
        sha256=hashlib.sha256(content).hexdigest(),
        comments=comments,
        header=tuple(cell.lower() for cell in parsed[0]),
        rows=tuple(zip((number for number, _ in lines[1:]), parsed[1:], strict=False)),
        units=units,
        problems=problems,
    )


def _parsed(name: str, lines: Sequence[tuple[int, str]], delimiter: str) -> tuple[list[tuple[str, ...]], list[str]]:
    """Cells of the lines; a line that is no CSV is named, and stands as one without cells."""
    rows: list[tuple[str, ...]] = []
    problems: list[str] = []
    reader = csv.reader((line for _, line in lines), delimiter=delimiter)
    while True:
        try:
            rows.append(tuple(cell.strip() for cell in next(reader)))
        except StopIteration:
            return rows, problems
        except csv.Error:
            problems.append(
                f"{name} line {lines[len(rows)][0]}: expected cells of at most {csv.field_size_limit()} characters,"
                " got more; not used"
            )
            rows.append(())


def _sorted_out(text: str) -> tuple[dict[str, str], dict[str, str], list[tuple[int, str]]]:
    """Comments, units of a header block, and the numbered lines that remain."""
    comments: dict[str, str] = {}
    units: dict[str, str] = {}
    lines: list[tuple[int, str]] = []
    inside = False
    for number, line in enumerate(text.splitlines(), start=1):
        mark = line.strip().strip(",;").lower()
        if mark in {_BEGIN, _END}:
            inside = mark == _BEGIN
        elif inside:
            _take_power_line(line, comments, units)
        elif line.startswith("#"):
            key, _, value = line.lstrip("# ").partition(":")
            comments[key.strip().lower()] = value.strip()
            if place := _TOWN_PLACE.search(line):
                comments |= {"latitude": place[1], "longitude": place[2]}
        elif line.strip():
            lines.append((number, line))
    return comments, units, lines


def _take_power_line(line: str, comments: dict[str, str], units: dict[str, str]) -> None:
    for name, value in _POWER_PLACE.findall(line):
        comments[name.lower()] = value
    if elevation := _POWER_ELEVATION.search(line):
        comments["elevation"] = elevation[1]
    elif unit := _POWER_UNIT.match(line.strip()):
        units[unit[1].lower()] = unit[2].strip()
