"""The installer's line: the one number whose texts lead through the set-up and tick care off; nobody else's do."""

import re
from pathlib import Path
from typing import Final

from edge.errors import ConfigurationError
from edge.settings.installer import InstallerConfig

_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_COMPARED_DIGITS: Final = 8
"""One network writes a number with its country, another without: their last digits agree."""
_OTHERS_MAY: Final = 0o077


def read_installer_number(config: InstallerConfig) -> str:
    """Number of the installer; ConfigurationError when the file holds none, or others may read it."""
    file: Path = config.number_file
    try:
        open_to_others = file.stat().st_mode & _OTHERS_MAY
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file}: the installer's number cannot be read ({error}); write it there") from error
    number = checked_number(lines[0] if lines else "", f"{file}, first line")
    if open_to_others:
        raise ConfigurationError(f"{file}: expected that its owner alone may read it; run: chmod 600 {file}")
    return number


def checked_number(text: str, where: str) -> str:
    """A telephone number with its country; ConfigurationError names where it stands when it is none."""
    number = re.sub(r"[\s().-]", "", text)
    if _NUMBER.fullmatch(number) is None:
        raise ConfigurationError(f"{where}: expected a number such as +212600000000, got another text; correct it")
    return number


def is_same_number(one: str, other: str) -> bool:
    """Whether two writings are of one telephone, however much of its country stands in front."""
    first, second = (re.sub(r"\D", "", number)[-_COMPARED_DIGITS:] for number in (one, other))
    return len(first) == _COMPARED_DIGITS and first == second
