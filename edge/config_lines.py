"""Where a key of a TOML text stands, so that an error can name its line."""

import tomllib
from collections.abc import Sequence
from typing import Any


def line_of(text: str, location: Sequence[int | str]) -> int | None:
    """Line, from 1, on which the key of this location begins, else the nearest table around it; None for neither.

    Found by reading the text line by line until the key is there: whatever way of writing TOML allows, counts.
    """
    lines = text.splitlines(keepends=True)
    found: tuple[int, int] | None = None
    begun = 0
    for end in range(1, len(lines) + 1):
        try:
            content = tomllib.loads("".join(lines[:end]))
        except tomllib.TOMLDecodeError:
            continue  # in the midst of a value that stretches over several lines
        depth = _depth(content, location)
        if depth > (0 if found is None else found[0]):
            found = (depth, begun + 1 + _blank(lines[begun:end]))
        begun = end
        if found is not None and found[0] == len(location):
            break
    return None if found is None else found[1]


def _depth(content: Any, location: Sequence[int | str]) -> int:  # noqa: ANN401 -- whatever TOML holds
    """How many steps of a location are there."""
    for depth, step in enumerate(location):
        if isinstance(content, dict) and step in content:
            content = content[str(step)]
        elif isinstance(content, list) and isinstance(step, int) and step < len(content):
            content = content[step]
        else:
            return depth
    return len(location)


def _blank(lines: Sequence[str]) -> int:
    """How many lines hold nothing, or a comment, before the first that says something."""
    return next((number for number, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), 0)
