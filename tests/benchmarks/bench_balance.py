"""The water balance: one day over many parcels, and a season against a scalar model of the same equations."""

import importlib
import time
import warnings
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date
from functools import partial
from typing import Any, Final

import numpy as np

from cloud.agronomy.assimilation.members import draws, drifts_of, start, wandered
from cloud.agronomy.crops.season import Stage, stage_on
from cloud.agronomy.drainage import drained
from cloud.agronomy.engines.engine import Asked, compiled_days
from cloud.agronomy.plots import Plots, plots_of
from cloud.agronomy.step import DayInputs, Water, advance
from cloud.agronomy.water import WaterSettings, simulate
from cloud.records import CropParameters, IrrigationSystem, Parcel, Soil
from cloud.variables import Floats
from cloud.weather.forcing import Forcing
from tests.benchmarks.figure import Figure, timed
from tests.random_fields import Field, random_field

PARCELS: Final = 100_000
FEWER: Final = 5_000
MEMBERS: Final = 64
REPEATS: Final = 20
TOGETHER: Final = 2_000
BAR_MS: Final = 50.0
HUNDRED_MILLION: Final = 1e8
DISTINCT: Final = 500
COPIES: Final = 8
LONG: Final = 11
CORES: Final = 2
CROPS: Final = ("wheat", "maize", "tomato", "olive", "citrus", "sugar_beet", "alfalfa", "potato")
SEASON: Final = np.arange(np.datetime64("2019-04-18"), np.datetime64("2019-09-28"))
COTTON: Final = Parcel(
    id="cotton",
    crop="cotton",
    planted_on=date(2019, 4, 18),
    latitude=33.07,
    longitude=-111.97,
    timezone="UTC",
    soil=Soil(field_capacity=0.23, wilting_point=0.1, evaporable_water_mm=20.6, readily_evaporable_water_mm=9.0),
    irrigation=IrrigationSystem(method="basin", efficiency=1.0, wetted_fraction=1.0),
    crop_parameters=CropParameters(
        kcb_ini=0.15,
        kcb_mid=1.225,
        kcb_end=0.5,
        stage_lengths_days=(30, 50, 50, 30),
        height_m=1.2,
        root_depth_min_m=0.3,
        root_depth_max_m=1.4,
        depletion_fraction=0.65,
    ),
    initial_depletion_mm=24.0,
)


def figures() -> Iterator[Figure]:
    """One day on one core for one member and for many, and the season against pyfao56."""
    yield Figure(
        name=f"balance, {PARCELS:,} parcels x 1 day",
        value=milliseconds_a_day(1, PARCELS),
        unit="ms processor",
        bar=BAR_MS,
        note="crop stage and balance step",
    )
    many = milliseconds_a_day(MEMBERS, FEWER)
    yield Figure(
        name=f"balance, {FEWER:,} parcels x {MEMBERS} members x 1 day",
        value=many,
        unit="ms processor",
        note=f"{MEMBERS * FEWER / many / 1e3:.1f} million member-days/s",
    )
    yield from full_balance()
    yield from against_a_scalar_model()


def full_balance() -> Iterator[Figure]:
    """Seconds for 100 million member-days of everything that the ensemble does on a day, plain and compiled."""
    field = random_field(0, DISTINCT, MEMBERS, LONG)
    moved = np.swapaxes([drifts_of(field.drawn, 19_000 + day) for day in range(LONG)], 0, 1)
    plain = timed(lambda: _plain_days(field), 1)
    share = HUNDRED_MILLION / (DISTINCT * MEMBERS * LONG)
    yield Figure(
        name="full balance, plain numpy, 1 thread, 100 million member-days",
        value=1e-3 * share * plain.processor_ms,
        unit="s processor",
        note=f"{1e5 / (share * plain.processor_ms):.1f} million/s",
    )
    water, plots, stages, wide = _repeated(field, COPIES)
    narrow = {name: np.ascontiguousarray(values[:, :, :1]) for name, values in wide.items()}
    share /= COPIES
    for whose, inputs, threads in (("parcel", narrow, 1), ("parcel", narrow, 2), ("member", wide, 2)):
        work = Asked(names=(), drifts=moved, threads=threads)
        spent = timed(partial(compiled_days, water, plots, stages, inputs, work), 3)
        yield Figure(
            name=f"the same compiled, {threads} threads, weather of each {whose}",
            value=1e-3 * share * spent.wall_ms,
            unit="s wall",
            bar=1.0 if threads == CORES else None,
            note=f"{1e5 / (share * spent.wall_ms):.0f} million/s; processor {1e-3 * share * spent.processor_ms:.2f} s",
        )


def _plain_days(field: Field) -> Water:
    water = field.water
    for place, (stage, today) in enumerate(zip(field.stages, field.days, strict=True)):
        before = wandered(water, field.plots, field.drawn, 19_000 + place)
        after, fluxes = advance(before, field.plots, stage, today)
        water, _ = drained(before, after, field.plots, fluxes)
    return water


def _repeated(field: Field, times: int) -> tuple[Water, Plots, list[Stage], dict[str, Floats]]:
    index = np.tile(np.arange(DISTINCT, dtype=np.intp), times)
    stages = [
        replace(stage, **{one.name: getattr(stage, one.name)[index] for one in fields(stage)}) for stage in field.stages
    ]
    names = ("et0_mm", "rain_mm", "wind_2m_m_s", "rh_min_percent", "irrigation_mm")
    inputs = {name: np.stack([getattr(day, name)[index] for day in field.days]) for name in names}
    return field.water.take(index), field.plots.take(index), stages, inputs


def milliseconds_a_day(members: int, parcels: int) -> float:
    """Median processor time of one day over the parcels [ms]: crop stage, balance step, nothing else."""
    few = [
        Parcel(
            id=str(place),
            crop=CROPS[place % len(CROPS)],
            planted_on=date(2024, 3, 1),
            latitude=32.3,
            longitude=-6.4,
            soil=Soil(texture="clay_loam"),
        )
        for place in range(len(CROPS))
    ]
    plots = plots_of(few, date(2024, 3, 1)).take(np.arange(parcels, dtype=np.intp) % len(few))
    generator = np.random.default_rng(0)

    def column(low: float, high: float) -> Floats:
        return generator.uniform(low, high, (parcels, 1))

    wind, humidity = column(1.0, 4.0), column(20.0, 60.0)
    days = np.full(parcels, np.datetime64("2024-05-15"))
    water = start(plots, draws(members, 0), column(0.3, 1.0), np.full((parcels, 1), np.nan), np.zeros((parcels, 1)))
    today = DayInputs(
        et0_mm=column(3.0, 7.0),
        rain_mm=np.where(column(0.0, 1.0) < 0.3, column(0.0, 20.0), 0.0),
        wind_2m_m_s=wind,
        rh_min_percent=humidity,
        irrigation_mm=np.where(column(0.0, 1.0) < 0.1, 30.0, 0.0),
    )
    times = []
    for _ in range(REPEATS):
        begun = time.process_time()
        water, _ = advance(water, plots, stage_on(plots, days, wind, humidity), today)
        times.append(1000.0 * (time.process_time() - begun))
    return float(np.median(times))


def against_a_scalar_model() -> Iterator[Figure]:
    """The same season of cotton by pyfao56 and by us: one parcel alone, and one of many."""
    forcing = _season()
    theirs = timed(_scalar_model(forcing).run, 3).processor_ms
    plain = WaterSettings(fixed_parameters=True)
    alone = timed(lambda: simulate([COTTON], forcing, [], [], settings=plain), 5).processor_ms
    parcels = [COTTON.model_copy(update={"id": str(place)}) for place in range(TOGETHER)]
    wide = _season(TOGETHER)
    together = timed(lambda: simulate(parcels, wide, [], [], settings=plain), 2).processor_ms / TOGETHER
    days = len(SEASON)
    yield Figure(name=f"season of {days} days, one parcel, pyfao56", value=theirs, unit="ms processor")
    yield Figure(
        name=f"season of {days} days, one parcel alone, ours",
        value=alone,
        unit="ms processor",
        note=f"pyfao56 takes {theirs / alone:.1f} times as long",
    )
    yield Figure(
        name=f"season of {days} days, one parcel of {TOGETHER:,}, ours",
        value=together,
        unit="ms processor",
        note=f"pyfao56 takes {theirs / together:,.0f} times as long",
    )


def _season(parcels: int = 1) -> Forcing:
    generator = np.random.default_rng(3)
    shape = (len(SEASON), parcels)
    return Forcing(
        days=SEASON,
        et0_mm=generator.uniform(4.0, 10.0, shape),
        rain_mm=np.where(generator.random(shape) < 0.08, generator.gamma(1.0, 8.0, shape), 0.0),
        wind_2m_m_s=generator.uniform(0.5, 5.0, shape),
        rh_min_percent=generator.uniform(8.0, 60.0, shape),
        tmin_c=np.full(shape, 20.0),
        tmax_c=np.full(shape, 38.0),
        radiation_mj_m2=np.full(shape, np.nan),
    )


def _scalar_model(forcing: Forcing) -> Any:  # noqa: ANN401 -- an untyped library
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Neither carries types, and both warn when they are opened.
        pandas, pyfao56 = (importlib.import_module(name) for name in ("pandas", "pyfao56"))
        keys = [day.item().strftime("%Y-%j") for day in forcing.days]
        frame = pandas.DataFrame(index=keys, dtype=float)
        for name in ("Srad", "Vapr", "Tdew", "RHmax"):
            frame[name] = np.nan
        frame["Tmax"], frame["Tmin"], frame["MorP"] = 38.0, 20.0, "M"
        frame["RHmin"], frame["Wndsp"] = forcing.rh_min_percent[:, 0], forcing.wind_2m_m_s[:, 0]
        frame["Rain"], frame["ETref"] = forcing.rain_mm[:, 0], forcing.et0_mm[:, 0]
        weather = pyfao56.Weather()
        weather.rfcrp, weather.z, weather.lat, weather.wndht, weather.wdata = "S", 361.0, 33.07, 2.0, frame
        parameters = pyfao56.Parameters(
            Kcbini=0.15, Kcbmid=1.225, Kcbend=0.5, Lini=30, Ldev=50, Lmid=50, Lend=30, hini=0.05, hmax=1.2,
            thetaFC=0.23, thetaWP=0.1, theta0=0.15, Zrini=0.3, Zrmax=1.4, pbase=0.65, Ze=0.1143, REW=9.0,
        )  # fmt: skip
        return pyfao56.Model(keys[0], keys[-1], parameters, weather)
