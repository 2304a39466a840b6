"""A batch of readings on the wire, as a schema for other languages; generated from the contract's own tables."""

from collections.abc import Mapping
from typing import Any, Final

from edge.reading import BATCH_MAX_READINGS, CODES, QUALITIES, READING_MAX_BYTES, Reading

_PARAMETERS: Final = {"e": "sigma", "f": "depth_from_m", "t": "depth_to_m", "n": "instrument"}


def reading_schema(envelope: Mapping[str, Any], dialect: str) -> dict[str, Any]:
    """Schema of a batch; ``envelope`` are the keys that every queued message has."""
    return {
        "$schema": dialect,
        "title": "Readings",
        "description": (
            f"What instruments measured; a reading alone is at most {READING_MAX_BYTES} bytes. What is not known is"
            " left out, never 0."
        ),
        "type": "object",
        "properties": {
            **envelope,
            "t": {"type": "integer", "description": "Unix time [s] from which the times of the readings are told."},
            "i": {"type": "array", "minItems": 1, "items": _series(), "description": "Whose numbers these are."},
            "r": {"type": "array", "minItems": 1, "maxItems": BATCH_MAX_READINGS, "items": _row()},
        },
        "required": [*envelope, "i", "r"],
        "$defs": {"reading": Reading.model_json_schema()},
    }


def _series() -> dict[str, Any]:
    fields = Reading.model_json_schema()["properties"]
    codes = ", ".join(f"{code} {quantity}" for quantity, code in CODES.items())
    more = ", ".join(f"{short} {name}" for short, name in _PARAMETERS.items())
    return {
        "type": "array",
        "minItems": 3,
        "maxItems": 4,
        "prefixItems": [
            {**fields["sensor_id"], "title": "sensor_id"},
            {"type": ["string", "null"], "title": "parcel_id"},
            {"enum": list(CODES.values()), "title": "quantity", "description": f"Codes: {codes}."},
            {
                "type": "object",
                "description": f"What is known besides: {more}.",
                "properties": {
                    "e": {"type": "number", "exclusiveMinimum": 0},
                    "f": {"type": "number", "minimum": 0},
                    "t": {"type": "number", "exclusiveMinimum": 0},
                    "n": {"type": "string"},
                },
            },
        ],
    }


def _row() -> dict[str, Any]:
    qualities = ", ".join(f"{code} {quality}" for code, quality in enumerate(QUALITIES))
    return {
        "type": "array",
        "minItems": 3,
        "maxItems": 5,
        "prefixItems": [
            {"type": "integer", "minimum": 0, "description": "Place of its series."},
            {"type": ["integer", "null"], "description": "Seconds after t; null: the clock was not believed."},
            {"type": "number", "description": "In the quantity's unit."},
            {"type": "integer", "minimum": 0, "description": f"Quality, good where it is left out: {qualities}."},
            {"type": "integer", "minimum": 0, "description": "Without a time: seconds since the machine was started."},
        ],
    }
