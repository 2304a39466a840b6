"""Parcels from GeoJSON (many) and TOML (one).

Documented defaults: ``timezone`` from the place; ``area_ha`` from the outline; soil: loam (FAO-56 table 19) where
neither texture nor limits are given; irrigation: basin, with the method's usual efficiency and wetted fraction;
language of the farmer: Darija. fiboa names are read: ``metrics:area`` (m2 as area), ``crop:name`` as crop.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ValidationError

from cloud.adapters.files.geometry import area_ha, centre, checked_geometry, on_the_globe, swapped
from cloud.adapters.files.read import Read, first_fault, read_text
from cloud.agronomy.crops.crop import find_crop
from cloud.agronomy.soil import texture_named
from cloud.errors import InputError
from cloud.records import (
    CropParameters,
    FarmerReference,
    InputReference,
    IrrigationSystem,
    Parcel,
    Soil,
    SoilLayer,
    WaterSource,
)

if TYPE_CHECKING:
    from timezonefinder import TimezoneFinder

_PARTS: Final[Mapping[str, type[BaseModel]]] = {
    "soil": Soil,
    "irrigation": IrrigationSystem,
    "water": WaterSource,
    "farmer": FarmerReference,
    "crop_parameters": CropParameters,
}
_SQUARE_METRES_PER_HA: Final = 10_000.0


def read_parcels(path: Path) -> Read[Parcel]:
    """Parcels of a GeoJSON FeatureCollection; a bad one is named and the others are read."""
    text, reference = read_text(path)
    features = _features(text, path)
    parcels: dict[str, Parcel] = {}
    problems: list[str] = []
    ignored: set[str] = set()
    notes: list[str] = []
    for place, feature in enumerate(features):
        subject = f"{path.name}: feature {place}"
        try:
            content = _properties(feature)
            subject = f"{path.name}: parcel {content.get('id', f'number {place}')}"
            geometry = feature.get("geometry")
            parcel = _parcel(content, geometry, subject, (ignored, notes))
            if parcel.id in parcels:
                problems.append(f"{subject}: id: expected every id once, got it again; rename one")
            elif "area_ha" not in parcel.model_fields_set:
                notes.append(f"{subject}: area_ha: expected an outline or an area, got neither; 1 ha is taken, add it")
            parcels.setdefault(parcel.id, parcel)
        except ValidationError as error:
            problems.append(f"{subject}: {first_fault(error)}; correct the field")
        except InputError as error:
            problems.append(f"{subject}: {error}")
    return Read(
        records=tuple(parcels.values()),
        problems=tuple(problems),
        ignored_fields=tuple(sorted(ignored)),
        reference=reference,
        notes=tuple(notes),
    )


def read_parcel_toml(path: Path) -> Read[Parcel]:
    """The one parcel of a TOML file; InputError when it cannot be used."""
    text, reference = read_text(path)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: expected TOML, got {error}; correct the file") from error
    ignored: set[str] = set()
    notes: list[str] = []
    content.setdefault("id", path.stem)
    try:
        parcel = _parcel(content, content.pop("geometry", None), path.name, (ignored, notes))
    except ValidationError as error:
        raise InputError(f"{path.name}: {first_fault(error)}; correct the field") from error
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from error
    return _one(parcel, ignored, notes, reference)


def _one(parcel: Parcel, ignored: set[str], notes: list[str], reference: InputReference) -> Read[Parcel]:
    return Read(
        records=(parcel,),
        problems=(),
        ignored_fields=tuple(sorted(ignored)),
        reference=reference,
        notes=tuple(notes),
    )


def _features(text: str, path: Path) -> list[Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: expected GeoJSON, got {error}; export the layer as GeoJSON") from error
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or not features:
        raise InputError(f"{path}: expected a FeatureCollection with features, got none; export the layer as GeoJSON")
    return features


def _properties(feature: object) -> dict[str, Any]:
    if not isinstance(feature, dict):
        raise InputError(f"expected a Feature, got {type(feature).__name__}; correct the file")
    properties = feature.get("properties") or {}
    if not isinstance(properties, dict):
        raise InputError(f"properties: expected an object, got {type(properties).__name__}; correct the file")
    content = dict(properties)
    if "id" not in content and feature.get("id") is not None:
        content["id"] = feature["id"]
    if isinstance(content.get("id"), int):
        content["id"] = str(content["id"])
    if "crop" not in content and "crop:name" in content:
        content["crop"] = content.pop("crop:name")
    area = content.pop("metrics:area", None)
    if "area_ha" not in content and isinstance(area, int | float):
        content["area_ha"] = area / _SQUARE_METRES_PER_HA
    return content


def _parcel(
    content: Mapping[str, Any], geometry: Mapping[str, Any] | None, subject: str, told: tuple[set[str], list[str]]
) -> Parcel:
    ignored, notes = told
    fields = {name: value for name, value in content.items() if value is not None}
    for name in _PARTS:
        if isinstance(fields.get(name), dict):
            fields[name] = _known(fields[name], _PARTS[name], name, ignored)
    fields = _known(fields, Parcel, "", ignored)
    fields.pop("geometry", None)
    _need(fields)
    if geometry is not None:
        checked_geometry(geometry)
        fields["geometry"] = dict(geometry)
        latitude, longitude = centre(geometry)
        fields.setdefault("latitude", latitude)
        fields.setdefault("longitude", longitude)
        if area_ha(geometry) > 0.0:
            fields.setdefault("area_ha", round(area_ha(geometry), 4))
    _place(fields, subject, notes)
    parcel = Parcel.model_validate(fields)
    crop = find_crop(parcel.crop)
    if parcel.soil.texture is not None:
        texture_named(parcel.soil.texture)
    if not crop.is_perennial and parcel.planted_on is None:
        raise InputError(f"planted_on: expected a date for the annual crop {crop.name}, got none; add it")
    return parcel


def _need(fields: Mapping[str, Any]) -> None:
    for name in ("id", "crop"):
        if name not in fields:
            raise InputError(f"{name}: expected a value, got none; add it")


def _place(fields: dict[str, Any], subject: str, notes: list[str]) -> None:
    if "latitude" not in fields or "longitude" not in fields:
        raise InputError("place: expected a geometry, or latitude and longitude, got neither; add the field's place")
    latitude, longitude = fields["latitude"], fields["longitude"]
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        raise InputError(f"place: expected numbers, got {latitude!r}, {longitude!r}; correct latitude and longitude")
    if swapped(latitude, longitude):
        notes.append(
            f"{subject}: latitude {latitude:g}, longitude {longitude:g} would lie in Morocco if exchanged; they are"
            " used as written, longitude first in GeoJSON"
        )
    if "timezone" not in fields and on_the_globe(latitude, longitude):
        fields["timezone"] = timezone_at(latitude, longitude)
    if "timezone" in fields:
        _check_timezone(fields["timezone"])


def timezone_at(latitude: float, longitude: float) -> str:
    """IANA time zone of a place."""
    return _finder().timezone_at(lat=latitude, lng=longitude) or "UTC"


@cache
def _finder() -> "TimezoneFinder":
    from timezonefinder import TimezoneFinder  # noqa: PLC0415 -- loads large tables; only files without zones need it

    # In memory, so that no file stays open for as long as the process runs.
    return TimezoneFinder(in_memory=True)


def _check_timezone(name: object) -> None:
    try:
        ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InputError(f"timezone: expected an IANA name like Africa/Casablanca, got {name!r}; correct it") from error


def _known(fields: Mapping[str, Any], model: type[BaseModel], prefix: str, ignored: set[str]) -> dict[str, Any]:
    names = set(model.model_fields)
    unknown = [name for name in fields if name not in names]
    ignored.update(f"{prefix}.{name}" if prefix else name for name in unknown)
    kept = {name: value for name, value in fields.items() if name in names and value is not None}
    if model is Soil and isinstance(kept.get("layers"), list):
        kept["layers"] = list(_layers(kept["layers"], ignored))
    return kept


def _layers(layers: list[Any], ignored: set[str]) -> Iterator[Any]:
    for layer in layers:
        yield _known(layer, SoilLayer, "soil.layers", ignored) if isinstance(layer, dict) else layer
