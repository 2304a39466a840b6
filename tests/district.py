"""Parcels that want water, made by hand, and districts of any size made by chance: SYNTHETIC, for the joint plan."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np

from cloud.advice.access import Constraints, access_on
from cloud.advice.outlook import Outlook
from cloud.advice.plan import Intent
from cloud.advice.quota import QuotaBook
from cloud.advice.system import limits_of
from cloud.advice.worth import Worth
from cloud.records import CanalTurn, IrrigationEvent, Parcel, Pump, Quantiles, Quota

DAY = date(2026, 5, 14)
CALM = Worth(water_per_mm=1.0, event=0.0, loss_per_mm=np.array([2.0]), severe_per_mm=2.0)


def field(name: str, *, area_ha: float = 1.0, system: dict[str, object] | None = None, **water: object) -> Parcel:
    """Maize under sprinklers with no flow of its own."""
    return Parcel.model_validate(
        {
            "id": name,
            "crop": "maize",
            "planted_on": date(2026, 4, 1),
            "latitude": 32.3,
            "longitude": -6.4,
            "area_ha": area_ha,
            "irrigation": {"method": "sprinkler", "min_mm": 8.0, "max_mm": 60.0, **(system or {})},
            "water": water,
        }
    )


def wanting(
    parcel: Parcel,
    constraints: Constraints,
    *,
    wanted_mm: float = 40.0,
    curve: Sequence[tuple[float, float]] | None = None,
    depletion_mm: float = 50.0,
) -> Intent:
    """What a parcel with this depletion would do alone; each millimetre it wants is worth 3 and costs 1."""
    flat = np.full((2, 4), depletion_mm)
    row = np.zeros((1, 4))
    parts = {"readily_available_mm": np.full((2, 4), 50.0), "total_available_mm": np.full((2, 4), 100.0)}
    outlook = Outlook(start=DAY - timedelta(days=1), depletion_mm=flat, rain_mm=row, use_mm=row, demand_mm=row, **parts)
    return Intent(
        parcel=parcel,
        outlook=outlook,
        access=access_on(DAY, parcel, constraints),
        limits=limits_of(parcel),
        action="irrigate",
        reason_code="stress_expected",
        wanted_mm=Quantiles(p10=0.8 * wanted_mm, p50=wanted_mm, p90=1.2 * wanted_mm),
        next_check_day=DAY + timedelta(days=1),
        through=DAY + timedelta(days=5),
        stress_if_ignored=0.5,
        worth=CALM,
        marginal=tuple(curve or ((wanted_mm, 3.0),)),
    )


def book(intents: Sequence[Intent], quotas: Sequence[Quota] = (), events: Sequence[IrrigationEvent] = ()) -> QuotaBook:
    """Quotas of the parcels of some intents."""
    return QuotaBook.of(DAY, quotas, [intent.parcel for intent in intents], events)


def turn(hours: float = 10.0, *, begins_h: float = 8.0, **changes: object) -> CanalTurn:
    """A turn of canal G1 on DAY; hours of UTC, which are one less than those of the parcels' clocks."""
    begin = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC) + timedelta(hours=begins_h)
    given = {"canal": "G1", "starts_at": begin, "ends_at": begin + timedelta(hours=hours), "flow_m3_h": 100.0}
    return CanalTurn.model_validate({**given, **changes})


def district(parcels: int, seed: int = 0) -> tuple[list[Intent], QuotaBook]:
    """Intents of a SYNTHETIC district: canals of sixty parcels with turns and quotas, wells of twelve with tariffs."""
    generator = np.random.default_rng(seed)
    turns: list[CanalTurn] = []
    pumps: list[Pump] = []
    quotas: list[Quota] = []
    fields: list[Parcel] = []
    for place in range(parcels):
        name = f"p{place:05d}"
        area_ha = float(np.round(generator.lognormal(-0.9, 0.7) + 0.05, 2))
        if place % 2:
            canal = f"C{place // 120}"
            if not any(one.canal == canal for one in turns[-1:]):
                turns.append(turn(20.0, begins_h=6.0, canal=canal, flow_m3_h=110.0))
                span = {"valid_from": DAY - timedelta(days=13), "valid_to": DAY + timedelta(days=17)}
                quotas.append(Quota(canal=canal, volume_m3=float(generator.uniform(2000.0, 9000.0)), **span))
            fields.append(field(name, area_ha=area_ha, canal=canal))
        else:
            well = f"W{place // 24}"
            if not any(one.pump == well for one in pumps[-1:]):
                cheap = {"flow_m3_h": 40.0, "power_kw": 15.0, "recharge_h": 0.25}
                pumps.append(Pump(pump=well, from_hour=6.0, to_hour=17.0, price_per_kwh=1.0, **cheap))
                pumps.append(Pump(pump=well, from_hour=17.0, to_hour=22.0, price_per_kwh=1.6, **cheap))
                pumps.append(Pump(pump=well, from_hour=22.0, to_hour=6.0, price_per_kwh=0.7, **cheap))
            fields.append(field(name, area_ha=area_ha, pump=well))
    constraints = Constraints(turns=tuple(turns), pumps=tuple(pumps), quotas=tuple(quotas))
    intents = [
        wanting(
            one,
            constraints,
            wanted_mm=float(generator.uniform(15.0, 55.0)),
            curve=_falling(generator),
            depletion_mm=float(generator.uniform(40.0, 80.0)),
        )
        for one in fields
    ]
    return intents, QuotaBook.of(DAY, quotas, fields, [])


def _falling(generator: np.random.Generator) -> tuple[tuple[float, float], ...]:
    values = np.sort(generator.uniform(1.0, 15.0, 4))[::-1]
    return tuple((15.0 * (place + 1), float(value)) for place, value in enumerate(values))
