"""A dozen invented parcels in a real store, for the tests of the web API and of the map."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store
from cloud.messages import Delivery, Farmer, Message
from cloud.records import (
    Check,
    FarmerReference,
    InputReference,
    IrrigationSystem,
    Parcel,
    Quantiles,
    Recommendation,
    Soil,
    Verdict,
    WaterSource,
)
from cloud.records import (
    Evidence as Fact,
)
from cloud.water_day import WaterDay
from edge.contract import Detection, Evidence, MessageId, ModelReference
from edge.heartbeat import Heartbeat, TroubleState
from simulations.scene.drawing import SceneSettings, render

NOW: Final = datetime(2026, 7, 3, 6, 30, tzinfo=UTC)
TODAY: Final = date(2026, 7, 3)
TELEPHONE: Final = "+212600112233"
PERSON: Final = "Fatima Aït Oufkir"
CARRIER_ID: Final = "ATXid_secret"
CROPS: Final = ("soybean", "maize", "alfalfa", "olive", "citrus", "sugar_beet")
NAMES: Final = ("Soja nord", "قطعة الزيتون", "Luzerne du canal", "Jnan 4", "Verger 5", "Betterave 6")
# Depletion over readily available water of each parcel; None: no water state at all.
RATIOS: Final = (1.25, 0.9, 0.6, 0.35, 0.1, 1.05, 0.8, 0.55, 0.3, 0.15, None, 0.7)
STALE: Final = "P12"
READILY_MM: Final = 60.0
TOTAL_MM: Final = 120.0
SEASON_DAYS: Final = 60


def now() -> datetime:
    """The tests' one moment."""
    return NOW


def parcel(index: int) -> Parcel:
    """A square of about 4 ha on a grid south of Beni Mellal; the eleventh has no outline."""
    west, south = -6.42 + 0.004 * (index % 4), 32.33 + 0.0032 * (index // 4)
    east, north = west + 0.0026, south + 0.0021
    corners = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return Parcel(
        id=f"P{index + 1:02d}",
        name=NAMES[index % 6] + ("" if index < 6 else f" {index + 1}"),
        farm="Ferme d'essai",
        crop=CROPS[index % 6],
        planted_on=date(2026, 4, 20),
        latitude=(south + north) / 2,
        longitude=(west + east) / 2,
        geometry=None if index == 10 else {"type": "Polygon", "coordinates": [corners]},
        area_ha=4.0,
        soil=Soil(texture="clay loam"),
        irrigation=IrrigationSystem(method="drip", efficiency=0.9, flow_m3_h=40.0),
        water=WaterSource(pump="F1"),
        farmer=FarmerReference(id="F01", language="fr"),
    )


def water_days(parcel_id: str, ratio: float) -> list[WaterDay]:
    """A season that ends at a depletion of ``ratio`` times the readily available water."""
    last = TODAY - timedelta(days=9 if parcel_id == STALE else 1)
    rows = []
    for back in range(SEASON_DAYS, -1, -1):
        wave = 0.5 + 0.5 * math.sin(back * 2 * math.pi / 11 + 1.0)
        share = ratio if back == 0 else 0.15 + 0.75 * wave
        depletion = share * READILY_MM
        rows.append(
            WaterDay(
                parcel_id=parcel_id,
                day=last - timedelta(days=back),
                et0_mm=6.0,
                kcb=1.1,
                ke=0.1,
                ks=1.0 if share < 1 else 0.8,
                etc_adj_mm=6.5,
                rain_mm=8.0 if back in {20, 33} else 0.0,
                irrigation_mm=25.0 if back % 11 == 5 else 0.0,
                runoff_mm=0.0,
                deep_percolation_mm=0.0,
                capillary_rise_mm=0.0,
                root_growth_mm=0.0,
                correction_mm=0.0,
                root_depth_m=0.9,
                field_capacity_fraction=0.34,
                wilting_point_fraction=0.18,
                total_available_mm=TOTAL_MM,
                readily_available_mm=READILY_MM,
                depletion_mm=depletion,
                depletion_p10_mm=depletion - 5 - 0.08 * (SEASON_DAYS - back),
                depletion_p90_mm=depletion + 5 + 0.1 * (SEASON_DAYS - back),
                root_zone_water_mm=200.0,
                root_zone_water_p10_mm=190.0,
                root_zone_water_p90_mm=210.0,
            )
        )
    return rows


def recommendation(subject: Parcel, ratio: float, **changes: object) -> Recommendation:
    """Irrigate above 0.75 of the readily available water, wait below."""
    irrigate = ratio >= 0.75
    evening = datetime(2026, 7, 3, 19, 0, tzinfo=UTC)
    depth = round(ratio * READILY_MM / 0.9)
    content: dict[str, Any] = {
        "parcel_id": subject.id,
        "parcel_name": subject.label,
        "timezone": subject.timezone,
        "pump_name": "F1" if irrigate else None,
        "day": TODAY,
        "action": "irrigate" if irrigate else "wait",
        "start_window": (evening, evening + timedelta(hours=3)) if irrigate else None,
        "depth_mm": Quantiles(p10=depth - 6, p50=depth, p90=depth + 6) if irrigate else None,
        "volume_m3": depth * 40.0 if irrigate else None,
        "duration_h": depth * 1.0 if irrigate else None,
        "next_check_day": TODAY + timedelta(days=3),
        "stress_probability_if_followed": 0.02,
        "stress_probability_if_ignored": min(0.98, ratio / 1.3),
        "reason_code": "depletion_near_limit" if irrigate else "soil_has_water",
        "evidence": (Fact(kind="depletion_mm", value=round(ratio * READILY_MM, 1), sigma=6.0, source="balance"),),
        "inputs": (InputReference(name="/home/someone/weather/beni-mellal.csv", sha256="ab" * 32, age_days=0.3),),
        "code_version": "0.1.0",
    }
    return Recommendation(**{**content, **changes})


def verdict(subject: Parcel, ratio: float) -> Verdict:
    """The first parcel's dose was reduced; the sixth is held; every other advice is released."""
    proposed = recommendation(subject, ratio)
    spoken = proposed
    decision, explanation = "release", "Both water estimates agree, and the dose fits the pump and the soil."
    if subject.id == "P01":
        depth = Quantiles(p10=50, p50=60, p90=66)
        spoken = recommendation(subject, ratio, depth_mm=depth, volume_m3=2400.0, duration_h=60.0)
        decision, explanation = "shrink", "The dose was cut to what the soil can hold."
    if subject.id == "P06":
        nothing = {"start_window": None, "depth_mm": None, "volume_m3": None, "duration_h": None}
        spoken = recommendation(subject, ratio, action="hold", **nothing)
        decision, explanation = "hold", "The two reference estimates differ by 31 %: an agronomist must look."
    checks = (
        Check(name="volume_identity", passed=True, measured=2400.0, limit=2400.0),
        Check(name="room_in_soil", passed=decision == "release", measured=83.0, limit=60.0),
    )
    return Verdict.model_validate(
        {
            "proposed": proposed,
            "recommendation": spoken,
            "decision": decision,
            "checks": checks,
            "explanation": explanation,
            "valid_until": NOW + timedelta(hours=-1 if subject.id == "P12" else 20),
        }
    )


def scene() -> tuple[bytes, bytes]:
    """A drawn crop scene as JPEG, and a mask of its green pixels as a 1-bit PNG."""
    settings = SceneSettings(width_px=480, height_px=320, wilting=0.6)
    image = render(settings, np.random.default_rng(7))
    green = image[..., 1].astype(int) > np.maximum(image[..., 0], image[..., 2]).astype(int) + 8
    _, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 70])
    _, png = cv2.imencode(".png", green.astype(np.uint8) * 255, [cv2.IMWRITE_PNG_BILEVEL, 1])
    return jpeg.tobytes(), png.tobytes()


def detection(parcel_id: str, **changes: object) -> Detection:
    """A sighting four hours old by the wilting model."""
    content: dict[str, Any] = {
        "parcel_id": parcel_id,
        "camera_id": f"synthetic-cam-{parcel_id.lower()}",
        "taken_at": NOW - timedelta(hours=4),
        "sha256": "cd" * 32,
        "model": ModelReference(name="wilting", version="1.0.0", sha256="ef" * 32),
        "opinion": True,
        "canopy_cover_fraction": 0.62,
        "wilting_score": 2.4,
        "wilting_probability": 0.71,
        "basis": ("rgb",),
    }
    return Detection(**{**content, **changes})


def fill_field(store: Store) -> None:
    """What two gateways sent: a sighting with its picture, and one without an opinion."""
    jpeg, png = scene()
    seen = MessageId(gateway="gw-1", boot="b1", sequence=1)
    store.add_detection(seen, "coop", detection("P01"), NOW)
    picture = Evidence(
        parcel_id="P01",
        camera_id="synthetic-cam-p01",
        taken_at=NOW - timedelta(hours=4),
        detection_boot="b1",
        detection_sequence=1,
        image_jpeg=jpeg,
        mask_png=png,
    )
    store.add_evidence(MessageId(gateway="gw-1", boot="b1", sequence=2), "coop", picture, NOW)
    abstained = detection(
        "P02", opinion=False, reasons=("blurred", "dark"), wilting_score=None, wilting_probability=None, model=None
    )
    store.add_detection(MessageId(gateway="gw-1", boot="b1", sequence=3), "coop", abstained, NOW)
    heard = Heartbeat(online=True, at=NOW, software="0.1.0", queued=2, models=("wilting 1.0.0",))
    store.save_heartbeat("coop", "gw-1", heard, NOW - timedelta(minutes=1))
    troubled = heard.model_copy(update={"troubles": (TroubleState(part="modem", text="SIM without credit"),)})
    store.save_heartbeat("coop", "gw-2", troubled, NOW - timedelta(hours=5))
    store.save_heartbeat("coop", "gw-3", Heartbeat(online=False), NOW - timedelta(minutes=2))


def fill_messages(store: Store) -> None:
    """One delivered French text and one waiting Arabic text about the first parcel."""
    store.save_farmers([Farmer(id="F01", name=PERSON, phone_number=TELEPHONE, language="fr")])
    texts = {
        "fr": "Soja nord: irriguez vendredi 3 de 20h a 23h, 60 h de pompe = 2400 m3 = 60 mm.",
        "ar": "قطعة Soja nord: اسقِ يوم الجمعة من 20 إلى 23",
    }
    sent = []
    for language, text in texts.items():
        message = Message.model_validate(
            {
                "parcel_id": "P01",
                "kind": "irrigate",
                "language": language,
                "text": text,
                "encoding": "gsm7" if language == "fr" else "ucs2",
                "segments": 1,
                "valid_until": NOW + timedelta(hours=20),
                "reviewed": True,
                "farmer_id": "F01",
            }
        )
        sent.append(store.queue_message(message, verdict_digest="0" * 64, now=NOW - timedelta(hours=1)))
    store.claim_due(NOW, 1)
    for state in ("wired", "delivered"):
        word = Delivery.model_validate(
            {
                "message_id": sent[0],
                "state": state,
                "carrier": "spool",
                "carrier_id": CARRIER_ID,
                "at": NOW - timedelta(minutes=10),
            }
        )
        store.record_delivery(word)


def fill(store: Store) -> None:
    """The whole farm."""
    parcels = [parcel(index) for index in range(12)]
    store.save_parcels(parcels)
    known = [(each, ratio) for each, ratio in zip(parcels, RATIOS, strict=True) if ratio is not None]
    water = [row for each, ratio in known for row in water_days(each.id, ratio)]
    store.save_day(TODAY, water, [verdict(each, ratio) for each, ratio in known])
    fill_field(store)
    fill_messages(store)


@contextmanager
def farm_store(folder: Path) -> Iterator[Store]:
    """A real store with the whole farm in a database file."""
    url = f"sqlite:///{folder / 'seguia.db'}"
    with Store.open(url, PersonalKeys.generate(), create=True, clock=now) as store:
        fill(store)
        yield store
