"""Nebraska 2024: maize and soybean, soil water by TDR at 6, 18 and 30 inches, canopy stress of the authors.

Data without a licence, for evaluation only. Irrigation is not told, nor planting, nor soil limits: days of planting are
the usual ones of the region, the soil is a silt loam. So this says how the filter does where it knows least.
"""

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from cloud.agronomy.et0 import DailyWeather, reference_et, wind_at_2m_m_s
from cloud.agronomy.opening import WaterSettings
from cloud.records import IrrigationSystem, Observation, ObservationKind, Parcel, Soil
from cloud.variables import Floats
from cloud.weather.forcing import Forcing
from edge.errors import ConfigurationError
from models.job import Job
from simulations.evaluation.water.files import NOON, lines_of
from simulations.evaluation.water.scores import Series, by_plot, constant, holding, row_of
from simulations.evaluation.water.seasons import by_season, series_rows
from simulations.evaluation.water.visits import Asked, series_at

FOLDER: Final = Path("field") / "nebraska2024"
PLACE: Final = (41.09, -100.77, 861.0)
CROPS: Final = {"CORN": ("maize", date(2024, 5, 5)), "SOYBEAN": ("soybean", date(2024, 5, 20))}
SENSOR_INCHES: Final = ("06", "18", "30")
LAYER_M: Final = 0.3
EVERY_DAYS: Final = 3
HOURS_OF_A_DAY: Final = 20
WEATHER: Final = ("Ta_2m_Avg", "RH_2m_Avg", "WndAveSpd_3m", "Solar_2m_Avg", "Rain_1m_Tot")
PROBE_SIGMA: Final = 0.02
STRESS_SIGMA: Final = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class PlotDays:
    """One plot's daily means."""

    name: str
    crop: str
    layers: Mapping[date, tuple[float, ...]]
    """Soil water of the three layers [m3/m3]."""
    stress: Mapping[date, float]
    hours: Mapping[datetime, tuple[float, ...]]


def plot_days(path: Path) -> PlotDays:
    """Days of one plot on which all three sensors reported."""
    rows = list(csv.DictReader(lines_of(path)))
    sensors = [next((c for c in rows[0] if c.startswith("TDR") and c[-4:-2] == inch), "") for inch in SENSOR_INCHES]
    water, stress, hours = defaultdict(list), {}, {}
    for row in rows:
        at = datetime.fromisoformat(row["TIMESTAMP"]).replace(tzinfo=UTC)
        if all(row.get(sensor) for sensor in sensors):
            water[at.date()].append([float(row[sensor]) / 100.0 for sensor in sensors])
        if row.get("cwsi"):
            stress[at.date()] = float(np.clip(float(row["cwsi"]), 0.0, 1.0))
        if all(row.get(name) for name in WEATHER):
            hours[at] = tuple(float(row[name]) for name in WEATHER)
    _, crop, _, _, number, _ = path.stem.split("_")
    layers = {day: tuple(np.mean(values, axis=0).tolist()) for day, values in water.items()}
    return PlotDays(name=number, crop=crop, layers=layers, stress=stress, hours=hours)


def forcing_of(plots: Sequence[PlotDays]) -> Forcing:
    """Weather of the one station, days that lack hours interpolated between their neighbours and flagged."""
    by_day: dict[date, list[tuple[float, ...]]] = defaultdict(list)
    for at, values in sorted({at: values for plot in plots for at, values in plot.hours.items()}.items()):
        by_day[at.date()].append(values)
    whole = {day: np.array(values) for day, values in by_day.items() if len(values) >= HOURS_OF_A_DAY}
    if not whole:
        raise ConfigurationError("nebraska2024: expected days of hourly weather, got none; check the files")
    days = np.arange(np.datetime64(min(whole)), np.datetime64(max(whole)) + 1)

    def daily(column: int, how: str) -> Floats:
        known = sorted(whole)
        values = [float(getattr(np, how)(whole[day][:, column])) for day in known]
        at = np.array([np.datetime64(day) for day in known]).astype(np.int64)
        return np.interp(days.astype(np.int64), at, values)

    unknown = np.full(days.size, np.nan)
    weather = DailyWeather(
        day_of_year=(days - np.datetime64("2024-01-01")).astype(np.float64) + 1.0,
        latitude_deg=np.full(days.size, PLACE[0]),
        elevation_m=np.full(days.size, PLACE[2]),
        tmin_c=daily(0, "min"),
        tmax_c=daily(0, "max"),
        rh_mean_percent=unknown,
        rh_min_percent=daily(1, "min"),
        rh_max_percent=daily(1, "max"),
        dewpoint_c=unknown,
        wind_2m_m_s=wind_at_2m_m_s(daily(2, "mean"), 3.0),
        radiation_mj_m2=0.0864 * daily(3, "mean"),
        sunshine_h=unknown,
        et0_mm=unknown,
    )
    # The column holds the mean of an hour's one-minute totals.
    rain = daily(4, "sum") * 60.0

    def wide(values: Floats) -> Floats:
        return np.repeat(values[:, None], len(plots), axis=1)

    return Forcing(
        days=days,
        et0_mm=wide(reference_et(weather).et0_mm),
        rain_mm=wide(rain),
        wind_2m_m_s=wide(weather.wind_2m_m_s),
        rh_min_percent=wide(weather.rh_min_percent),
        tmin_c=wide(weather.tmin_c),
        tmax_c=wide(weather.tmax_c),
        radiation_mj_m2=wide(weather.radiation_mj_m2),
        filled=np.repeat(np.array([[day.item() not in whole] for day in days]), len(plots), axis=1),
    )


def parcel_of(plot: PlotDays) -> Parcel:
    """The plot as far as it is known."""
    crop, planted = CROPS[plot.crop]
    return Parcel(
        id=plot.name,
        crop=crop,
        planted_on=planted,
        latitude=PLACE[0],
        longitude=PLACE[1],
        timezone="UTC",
        soil=Soil(texture="silt_loam"),
        irrigation=IrrigationSystem(method="sprinkler"),
    )


def observed(plot: PlotDays, kind: ObservationKind, parity: int, days: Sequence[date]) -> list[Observation]:
    """Every second visit's layers, or the stress of every day that has one."""
    if kind == "cwsi":
        return [_observation(plot, kind, day, value, STRESS_SIGMA) for day, value in plot.stress.items()]
    return [
        _observation(plot, kind, day, value, PROBE_SIGMA, top=place * LAYER_M)
        for day in days[parity::2]
        for place, value in enumerate(plot.layers[day])
    ]


def _observation(
    plot: PlotDays, kind: ObservationKind, day: date, value: float, sigma: float, *, top: float | None = None
) -> Observation:
    return Observation(
        parcel_id=plot.name,
        observed_at=datetime.combine(day, NOON, UTC),
        kind=kind,
        value=value,
        sigma=sigma,
        depth_from_m=top,
        depth_to_m=None if top is None else top + LAYER_M,
        source="tdr" if kind == "soil_water_fraction" else "irt",
    )


def run(job: Job) -> Mapping[str, Any]:
    """Prior only, stress only, every second visit; beside the last reading held and a constant."""
    paths = sorted((job.data / FOLDER).glob("LINEAR_*.csv"))
    plots = [plot for plot in map(plot_days, paths) if plot.layers]
    if not plots:
        raise ConfigurationError(f"{job.data / FOLDER}: expected the plots' files, got none; set SEGUIA_DATA")
    forcing = forcing_of(plots)
    first, last = forcing.days[0].item(), forcing.days[-1].item()
    visits = [[day for day in sorted(plot.layers) if first <= day <= last][::EVERY_DAYS] for plot in plots]
    parcels = [parcel_of(plot) for plot in plots]

    measured = {
        plot.name: {day: sum(plot.layers[day]) * 1000.0 * LAYER_M for day in days}
        for plot, days in zip(plots, visits, strict=True)
    }

    def followed(observations: Sequence[Observation], parity: int | None) -> list[Series]:
        settings = WaterSettings(profile_depth_m=len(SENSOR_INCHES) * LAYER_M)
        asked = Asked(parcels=parcels, forcing=forcing, events=(), observations=observations, settings=settings)
        return series_at(asked, measured, parity)

    prior = followed([], None)
    seen = [one for plot, days in zip(plots, visits, strict=True) for one in observed(plot, "cwsi", 0, days)]
    modes = {"prior only": prior, "stress only": followed(seen, None), "a constant": constant(prior)}
    for parity, name in ((0, "first, third, ..."), (1, "second, fourth, ...")):
        chosen = [
            one
            for plot, days in zip(plots, visits, strict=True)
            for one in observed(plot, "soil_water_fraction", parity, days)
        ]
        half = followed(chosen, parity)
        modes[f"every second visit assimilated: {name}"] = half
        modes[f"the last reading held: {name}"] = holding(half)
    shown = [name for name in modes if not name.startswith(("a constant", "the last reading held"))]
    return {
        "told": "irrigation, planting and soil limits are not published: assumed or missing",
        "rows": [row_of(name, several) for name, several in modes.items()],
        "plots": [row for name in shown for row in by_plot(name, modes[name])],
        "scores": "coverage and CRPS are of the members themselves; crps_mm of one member is unknown, not 0",
        "by_season": by_season({name: modes[name] for name in shown}),
        "series": [row for name in shown for row in series_rows(name, modes[name])],
    }
