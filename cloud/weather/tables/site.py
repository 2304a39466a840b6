"""Where a station stands: from its file's comment lines and from what the operator says, which wins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from cloud.errors import InputError
from cloud.weather.tables.table import Table

_KEYS: Final = {
    "latitude": "latitude",
    "lat": "latitude",
    "longitude": "longitude",
    "lon": "longitude",
    "elevation": "elevation_m",
    "elevation_m": "elevation_m",
    "altitude": "elevation_m",
    "wind_height": "wind_height_m",
    "wind-height": "wind_height_m",
    "wind_height_m": "wind_height_m",
}

_BOUNDS: Final = {
    "latitude": (-90.0, 90.0),
    "longitude": (-180.0, 180.0),
    "elevation_m": (-430.0, 6000.0),
    "wind_height_m": (0.5, 200.0),
}
"""Where a station can stand; the logarithmic profile of wind has no speed below a few centimetres."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a station stands; None = unknown."""

    latitude: float | None = None
    longitude: float | None = None
    elevation_m: float | None = None
    wind_height_m: float | None = None


def site_of(table: Table, site: Site | None) -> Site:
    """Site of a file: the given one, completed by its comment lines."""
    found: dict[str, float] = {}
    for key, text in table.comments.items():
        name = _KEYS.get(key)
        if name is None:
            continue
        try:
            found[name] = float(text.split()[0])
        except (ValueError, IndexError):
            raise InputError(f"{table.name}: # {key}: expected a number, got {text!r}; correct the comment") from None
    given = {} if site is None else {name: getattr(site, name) for name in Site.__slots__}
    merged = replace(Site(), **{**found, **{name: value for name, value in given.items() if value is not None}})
    for name, (low, high) in _BOUNDS.items():
        value = getattr(merged, name)
        if value is not None and not low <= value <= high:
            raise InputError(f"{table.name}: {name}: expected {low:g} to {high:g}, got {value:g}; correct it")
    return merged
