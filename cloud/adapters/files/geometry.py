"""Shape of a parcel: is it a sound polygon, how large is it, where does it stand."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cloud.errors import InputError

EARTH_RADIUS_M: Final = 6_371_007.2
"""Radius of the sphere with the Earth's surface [m] (authalic)."""

_LATITUDE_LIMIT: Final = 90.0
_LARGEST_PARCEL_HA: Final = 20_000.0
_COUNTRY_BOX: Final = (20.0, 37.0, -18.0, 1.0)
"""Morocco and its surroundings: lowest and highest latitude, lowest and highest longitude."""


def checked_geometry(geometry: Mapping[str, Any]) -> None:
    """Refuse a geometry that is no polygon (or point), is out of range or crosses itself."""
    import shapely  # noqa: PLC0415 -- slow to import; asking a command for help must not wait for it
    from shapely.geometry import shape  # noqa: PLC0415 -- as above

    kind = geometry.get("type")
    if kind not in {"Polygon", "MultiPolygon", "Point"}:
        raise InputError(f"geometry: expected Polygon, MultiPolygon or Point, got {kind}; draw the field's outline")
    pairs = _pairs(geometry.get("coordinates"))
    if not pairs:
        raise InputError("geometry: expected coordinates, got none; draw the field's outline")
    for longitude, latitude in pairs:
        if not on_the_globe(latitude, longitude):
            raise InputError(
                f"geometry: expected longitude, latitude in degrees (WGS84), got {longitude:g}, {latitude:g};"
                " export the layer in EPSG:4326"
            )
    try:
        outline = shape(geometry)
    except (ValueError, TypeError, shapely.errors.ShapelyError) as error:
        raise InputError(f"geometry: expected closed rings, got {str(error).splitlines()[0]}; redraw it") from error
    if not outline.is_valid:
        why = shapely.is_valid_reason(outline)
        raise InputError(f"geometry: expected edges that do not cross, got {why}; redraw the outline")
    if kind != "Point" and area_ha(geometry) > _LARGEST_PARCEL_HA:
        raise InputError(f"geometry: expected one field, got {area_ha(geometry):.0f} ha; check the coordinates")


def centre(geometry: Mapping[str, Any]) -> tuple[float, float]:
    """Latitude and longitude of a point that lies inside the geometry."""
    from shapely.geometry import shape  # noqa: PLC0415 -- as above

    inside = shape(geometry).representative_point()
    return float(inside.y), float(inside.x)


def area_ha(geometry: Mapping[str, Any]) -> float:
    """Area on the sphere [ha]: exact for edges that run along parallels, within 0.5 % elsewhere; 0 for a point."""
    if geometry["type"] == "Point":
        return 0.0
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    total = 0.0
    for rings in polygons:
        outer, *holes = rings
        total += abs(_ring_m2(outer)) - sum(abs(_ring_m2(hole)) for hole in holes)
    return total / 10_000.0


def on_the_globe(latitude: float, longitude: float) -> bool:
    """Whether a place is given in degrees that exist."""
    return abs(latitude) <= _LATITUDE_LIMIT and abs(longitude) <= 2 * _LATITUDE_LIMIT


def swapped(latitude: float, longitude: float) -> bool:
    """Whether a place lies in the region only with its coordinates exchanged."""
    low, high, west, east = _COUNTRY_BOX

    def inside(north: float, along: float) -> bool:
        return low <= north <= high and west <= along <= east

    return not inside(latitude, longitude) and inside(longitude, latitude)


def _ring_m2(ring: Sequence[Sequence[float]]) -> float:
    # Integral of the sine of latitude over longitude (Chamberlain and Duquette 2007, JPL Publication 07-03).
    total = 0.0
    for (first, south, *_), (second, north, *_) in zip(ring, [*ring[1:], ring[0]], strict=True):
        step = math.radians(second - first)
        total += step * (2.0 + math.sin(math.radians(south)) + math.sin(math.radians(north)))
    return total * EARTH_RADIUS_M**2 / 2.0


def _pairs(coordinates: object) -> list[tuple[float, float]]:
    if isinstance(coordinates, list | tuple):
        if len(coordinates) >= 2 and all(isinstance(one, int | float) for one in coordinates[:2]):  # noqa: PLR2004 -- a position has two numbers
            return [(float(coordinates[0]), float(coordinates[1]))]
        return [pair for part in coordinates for pair in _pairs(part)]
    return []
