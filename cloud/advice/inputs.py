"""Everything the advice of one day rests on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import xarray as xr

from cloud.advice.prices import USUAL_PRICES, Prices
from cloud.agronomy.carrying.carried import CarriedWater
from cloud.agronomy.carrying.checkpoints import SeenSince, Shelves
from cloud.agronomy.engines.engine_name import EngineName
from cloud.records import (
    CanalTurn,
    InputReference,
    IrrigationEvent,
    Observation,
    Parcel,
    Pump,
    Quota,
    Verdict,
)
from cloud.weather.told_rain import RainTold
from edge.contract import Detection


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptStates:
    """States of an installation, and what its cameras saw in the days between them and now."""

    shelves: Shelves
    seen_since: SeenSince
    """What photos showed of local days from a day on that ``detections`` no longer tell of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayInputs:
    """Everything the advice of one day rests on; the same inputs give the same answer, to the byte."""

    day: date
    parcels: tuple[Parcel, ...]
    weather: xr.Dataset
    forecast: xr.Dataset | None
    code_version: str
    events: tuple[IrrigationEvent, ...] = ()
    observations: tuple[Observation, ...] = ()
    """Probes, meters and people; what photos add is found from ``detections``."""
    detections: tuple[Detection, ...] = ()
    turns: tuple[CanalTurn, ...] = ()
    quotas: tuple[Quota, ...] = ()
    pumps: tuple[Pump, ...] = ()
    history: tuple[Verdict, ...] = ()
    rain_told: tuple[RainTold, ...] = ()
    """Rain that people saw at parcels."""
    limits: Mapping[str, float] = field(default_factory=dict)
    """Factors by which people widened limits of the judge."""
    inputs: tuple[InputReference, ...] = ()
    """Files and models beside weather and forecast, which name themselves."""
    state: CarriedWater | None = None
    """Water of an earlier day to go on from; None for the whole season from priors."""
    kept: KeptStates | None = None
    """States kept by an installation, instead of ``state``: they change how long an answer takes, never the answer."""
    prices: Prices = USUAL_PRICES
    members: int = 64
    seed: int = 0
    engine: EngineName = "auto"
    """What computes the balance; the water is the same."""


def issue_day(forecast: xr.Dataset | None) -> date | None:
    """Day a forecast was issued; None when it does not say."""
    issued_at = None if forecast is None else forecast.attrs.get("issued_at")
    return None if not issued_at else date.fromisoformat(str(issued_at)[:10])
