"""The district on which the judge is tried: an invented one near Beni Mellal, its farmers, and weather with a forecast.

Real: the weather (NASA POWER, Beni Mellal). SYNTHETIC: the parcels, what farmers do, the members of the forecast (what
then happened, with an error that grows with lead time).
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from cloud.records import IrrigationSystem, Parcel, Pump, Soil, WaterSource
from cloud.variables import Floats

STATION: Final = Path("weather") / "nasa_power_beni_mellal" / "beni_mellal_daily.csv"
LATITUDE: Final = 32.34
LONGITUDE: Final = -6.35
ELEVATION_M: Final = 550.0
LEADS: Final = 10
MEMBERS: Final = 9
PUMP_FLOW_M3_H: Final = 90.0
_COLUMNS: Final = {
    "T2M_MIN": "tmin_c",
    "T2M_MAX": "tmax_c",
    "T2MDEW": "dewpoint_c",
    "RH2M": "rh_mean_percent",
    "WS2M": "wind_2m_m_s",
    "ALLSKY_SFC_SW_DWN": "radiation_mj_m2",
    "PRECTOT": "rain_mm",
}
_MISSING: Final = -99.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Climate:
    """A daily record of one place; arrays (D,), NaN where nothing is known."""

    days: np.ndarray[Any, Any]
    columns: Mapping[str, Floats]

    def upto(self, last: date, first: date) -> xr.Dataset:
        """The days first..last as the weather a reader would give."""
        chosen = (self.days >= np.datetime64(first, "D")) & (self.days <= np.datetime64(last, "D"))
        return _dataset(
            {name: (("time", "site"), values[chosen, None]) for name, values in self.columns.items()},
            {"time": self.days[chosen]},
            "weather",
        )

    def ahead_of(self, day: date, seed: int) -> xr.Dataset:
        """SYNTHETIC forecast issued on the morning of a day: members around what came, wider with lead time."""
        generator = np.random.default_rng((seed, day.toordinal()))
        begin = int((np.datetime64(day, "D") - self.days[0]).astype(np.int64))
        rows = slice(begin, begin + LEADS)
        growth = 1.0 + np.arange(LEADS)[:, None] / 3.0
        shared, own = generator.normal(0.0, 0.5, (LEADS, 1)), generator.normal(0.0, 0.6, (LEADS, MEMBERS))
        warmer = (shared + own) * growth
        missed = generator.random((LEADS, MEMBERS)) < 0.04 * growth
        false = generator.random((LEADS, MEMBERS)) < 0.02 * growth
        content = {}
        for name, values in self.columns.items():
            truth = np.repeat(values[rows, None], MEMBERS, axis=1)
            if name in {"tmin_c", "tmax_c", "dewpoint_c"}:
                truth = truth + warmer
            elif name == "rain_mm":
                wet = truth * generator.lognormal(0.0, 0.2 * growth, truth.shape)
                truth = np.where(missed, 0.0, wet) + np.where(false, generator.gamma(0.8, 5.0, truth.shape), 0.0)
            elif name == "radiation_mj_m2":
                truth = truth * np.clip(1.0 + 0.03 * warmer, 0.7, 1.1)
            content[name] = (("time", "member", "site"), truth[:, :, None])
        dataset = _dataset(content, {"time": self.days[rows], "member": np.arange(MEMBERS)}, "forecast")
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


def _dataset(content: Mapping[str, Any], coordinates: Mapping[str, Any], name: str) -> xr.Dataset:
    place = {
        "latitude": ("site", [LATITUDE]),
        "longitude": ("site", [LONGITUDE]),
        "elevation_m": ("site", [ELEVATION_M]),
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
    """Parcels of every crop in turn; copies differ in soil, area and the day of sowing."""
    found = []
    textures = ("sandy_loam", "loam", "clay_loam")
    for copy in range(copies):
        for place, (crop, sown, method, largest, texture) in enumerate(_CROPS):
            planted = None
            if sown is not None:
                begins = date(year - 1 if sown[0] >= 10 else year, *sown)  # noqa: PLR2004 -- October: sown the year before
                planted = begins + timedelta(days=5 * copy)
            found.append(
                Parcel(
                    id=f"{crop}-{copy}",
                    crop=crop,
                    planted_on=planted,
                    latitude=LATITUDE + 0.002 * place,
                    longitude=LONGITUDE + 0.002 * copy,
                    elevation_m=ELEVATION_M,
                    area_ha=1.0 + 0.7 * copy + 0.1 * place,
                    soil=Soil(texture=texture if copy == 0 else textures[(place + copy) % 3]),
                    irrigation=IrrigationSystem(method=method, max_mm=largest, flow_m3_h=PUMP_FLOW_M3_H),
                    water=WaterSource(pump=f"F{place}"),
                    initial_depletion_mm=20.0,
                )
            )
    return tuple(found)


def pumps() -> tuple[Pump, ...]:
    """One pump for the copies of each crop."""
    return tuple(Pump(pump=f"F{place}", flow_m3_h=PUMP_FLOW_M3_H) for place in range(len(_CROPS)))
