"""The part of JSON Schema 2020-12 that our generated documents use, so that real messages can be held against them."""

import re
from collections.abc import Iterator
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_CHECKED = {
    "type", "const", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "minItems", "maxItems", "prefixItems", "items", "properties", "required",
    "additionalProperties", "anyOf", "$ref",
}  # fmt: skip
_TOLD = {"$schema", "$defs", "title", "description", "default", "format", "contentEncoding"}


def faults(value: Any, schema: dict[str, Any], root: dict[str, Any], where: str = "$") -> Iterator[str]:  # noqa: ANN401 -- any JSON
    """What does not fit, one line each; a keyword this reader does not know is an error of the test."""
    unknown = set(schema) - _CHECKED - _TOLD
    assert not unknown, f"{where}: the test cannot check {unknown}"
    if "$ref" in schema:
        yield from faults(value, _target(schema["$ref"], root), root, where)
    if "anyOf" in schema and all(list(faults(value, choice, root, where)) for choice in schema["anyOf"]):
        yield f"{where}: fits none of {len(schema['anyOf'])} choices: {value!r}"
    if not _has_type(value, schema.get("type")):
        yield f"{where}: expected {schema['type']}, got {value!r}"
        return
    if "const" in schema and value != schema["const"]:
        yield f"{where}: expected {schema['const']!r}, got {value!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: expected one of {schema['enum']}, got {value!r}"
    if isinstance(value, str):
        yield from _text_faults(value, schema, where)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number_faults(value, schema, where)
    elif isinstance(value, list):
        yield from _array_faults(value, schema, root, where)
    elif isinstance(value, dict):
        yield from _object_faults(value, schema, root, where)


def _target(reference: str, root: dict[str, Any]) -> dict[str, Any]:
    found: Any = root
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    assert isinstance(found, dict)
    return found


def _has_type(value: object, names: str | list[str] | None) -> bool:
    if names is None:
        return True
    wanted = [names] if isinstance(names, str) else names
    if isinstance(value, bool):
        return "boolean" in wanted
    return any(isinstance(value, _TYPES[name]) for name in wanted)


def _text_faults(value: str, schema: dict[str, Any], where: str) -> Iterator[str]:
    if "pattern" in schema and re.search(schema["pattern"], value) is None:
        yield f"{where}: {value!r} does not match {schema['pattern']}"
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        yield f"{where}: length of {value!r}"


def _number_faults(value: float, schema: dict[str, Any], where: str) -> Iterator[str]:
    if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{where}: {value} lies outside its bounds"
    if value <= schema.get("exclusiveMinimum", float("-inf")) or value >= schema.get("exclusiveMaximum", float("inf")):
        yield f"{where}: {value} lies on or outside its bounds"


def _array_faults(value: list[Any], schema: dict[str, Any], root: dict[str, Any], where: str) -> Iterator[str]:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield f"{where}: {len(value)} items"
    places = schema.get("prefixItems", [schema.get("items", {})] * len(value))
    for number, (item, place) in enumerate(zip(value, places, strict=False)):
        yield from faults(item, place, root, f"{where}[{number}]")


def _object_faults(value: dict[str, Any], schema: dict[str, Any], root: dict[str, Any], where: str) -> Iterator[str]:
    known = schema.get("properties", {})
    yield from (f"{where}: {name} is missing" for name in schema.get("required", ()) if name not in value)
    if schema.get("additionalProperties") is False:
        yield from (f"{where}: {name} is not known" for name in value if name not in known)
    for name in known.keys() & value.keys():
        yield from faults(value[name], known[name], root, f"{where}.{name}")
