"""Everything of a day that neither the store nor the weather holds, as one line of JSON, whatever fields a day has."""

import json
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from typing import Any, Final, get_type_hints

from pydantic import TypeAdapter, ValidationError

from cloud.advice.inputs import DayInputs
from cloud.errors import InputError, IntegrityError

ELSEWHERE: Final = frozenset(
    {"parcels", "events", "observations", "detections", "history", "weather", "forecast", "state", "kept"}
)
"""Fields whose content is kept by other means: records of the store, weather, and states of the water."""


def given_of(inputs: DayInputs) -> bytes:
    """Turns, quotas, pumps, references, settings and seed of a day; equal days give equal bytes."""
    try:
        content = {name: adapter.dump_python(getattr(inputs, name), mode="json") for name, adapter in _adapters()}
    except (TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"given inputs of a night: expected values that JSON holds, got others ({reason})") from error
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def given_from(content: bytes) -> dict[str, Any]:
    """Fields of a day by name; IntegrityError where this version's days have others."""
    try:
        known = dict(_adapters())
        # A field that a later version added has its default: that version did without it.
        return {name: known[name].validate_json(json.dumps(value)) for name, value in json.loads(content).items()}
    except (KeyError, ValueError, TypeError, AttributeError, ValidationError) as error:
        reason = " ".join(str(error).split())
        raise IntegrityError(
            f"given inputs of a night: expected those of a day of this version, got others ({reason});"
            " replay it with the version that decided it"
        ) from error


def _adapters() -> Iterator[tuple[str, TypeAdapter[Any]]]:
    for one in fields(DayInputs):
        if one.name not in ELSEWHERE:
            yield one.name, _adapter(one.name)


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(get_type_hints(DayInputs)[name])
