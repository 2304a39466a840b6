"""Field files of the pyfao56 distribution, read as arrays: weather, parameters, irrigation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

import numpy as np

from cloud.agronomy.et0 import wind_at_2m_m_s
from cloud.records import CropParameters, IrrigationEvent, IrrigationSystem, Parcel, Soil
from cloud.variables import Days, Floats
from cloud.weather.forcing import Forcing
from edge.errors import ConfigurationError

NOON: Final = time(12)


@dataclass(frozen=True, slots=True, kw_only=True)
class StationFile:
    """Daily weather of one station; columns (D,) by their names in the file, NaN where missing."""

    days: Days
    columns: dict[str, Floats]
    elevation_m: float
    latitude_deg: float
    wind_height_m: float

    def forcing(self, parcels: int, last: date | None = None, first: date | None = None) -> Forcing:
        """Weather between two days, the same for every parcel, with the file's own reference evapotranspiration."""
        keep = (self.days >= np.datetime64(first or self.days[0])) & (self.days <= np.datetime64(last or self.days[-1]))

        def column(name: str) -> Floats:
            return np.repeat(self.columns[name][keep, None], parcels, axis=1)

        return Forcing(
            days=self.days[keep],
            et0_mm=column("ETref"),
            rain_mm=column("Rain"),
            wind_2m_m_s=wind_at_2m_m_s(column("Wndsp"), self.wind_height_m),
            rh_min_percent=column("RHmin"),
            tmin_c=column("Tmin"),
            tmax_c=column("Tmax"),
            radiation_mj_m2=column("Srad"),
        )


def lines_of(path: Path) -> list[str]:
    """Lines of a file; one that cannot be read is named."""
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigurationError(f"{path}: expected a field data file, got {error}; set SEGUIA_DATA") from None


def day_of(text: str) -> date:
    """Day written as year and day of the year, with or without a hyphen."""
    year, ordinal = int(text[:4]), int(text[4:].lstrip("-"))
    return date(year, 1, 1) + timedelta(days=ordinal - 1)


def station_file(path: Path) -> StationFile:
    """Weather of a ``.wth`` file."""
    lines = lines_of(path)
    (head,) = [place for place, line in enumerate(lines) if line.startswith("Year-DOY")]
    names = lines[head].split()[1:-1]
    rows = [line.split() for line in lines[head + 1 :] if line.strip()]
    values = np.array([[float(cell) for cell in row[1 : 1 + len(names)]] for row in rows])

    def said(words: str) -> str:
        return next(line.split()[0] for line in lines[:head] if words in line)

    return StationFile(
        days=np.array([day_of(row[0]) for row in rows], dtype="datetime64[D]"),
        columns=dict(zip(names, values.T, strict=True)),
        elevation_m=float(said("elevation")),
        latitude_deg=float(said("latitude")),
        wind_height_m=float(said("Wind speed measurement height")),
    )


def parameters_file(path: Path) -> dict[str, float]:
    """Values of a ``.par`` file by their names in it."""
    found = {}
    for line in lines_of(path):
        words = line.replace(",", " ").split()
        if len(words) > 1 and words[0].replace(".", "", 1).isdigit():
            found[words[1]] = float(words[0])
    return found


def irrigation_file(path: Path) -> list[tuple[date, float, float]]:
    """Day, depth [mm] and wetted fraction of every event of an ``.irr`` file."""
    rows = [line.split() for line in lines_of(path) if line[:4].isdigit()]
    return [(day_of(row[0]), float(row[1]), float(row[2])) for row in rows]


def crop_parameters(given: dict[str, float]) -> CropParameters:
    """Crop of a ``.par`` file."""
    return CropParameters(
        kcb_ini=given["Kcbini"],
        kcb_mid=given["Kcbmid"],
        kcb_end=given["Kcbend"],
        stage_lengths_days=(int(given["Lini"]), int(given["Ldev"]), int(given["Lmid"]), int(given["Lend"])),
        height_m=given["hmax"],
        root_depth_min_m=given["Zrini"],
        root_depth_max_m=given["Zrmax"],
        depletion_fraction=given["pbase"],
    )


def uniform_parcel(name: str, crop: str, given: dict[str, float], station: StationFile, first: date) -> Parcel:
    """Parcel of a ``.par`` file: one uniform soil, sprinkled, no runoff."""
    capacity, wilting = given["thetaFC"], given["thetaWP"]
    return Parcel(
        id=name,
        crop=crop,
        planted_on=first,
        latitude=station.latitude_deg,
        longitude=0.0,
        timezone="UTC",
        soil=Soil(
            field_capacity=capacity,
            wilting_point=wilting,
            evaporable_water_mm=1000.0 * (capacity - 0.5 * wilting) * given["Ze"],
            readily_evaporable_water_mm=given["REW"],
        ),
        irrigation=IrrigationSystem(method="basin", efficiency=1.0, wetted_fraction=1.0),
        crop_parameters=crop_parameters(given),
        initial_depletion_mm=1000.0 * (capacity - given["theta0"]) * given["Zrini"],
    )


def metered(parcel: str, depths: Sequence[tuple[date, float]]) -> list[IrrigationEvent]:
    """Measured irrigation of a parcel whose days are UTC's."""
    return [
        IrrigationEvent(
            parcel_id=parcel, started_at=datetime.combine(day, NOON, UTC), depth_mm=depth_mm, source="meter"
        )
        for day, depth_mm in depths
        if depth_mm > 0.0
    ]
