"""Text templates of the configurations that leave the house with a device: ``{{name}}`` is filled in, nothing else."""

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

from edge.errors import ConfigurationError

_BLANK: Final = re.compile(r"\{\{(\w+)\}\}")
_EMPTY_LINE: Final = re.compile(r"^\{\{(\w+)\}\}\n", flags=re.MULTILINE)
_PLAIN_PATH: Final = re.compile(r"[^\s%\"'\\$;#]+")


def plain(path: Path) -> str:
    """The path as a configuration may hold it; ConfigurationError where a letter would mean more there."""
    text = str(path)
    if not _PLAIN_PATH.fullmatch(text) or not text.isprintable():
        raise ConfigurationError(
            f"{text!r}: expected a path without spaces, quotes, %, $, ;, # or \\, which mean something else to units"
            " and brokers; rename it"
        )
    return text


def filled(template: str, values: Mapping[str, object] | None = None) -> str:
    """The template of this name with its blanks filled in; a line that is one empty blank disappears.

    Paths are checked by ``plain``; a blank without a value is a fault of this program.
    """
    words = {name: plain(each) if isinstance(each, Path) else str(each) for name, each in (values or {}).items()}
    text = files("edge.rendering").joinpath("templates", template).read_text(encoding="utf-8")
    text = _EMPTY_LINE.sub(lambda blank: "" if words[blank[1]] == "" else blank[0], text)
    return _BLANK.sub(lambda blank: words[blank[1]], text)
