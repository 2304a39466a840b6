"""What the map is told: response models of the API, without any person's name or number."""

from datetime import date
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from cloud.records import Action, Check, Decision, Evidence, InputReference, Quantiles
from edge.heartbeat import CareState, PlanState, PowerState, SensorState, TroubleState


class View(BaseModel):
    """A frozen answer of the API."""

    model_config = ConfigDict(frozen=True)


class Problem(View):
    """Why a request cannot be answered (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


class ParcelState(View):
    """One parcel on the map: its latest water state, what its camera saw and what is advised."""

    id: str
    name: str
    farm: str | None
    crop: str
    area_ha: float
    timezone: str
    water_day: date | None = None
    water_age_days: int | None = None
    depletion_mm: float | None = None
    depletion_p10_mm: float | None = None
    depletion_p90_mm: float | None = None
    total_available_mm: float | None = None
    readily_available_mm: float | None = None
    depletion_ratio: float | None = None
    """Depletion over readily available water: from 1 on the crop is short of water."""
    stale: bool = True
    """True when the water state is missing or too old to be shown as the present."""
    action: Action | None = None
    decision: Decision | None = None
    reason_code: str | None = None
    depth_mm: float | None = None
    advice_expired: bool = False
    stress_probability: float | None = None
    """Probability of stress before the next check when nothing is done."""
    seen_at: AwareDatetime | None = None
    seen_age_h: float | None = None
    opinion: bool | None = None
    wilting_score: float | None = None
    wilting_probability: float | None = None
    stress_index: float | None = None
    canopy_cover_fraction: float | None = None


class ParcelFeature(View):
    """A GeoJSON feature of one parcel."""

    type: Literal["Feature"] = "Feature"
    id: str
    geometry: dict[str, Any]
    properties: ParcelState


class ParcelCollection(View):
    """Every parcel as GeoJSON, with the moment it was told."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    told_at: AwareDatetime
    features: tuple[ParcelFeature, ...]


class Site(View):
    """What does not change from day to day about a parcel."""

    latitude: float
    longitude: float
    elevation_m: float | None
    planted_on: date | None
    season_starts_on: date | None
    soil: str | None
    irrigation: str
    efficiency: float | None
    flow_m3_h: float | None
    canal: str | None
    pump: str | None


class Advice(View):
    """The judged word on a parcel: what may be spoken, and why."""

    day: date
    action: Action
    decision: Decision
    reviewer: str
    explanation: str
    reason_code: str
    start_window: tuple[AwareDatetime, AwareDatetime] | None
    depth_mm: Quantiles | None
    volume_m3: float | None
    duration_h: float | None
    pump_name: str | None
    next_check_day: date | None
    valid_until: AwareDatetime
    expired: bool
    proposed_action: Action
    proposed_depth_mm: float | None
    stress_probability_if_followed: float | None
    stress_probability_if_ignored: float | None
    checks: tuple[Check, ...]
    evidence: tuple[Evidence, ...]
    inputs: tuple[InputReference, ...]
    code_version: str


class Sighting(View):
    """What one photo said about the parcel, or why it says nothing."""

    taken_at: AwareDatetime | None
    camera_id: str | None
    opinion: bool
    reasons: tuple[str, ...]
    wilting_score: float | None
    wilting_probability: float | None
    stress_index: float | None
    stress_sigma: float | None
    canopy_cover_fraction: float | None
    canopy_temperature_c: float | None
    cwsi: float | None
    model: str | None


class Photo(View):
    """Where the latest picture of a parcel is, and whether a program drew it."""

    version: str
    taken_at: AwareDatetime | None
    camera_id: str | None
    synthetic: bool
    has_mask: bool
    dry_rows: tuple[int, ...]


class ParcelPanel(View):
    """Everything the panel of one parcel shows, series and messages apart."""

    told_at: AwareDatetime
    state: ParcelState
    site: Site
    advice: Advice | None
    sighting: Sighting | None
    photo: Photo | None


class WaterSeries(View):
    """Water of one parcel, one list per quantity, one place per day; a missing day is null."""

    parcel_id: str
    day: tuple[date, ...]
    depletion_mm: tuple[float | None, ...]
    depletion_p10_mm: tuple[float | None, ...]
    depletion_p90_mm: tuple[float | None, ...]
    total_available_mm: tuple[float | None, ...]
    readily_available_mm: tuple[float | None, ...]
    etc_adj_mm: tuple[float | None, ...]
    rain_mm: tuple[float | None, ...]
    irrigation_mm: tuple[float | None, ...]


class MessageView(View):
    """One text and how far it came; the receiver is not told."""

    message_id: str
    kind: str
    language: str
    channel: str
    text: str
    encoding: str
    segments: int
    reviewed: bool
    valid_until: AwareDatetime
    state: str
    updated_at: AwareDatetime


class GatewayView(View):
    """One gateway's own last word and how old it is."""

    organisation: str
    gateway: str
    state: Literal["online", "offline", "silent"]
    seen_at: AwareDatetime
    age_s: float
    software: str
    queued: int
    oldest_queued_s: float | None
    disk_free_mb: float | None
    rss_mb: float | None
    models: tuple[str, ...]
    troubles: tuple[TroubleState, ...]
    care: CareState | None
    plan: PlanState | None
    power: PowerState | None
    sensors: SensorState | None


class InstrumentView(View):
    """The last word of one instrument of a parcel, whatever it is worth."""

    gateway: str
    sensor_id: str
    quantity: str
    value: float
    sigma: float | None
    depth_from_m: float | None
    depth_to_m: float | None
    at: AwareDatetime | None
    """Null where the gateway's clock could not be believed: such a number is in no balance."""
    age_h: float | None
    quality: str
    believed: bool
    """Whether the number may be in the balance: dated, and not implausible, stuck or a jump."""
    heard_at: AwareDatetime


class Health(View):
    """Whether the store answers, and how fresh its newest day is."""

    status: Literal["ok"] = "ok"
    told_at: AwareDatetime
    parcels: int
    newest_water_day: date | None
    gateways: int
