"""OGC API - Features (Part 1: Core, GeoJSON) under ``/ogc``: parcels and advice for QGIS and GDAL."""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Query, Request

from cloud.adapters.store.store import Store
from cloud.web.api.parcels import NOT_FOUND, GeoJsonResponse
from cloud.web.reading import Known, feature_of, geometry_of, known_parcels
from cloud.web.views import View

CONFORMS_TO: Final = (
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
)
WGS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
COLLECTIONS: Final = {
    "parcels": ("Parcels", "Irrigated parcels with their latest water state and sighting."),
    "advice": ("Advice", "The latest judged advice of each parcel that has one."),
}
PAGE: Final = 1000
PAGE_MAX: Final = 10_000
CORNERS: Final = {4: (0, 1, 2, 3), 6: (0, 1, 3, 4)}

Box = tuple[float, float, float, float]
Item = dict[str, Any]


class Link(View):
    """A link of an OGC answer."""

    href: str
    rel: str
    type: str = "application/json"
    title: str = ""


class Landing(View):
    """The door of the service."""

    title: str
    description: str
    links: tuple[Link, ...]


class Conformance(View):
    """Which parts of the standard are kept."""

    conformsTo: tuple[str, ...]  # noqa: N815 -- the standard's own name


class Collection(View):
    """One collection of features."""

    id: str
    title: str
    description: str
    itemType: str = "feature"  # noqa: N815 -- the standard's own name
    crs: tuple[str, ...] = (WGS84,)
    extent: dict[str, Any]
    links: tuple[Link, ...]


class Collections(View):
    """Every collection."""

    collections: tuple[Collection, ...]
    links: tuple[Link, ...]


def positions(coordinates: Any) -> Iterator[tuple[float, float]]:  # noqa: ANN401 -- GeoJSON nests to any depth
    """Every longitude and latitude of GeoJSON coordinates."""
    if coordinates and isinstance(coordinates[0], int | float):
        yield float(coordinates[0]), float(coordinates[1])
        return
    for part in coordinates:
        yield from positions(part)


def bounds(geometry: dict[str, Any]) -> Box:
    """West, south, east and north of a geometry [degrees]."""
    longitudes, latitudes = zip(*positions(geometry["coordinates"]), strict=True)
    return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


def parse_box(text: str) -> Box:
    """West, south, east and north asked for; 400 when they cannot be read."""
    try:
        numbers = [float(part) for part in text.split(",")]
        west, south, east, north = (numbers[place] for place in CORNERS[len(numbers)])
    except (KeyError, ValueError):
        raise HTTPException(400, f"bbox {text!r}: expected west,south,east,north in degrees") from None
    if not (south <= north and math.isfinite(west + south + east + north)):
        raise HTTPException(400, f"bbox {text!r}: expected finite degrees, south not above north")
    return west, south, east, north


def touches(box: Box, wanted: Box) -> bool:
    """Whether two boxes share a point; a wanted box whose west exceeds its east crosses the antimeridian."""
    if box[1] > wanted[3] or box[3] < wanted[1]:
        return False
    if wanted[0] <= wanted[2]:
        return box[0] <= wanted[2] and box[2] >= wanted[0]
    return box[2] >= wanted[0] or box[0] <= wanted[2]


def advice_item(known: Known, now: datetime) -> Item:
    """Feature of one parcel's advice, flat, so that a table in QGIS can show it."""
    assert known.verdict is not None
    spoken = known.verdict.recommendation
    window = spoken.start_window or (None, None)
    properties = {
        "parcel_id": known.parcel.id,
        "parcel_name": known.parcel.label,
        "day": spoken.day.isoformat(),
        "action": spoken.action,
        "decision": known.verdict.decision,
        "reviewer": known.verdict.reviewer,
        "reason_code": spoken.reason_code,
        "explanation": known.verdict.explanation,
        "starts_from": window[0].isoformat() if window[0] else None,
        "starts_to": window[1].isoformat() if window[1] else None,
        "depth_mm": spoken.depth_mm.p50 if spoken.depth_mm else None,
        "volume_m3": spoken.volume_m3,
        "duration_h": spoken.duration_h,
        "valid_until": known.verdict.valid_until.isoformat(),
        "expired": known.verdict.valid_until < now,
    }
    return {"type": "Feature", "id": known.parcel.id, "geometry": geometry_of(known.parcel), "properties": properties}


def items_of(collection: str, store: Store, now: datetime) -> list[Item]:
    """Every feature of a collection."""
    parcels = known_parcels(store)
    if collection == "advice":
        return [advice_item(known, now) for known in parcels if known.verdict is not None]
    return [feature_of(known, now).model_dump(mode="json") for known in parcels]


def extent_of(items: Sequence[Item]) -> dict[str, Any]:
    """Spatial extent of features; the whole world while there are none."""
    boxes = [bounds(item["geometry"]) for item in items] or [(-180.0, -90.0, 180.0, 90.0)]
    west, south, east, north = zip(*boxes, strict=True)
    return {"spatial": {"bbox": [[min(west), min(south), max(east), max(north)]], "crs": WGS84}}


def described(collection: str, store: Store, now: datetime, root: str) -> Collection:
    """One collection as the standard describes it."""
    title, description = COLLECTIONS[collection]
    here = f"{root}/collections/{collection}"
    return Collection(
        id=collection,
        title=title,
        description=description,
        extent=extent_of(items_of(collection, store, now)),
        links=(Link(href=here, rel="self"), Link(href=f"{here}/items", rel="items", type="application/geo+json")),
    )


def checked(collection: str) -> str:
    """The collection's name; 404 when there is no such collection."""
    if collection not in COLLECTIONS:
        raise HTTPException(404, f"collection {collection!r}: expected one of {', '.join(COLLECTIONS)}")
    return collection


def paged(items: Sequence[Item], limit: int, offset: int, request: Request) -> dict[str, Any]:
    """One page of features with the way to the next."""
    page = items[offset : offset + limit]
    links = [Link(href=str(request.url), rel="self", type="application/geo+json")]
    if offset + limit < len(items):
        following = str(request.url.include_query_params(limit=limit, offset=offset + limit))
        links.append(Link(href=following, rel="next", type="application/geo+json"))
    return {
        "type": "FeatureCollection",
        "features": page,
        "numberMatched": len(items),
        "numberReturned": len(page),
        "links": [link.model_dump() for link in links],
    }


def root(request: Request) -> str:
    """Address of the OGC service as the client wrote it."""
    return f"{str(request.base_url).rstrip('/')}/ogc"


def router(store: Store, clock: Callable[[], datetime]) -> APIRouter:
    """Routes of the OGC service."""
    routes = APIRouter(prefix="/ogc", tags=["OGC API - Features"])
    _add_door(routes)
    _add_collections(routes, store, clock)
    _add_items(routes, store, clock)
    return routes


def _add_door(routes: APIRouter) -> None:
    @routes.get("", include_in_schema=False)
    @routes.get("/")
    def landing(request: Request) -> Landing:
        """The door: where everything else is."""
        here = root(request)
        links = (
            Link(href=f"{here}/", rel="self"),
            Link(
                href=f"{str(request.base_url).rstrip('/')}/api/v1/openapi.json",
                rel="service-desc",
                type="application/vnd.oai.openapi+json;version=3.1",
            ),
            Link(href=f"{here}/conformance", rel="conformance"),
            Link(href=f"{here}/collections", rel="data"),
        )
        return Landing(title="Seguia", description="Parcels and irrigation advice.", links=links)

    @routes.get("/conformance")
    def conformance() -> Conformance:
        """Which parts of the standard are kept."""
        return Conformance(conformsTo=CONFORMS_TO)


def _add_collections(routes: APIRouter, store: Store, clock: Callable[[], datetime]) -> None:
    @routes.get("/collections")
    def collections(request: Request) -> Collections:
        """Every collection."""
        here, now = root(request), clock()
        return Collections(
            collections=tuple(described(name, store, now, here) for name in COLLECTIONS),
            links=(Link(href=f"{here}/collections", rel="self"),),
        )

    @routes.get("/collections/{collection}", responses=NOT_FOUND)
    def one_collection(collection: str, request: Request) -> Collection:
        """One collection."""
        return described(checked(collection), store, clock(), root(request))


def _add_items(routes: APIRouter, store: Store, clock: Callable[[], datetime]) -> None:
    @routes.get("/collections/{collection}/items", responses=NOT_FOUND, response_class=GeoJsonResponse)
    def items(
        collection: str,
        request: Request,
        bbox: Annotated[str | None, Query(description="west,south,east,north in degrees")] = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE,
        offset: Annotated[int, Query(ge=0)] = 0,
    ) -> GeoJsonResponse:
        """Features of a collection, a page at a time."""
        found = items_of(checked(collection), store, clock())
        if bbox is not None:
            wanted = parse_box(bbox)
            found = [item for item in found if touches(bounds(item["geometry"]), wanted)]
        return GeoJsonResponse(json.dumps(paged(found, limit, offset, request)))

    @routes.get("/collections/{collection}/items/{item:path}", responses=NOT_FOUND, response_class=GeoJsonResponse)
    def one_item(collection: str, item: str) -> GeoJsonResponse:
        """One feature of a collection."""
        for feature in items_of(checked(collection), store, clock()):
            if feature["id"] == item:
                return GeoJsonResponse(json.dumps(feature))
        raise HTTPException(404, f"{collection} {item!r}: not known here")
