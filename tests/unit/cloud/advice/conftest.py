"""Parcels, outlooks and access made by hand."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import numpy as np
import pytest

from cloud.advice.access import Access, Constraints, access_on
from cloud.advice.outlook import Outlook
from cloud.advice.plan import Intent, intend
from cloud.advice.prices import Prices
from cloud.advice.system import limits_of
from cloud.advice.worth import worth_of
from cloud.records import IrrigationEvent, Parcel

DAY = date(2026, 5, 14)
ParcelOf = Callable[..., Parcel]
OutlookOf = Callable[..., Outlook]
IntentOf = Callable[..., Intent]
EventOf = Callable[..., IrrigationEvent]


@pytest.fixture
def day() -> date:
    return DAY


@pytest.fixture
def parcel_of() -> ParcelOf:
    def make(identifier: str = "plot", *, system: dict[str, object] | None = None, **changes: object) -> Parcel:
        water = changes.pop("water", {})
        given: dict[str, object] = {
            "id": identifier,
            "crop": "maize",
            "planted_on": date(2026, 4, 1),
            "latitude": 32.3,
            "longitude": -6.4,
            "area_ha": 2.0,
            **changes,
        }
        own = {"method": "sprinkler", "flow_m3_h": 40.0, **(system or {})}
        return Parcel.model_validate({**given, "irrigation": own, "water": water})

    return make


@pytest.fixture
def outlook_of() -> OutlookOf:
    """State on the eve of DAY, then ten days that each take ``use`` and bring ``rain``."""

    def make(
        depletion: list[float], *, readily: float = 50.0, use: float = 5.0, rain: list[float] | None = None
    ) -> Outlook:
        start = np.array(depletion, dtype=np.float64)
        falls = np.array((rain or []) + [0.0] * (10 - len(rain or [])))
        rows = [start]
        for fall in falls:
            rows.append(np.maximum(rows[-1] + use - fall, 0.0))
        path = np.stack(rows)
        return Outlook(
            start=date(2026, 5, 13),
            depletion_mm=path,
            readily_available_mm=np.full_like(path, readily),
            total_available_mm=np.full_like(path, 2.0 * readily),
            rain_mm=np.repeat(falls[:, None], start.size, axis=1),
            use_mm=np.full((10, start.size), use),
            demand_mm=np.full((10, start.size), use),
        )

    return make


@pytest.fixture
def intent_of(parcel_of: ParcelOf, outlook_of: OutlookOf) -> IntentOf:
    """A parcel that wants water on DAY, unless the depletion says otherwise."""

    def make(
        identifier: str = "plot",
        *,
        depletion: list[float] | None = None,
        constraints: Constraints | None = None,
        **changes: object,
    ) -> Intent:
        parcel = parcel_of(identifier, **changes)
        access: Access = access_on(DAY, parcel, constraints or Constraints())
        worth = worth_of(parcel, Prices(), np.arange(43.0, 53.0))
        return intend(DAY, parcel, outlook_of(depletion or [58.0] * 10), access, limits_of(parcel), worth)

    return make


@pytest.fixture
def event_of() -> EventOf:
    def make(parcel_id: str = "plot", *, day: int = 10, hour: int = 19, depth_mm: float = 20.0) -> IrrigationEvent:
        return IrrigationEvent(
            parcel_id=parcel_id,
            started_at=datetime(2026, 5, day, hour, tzinfo=UTC),
            depth_mm=depth_mm,
            source="meter",
        )

    return make
