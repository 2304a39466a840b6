"""Parcels under ``/api/v1/parcels``: states for the map, one parcel's panel, its water and its picture."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Path, Query, Response

from cloud.adapters.store.store import Store
from cloud.explanation.case import Explanation
from cloud.web.instruments import instrument_of
from cloud.web.reading import Known, feature_of, known_parcel, known_parcels, panel_of, series_of, told_of
from cloud.web.views import InstrumentView, ParcelCollection, ParcelPanel, Problem, WaterSeries

JPEG_START: Final = b"\xff\xd8\xff"
PNG_START: Final = b"\x89PNG\r\n\x1a\n"
# A photo of a field may show people: it is kept by no cache.
PRIVATE: Final = {"Cache-Control": "no-store", "Content-Disposition": "inline"}
NOT_FOUND: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Problem, "description": "No such parcel, or it has no such thing yet."}
}

ParcelId = Annotated[str, Path(description="Identifier of a parcel.", max_length=80)]


class GeoJsonResponse(Response):
    """GeoJSON with its own media type."""

    media_type = "application/geo+json"


def required(store: Store, parcel_id: str) -> Known:
    """Latest records of the parcel named; 404 when there is none."""
    found = known_parcel(store, parcel_id)
    if found is None:
        raise HTTPException(404, f"parcel {parcel_id!r}: not known here; GET /api/v1/parcels lists those that are")
    return found


def picture(content: bytes | None, start: bytes, media_type: str) -> Response:
    """A stored picture as it is; 404 when it is absent or not what its name says."""
    if content is None or not content.startswith(start):
        raise HTTPException(404, f"picture: no {media_type} is stored for this parcel yet")
    return Response(content, media_type=media_type, headers=PRIVATE)


def router(store: Store, clock: Callable[[], datetime]) -> APIRouter:
    """Routes that read parcels."""
    routes = APIRouter(prefix="/parcels", tags=["parcels"])

    @routes.get("", response_model=ParcelCollection)
    def parcels() -> Response:
        """Every parcel with its latest state, as GeoJSON."""
        now = clock()
        features = tuple(feature_of(known, now) for known in known_parcels(store))
        return GeoJsonResponse(ParcelCollection(told_at=now, features=features).model_dump_json())

    @routes.get("/{parcel_id:path}/water", responses=NOT_FOUND)
    def water(
        parcel_id: ParcelId,
        since: Annotated[date | None, Query(description="First day wanted.")] = None,
    ) -> WaterSeries:
        """Soil water of one parcel, day by day."""
        required(store, parcel_id)
        return series_of(parcel_id, store.water_series(parcel_id, since))

    @routes.get("/{parcel_id:path}/photo", responses=NOT_FOUND, response_class=Response)
    def photo(parcel_id: ParcelId) -> Response:
        """The latest picture of a parcel, a JPEG."""
        required(store, parcel_id)
        latest = store.latest_evidence(parcel_id)
        return picture(latest[1].image_jpeg if latest else None, JPEG_START, "image/jpeg")

    @routes.get("/{parcel_id:path}/mask", responses=NOT_FOUND, response_class=Response)
    def mask(parcel_id: ParcelId) -> Response:
        """The canopy mask of the latest picture, a PNG of the same size."""
        required(store, parcel_id)
        latest = store.latest_evidence(parcel_id)
        return picture(latest[1].mask_png if latest else None, PNG_START, "image/png")

    @routes.get("/{parcel_id:path}/instruments", responses=NOT_FOUND)
    def instruments(parcel_id: ParcelId) -> tuple[InstrumentView, ...]:
        """What every probe, meter and gauge of a parcel said last, doubtful and undated words too."""
        required(store, parcel_id)
        now = clock()
        return tuple(instrument_of(word, now) for word in store.sensor_words(parcel_id))

    @routes.get("/{parcel_id:path}/explanation", responses=NOT_FOUND)
    def explanation(
        parcel_id: ParcelId,
        day: Annotated[date | None, Query(description="Day of the advice; the latest one without it.")] = None,
    ) -> Explanation:
        """How the advice of a day came to be: the water account, what was seen, what is uncertain, in plain words."""
        known = required(store, parcel_id)
        told = told_of(store, known, day)
        if told is None:
            raise HTTPException(404, f"parcel {parcel_id!r}: nothing is kept of that day; leave day out for the latest")
        return told

    return routes


def panel_router(store: Store, clock: Callable[[], datetime]) -> APIRouter:
    """The panel of one parcel, apart: an identifier may hold a slash, so this route must come last."""
    routes = APIRouter(prefix="/parcels", tags=["parcels"])

    @routes.get("/{parcel_id:path}", responses=NOT_FOUND)
    def panel(parcel_id: ParcelId) -> ParcelPanel:
        """One parcel: its state, site, advice with the reasons, and what its latest photo said."""
        return panel_of(required(store, parcel_id), store.latest_evidence(parcel_id), clock())

    return routes
