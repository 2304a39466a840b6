"""A night of a very large installation, on SYNTHETIC parcels and weather: one new day, what was seen, ten days to come.

Everything is in memory before and after; the state's file is told apart. Advice and judge of the night are timed on
fewer parcels, through the functions that the night calls, and told a parcel; messages are not counted.
"""

import resource
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from cloud.adapters.water_states import read_state, write_state
from cloud.advice.prepare import prepare
from cloud.advice.today import recommendations_of
from cloud.agronomy.carrying.carried import CarriedWater, carry
from cloud.agronomy.engines.projecting import project_summary
from cloud.agronomy.water import WaterSettings, simulate
from cloud.daily import DayInputs, judge_inputs
from cloud.judge.judge import judge
from cloud.records import IrrigationEvent, Observation
from cloud.variables import Indices
from cloud.weather.forcing import Forcing
from tests.benchmarks.figure import Figure, timed
from tests.random_fields import random_parcel
from tests.synthetic_season import ahead, parcel, past

PARCELS: Final = 100_000
SITES: Final = 500
KINDS: Final = 200
MEMBERS: Final = 64
AHEAD: Final = 10
FORECAST_MEMBERS: Final = 50
OBSERVED: Final = 20_000
IRRIGATED: Final = 10_000
BAR_S: Final = 60.0
BAR_GIB: Final = 4.0
EVE: Final = date(2024, 6, 1)
ADVISED: Final = 2_000
ADVICE_BAR_MS: Final = 1.2
"""100,000 parcels in two minutes, on one core of the two that the bar allows."""
ADVISED_ON: Final = date(2026, 6, 10)


def figures(parcels: int = PARCELS) -> Iterator[Figure]:
    """Seconds of each part of the night, of all of it, and the largest memory."""
    generator = np.random.default_rng(1)
    kinds = [random_parcel(generator, "kind") for _ in range(KINDS)]
    land = [kinds[place % KINDS].model_copy(update={"id": f"p{place}"}) for place in range(parcels)]
    sites = generator.integers(0, SITES, parcels).astype(np.intp)
    settings = WaterSettings(members=MEMBERS, engine="numba")
    past = _weather(generator, 2, None)
    whole = past.at(sites)
    eve = simulate(land, whole.until(np.datetime64(EVE)), [], [], settings=settings)
    carried = carry(eve.state, land, seed=0, profile_depth_m=None)
    del eve
    seen, given = _seen(generator, parcels), _given(generator, parcels)
    coming = _weather(generator, AHEAD, FORECAST_MEMBERS, first=2)
    named = f"night of {parcels:,} parcels x {MEMBERS} members"
    begun, spent = time.perf_counter(), time.process_time()
    history = simulate(land, whole, given, seen, settings=settings, carried=carried)
    middle = time.perf_counter()
    project_summary(history.state, land, coming, sites=sites, engine="numba")
    end, processor = time.perf_counter(), time.process_time() - spent
    note = f"{len(seen):,} observations, {len(history.effects):,} used"
    yield Figure(name=f"{named}: the new day", value=middle - begun, unit="s wall", note=note)
    yield Figure(name=f"{named}: {AHEAD} days to come, quantiles", value=end - middle, unit="s wall")
    yield Figure(
        name=f"{named}: both", value=end - begun, unit="s wall", bar=BAR_S, note=f"{processor:.1f} s processor"
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0**2
    yield Figure(name=f"{named}: largest memory of the process", value=peak, unit="GiB", bar=BAR_GIB)
    yield from _on_disk(carried, named)
    yield from _advised()


def _advised() -> Iterator[Figure]:
    """What advice and judge add, by the functions of the night itself; compiling is left out: a night finds it done."""
    for _ in _advice_of(8):
        pass
    for what, seconds, bar in _advice_of(ADVISED):
        yield Figure(
            name=f"{what} of {ADVISED:,} parcels x {MEMBERS} members",
            value=1e3 * seconds / ADVISED,
            unit="ms processor a parcel",
            bar=bar,
            note=f"{seconds * PARCELS / ADVISED:.0f} s for {PARCELS:,}, not in the night above",
        )


def _advice_of(parcels: int) -> Iterator[tuple[str, float, float | None]]:
    """Processor seconds of advice and judge of a day, and their bars."""
    land = tuple(parcel(f"p{place}") for place in range(parcels))
    inputs = DayInputs(
        day=ADVISED_ON,
        parcels=land,
        weather=past(ADVISED_ON - timedelta(days=1)),
        forecast=ahead(ADVISED_ON),
        code_version="benchmark",
        engine="numba",
    )
    ready = prepare(inputs)
    assert ready.weather is not None
    history = simulate(ready.parcels, ready.weather, [], [])
    begun = time.process_time()
    recommendations = recommendations_of(inputs, ready, history)
    middle = time.process_time()
    judge(recommendations, judge_inputs(inputs))
    end = time.process_time()
    yield "advice", middle - begun, ADVICE_BAR_MS
    yield "judge", end - middle, None


def _on_disk(carried: CarriedWater, named: str) -> Iterator[Figure]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "state.nc"
        written = timed(lambda: write_state(path, carried, "benchmark"), 1)
        note = f"{path.stat().st_size / 1e6:.0f} MB"
        yield Figure(name=f"{named}: its state written", value=1e-3 * written.wall_ms, unit="s wall", note=note)
        read = timed(lambda: read_state(path), 1)
        yield Figure(name=f"{named}: its state read", value=1e-3 * read.wall_ms, unit="s wall")


def _weather(generator: np.random.Generator, days: int, members: int | None, first: int = 0) -> Forcing:
    shape = (days, SITES) if members is None else (days, SITES, members)
    start = np.datetime64(EVE) + first
    return Forcing(
        days=np.arange(start, start + days),
        et0_mm=generator.uniform(4.0, 8.0, shape),
        rain_mm=np.where(generator.random(shape) < 0.2, generator.gamma(1.0, 10.0, shape), 0.0),
        wind_2m_m_s=generator.uniform(1.0, 4.0, shape),
        rh_min_percent=generator.uniform(15.0, 50.0, shape),
        tmin_c=np.full(shape, 14.0),
        tmax_c=np.full(shape, 31.0),
        radiation_mj_m2=np.full(shape, 24.0),
    )


def _chosen(generator: np.random.Generator, parcels: int, of_all: int) -> Indices:
    return generator.permutation(parcels)[: of_all * parcels // PARCELS].astype(np.intp)


def _seen(generator: np.random.Generator, parcels: int) -> list[Observation]:
    at = datetime(2024, 6, 2, 12, tzinfo=UTC)
    kinds = (("soil_water_fraction", 0.22, 0.03), ("stress_index", 0.2, 0.15), ("canopy_cover_fraction", 0.5, 0.1))
    return [
        Observation(
            parcel_id=f"p{place}",
            observed_at=at,
            kind=kinds[place % 3][0],
            value=kinds[place % 3][1],
            sigma=kinds[place % 3][2],
            source="synthetic",
        )
        for place in _chosen(generator, parcels, OBSERVED).tolist()
    ]


def _given(generator: np.random.Generator, parcels: int) -> list[IrrigationEvent]:
    at = datetime(2024, 6, 2, 6, tzinfo=UTC)
    return [
        IrrigationEvent(parcel_id=f"p{place}", started_at=at, depth_mm=30.0, source="meter")
        for place in _chosen(generator, parcels, IRRIGATED).tolist()
    ]
