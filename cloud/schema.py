"""The cloud's nouns for other languages, generated from the code: JSON Schema 2020-12 of what its files hold.

Run: python -m cloud.schema firmware_configs/schemas
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

from cloud.records import Parcel, Recommendation, Record, Verdict

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
Content = dict[str, Any]
_FROM_GEOMETRY: Final = frozenset({"geometry", "latitude", "longitude"})


def schemas() -> dict[str, Content]:
    """Documents by file name."""
    return {
        "recommendation.json": {"$schema": DIALECT, **_open(Recommendation)},
        "verdict.json": {"$schema": DIALECT, **_open(Verdict)},
        "parcel.json": _parcel(),
    }


def as_text(document: Content) -> str:
    """A document as it stands in its file."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _open(record: type[Record]) -> Content:
    """Schema of a record in a file, where fields of later versions are ignored."""
    schema = record.model_json_schema()
    for part in (schema, *schema.get("$defs", {}).values()):
        part.pop("additionalProperties", None)
    return schema


def _parcel() -> Content:
    one = _open(Parcel)
    shared = one.pop("$defs")
    feature = {
        "type": "object",
        "properties": {
            "type": {"const": "Feature"},
            "geometry": {"type": "object", "description": "WGS84, longitude first (RFC 7946)."},
            "properties": {
                **one,
                "title": "Properties of a parcel",
                "properties": {name: one["properties"][name] for name in one["properties"] if name != "geometry"},
                "required": [name for name in one["required"] if name not in _FROM_GEOMETRY],
            },
        },
        "required": ["type", "geometry", "properties"],
    }
    collection = {
        "type": "object",
        "properties": {
            "type": {"const": "FeatureCollection"},
            "features": {"type": "array", "items": {"$ref": "#/$defs/feature"}},
        },
        "required": ["type", "features"],
    }
    return {
        "$schema": DIALECT,
        "title": "Parcel",
        "description": "One parcel (TOML read as JSON), or many as GeoJSON.",
        "anyOf": [{"$ref": "#/$defs/parcel"}, {"$ref": "#/$defs/collection"}],
        "$defs": {"parcel": one, "feature": feature, "collection": collection, **shared},
    }


def main(arguments: list[str]) -> int:
    """Write every document into a folder."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m cloud.schema FOLDER\n")
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in schemas().items():
        (folder / name).write_text(as_text(document), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
