"""The nouns of the cloud that cross a border: one parcel or one event each, frozen, audited.

Water quantities: ``depth_mm`` is gross water delivered at the parcel's inlet over the whole parcel area;
``volume_m3 = 10 * depth_mm * area_ha``; ``duration_h = volume_m3 / flow_m3_h``; net = gross * efficiency.
"""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from cloud import bounds
from cloud.bounds import Edition, Fraction, NonNegative, Positive
from cloud.record import Identifier, Record

__all__ = ["Identifier", "Record"]

Language = Literal["fr", "en", "ar", "ary", "ary-Latn", "zgh", "zgh-Latn"]
Method = Literal["drip", "sprinkler", "basin", "furrow"]
EventSource = Literal["meter", "reply", "agronomist", "inferred"]
Action = Literal["irrigate", "wait", "skip_turn", "hold"]
Decision = Literal["release", "shrink", "hold", "block"]
ObservationKind = Literal["canopy_cover_fraction", "stress_index", "cwsi", "soil_water_fraction", "depletion_mm"]
SINCE_ANSWERS = frozenset({"told_at", "sigma_fraction"})


class SoilLayer(Record):
    """One layer of a surveyed soil; depth_m is its bottom."""

    depth_m: bounds.Depth
    field_capacity: Fraction
    wilting_point: Fraction


class Soil(Record):
    """Soil of a parcel: a texture class, or measured limits [m3/m3], or layers."""

    texture: str | None = None
    field_capacity: Fraction | None = None
    wilting_point: Fraction | None = None
    depth_m: bounds.Depth | None = None
    layers: tuple[SoilLayer, ...] = ()
    evaporable_water_mm: bounds.SomeWater | None = None
    readily_evaporable_water_mm: bounds.Water | None = None
    groundwater_depth_m: Positive | None = None

    @model_validator(mode="after")
    def _limits_are_ordered(self) -> Self:
        for field_capacity, wilting_point in (
            (self.field_capacity, self.wilting_point),
            *((layer.field_capacity, layer.wilting_point) for layer in self.layers),
        ):
            if field_capacity is not None and wilting_point is not None and wilting_point >= field_capacity:
                raise ValueError(f"wilting_point {wilting_point} must be below field_capacity {field_capacity}")
        depths = [layer.depth_m for layer in self.layers]
        if depths != sorted(set(depths)):
            raise ValueError(f"layers: depth_m (the bottom of each layer) must increase, got {depths}")
        return self


class IrrigationSystem(Record):
    """How water reaches the parcel; min_mm and max_mm bound one gross event."""

    method: Method = "basin"
    efficiency: bounds.Share | None = None
    wetted_fraction: bounds.Share | None = None
    flow_m3_h: bounds.Flow | None = None
    emitters_per_ha: bounds.Emitters | None = None
    emitter_flow_l_h: bounds.Flow | None = None
    min_mm: bounds.Water | None = None
    max_mm: bounds.SomeWater | None = None


class WaterSource(Record):
    """Where the parcel's water comes from."""

    canal: str | None = None
    group: str | None = None
    pump: str | None = None
    quota_m3: NonNegative | None = None
    salinity_ds_m: bounds.Salinity | None = None


class FarmerReference(Record):
    """Who is told, by reference only: names and telephone numbers live encrypted in the store."""

    id: Identifier
    language: Language = "ary"


class CropParameters(Record):
    """Measured crop parameters that replace the table's (FAO-56 symbols in the docstrings of agronomy)."""

    kcb_ini: bounds.Coefficient | None = None
    kcb_mid: bounds.Coefficient | None = None
    kcb_end: bounds.Coefficient | None = None
    stage_lengths_days: tuple[bounds.StageDays, bounds.StageDays, bounds.StageDays, bounds.StageDays] | None = None
    height_m: bounds.Height | None = None
    root_depth_min_m: bounds.RootDepth | None = None
    root_depth_max_m: bounds.RootDepth | None = None
    depletion_fraction: bounds.Share | None = None


class Parcel(Record):
    """One irrigated parcel."""

    id: Identifier
    name: str | None = None
    farm: str | None = None
    crop: str
    crop_edition: Edition = "1998"
    planted_on: bounds.Day | None = None
    season_starts_on: bounds.Day | None = None
    planted_year: bounds.PlantedYear | None = None
    latitude: Annotated[float, Field(ge=-90.0, le=90.0)]
    longitude: Annotated[float, Field(ge=-180.0, le=180.0)]
    elevation_m: Annotated[float, Field(ge=-430.0, le=6000.0)] | None = None
    geometry: dict[str, Any] | None = None
    area_ha: bounds.Area = 1.0
    timezone: str = "Africa/Casablanca"
    row_spacing_m: bounds.Spacing | None = None
    tree_spacing_m: bounds.Spacing | None = None
    canopy_fraction: bounds.Share | None = None
    cuttings: bounds.Cuttings = ()
    soil: Soil = Soil()
    irrigation: IrrigationSystem = IrrigationSystem()
    water: WaterSource = WaterSource()
    farmer: FarmerReference | None = None
    crop_parameters: CropParameters = CropParameters()
    initial_depletion_mm: bounds.Water | None = None

    @property
    def label(self) -> str:
        """What people call the parcel."""
        return self.name or self.id


class IrrigationEvent(Record):
    """Water given to a parcel; depth_mm is gross and always filled (readers derive it from m3 or hours)."""

    parcel_id: Identifier
    started_at: bounds.Moment
    depth_mm: NonNegative
    source: EventSource
    hours: NonNegative | None = None
    told_at: bounds.Moment | None = None
    """When a farmer said it: of two words about one start the later counts."""
    sigma_fraction: Annotated[float, Field(gt=0.0, le=0.4)] | None = None
    """Relative error of the depth where it is known better than by its source."""

    @model_serializer(mode="wrap")
    def _as_before(self, whole: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What earlier versions did not know is written only where it is known: old records keep their digests."""
        return {name: value for name, value in whole(self).items() if value is not None or name not in SINCE_ANSWERS}


class Observation(Record):
    """One measurement of a parcel's state with its own error."""

    parcel_id: Identifier
    observed_at: bounds.Moment
    kind: ObservationKind
    value: float
    sigma: Positive
    depth_from_m: NonNegative | None = None
    depth_to_m: Positive | None = None
    source: str

    @model_validator(mode="after")
    def _a_layer_has_thickness(self) -> Self:
        if self.depth_to_m is not None and self.depth_to_m <= (self.depth_from_m or 0.0):
            raise ValueError(f"depth_to_m {self.depth_to_m:g} must be below depth_from_m {self.depth_from_m:g}")
        return self


class CanalTurn(Record):
    """A turn of canal water for a group or a parcel; ``may_swap``: its parcel may lend it to a neighbour for his."""

    canal: str
    group: str | None = None
    parcel_id: Identifier | None = None
    starts_at: bounds.Moment
    ends_at: bounds.Moment
    flow_m3_h: bounds.Flow
    may_swap: bool = False


class Quota(Record):
    """Volume that a parcel or a canal may use between two dates; ``carry_over``: share of its rest for the next."""

    parcel_id: Identifier | None = None
    canal: str | None = None
    valid_from: bounds.Day
    valid_to: bounds.Day
    volume_m3: NonNegative
    carry_over: Fraction = 0.0


class Pump(Record):
    """A pump; rows of one name are its hours and prices, of a kWh or a unit of fuel; a tank runs on after them."""

    pump: str
    flow_m3_h: bounds.FlowOrNone
    power_kw: NonNegative | None = None
    energy: str | None = None
    price_per_kwh: NonNegative | None = None
    from_hour: Annotated[float, Field(ge=0.0, le=24.0)] | None = None
    to_hour: Annotated[float, Field(ge=0.0, le=24.0)] | None = None
    max_hours_per_day: Annotated[float, Field(gt=0.0, le=24.0)] | None = None
    recharge_h: NonNegative | None = None
    price_per_unit: NonNegative | None = None
    tank_m3: NonNegative | None = None
    capacity_m3_day: Positive | None = None


class Quantiles(Record):
    """10th, 50th and 90th percentile of a quantity."""

    p10: float
    p50: float
    p90: float

    @model_validator(mode="after")
    def _are_ordered(self) -> Self:
        if not self.p10 <= self.p50 <= self.p90:
            raise ValueError(f"quantiles must not decrease, got {self.p10}, {self.p50}, {self.p90}")
        return self


class InputReference(Record):
    """One file or record that an answer rests on."""

    name: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    age_days: NonNegative | None = None


class Evidence(Record):
    """One observed fact behind an advice, in a form that can be shown."""

    kind: str
    value: float | None = None
    sigma: float | None = None
    observed_at: AwareDatetime | None = None
    source: str = ""


class Recommendation(Record):
    """What the advisor proposes for one parcel on one day; not to be spoken before it is judged."""

    parcel_id: Identifier
    parcel_name: str
    timezone: str
    pump_name: str | None = None
    day: date
    action: Action
    start_window: tuple[AwareDatetime, AwareDatetime] | None = None
    depth_mm: Quantiles | None = None
    volume_m3: NonNegative | None = None
    duration_h: NonNegative | None = None
    stop_at: AwareDatetime | None = None
    """When the water is closed at the latest: it was opened at the end of the start window and ran for its time."""
    next_check_day: date | None = None
    depletion_mm: Quantiles | None = None
    stress_probability_if_followed: Fraction | None = None
    stress_probability_if_ignored: Fraction | None = None
    reason_code: str
    evidence: tuple[Evidence, ...] = ()
    inputs: tuple[InputReference, ...] = ()
    code_version: str

    @model_validator(mode="after")
    def _an_irrigation_is_complete(self) -> Self:
        if self.action == "irrigate":
            missing = [n for n in ("start_window", "depth_mm", "volume_m3") if getattr(self, n) is None]
            if missing:
                raise ValueError(f"action irrigate needs {', '.join(missing)}")
        return self


class Check(Record):
    """One question the judge asked, what it measured and the limit it held it to."""

    name: str
    passed: bool
    measured: float | str | None
    limit: float | str | None


class Verdict(Record):
    """The judge's word on one recommendation; only a verdict may be rendered."""

    proposed: Recommendation
    recommendation: Recommendation
    decision: Decision
    checks: tuple[Check, ...]
    reviewer: Literal["judge", "agronomist"] = "judge"
    explanation: str
    valid_until: AwareDatetime
