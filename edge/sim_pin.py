"""The SIM's PIN, offered once: a SIM that refused three locks itself, so a refusal outlives every restart."""

import re
from pathlib import Path
from typing import Final

from edge.errors import ModemError
from edge.modem import Pin

_MARK: Final = "refused-pin"
_DIGITS: Final = re.compile(r"[0-9]{4,8}")


def sim_pin(file: Path | None, data_dir: Path) -> Pin:
    """PIN of a file; once refused it is offered again only when the file was written anew."""
    mark = data_dir / _MARK

    def read() -> str | None:
        if file is None or (mark.exists() and mark.read_text(encoding="ascii") == _version(file)):
            return None
        try:
            (first, *_) = file.read_text(encoding="ascii").splitlines() or [""]
        except (OSError, UnicodeDecodeError) as error:
            raise ModemError(f"{file}: the SIM's PIN cannot be read ({error}); correct [modem] pin_file") from error
        if _DIGITS.fullmatch(first.strip()) is None:
            raise ModemError(f"{file}: expected a PIN of 4 to 8 digits in its first line, got another text; correct it")
        # Written before it is tried: a crash in between must not make room for one try more.
        mark.write_text(_version(file), encoding="ascii")
        return first.strip()

    return Pin(read=read, accepted=lambda: mark.unlink(missing_ok=True))


def _version(file: Path) -> str:
    return str(file.stat().st_mtime_ns)
