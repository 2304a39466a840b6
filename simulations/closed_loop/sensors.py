"""What stands in simulated fields: cameras, a few probes, and how far off they are (SYNTHETIC).

Cameras answer with the error that the shipped models were measured to have. ``card``: canopy cover off by what the
canopy model's card states of photos held out, stress by the sigma of ``edge.radiometry.stress`` (maize and soybean;
none for other crops unless the pilot opts in, with the sigma the contract asks for). ``rendered``: canopy cover as the
real models answered to rendered pictures (``camera_bank``), which are farther from photos than fields are. Half of the
variance of an error stays with the camera for the whole season; abstentions are common on rainy days.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal

import numpy as np

from cloud.records import Observation
from cloud.variables import Floats
from edge.contract import Detection, ModelReference
from edge.radiometry.stress import STRESS_SIGMA
from simulations.closed_loop.camera_bank import camera_bank, shipped_models
from simulations.closed_loop.pilot import Sensors

Ailment = Literal["none", "dirty", "frozen", "tinted"]
CARD_BIAS: Final = -0.0094
"""Mean error of the share of a held-out photo that the canopy model marks (card, all blocks)."""
CARD_ERROR: Final = 0.0142
"""Its standard error: 1.25 times the mean absolute error of the card, .0113."""
PATCH_ERROR: Final = 0.06
"""How far one frame's patch stands from the field's mean cover: assumed; the advisor counts with .08 in all."""
UNVALIDATED_SIGMA: Final = 0.35
"""Sigma of stress for crops without a labelled evaluation; the contract asks for at least .3."""
ABSTAIN: Final = {"dry": 0.1, "rain": 0.6}
"""Share of photos without an opinion: assumed; wind and glare on dry days, wet lenses on others."""
DIRTY_ABSTAINS: Final = 0.74
"""Share of pictures through a lens a fifth of which is dirty that the quality gate refuses (card of scene)."""
DIRTY_FACTOR: Final = 0.8
TINTED_FACTOR: Final = 0.75
TINTED_TOLD: Final = 0.5
"""Share of pictures in wrong colours whose camera says so."""
SEEN_FROM: Final = 0.02
"""Less cover than this is no crop view."""
RAIN_MM: Final = 1.0
PROBE_DEPTHS_M: Final = ((0.1, 0.3), (0.3, 0.6))
PROBE_SIGMA: Final = 0.03
PROBE_BIAS: Final = 0.02
PROBE_NOISE: Final = 0.01
_LOW_SUN: Final = time(12, 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What there is to see on one day: the truth of F fields that sensors read, arrays (F,) and (F, layers)."""

    day: date
    canopy_cover: Floats
    stress: Floats
    """1 - transpiration over potential transpiration; NaN where nothing transpires."""
    soil_water: Floats
    """Volumetric water of the layers PROBE_DEPTHS_M [m3/m3]."""
    rain_mm: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """One camera of a field and its faults."""

    cover_error: float
    stress_error: float
    thermal: bool
    phase: int
    ailment: Ailment
    ill_from: int
    """Days after sowing on which it falls ill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """What stands in a field; the same field has the same equipment under every strategy."""

    field_id: str
    crop: str
    sown_on: date
    camera: Camera | None
    probe_bias: float | None


def equipment_of(field_id: str, crop: str, sown_on: date, settings: Sensors, seed: int) -> Equipment:
    """Equipment of a field by its name and the seed, whatever else is simulated."""
    generator = np.random.default_rng([seed, *field_id.encode()])
    camera_chance, thermal_chance, probe_chance, ill_chance = generator.random(4)
    ailments: tuple[Ailment, ...] = ("dirty", "frozen", "tinted")
    normal = generator.standard_normal(3)
    camera = Camera(
        cover_error=float(normal[0]),
        stress_error=float(normal[1]),
        thermal=bool(thermal_chance * settings.cameras < settings.thermal),
        phase=int(generator.integers(settings.photo_every_days)),
        ailment=ailments[int(generator.integers(3))] if ill_chance < settings.sick_cameras else "none",
        ill_from=int(generator.integers(20, 100)),
    )
    return Equipment(
        field_id=field_id,
        crop=crop,
        sown_on=sown_on,
        camera=camera if camera_chance < settings.cameras else None,
        probe_bias=float(PROBE_BIAS * normal[2]) if probe_chance < settings.probes else None,
    )


class SensorField:
    """The sensors of all fields of a simulation, day after day."""

    def __init__(self, equipment: Sequence[Equipment], settings: Sensors, seed: int) -> None:
        self._equipment = tuple(equipment)
        self._settings = settings
        self._seed = seed
        self._model = ModelReference(name="canopy", version="simulated", sha256=shipped_models()["canopy"])

    def detections(self, sight: Sight) -> list[Detection]:
        """What cameras say of a day that is over."""
        return [
            self._photo(one, one.camera, place, sight)
            for place, one in enumerate(self._equipment)
            if one.camera is not None and self._looks(one, one.camera, sight.day)
        ]

    def readings(self, sight: Sight) -> list[Observation]:
        """What probes read at the end of a day."""
        found = []
        for place, one in enumerate(self._equipment):
            if one.probe_bias is None or sight.day < one.sown_on or not np.isfinite(sight.soil_water[place]).all():
                continue
            generator = self._chance(one, sight.day, 1)
            for layer, (top, bottom) in enumerate(PROBE_DEPTHS_M):
                value = sight.soil_water[place, layer] + one.probe_bias + PROBE_NOISE * generator.standard_normal()
                found.append(
                    Observation(
                        parcel_id=one.field_id,
                        observed_at=datetime.combine(sight.day, time(18), UTC),
                        kind="soil_water_fraction",
                        value=round(float(np.clip(value, 0.01, 0.6)), 4),
                        sigma=PROBE_SIGMA,
                        depth_from_m=top,
                        depth_to_m=bottom,
                        source=f"probe-{one.field_id}",
                    )
                )
        return found

    def _looks(self, one: Equipment, camera: Camera, day: date) -> bool:
        age = (day - one.sown_on).days
        return age >= 0 and age % self._settings.photo_every_days == camera.phase

    def _chance(self, one: Equipment, day: date, purpose: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, day.toordinal(), purpose, *one.field_id.encode()])

    def _photo(self, one: Equipment, camera: Camera, place: int, sight: Sight) -> Detection:
        generator = self._chance(one, sight.day, 0)
        ill = camera.ailment if (sight.day - one.sown_on).days >= camera.ill_from else "none"
        cover, stress = float(sight.canopy_cover[place]), float(sight.stress[place])
        reason = _silent(cover, float(sight.rain_mm[place]), ill, float(generator.random()))
        told = None if reason else self._cover(cover, camera, ill, generator)
        if told is None:
            return self._record(one, sight.day, reasons=(reason or "blurred",))
        sigma = self._stress_sigma(one.crop)
        warm = camera.thermal and sigma is not None and np.isfinite(stress)
        seen = None if not warm or sigma is None else _with_error(stress, sigma, camera.stress_error, generator)
        drifted = ("camera_drifted",) if ill == "tinted" and generator.random() < TINTED_TOLD else ()
        reasons = (*drifted, *(("crop_not_validated",) if camera.thermal and sigma is None else ()))
        return self._record(one, sight.day, told, (seen, sigma if warm else None), reasons)

    def _cover(self, cover: float, camera: Camera, ill: Ailment, generator: np.random.Generator) -> float | None:
        factor = {"dirty": DIRTY_FACTOR, "tinted": TINTED_FACTOR}.get(ill, 1.0)
        base: float | None = cover * factor
        if self._settings.camera_errors == "rendered":
            base = camera_bank().told(cover * factor, float(generator.random()))
        if base is None:
            return None
        size = PATCH_ERROR if self._settings.camera_errors == "rendered" else float(np.hypot(CARD_ERROR, PATCH_ERROR))
        bias = 0.0 if self._settings.camera_errors == "rendered" else CARD_BIAS
        return _with_error(base + bias, size, camera.cover_error, generator)

    def _stress_sigma(self, crop: str) -> float | None:
        return STRESS_SIGMA.get(crop) or (UNVALIDATED_SIGMA if self._settings.unvalidated_stress else None)

    def _record(
        self,
        one: Equipment,
        day: date,
        cover: float | None = None,
        stress: tuple[float | None, float | None] = (None, None),
        reasons: tuple[str, ...] = (),
    ) -> Detection:
        return Detection(
            parcel_id=one.field_id,
            camera_id=f"camera-{one.field_id}"[:80],
            taken_at=datetime.combine(day, _LOW_SUN, UTC),
            clock_quality="exif",
            sha256=hashlib.sha256(f"{self._seed} {one.field_id} {day}".encode()).hexdigest(),
            model=self._model,
            opinion=cover is not None,
            reasons=reasons,
            canopy_cover_fraction=cover,
            stress_index=stress[0],
            stress_sigma=stress[1] if stress[0] is not None else None,
            basis=("rgb", "thermal") if stress[0] is not None else ("rgb",),
            looks_down=True,
        )


def _silent(cover: float, rain_mm: float, ill: Ailment, chance: float) -> str | None:
    """Why a picture has no opinion; None where it has one."""
    if not np.isfinite(cover) or cover < SEEN_FROM:
        return "soil_only"
    if ill == "frozen":
        return "frozen_frame"
    if ill == "dirty" and chance < DIRTY_ABSTAINS:
        return "lens_covered"
    limit = ABSTAIN["rain" if rain_mm >= RAIN_MM else "dry"]
    return ("dark" if rain_mm >= RAIN_MM else "blurred") if chance > 1.0 - limit else None


def _with_error(value: float, sigma: float, lasting: float, generator: np.random.Generator) -> float:
    """A value in 0..1 with an error whose variance is half the camera's own and half of the moment."""
    error = sigma * (lasting + float(generator.standard_normal())) / np.sqrt(2.0)
    return round(float(np.clip(value + error, 0.0, 1.0)), 4)


def yesterday_of(day: date) -> date:
    """The last day of which sensors can speak on the morning of ``day``."""
    return day - timedelta(days=1)


def counted(equipment: Sequence[Equipment]) -> Mapping[str, int]:
    """How many sensors of each kind stand in the fields."""
    cameras = [one.camera for one in equipment if one.camera is not None]
    return {
        "fields": len(equipment),
        "cameras": len(cameras),
        "thermal": sum(one.thermal for one in cameras),
        "cameras_that_fall_ill": sum(one.ailment != "none" for one in cameras),
        "probes": sum(one.probe_bias is not None for one in equipment),
    }
