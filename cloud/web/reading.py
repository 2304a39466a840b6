"""From stored records to what the map shows: pure functions of records and one moment.

Missing stays missing and stale is said: a water state older than ``STALE_AFTER_DAYS`` is never told as the present.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import PurePath
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cloud.adapters.store.cases import case_of
from cloud.adapters.store.store import Store
from cloud.explanation.case import Explanation
from cloud.explanation.words import explanation_of
from cloud.records import Parcel, Verdict
from cloud.water_day import WaterDay
from cloud.web.views import Advice, ParcelFeature, ParcelPanel, ParcelState, Photo, Sighting, Site, WaterSeries
from edge.contract import Detection, Evidence, MessageId

STALE_AFTER_DAYS: Final = 2
SYNTHETIC_MARK: Final = "synthetic"
SERIES_COLUMNS: Final = tuple(name for name in WaterSeries.model_fields if name.endswith("_mm"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The latest records of one parcel."""

    parcel: Parcel
    water: WaterDay | None
    verdict: Verdict | None
    detection: Detection | None


def local_day(now: datetime, timezone: str) -> date:
    """The parcel's calendar day at a moment; UTC's where the zone is not known."""
    try:
        return now.astimezone(ZoneInfo(timezone)).date()
    except (ZoneInfoNotFoundError, ValueError):
        return now.date()


def known_parcels(store: Store) -> tuple[Known, ...]:
    """Latest records of every parcel."""
    water = {row.parcel_id: row for row in store.latest_water()}
    verdicts = {verdict.recommendation.parcel_id: verdict for verdict in store.verdicts(None)}
    detections = {stored.detection.parcel_id: stored.detection for stored in store.latest_detections()}
    return tuple(
        Known(
            parcel=parcel,
            water=water.get(parcel.id),
            verdict=verdicts.get(parcel.id),
            detection=detections.get(parcel.id),
        )
        for parcel in store.parcels()
    )


def known_parcel(store: Store, parcel_id: str) -> Known | None:
    """Latest records of one parcel; None when there is no such parcel."""
    parcel = next((parcel for parcel in store.parcels() if parcel.id == parcel_id), None)
    if parcel is None:
        return None
    stored = store.parcel_detection(parcel_id)
    return Known(
        parcel=parcel,
        water=next((row for row in store.latest_water() if row.parcel_id == parcel_id), None),
        verdict=store.verdict_of(parcel_id),
        detection=stored.detection if stored else None,
    )


def state_of(known: Known, now: datetime) -> ParcelState:
    """One parcel's latest state at a moment."""
    parcel = known.parcel
    return ParcelState(
        id=parcel.id,
        name=parcel.label,
        farm=parcel.farm,
        crop=parcel.crop,
        area_ha=parcel.area_ha,
        timezone=parcel.timezone,
        **_water_part(known, now),
        **_advice_part(known.verdict, now),
        **_seen_part(known.detection, now),
    )


def _water_part(known: Known, now: datetime) -> dict[str, Any]:
    row = known.water
    if row is None:
        return {}
    age_days = (local_day(now, known.parcel.timezone) - row.day).days
    readily = row.readily_available_mm
    return {
        "water_day": row.day,
        "water_age_days": age_days,
        "stale": age_days > STALE_AFTER_DAYS,
        "depletion_mm": row.depletion_mm,
        "depletion_p10_mm": row.depletion_p10_mm,
        "depletion_p90_mm": row.depletion_p90_mm,
        "total_available_mm": row.total_available_mm,
        "readily_available_mm": readily,
        "depletion_ratio": round(max(row.depletion_mm, 0.0) / readily, 4) if readily > 0 else None,
    }


def _advice_part(verdict: Verdict | None, now: datetime) -> dict[str, Any]:
    if verdict is None:
        return {}
    spoken = verdict.recommendation
    return {
        "action": spoken.action,
        "decision": verdict.decision,
        "reason_code": spoken.reason_code,
        "depth_mm": spoken.depth_mm.p50 if spoken.depth_mm else None,
        "advice_expired": verdict.valid_until < now,
        "stress_probability": spoken.stress_probability_if_ignored,
    }


def _seen_part(detection: Detection | None, now: datetime) -> dict[str, Any]:
    if detection is None:
        return {}
    taken_at = detection.taken_at
    return {
        "seen_at": taken_at,
        "seen_age_h": round((now - taken_at).total_seconds() / 3600, 1) if taken_at else None,
        "opinion": detection.opinion,
        "wilting_score": detection.wilting_score,
        "wilting_probability": detection.wilting_probability,
        "stress_index": detection.stress_index,
        "canopy_cover_fraction": detection.canopy_cover_fraction,
    }


def geometry_of(parcel: Parcel) -> dict[str, Any]:
    """GeoJSON outline of a parcel, or its point where no outline is known."""
    if parcel.geometry is not None:
        return parcel.geometry
    return {"type": "Point", "coordinates": [parcel.longitude, parcel.latitude]}


def feature_of(known: Known, now: datetime) -> ParcelFeature:
    """GeoJSON feature of one parcel with its latest state."""
    return ParcelFeature(id=known.parcel.id, geometry=geometry_of(known.parcel), properties=state_of(known, now))


def panel_of(known: Known, picture: tuple[MessageId, Evidence] | None, now: datetime) -> ParcelPanel:
    """Everything the panel of one parcel shows."""
    return ParcelPanel(
        told_at=now,
        state=state_of(known, now),
        site=site_of(known.parcel),
        advice=advice_of(known.verdict, now) if known.verdict else None,
        sighting=sighting_of(known.detection) if known.detection else None,
        photo=photo_of(known.parcel, *picture) if picture else None,
    )


def site_of(parcel: Parcel) -> Site:
    """What does not change from day to day; the farmer stays out."""
    soil, irrigation = parcel.soil, parcel.irrigation
    return Site(
        latitude=parcel.latitude,
        longitude=parcel.longitude,
        elevation_m=parcel.elevation_m,
        planted_on=parcel.planted_on,
        season_starts_on=parcel.season_starts_on,
        soil=soil.texture,
        irrigation=irrigation.method,
        efficiency=irrigation.efficiency,
        flow_m3_h=irrigation.flow_m3_h,
        canal=parcel.water.canal,
        pump=parcel.water.pump,
    )


def advice_of(verdict: Verdict, now: datetime) -> Advice:
    """What may be spoken and why; input paths are cut to their last part."""
    spoken, proposed = verdict.recommendation, verdict.proposed
    return Advice(
        **{
            name: getattr(spoken, name)
            for name in Advice.model_fields
            if name in type(spoken).model_fields and name != "inputs"
        },
        inputs=tuple(entry.model_copy(update={"name": PurePath(entry.name).name}) for entry in spoken.inputs),
        decision=verdict.decision,
        reviewer=verdict.reviewer,
        explanation=verdict.explanation,
        valid_until=verdict.valid_until,
        expired=verdict.valid_until < now,
        checks=verdict.checks,
        proposed_action=proposed.action,
        proposed_depth_mm=proposed.depth_mm.p50 if proposed.depth_mm else None,
    )


def sighting_of(detection: Detection) -> Sighting:
    """What the latest photo said, or the reasons why it says nothing."""
    same = {name: getattr(detection, name) for name in Sighting.model_fields if name != "model"}
    return Sighting(**same, model=f"{detection.model.name} {detection.model.version}" if detection.model else None)


def is_synthetic(parcel: Parcel, evidence: Evidence) -> bool:
    """Whether a picture was drawn by a program: its camera or its farm says ``synthetic``."""
    return any(SYNTHETIC_MARK in (text or "").casefold() for text in (evidence.camera_id, parcel.farm))


def photo_of(parcel: Parcel, message: MessageId, evidence: Evidence) -> Photo:
    """Where the latest picture of a parcel is."""
    return Photo(
        version=f"{message.gateway}-{message.boot}-{message.sequence}",
        taken_at=evidence.taken_at,
        camera_id=evidence.camera_id,
        synthetic=is_synthetic(parcel, evidence),
        has_mask=evidence.mask_png is not None,
        dry_rows=evidence.dry_rows,
    )


def told_of(store: Store, known: Known, day: date | None) -> Explanation | None:
    """How the advice of a day, else of the latest one, came to be; None where nothing is kept of it."""
    latest = known.verdict.recommendation.day if known.verdict else known.water.day if known.water else None
    wanted = day or latest
    case = None if wanted is None else case_of(store, known.parcel.id, wanted)
    if case is None:
        return None
    if case.verdict is not None:
        proposed = case.verdict.proposed
        inputs = tuple(one.model_copy(update={"name": PurePath(one.name).name}) for one in proposed.inputs)
        bare = case.verdict.model_copy(update={"proposed": proposed.model_copy(update={"inputs": inputs})})
        case = replace(case, verdict=bare)
    return explanation_of(case)


def series_of(parcel_id: str, rows: Iterable[WaterDay]) -> WaterSeries:
    """Water days as columns over every calendar day between the first and the last; days without a row are null."""
    by_day = {row.day: row for row in rows}
    first = min(by_day, default=date.min)
    count = (max(by_day) - first).days + 1 if by_day else 0
    days = tuple(first + timedelta(days=offset) for offset in range(count))
    columns = {name: tuple(getattr(by_day.get(day), name, None) for day in days) for name in SERIES_COLUMNS}
    return WaterSeries(parcel_id=parcel_id, day=days, **columns)
