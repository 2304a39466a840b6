"""Speed of one day of the water balance over many parcels. Run: python tests/benchmarks/bench_balance.py."""

import sys
import time
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cloud.agronomy.members import draws, start
from cloud.agronomy.plots import plots_of
from cloud.agronomy.season import stage_on
from cloud.agronomy.step import DayInputs, advance
from cloud.records import Parcel, Soil
from cloud.variables import Floats

PARCELS: Final = 100_000
REPEATS: Final = 20
CROPS: Final = ("wheat", "maize", "tomato", "olive", "citrus", "sugar_beet", "alfalfa", "potato")


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


if __name__ == "__main__":
    single = milliseconds_a_day(1, PARCELS)
    many = milliseconds_a_day(64, PARCELS // 20)
    sys.stdout.write(f"{PARCELS} parcels x 1 member x 1 day: {single:.1f} ms (bar 50)\n")
    rate = 64 * PARCELS / 20 / many / 1e3
    sys.stdout.write(f"{PARCELS // 20} parcels x 64 members x 1 day: {many:.1f} ms, {rate:.1f} million member-days/s\n")
