"""How a command speaks: results on standard output or into a file, everything else on standard error, line by line."""

import csv
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import typer

from cloud.errors import InputError
from cloud.weather.tables.headers import first_few

REVERSING: Final = frozenset("\u202d\u202e")
"""Characters that make a terminal write against the direction of the letters."""
COULD_NOT_USE_ALL: Final = 1
"""Exit code of a command that is done but could not use everything."""


def tell(command: str, lines: Iterable[str]) -> None:
    """Write lines to standard error, each with the command's name, each only once."""
    for line in dict.fromkeys(lines):
        sys.stderr.write(f"seguia {command}: {shown(line)}\n")


def shown(line: str) -> str:
    """A line as a terminal may show it: names out of files may hold what would move its cursor or hide words."""
    return "".join(f"\\u{ord(one):04x}" if _moves(one) else one for one in line)


def _moves(one: str) -> bool:
    return unicodedata.category(one) in {"Cc", "Cs"} or one in REVERSING


def ignored(name: str, fields: Sequence[str]) -> list[str]:
    """One line that names the unknown fields of a file, or none."""
    return [f"{name}: unknown fields {first_few(fields)} were ignored"] if fields else []


def finish(command: str, problems: Sequence[str]) -> None:
    """Name what could not be used and leave with code 1; with nothing to name, go on."""
    tell(command, problems)
    if problems:
        raise typer.Exit(COULD_NOT_USE_ALL)


def write_csv(header: Sequence[str], rows: Iterable[Sequence[object]], out: Path | None) -> None:
    """Write a table as CSV to a file, or to standard output."""
    if out is None:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
        return
    try:
        with out.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)
    except OSError as error:
        raise InputError(f"{out}: expected a file that can be written, got {error.strerror}; choose another") from error
