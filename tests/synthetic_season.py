"""A synthetic spring near Beni Mellal: weather, forecasts and parcels for the tests of advice and judge."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

from cloud.records import IrrigationSystem, Parcel, Soil

FIRST = date(2026, 1, 1)
DAYS = 200
PLACE = {"latitude": ("site", [32.3]), "longitude": ("site", [-6.4]), "elevation_m": ("site", [500.0])}
Series = dict[str, npt.NDArray[np.float64]]


def series(days: int = DAYS, *, seed: int = 0) -> Series:
    """Daily values from FIRST on: cool and wet at first, hot and dry from May."""
    generator = np.random.default_rng(seed)
    number = np.arange(days)
    mean = 20.0 - 10.0 * np.cos(2.0 * np.pi * (number - 15) / 365.0) + generator.normal(0.0, 1.5, days)
    spread = 14.0 + generator.normal(0.0, 1.0, days)
    clear = 0.66 + generator.normal(0.0, 0.05, days)
    wet = generator.random(days) < np.where(number < 120, 0.18, 0.02)
    return {
        "tmin_c": mean - spread / 2.0,
        "tmax_c": mean + spread / 2.0,
        "rh_mean_percent": np.clip(62.0 - (mean - 15.0), 25.0, 95.0),
        # A wind that never changes is set aside as a sensor that stands still.
        "wind_2m_m_s": 1.8 + 0.2 * np.sin(number),
        "radiation_mj_m2": (30.0 - 12.0 * np.cos(2.0 * np.pi * (number + 10) / 365.0)) * clear,
        "rain_mm": np.where(wet, generator.gamma(1.2, 6.0, days), 0.0),
    }


def past(until: date, *, values: Series | None = None) -> xr.Dataset:
    """Weather from FIRST to ``until``, both included."""
    count = (until - FIRST).days + 1
    content = values or series()
    return xr.Dataset(
        {name: (("time", "site"), data[:count, None]) for name, data in content.items()},
        coords={"time": np.datetime64(FIRST, "D") + np.arange(count), **PLACE},
        attrs={"source": "past.csv", "sha256": "a" * 64, "notes": "", "problems": "", "synthetic": "yes"},
    )


def ahead(
    issued_on: date, *, days: int = 10, members: int = 5, rain_mm: float | None = None, starts: date | None = None
) -> xr.Dataset:
    """A forecast whose members scatter around what comes; ``rain_mm`` replaces the rain of the second day."""
    starts = starts or issued_on
    begin = (starts - FIRST).days
    generator = np.random.default_rng(begin)
    content = {}
    for name, data in series().items():
        values = np.repeat(data[begin : begin + days, None], members, axis=1)
        if name in {"tmin_c", "tmax_c"}:
            values = values + generator.normal(0.0, 0.8, values.shape)
        if name == "rain_mm" and rain_mm is not None:
            values[1] = rain_mm
        content[name] = (("time", "member", "site"), values[:, :, None])
    return xr.Dataset(
        content,
        coords={"time": np.datetime64(starts, "D") + np.arange(days), "member": np.arange(members), **PLACE},
        attrs={"source": "ahead.csv", "sha256": "b" * 64, "issued_at": f"{issued_on}T00:00:00"},
    )


def without_rain(issued_on: date) -> xr.Dataset:
    """A forecast without any rain."""
    forecast = ahead(issued_on)
    return forecast.assign(rain_mm=0.0 * forecast["rain_mm"])


def parcel(identifier: str = "plot", **changes: object) -> Parcel:
    """Maize on loam under sprinklers, two hectares, sown at the end of March."""
    given = {
        "id": identifier,
        "crop": "maize",
        "planted_on": date(2026, 3, 25),
        "latitude": 32.3,
        "longitude": -6.4,
        "area_ha": 2.0,
        "soil": Soil(texture="loam"),
        "irrigation": IrrigationSystem(method="sprinkler", flow_m3_h=40.0),
        **changes,
    }
    return Parcel.model_validate(given)


def write_past(path: Path, until: date) -> Path:
    """The past as the contract's CSV."""
    content = series()
    names = {"wind_2m_m_s": "wind_m_s"}
    lines = ["# latitude: 32.3", "# longitude: -6.4", "# elevation: 500", "# synthetic: yes"]
    lines.append(",".join(["date", *(names.get(name, name) for name in content)]))
    for row in range((until - FIRST).days + 1):
        day = FIRST + timedelta(days=row)
        lines.append(",".join([str(day), *(f"{data[row]:.3f}" for data in content.values())]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_ahead(path: Path, issued_on: date, *, members: int = 3, days: int = 10) -> Path:
    """A forecast as the contract's CSV."""
    dataset = ahead(issued_on, days=days, members=members)
    names = [str(name) for name in dataset.data_vars]
    header = ["wind_m_s" if name == "wind_2m_m_s" else name for name in names]
    lines = ["# latitude: 32.3", "# longitude: -6.4", "# elevation: 500"]
    lines.append(",".join(["issued_at", "member", "date", *header]))
    for place, day in enumerate(dataset["time"].values.astype("datetime64[D]")):
        for member in range(members):
            values = (f"{float(dataset[name].values[place, member, 0]):.3f}" for name in names)
            lines.append(",".join([f"{issued_on}T00:00:00", str(member), str(day), *values]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
