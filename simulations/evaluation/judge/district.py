"""The district on which the judge is tried: an invented one near Beni Mellal, its stations, weather and forecasts.

Real: the weather (NASA POWER, Beni Mellal). SYNTHETIC: the parcels, four stations that differ a little from it, values
that are revised for some days after they are first told, and ensemble forecasts whose errors, by lead and by issue,
have the skill of ``simulations.evaluation.water.synthetic_forecasts``.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from cloud.records import IrrigationSystem, Parcel, Pump, Soil, WaterSource
from cloud.variables import Floats
from simulations.evaluation.water.synthetic_forecasts import Made, make

STATION: Final = Path("weather") / "nasa_power_beni_mellal" / "beni_mellal_daily.csv"
LATITUDE: Final = 32.34
LONGITUDE: Final = -6.35
ELEVATION_M: Final = 550.0
STATIONS: Final = ((0.0, 0.0), (0.06, 0.0), (0.0, 0.06), (0.06, 0.06))
"""Stations by their distance north and east of the first [degrees]: some six kilometres."""
PUMP_FLOW_M3_H: Final = 90.0
PARCELS_PER_PUMP: Final = 3
FORECAST_YEARS: Final = 9
"""Years of the record, up to its end, for which forecasts are drawn."""
FORECAST_SEED: Final = 7
REVISED_DAYS: Final = 3
"""A value is revised for this many days after it is first told, each time by less."""
REVISED_C: Final = 0.4
REVISED_RAIN: Final = 0.15
_COLUMNS: Final = {
    "T2M_MIN": "tmin_c",
    "T2M_MAX": "tmax_c",
    "T2MDEW": "dewpoint_c",
    "RH2M": "rh_mean_percent",
    "WS2M": "wind_2m_m_s",
    "ALLSKY_SFC_SW_DWN": "radiation_mj_m2",
    "PRECTOT": "rain_mm",
}
_LEAST: Final = {"rh_mean_percent": 3.0, "wind_2m_m_s": 0.2, "radiation_mj_m2": 1.0, "rain_mm": 0.0}
_MISSING: Final = -99.0
_TEMPERATURES: Final = frozenset({"tmin_c", "tmax_c", "dewpoint_c"})


@dataclass(frozen=True, kw_only=True)
class Climate:
    """A daily record of one place; arrays (D,), NaN where nothing is known."""

    days: np.ndarray[Any, Any]
    columns: Mapping[str, Floats]

    @cached_property
    def local(self) -> Mapping[str, Floats]:
        """SYNTHETIC records of the stations (D, S): up to half a degree and a third of the rain apart."""
        generator = np.random.default_rng(FORECAST_SEED)
        found = {}
        for name, values in self.columns.items():
            shape, many = (values.size, len(STATIONS)), values[:, None]
            if name in _TEMPERATURES:
                local = many + generator.normal(0.0, 0.4, shape[1]) + generator.normal(0.0, 0.3, shape)
            elif name == "rain_mm":
                local = many * generator.lognormal(0.0, 0.25, shape)
            else:
                local = many * generator.normal(1.0, 0.03, shape)
            found[name] = local
        return found

    @cached_property
    def made(self) -> Made:
        """SYNTHETIC forecasts of the last years of the record."""
        rows = slice(max(0, self.days.size - int(365.25 * FORECAST_YEARS)), None)
        truth = {name: _filled(values[rows]) for name, values in self.columns.items()}
        return make(self.days[rows], truth, np.random.default_rng(FORECAST_SEED), honest=True)

    def upto(self, last: date, first: date) -> xr.Dataset:
        """The days first..last as the stations tell them a day after the last: the newest are provisional."""
        chosen = (self.days >= np.datetime64(first, "D")) & (self.days <= np.datetime64(last, "D"))
        days = self.days[chosen]
        content = {name: values[chosen].copy() for name, values in self.local.items()}
        generator = np.random.default_rng((FORECAST_SEED, last.toordinal()))
        for age in range(1, min(REVISED_DAYS, days.size) + 1):
            content["tmax_c"][-age] += generator.normal(0.0, REVISED_C / age, len(STATIONS))
            content["rain_mm"][-age] *= generator.lognormal(0.0, REVISED_RAIN / age, len(STATIONS))
        places = [(LATITUDE + north, LONGITUDE + east) for north, east in STATIONS]
        return _dataset(
            {name: (("time", "site"), values) for name, values in content.items()}, {"time": days}, "weather", places
        )

    def ahead_of(self, day: date) -> xr.Dataset:
        """SYNTHETIC forecast issued on the morning of a day, from that day on."""
        made = self.made
        issue = int((np.datetime64(day, "D") - made.issued_on[0]).astype(np.int64)) - 1
        content = {}
        for name, members in made.members.items():
            content[name] = np.maximum(members[issue], _LEAST.get(name, -60.0))
        content["tmax_c"] = np.maximum(content["tmax_c"], content["tmin_c"] + 2.0)
        content["rh_mean_percent"] = np.minimum(content["rh_mean_percent"], 100.0)
        dataset = _dataset(
            {name: (("time", "member", "site"), values[:, :, None]) for name, values in content.items()},
            {
                "time": np.datetime64(day, "D") + np.arange(len(made.leads)),
                "member": np.arange(content["rain_mm"].shape[1]),
            },
            "forecast",
            [(LATITUDE, LONGITUDE)],
        )
        dataset.attrs["issued_at"] = f"{day}T00:00:00"
        return dataset


def climate_of(path: Path) -> Climate:
    """The record of the station's file."""
    rows = [row for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()) if row["DATE"]]
    columns = {ours: np.array([float(row[theirs]) for row in rows]) for theirs, ours in _COLUMNS.items()}
    return Climate(
        days=np.array([row["DATE"] for row in rows], dtype="datetime64[D]"),
        columns={name: np.where(values == _MISSING, np.nan, values) for name, values in columns.items()},
    )


def _filled(values: Floats) -> Floats:
    """The record with its gaps bridged: a forecast has none."""
    known = np.isfinite(values)
    return np.interp(np.arange(values.size), np.flatnonzero(known), values[known])


def _dataset(
    content: Mapping[str, Any], coordinates: Mapping[str, Any], name: str, places: list[tuple[float, float]]
) -> xr.Dataset:
    place = {
        "latitude": ("site", [latitude for latitude, _ in places]),
        "longitude": ("site", [longitude for _, longitude in places]),
        "elevation_m": ("site", [ELEVATION_M] * len(places)),
    }
    digest = ("a" if name == "weather" else "b") * 64
    attributes = {"source": name, "sha256": digest, "notes": "", "problems": ""}
    return xr.Dataset(dict(content), coords={**coordinates, **place}, attrs=attributes)


_CROPS: Final = (
    # crop, sowing (month, day) or None, method, largest event [mm], texture
    ("wheat", (11, 20), "sprinkler", 40.0, "clay_loam"),
    ("sugar_beet", (10, 15), "furrow", 90.0, "clay"),
    ("potato", (2, 10), "drip", 25.0, "loam"),
    ("tomato", (4, 5), "drip", 25.0, "sandy_loam"),
    ("maize", (4, 15), "sprinkler", 40.0, "loam"),
    ("onion", (2, 1), "sprinkler", 30.0, "loam"),
    ("olive", None, "drip", 20.0, "clay_loam"),
    ("citrus", None, "drip", 20.0, "sandy_loam"),
    ("alfalfa", None, "basin", 90.0, "silt_loam"),
)


def parcels_of(year: int, copies: int) -> tuple[Parcel, ...]:
    """Parcels of every crop in turn; copies differ in soil, area, place and the day of sowing."""
    found = []
    textures = ("sandy_loam", "loam", "clay_loam")
    for copy in range(copies):
        for place, (crop, sown, method, largest, texture) in enumerate(_CROPS):
            planted = None
            if sown is not None:
                begins = date(year - 1 if sown[0] >= 10 else year, *sown)  # noqa: PLR2004 -- October: sown the year before
                planted = begins + timedelta(days=5 * (copy % 5))
            north, east = STATIONS[(place + copy) % len(STATIONS)]
            found.append(
                Parcel(
                    id=f"{crop}-{copy}",
                    crop=crop,
                    planted_on=planted,
                    latitude=LATITUDE + north + 0.001 * place,
                    longitude=LONGITUDE + east + 0.001 * (copy % 8),
                    elevation_m=ELEVATION_M,
                    area_ha=1.0 + 0.7 * (copy % 5) + 0.1 * place,
                    soil=Soil(texture=texture if copy == 0 else textures[(place + copy) % 3]),
                    irrigation=IrrigationSystem(method=method, max_mm=largest, flow_m3_h=PUMP_FLOW_M3_H),
                    water=WaterSource(pump=_pump_name(place, copy)),
                    initial_depletion_mm=20.0,
                )
            )
    return tuple(found)


def pumps(copies: int) -> tuple[Pump, ...]:
    """One pump for every few copies of each crop."""
    names = {_pump_name(place, copy): None for copy in range(copies) for place in range(len(_CROPS))}
    return tuple(Pump(pump=name, flow_m3_h=PUMP_FLOW_M3_H) for name in names)


def _pump_name(place: int, copy: int) -> str:
    return f"F{place}-{copy // PARCELS_PER_PUMP}"
