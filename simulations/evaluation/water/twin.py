"""SYNTHETIC twin of irrigated fields: a season whose truth is known, seen through sensors and reports that may fail.

The truth is our own plain balance with soil, roots and crop that differ from what the parcel's file says (available
water by 25 %, roots by 15 %, Kcb by 8 %, each a standard deviation) and weather that differs from what is told (ET by
10 % a day and 5 % over the season). So nothing here tests the equations: only whether water that nobody told of, and
sensors that fail, are found by what they leave behind.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal

import numpy as np

from cloud.agronomy.state import WaterHistory
from cloud.agronomy.water import WaterSettings, simulate
from cloud.records import (
    CropParameters,
    EventSource,
    IrrigationEvent,
    IrrigationSystem,
    Method,
    Observation,
    Parcel,
    Soil,
)
from cloud.variables import Floats
from cloud.weather.forcing import Forcing

Ailment = Literal["none", "stuck", "out_of_soil", "drifts", "always_stress", "too_much", "litres", "not_seen"]
FIRST: Final = date(2024, 4, 1)
DAYS: Final = 130
PROBE_M: Final = 0.6
PROBE_NOISE: Final = 0.008
PROBE_BIAS: Final = 0.01
PROBE_SIGMA: Final = 0.02
CAMERA_SIGMA: Final = 0.15
ILL_FROM_DAY: Final = 60
"""Day of the season on which a sensor falls ill."""

_CAPACITY: Final = 0.135
_WILTING: Final = 0.117
"""Available water and wilting point of the truth before it is varied [m3/m3]: about a loam."""

_HALF: Final = 0.5
_METHODS: Final[tuple[Method, ...]] = ("drip", "sprinkler", "basin")
_EFFICIENCY: Final = {"drip": 0.9, "sprinkler": 0.75, "basin": 0.6}
_TRIGGER_MM: Final = {"drip": 12.0, "sprinkler": 28.0, "basin": 50.0}
_KC_DAYS: Final = (0.0, 20.0, 55.0, 95.0, 125.0)
_KC: Final = (0.3, 0.35, 1.15, 1.15, 0.6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a group of fields is like."""

    fields: int
    seed: int
    unreported: float = 0.0
    """Share of the irrigations that nobody tells of."""
    ailment: Ailment = "none"
    probe_every: int = 2
    """Days between two readings; 0 for no probe."""
    camera_every: int = 3
    reporter: EventSource = "meter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """A group of fields: what is told of them, and the truth."""

    setting: Setting
    parcels: tuple[Parcel, ...]
    forcing: Forcing
    events: tuple[IrrigationEvent, ...]
    """As told."""
    observations: tuple[Observation, ...]
    truth: WaterHistory
    unreported: tuple[tuple[str, date, float], ...]
    """Parcel, day and gross depth of every irrigation that nobody told of."""
    undone: tuple[tuple[str, date], ...]
    """Told irrigations that did not come."""

    def followed(self, settings: WaterSettings | None = None) -> WaterHistory:
        """What the filter makes of what is told."""
        return simulate(self.parcels, self.forcing, self.events, self.observations, settings=settings)


def twin_of(setting: Setting) -> Twin:
    """Fields of a setting, the same for the same seed."""
    generator = np.random.default_rng(setting.seed)
    methods = [_METHODS[place % len(_METHODS)] for place in range(setting.fields)]
    told = tuple(_parcel(f"f{place:03d}", method) for place, method in enumerate(methods))
    real = tuple(_real(parcel, generator) for parcel in told)
    weather = _weather(generator, setting.fields)
    season = weather.et0_mm * (1.0 + 0.05 * generator.standard_normal((1, setting.fields)))
    watered = [_watered(generator, method, season[:, place]) for place, method in enumerate(methods)]
    reports = _reports(generator, setting, told, watered)
    truth = simulate(
        real,
        replace(weather, et0_mm=season),
        reports.happened,
        (),
        settings=WaterSettings(fixed_parameters=True, profile_depth_m=PROBE_M),
    )
    noisy = weather.et0_mm * np.maximum(1.0 + 0.10 * generator.standard_normal(weather.et0_mm.shape), 0.3)
    return Twin(
        setting=setting,
        parcels=told,
        forcing=replace(weather, et0_mm=noisy),
        events=tuple(reports.told),
        observations=tuple(_seen(generator, setting, told, truth)),
        truth=truth,
        unreported=tuple(reports.hidden),
        undone=tuple(reports.undone),
    )


def _parcel(name: str, method: Method) -> Parcel:
    return Parcel(
        id=name,
        crop="maize",
        planted_on=FIRST,
        latitude=32.3,
        longitude=-6.4,
        timezone="UTC",
        soil=Soil(texture="loam"),
        irrigation=IrrigationSystem(method=method, efficiency=_EFFICIENCY[method]),
        crop_parameters=CropParameters(root_depth_min_m=0.3, root_depth_max_m=1.0),
        initial_depletion_mm=10.0,
    )


def _real(parcel: Parcel, generator: np.random.Generator) -> Parcel:
    capacity, roots, crop = np.exp(np.array([0.25, 0.15, 0.08]) * generator.standard_normal(3))
    return parcel.model_copy(
        update={
            "soil": Soil(field_capacity=min(_WILTING + _CAPACITY * float(capacity), 0.5), wilting_point=_WILTING),
            "crop_parameters": CropParameters(
                root_depth_min_m=0.3 * float(roots),
                root_depth_max_m=float(roots),
                kcb_ini=0.15,
                kcb_mid=1.15 * float(crop),
                kcb_end=0.5,
            ),
        }
    )


def _weather(generator: np.random.Generator, fields: int) -> Forcing:
    day = np.arange(DAYS)
    passing = np.zeros(DAYS)
    for place in range(1, DAYS):
        passing[place] = 0.7 * passing[place - 1] + 0.6 * generator.standard_normal()
    et0 = np.clip(4.5 + 2.0 * np.sin(np.pi * day / DAYS) + passing, 1.0, 10.0)
    rain = np.where(generator.random(DAYS) < np.where(day < 40, 0.08, 0.02), generator.gamma(2.0, 4.0, DAYS), 0.0)  # noqa: PLR2004 -- spring rain

    def wide(values: Floats | float) -> Floats:
        return np.repeat(np.broadcast_to(values, DAYS)[:, None], fields, axis=1).astype(np.float64)

    return Forcing(
        days=np.datetime64(FIRST) + day,
        et0_mm=wide(et0),
        rain_mm=wide(rain),
        wind_2m_m_s=wide(2.0),
        rh_min_percent=wide(40.0),
        tmin_c=wide(14.0),
        tmax_c=wide(30.0),
        radiation_mj_m2=wide(22.0),
    )


def _watered(generator: np.random.Generator, method: Method, et0: Floats) -> list[tuple[int, float]]:
    """Days and net depths of a farmer who irrigates by the look of the crop: neither too exact nor too wild."""
    found, missing, due = [], 0.0, _TRIGGER_MM[method] * generator.uniform(0.8, 1.4)
    coefficient = np.interp(np.arange(len(et0)), _KC_DAYS, _KC)
    for day, (factor, demand) in enumerate(zip(coefficient, et0, strict=True)):
        missing += float(factor * demand)
        if day > 5 and missing > due:  # noqa: PLR2004 -- nobody irrigates what was just sown
            found.append((day, missing * float(generator.uniform(0.8, 1.1))))
            missing, due = 0.0, _TRIGGER_MM[method] * generator.uniform(0.8, 1.4)
    return found


@dataclass(frozen=True, slots=True)
class _Reports:
    """What happened, and what was said of it."""

    happened: list[IrrigationEvent]
    told: list[IrrigationEvent]
    hidden: list[tuple[str, date, float]]
    undone: list[tuple[str, date]]


def _reports(
    generator: np.random.Generator,
    setting: Setting,
    parcels: Sequence[Parcel],
    watered: Sequence[Sequence[tuple[int, float]]],
) -> _Reports:
    reports = _Reports([], [], [], [])
    for parcel, events in zip(parcels, watered, strict=True):
        for row, net in events:
            day, gross = FIRST + timedelta(days=row), net / (parcel.irrigation.efficiency or 1.0)
            ill = row >= ILL_FROM_DAY
            if setting.ailment == "not_seen" and ill and generator.random() < _HALF:
                reports.undone.append((parcel.id, day))
            else:
                reports.happened.append(_event(parcel, day, gross, "meter"))
            if generator.random() < setting.unreported:
                reports.hidden.append((parcel.id, day, gross))
            else:
                said = gross * _said(setting, generator, ill=ill)
                reports.told.append(_event(parcel, day, said, setting.reporter))
    return reports


def _said(setting: Setting, generator: np.random.Generator, *, ill: bool) -> float:
    """Told depth over the true one."""
    error = 0.2 if setting.reporter == "reply" else 0.05
    factor = {"too_much": 2.0, "litres": 0.001}.get(setting.ailment, 1.0) if ill else 1.0
    return factor * max(1.0 + error * float(generator.standard_normal()), 0.2)


def _event(parcel: Parcel, day: date, depth_mm: float, source: EventSource) -> IrrigationEvent:
    return IrrigationEvent(
        parcel_id=parcel.id, started_at=datetime.combine(day, time(8), UTC), depth_mm=depth_mm, source=source
    )


def _seen(
    generator: np.random.Generator, setting: Setting, parcels: Sequence[Parcel], truth: WaterHistory
) -> list[Observation]:
    water, stress = truth.columns["profile_water_mm"] / (1000.0 * PROBE_M), 1.0 - truth.columns["ks"]
    # Chance of its own: a field that falls ill stays in all else the field it was.
    sick = np.random.default_rng((setting.seed, 1))
    bias = PROBE_BIAS * generator.standard_normal(len(parcels))
    found = []
    for place, parcel in enumerate(parcels):
        held = float(water[ILL_FROM_DAY, place])
        for row in range(10, DAYS):
            at = datetime.combine(FIRST + timedelta(days=row), time(18), UTC)
            late = row - ILL_FROM_DAY
            if setting.probe_every and row % setting.probe_every == 0:
                value = float(water[row, place] + bias[place] + PROBE_NOISE * generator.standard_normal())
                value = value if late < 0 else _ill_probe(setting.ailment, value, held, late, sick)
                found.append(_observation(parcel, at, value, PROBE_SIGMA))
            if setting.camera_every and row % setting.camera_every == 0:
                value = float(stress[row, place] + CAMERA_SIGMA * generator.standard_normal())
                ill = late >= 0 and setting.ailment == "always_stress"
                value = 0.65 + 0.1 * float(sick.standard_normal()) if ill else value
                found.append(_observation(parcel, at, float(np.clip(value, 0.0, 1.0)), CAMERA_SIGMA))
    return found


def _ill_probe(ailment: Ailment, value: float, held: float, late: int, generator: np.random.Generator) -> float:
    match ailment:
        case "stuck":
            return held
        case "out_of_soil":
            return max(0.02 + 0.003 * float(generator.standard_normal()), 0.0)
        case "drifts":
            return value + 0.01 * late / 7.0
        case _:
            return value


def _observation(parcel: Parcel, at: datetime, value: float, sigma: float) -> Observation:
    probe = sigma == PROBE_SIGMA
    return Observation(
        parcel_id=parcel.id,
        observed_at=at,
        kind="soil_water_fraction" if probe else "stress_index",
        value=value,
        sigma=sigma,
        depth_from_m=0.0 if probe else None,
        depth_to_m=PROBE_M if probe else None,
        source="probe" if probe else "camera",
    )
