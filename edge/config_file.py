"""The gateway's TOML file: read with errors an installer can act on, written with every field explained."""

import difflib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from edge.config import GatewayConfig
from edge.config_lines import line_of
from edge.errors import ConfigurationError
from edge.settings.section import Section


def _section_of(field: FieldInfo) -> type[Section] | None:
    """The table that a field holds: one, perhaps none, or several; None for a plain key."""
    parts = (field.annotation, *get_args(field.annotation))
    return next((part for part in parts if isinstance(part, type) and issubclass(part, Section)), None)


_TABLES: Final[Mapping[str, type[Section]]] = {
    name: section for name, field in GatewayConfig.model_fields.items() if (section := _section_of(field)) is not None
}
"""Every table of the file by its name; a new field of the configuration that is a section needs nothing here."""


def read_config(path: Path) -> GatewayConfig:
    """Configuration of a gateway; ConfigurationError names file, line, key, what was expected and what was got."""
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: no such file; write one with: seguia gateway init --config {path}") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror}); correct its permissions") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        hint = "; text stands in quotes" if str(error).startswith("Invalid value") else ""
        raise ConfigurationError(f"{path}: expected TOML in UTF-8, got an error: {error}{hint}") from error
    try:
        return GatewayConfig.model_validate(content, context={"folder": path.absolute().parent})
    except ValidationError as error:
        raise ConfigurationError(f"{path}: {_problems(error, text)}") from error


def _problems(error: ValidationError, text: str = "") -> str:
    details = error.errors()
    lines = [line_of(text, _key_path(each)) for each in details]
    place = "" if lines[0] is None else f"line {lines[0]}: "
    others = sorted({line for line in lines[1:] if line is not None})
    where = f", see line{'s' if len(others) > 1 else ''} {', '.join(map(str, others))}" if others else ""
    more = f" (and {len(details) - 1} more{where})" if len(details) > 1 else ""
    return place + _problem(details[0]) + more


def _key_path(detail: ErrorDetails) -> tuple[int | str, ...]:
    """The keys of the file that lead to what is wrong; of what is missing, those of the table that lacks it."""
    return detail["loc"][:-1] if detail["type"] == "missing" else detail["loc"]


def _problem(detail: ErrorDetails) -> str:
    key = ".".join(str(part) for part in detail["loc"]) or "the file"
    if detail["type"] == "extra_forbidden":
        return f"{key}: expected a key of this file, got one that is unknown; {_meant(detail['loc'])}"
    if detail["type"] == "missing":
        return f"{key}: expected a value, got none; add it"
    if detail["type"] == "tuple_type" and isinstance(detail["input"], dict):
        return f"{key}: expected a list of tables, got a single one; write [[{key}]] in two brackets"
    if detail["type"] == "string_pattern_mismatch" and key.endswith(".url") and "@" in detail["input"]:
        return f"{key}: expected an address without user and password, got one with @; see username, password_file"
    if detail["type"] == "value_error":
        return f"{key}: {detail['msg'].removeprefix('Value error, ')}"
    expected = detail["msg"][0].lower() + detail["msg"][1:]
    if detail["type"] == "string_pattern_mismatch" and key in {"organisation", "gateway_id"}:
        expected = "letters, digits, _ . or -, at most 40"
    choices = re.findall(r"'([^']*)'", expected) if detail["type"] == "literal_error" else []
    close = difflib.get_close_matches(str(detail["input"]), choices, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"{key}: expected {expected.removeprefix('input should be ')}, got {detail['input']!r}{hint}"


def _meant(location: tuple[int | str, ...]) -> str:
    """What an unknown key was probably meant to be: one spelt alike, or the same in another table."""
    name = str(location[-1])
    table = next((_TABLES[str(part)] for part in location[:-1] if part in _TABLES), GatewayConfig)
    close = difflib.get_close_matches(name, table.model_fields, n=1)
    if close:
        return f"did you mean {close[0]}?"
    homes = [f"[{home}]" for home, section in _TABLES.items() if name in section.model_fields]
    if name in GatewayConfig.model_fields:
        homes.insert(0, "the top of the file, before any [table]")
    return f"it belongs to {' or '.join(homes[:3])}" if homes else "remove it"


def write_config(values: Mapping[str, Any]) -> str:
    """Commented TOML text of a configuration: each field with its meaning, unset ones commented out.

    ``values`` is nested like the file; ConfigurationError when they would not be read back.
    """
    try:
        GatewayConfig.model_validate(values)
    except ValidationError as error:
        raise ConfigurationError(f"configuration: {_problems(error)}") from error
    lines = ["# Seguia gateway. Check it with: seguia gateway check --config THIS_FILE", ""]
    for name, field in GatewayConfig.model_fields.items():
        if name not in _TABLES:
            lines += _key_lines(name, field, values)
    for name, section in _TABLES.items():
        lines += _section_lines(name, section, values)
    return "\n".join(lines).rstrip() + "\n"


def _section_lines(name: str, section: type[Section], values: Mapping[str, Any]) -> list[str]:
    """One table, commented out where it may be left out and is; one for each where there may be several."""
    field = GatewayConfig.model_fields[name]
    heading = f"# {field.title}: {field.description}"
    if get_origin(field.annotation) is tuple:
        return [
            line for each in values.get(name, ()) for line in (heading, f"[[{name}]]", *_table_lines(section, each))
        ]
    table = [f"[{name}]", *_table_lines(section, values.get(name) or {})]
    if field.default is None and values.get(name) is None:
        table = [f"# {line}" if line and not line.startswith("#") else line for line in table]
    return [heading, *table]


def _table_lines(table: type[Section], values: Mapping[str, Any]) -> Iterator[str]:
    for name, field in table.model_fields.items():
        yield from _key_lines(name, field, values)


def _key_lines(name: str, field: FieldInfo, values: Mapping[str, Any]) -> list[str]:
    comment = f"# {field.title}: {field.description}{_bounds(field)}"
    value = values.get(name, None if field.is_required() else field.default)
    if value is None:
        return [comment, f"# {name} =", ""]
    return [comment, f"{name} = {_toml(value)}", ""]


def _bounds(field: FieldInfo) -> str:
    choices = [repr(choice).replace("'", '"') for choice in get_args(field.annotation) if isinstance(choice, str)]
    if choices:
        return f" One of {', '.join(choices)}."
    words = {"ge": "at least", "gt": "more than", "le": "at most"}
    limits = [
        f"{word} {getattr(mark, name):g}"
        for mark in field.metadata
        for name, word in words.items()
        if isinstance(getattr(mark, name, None), int | float)
    ]
    return f" Bounds: {', '.join(limits)}." if limits else ""


def _toml(value: object) -> str:
    if isinstance(value, Path):
        value = str(value)
    return json.dumps(value, ensure_ascii=False)
