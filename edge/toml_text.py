"""A TOML text whose keys are changed in place: comments, order and every other key stay as they are.

What comes out is read again and compared with what was wanted; a text too unusual for that is refused, never spoilt.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from edge.errors import ConfigurationError

_LONGEST_STATEMENT: Final = 500
"""Lines that one value may stretch over."""


@dataclass(frozen=True, slots=True)
class _Statement:
    """Whole lines that belong together: a comment, a header, or a key with its value."""

    text: str
    header: tuple[str, ...] | None = None
    """Table that begins here."""
    array: bool = False
    key: tuple[str, ...] | None = None


def with_values(text: str, table: Sequence[str], values: Mapping[str, object], *, place: int = 0) -> str:
    """The text with keys of a table set, or taken out where a value is None; a table that is missing is added.

    ``table`` names it, () the top; ``place`` says which of an array of tables. ConfigurationError when the text is no
    TOML, or writes the table in a way that cannot be changed safely.
    """
    try:
        wanted = _changed(tomllib.loads(text), table, values, place)
        changed = _rewritten(list(_statements(text)), tuple(table), values, place)
        if tomllib.loads(changed) == wanted:
            return changed
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"expected TOML, got {error}") from error
    except (KeyError, IndexError, TypeError, AttributeError):
        pass
    name = ".".join(table) or "the top"
    raise ConfigurationError(f"{name}: written in a way that cannot be changed here; set it by hand: {dict(values)}")


def _changed(content: dict[str, Any], table: Sequence[str], values: Mapping[str, object], place: int) -> dict[str, Any]:
    inner = content
    for name in table:
        found = inner.setdefault(name, {})
        inner = found[place] if isinstance(found, list) else found
    for key, value in values.items():
        if value is None:
            inner.pop(key, None)
        else:
            inner[key] = tomllib.loads(f"value = {toml_value(value)}")["value"]
    return content


def _rewritten(statements: list[_Statement], table: tuple[str, ...], values: Mapping[str, object], place: int) -> str:
    span = _span(statements, table, place)
    if span is None:
        taken = _without_inline(statements, table)
        lines = [f"\n[{'.'.join(table)}]\n", *_lines(values)]
        text = "".join(each.text for each in taken)
        return (text if text.endswith("\n") or not text else text + "\n") + "".join(lines)
    first, last = span
    inside = statements[first:last]
    left = dict(values)
    written: list[str] = []
    for each in inside:
        name = each.key[0] if each.key is not None else None
        if name is None or name not in values:
            written.append(each.text)
        elif name in left:
            written += [line.rstrip("\n") + _remark(each.text) + "\n" for line in _lines({name: left.pop(name)})]
    end = len(written)
    while end > 0 and (not written[end - 1].strip() or written[end - 1].lstrip().startswith("#")):
        end -= 1  # what stands before the next table belongs to that
    if end and not written[end - 1].endswith("\n"):
        written[end - 1] += "\n"
    written[end:end] = _lines(left)
    return "".join([*(each.text for each in statements[:first]), *written, *(each.text for each in statements[last:])])


def _span(statements: Sequence[_Statement], table: tuple[str, ...], place: int) -> tuple[int, int] | None:
    """Where a table's own keys stand: from after its header to before the next one."""
    headers = [number for number, each in enumerate(statements) if each.header is not None]
    if not table:
        return 0, headers[0] if headers else len(statements)
    own = [number for number in headers if statements[number].header == table]
    if not own:
        return None
    begin = own[place if statements[own[0]].array else 0]
    return begin + 1, next((number for number in headers if number > begin), len(statements))


def _without_inline(statements: Sequence[_Statement], table: tuple[str, ...]) -> list[_Statement]:
    """The statements without a table that is written in one line, or key by key with dots, at the top."""
    headers = [number for number, each in enumerate(statements) if each.header is not None]
    top = headers[0] if headers else len(statements)
    return [
        each
        for number, each in enumerate(statements)
        if number >= top or each.key is None or each.key[: len(table)] != table
    ]


def _statements(text: str) -> Iterator[_Statement]:
    lines = text.splitlines(keepends=True)
    start = 0
    while start < len(lines):
        bare = lines[start].strip()
        if not bare or bare.startswith("#"):
            yield _Statement(lines[start])
            start += 1
        elif bare.startswith("["):
            array = bare.startswith("[[")
            yield _Statement(lines[start], header=_path(tomllib.loads(bare)), array=array)
            start += 1
        else:
            end = _end(lines, start)
            whole = "".join(lines[start:end])
            yield _Statement(whole, key=_path(tomllib.loads(whole), whole.partition("=")[0].count(".") + 1))
            start = end


def _end(lines: Sequence[str], start: int) -> int:
    """The line after a key's value, which may stretch over several."""
    for end in range(start + 1, min(len(lines), start + _LONGEST_STATEMENT) + 1):
        try:
            tomllib.loads("".join(lines[start:end]))
        except tomllib.TOMLDecodeError:
            continue
        return end
    raise KeyError(lines[start])


def _remark(text: str) -> str:
    """The comment behind a value, with the space before it; one inside a value goes with that."""
    whole = tomllib.loads(text)
    for place in (number for number, letter in enumerate(text) if letter == "#"):
        try:
            if tomllib.loads(text[:place]) == whole:
                value = text[:place].rstrip()
                return text[len(value) :].rstrip("\n")
        except tomllib.TOMLDecodeError:
            continue
    return ""


def _path(content: Any, depth: int = 99) -> tuple[str, ...]:  # noqa: ANN401 -- whatever TOML holds
    """Names that lead to the innermost table of a header, or to a key with its dots."""
    path: list[str] = []
    while len(path) < depth:
        if isinstance(content, list):
            content = content[0] if content else None
        if not isinstance(content, dict) or not content:
            break
        (name, content), *_ = content.items()
        path.append(name)
    return tuple(path)


def _lines(values: Mapping[str, object]) -> list[str]:
    return [f"{key} = {toml_value(value)}\n" for key, value in values.items() if value is not None]


def toml_value(value: object) -> str:
    """A text, number, truth, list or flat mapping as TOML."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {toml_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml_value(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)
