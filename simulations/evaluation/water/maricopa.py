"""Maricopa 2018: cotton under a lateral-move sprinkler, soil water by neutron probe on 21 visits.

Data: USDA-ARS, distributed with pyfao56 (CC0). Every estimate is causal. Crop parameters are the authors' published
ones, soil limits are surveyed ones of each plot. Not independent: the prior of what fields hold beyond their survey
was learned from all of these plots (``cloud.agronomy.assimilation.priors``, which also says what it gives when learned
on one half and met by the other: 26.7 mm), since no other field has both; slow drainage below the roots, the error of
a reading and the kept spread were tried on all of them; the drift of the ensemble and the error of a topsoil were
tried on all and then chosen on every second plot. Rows named "plots not chosen on" hold the other plots: nearly, not
wholly, unseen.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from cloud.agronomy.opening import WaterSettings
from cloud.agronomy.state import WaterHistory
from cloud.records import IrrigationEvent, IrrigationSystem, Observation, Parcel, Soil, SoilLayer
from models.evaluation.bars import Bar
from models.job import Job
from simulations.evaluation.water import oracle
from simulations.evaluation.water.files import (
    NOON,
    StationFile,
    crop_parameters,
    lines_of,
    metered,
    parameters_file,
    station_file,
)
from simulations.evaluation.water.scores import Series, after_a_reading, by_plot, constant, holding, row_of
from simulations.evaluation.water.seasons import by_season, series_rows
from simulations.evaluation.water.visits import Asked, series_at

FOLDER: Final = Path("field") / "maricopa2018"
PROFILE_M: Final = 1.0
READ_AT_CM: Final = (10, 30, 50, 70, 90)
READING_SIGMA: Final = 0.015
"""Error of one neutron reading [m3/m3], as its maker and soil-specific calibrations state it."""
LIMITS_CM: Final = (40, 80, 120, 160, 200)

ORACLE: Final = "pyfao56, surveyed limits, uncalibrated"
BLIND: Final = "weather, limits and metered irrigation (blind)"
HALVES: Final = (
    "every second visit assimilated: first, third, ...",
    "every second visit assimilated: second, fourth, ...",
)
SHOWN: Final = (BLIND, *HALVES, ORACLE)
"""Modes that are drawn, visit by visit."""

NOT_BLIND: Final = "the prior of the deeper soil was learned on these plots: cloud.agronomy.assimilation.priors"
BARS: Final = {
    "blind": (Bar(what="water in 0-1.0 m, no reading used, RMSE [mm]", most=25.0), "rmse_mm"),
    "visits": (Bar(what="every second visit assimilated, the others scored, RMSE [mm]", most=10.6), "rmse_mm"),
    "change": (Bar(what="the same, change between the scored visits, RMSE [mm]", most=12.0), "change_rmse_mm"),
    "honest": (Bar(what="the same, share of readings in the 80 % interval", least=0.75, most=0.85), "coverage_80"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Everything known of the plots."""

    parcels: tuple[Parcel, ...]
    station: StationFile
    parameters: Mapping[str, float]
    events: tuple[IrrigationEvent, ...]
    readings: Mapping[str, Mapping[date, Mapping[int, float]]]
    """Plot, day, depth [cm]: volumetric soil water [m3/m3]."""


def field_of(folder: Path) -> Field:
    """The field as its files tell it; a plot without limits or readings is left out."""
    station = station_file(folder / "cotton2018.wth")
    given = parameters_file(folder / "cotton2018.par")
    limits = {row["PlotID"]: row for row in csv.DictReader(lines_of(folder / "waterlimits.csv"))}
    readings = _readings(folder / "neutronswc.geojson", station.days)
    watered = list(csv.DictReader(lines_of(folder / "irrigation.csv")))
    names = sorted(set(limits) & set(readings))
    return Field(
        parcels=tuple(_parcel(name, limits[name], given, station) for name in names),
        station=station,
        parameters=given,
        events=tuple(
            event
            for name in names
            for event in metered(name, [(_day(row["Year"], row["DOY"]), float(row[name])) for row in watered])
        ),
        readings={name: readings[name] for name in names},
    )


def _day(year: str, ordinal: str) -> date:
    return datetime.strptime(f"{year}{int(ordinal):03d}", "%Y%j").replace(tzinfo=UTC).date()


def _parcel(name: str, limits: Mapping[str, str], given: Mapping[str, float], station: StationFile) -> Parcel:
    layers = tuple(
        SoilLayer(
            depth_m=depth / 100.0,
            field_capacity=float(limits[f"SDUL{depth:03d}"]),
            wilting_point=float(limits[f"SLLL{depth:03d}"]),
        )
        for depth in LIMITS_CM
    )
    return Parcel(
        id=name,
        crop="cotton",
        planted_on=station.days[0].item(),
        latitude=station.latitude_deg,
        longitude=-111.97,
        timezone="UTC",
        soil=Soil(layers=layers),
        irrigation=IrrigationSystem(method="sprinkler", efficiency=1.0, wetted_fraction=1.0),
        crop_parameters=crop_parameters(dict(given)),
    )


def _readings(path: Path, days: np.ndarray[Any, Any]) -> dict[str, dict[date, dict[int, float]]]:
    first, last = days[0].item(), days[-1].item()
    found: dict[str, dict[date, dict[int, float]]] = {}
    for feature in json.loads("\n".join(lines_of(path)))["features"]:
        visits = {}
        for text, depths in feature["properties"]["SWLD"].items():
            day = _day(text[:4], text[4:])
            if first <= day <= last and all(depths.get(str(depth)) is not None for depth in READ_AT_CM):
                visits[day] = {depth: float(depths[str(depth)]) for depth in READ_AT_CM}
        found[f"p{feature['properties']['tb_label']}"] = dict(sorted(visits.items()))
    return found


def observations_of(field: Field, parity: int) -> list[Observation]:
    """The visits whose number in the plot's row is ``parity`` modulo 2, a layer of 0.2 m for each reading."""
    return [
        Observation(
            parcel_id=name,
            observed_at=datetime.combine(day, NOON, UTC),
            kind="soil_water_fraction",
            value=value,
            sigma=READING_SIGMA,
            depth_from_m=(depth - 10) / 100.0,
            depth_to_m=(depth + 10) / 100.0,
            source="neutron",
        )
        for name, visits in field.readings.items()
        for place, (day, depths) in enumerate(visits.items())
        if place % 2 == parity
        for depth, value in depths.items()
    ]


def series_of(field: Field, history: WaterHistory, assimilated: int | None = None) -> list[Series]:
    """Estimates beside the readings; with ``assimilated``, visits of that parity do not count."""
    start, found = history.days[0], []
    for place, parcel in enumerate(field.parcels):
        visits = field.readings[parcel.id]
        rows = [int((np.datetime64(day) - start).astype(np.int64)) for day in visits]
        middle, low, high = (
            history.columns[name][rows, place]
            for name in ("profile_water_mm", "profile_water_p10_mm", "profile_water_p90_mm")
        )
        single = bool((low == high).all())
        found.append(
            Series(
                plot=parcel.id,
                measured=np.array([sum(depths.values()) * 200.0 for depths in visits.values()]),
                estimated=middle,
                low=np.full_like(low, np.nan) if single else low,
                high=np.full_like(high, np.nan) if single else high,
                scored=np.array([assimilated is None or n % 2 != assimilated for n in range(len(visits))]),
                days=tuple(visits),
            )
        )
    return found


def followed(field: Field, parity: int | None, *, metered_too: bool = True, fixed: bool = False) -> list[Series]:
    """One run over all plots and its estimates at the visits; those of ``parity`` are assimilated and do not count."""
    asked = Asked(
        parcels=field.parcels,
        forcing=field.station.forcing(len(field.parcels)),
        events=field.events if metered_too else (),
        observations=() if parity is None else observations_of(field, parity),
        settings=WaterSettings(profile_depth_m=PROFILE_M, fixed_parameters=fixed),
    )
    measured = {
        name: {day: sum(depths.values()) * 200.0 for day, depths in visits.items()}
        for name, visits in field.readings.items()
    }
    return series_at(asked, measured, parity)


def run(job: Job) -> Mapping[str, Any]:
    """Every mode, its rivals and the bars."""
    field = field_of(job.data / FOLDER)
    job.told("maricopa: blind")
    blind = followed(field, None)
    modes: dict[str, Sequence[Series]] = {
        "weather only, no irrigation told": followed(field, None, metered_too=False),
        BLIND: blind,
        "the plain FAO-56 balance (--fixed-parameters)": followed(field, None, fixed=True),
        "a constant: mean of the other plots": constant(blind),
    }
    modes["blind: plots not chosen on"] = blind[1::2]
    halves: list[Series] = []
    for parity, name in enumerate(HALVES):
        job.told(f"maricopa: {name}")
        half = followed(field, parity)
        modes[name] = half
        modes[f"the last reading held: {name.partition(': ')[2]}"] = holding(half)
        halves.extend(half)
    modes["every second visit assimilated: both halves"] = halves
    modes["every second visit assimilated: both halves, plots not chosen on"] = halves[1::2]
    modes["every second visit assimilated: both halves, after a first reading"] = after_a_reading(halves)
    modes["the last reading held: both halves"] = holding(halves)
    job.told("maricopa: pyfao56")
    modes[ORACLE] = oracle.profile_series(field)
    rows = {name: row_of(name, several) for name, several in modes.items()}
    return {
        "bars": {"rows": _bars(rows)},
        "not_measured": "stress only: no canopy temperature of these plots is published",
        "rows": list(rows.values()),
        "plots": by_plot("blind", blind) + by_plot("every second visit", halves),
        "scores": "coverage and CRPS are of the members themselves; crps_mm of one member is unknown, not 0",
        "by_season": by_season({name: modes[name] for name in SHOWN}),
        "series": [row for name in SHOWN for row in series_rows(name, modes[name])],
    }


def _bars(rows: Mapping[str, Mapping[str, Any]]) -> list[dict[str, object]]:
    blind = rows[BLIND]
    found = [BARS["blind"][0].row(blind["rmse_mm"], note=NOT_BLIND)]
    for key in ("visits", "change", "honest"):
        bar, column = BARS[key]
        for name, row in rows.items():
            if name.startswith("every second visit assimilated"):
                found.append(bar.row(row[column], note=name.partition(": ")[2]))
    return found
