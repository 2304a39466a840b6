"""pyfao56 as an independent program: the same parameters, weather and irrigation, its own arithmetic."""

import importlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from cloud.records import Parcel
from cloud.variables import Floats
from simulations.evaluation.water.files import StationFile
from simulations.evaluation.water.scores import Series

if TYPE_CHECKING:
    from simulations.evaluation.water.maricopa import Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What pyfao56 may be told beyond its parameters: its own table of measured canopy, and a tall reference."""

    update: Any = None
    reference: str = "S"


def season(
    station: StationFile,
    given: dict[str, float],
    days: tuple[date, date],
    watered: Sequence[tuple[date, float]],
    parcel: Parcel | None = None,
    told: Told | None = None,
) -> Any:  # noqa: ANN401 -- a table of an untyped library
    """Daily table of pyfao56 from a first to a last day; the layers of ``parcel`` take the place of one soil."""
    told = told or Told()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # By name: heavy, without types, and only among the development tools.
        pd, fao = importlib.import_module("pandas"), importlib.import_module("pyfao56")
        weather = fao.Weather()
        # A tall reference changes its upper limit of evaporation; ours is FAO-56's, for short grass.
        weather.rfcrp = told.reference
        weather.z, weather.lat, weather.wndht = station.elevation_m, station.latitude_deg, station.wind_height_m
        names = ("Srad", "Tmax", "Tmin", "Vapr", "Tdew", "RHmax", "RHmin", "Wndsp", "Rain", "ETref")
        keys = [key_of(day.item()) for day in station.days]
        weather.wdata = pd.DataFrame({name: station.columns[name] for name in names}, index=keys)
        weather.wdata["MorP"] = "M"
        parameters = fao.Parameters(**{name: value for name, value in given.items() if not name.startswith("Kcm")})
        irrigation = fao.Irrigation()
        for day, depth_mm in watered:
            if depth_mm > 0.0:
                irrigation.addevent(day.year, day.timetuple().tm_yday, depth_mm, 1.0)
        soil = None
        if parcel is not None:
            soil = fao.SoilProfile()
            soil.sdata = pd.DataFrame(
                {
                    "thetaFC": [layer.field_capacity for layer in parcel.soil.layers],
                    "thetaWP": [layer.wilting_point for layer in parcel.soil.layers],
                    "theta0": [layer.field_capacity for layer in parcel.soil.layers],
                },
                index=[round(100 * layer.depth_m) for layer in parcel.soil.layers],
            )
        model = fao.Model(
            key_of(days[0]), key_of(days[1]), parameters, weather, irr=irrigation, sol=soil, upd=told.update
        )
        model.run()
    return model.odata


def key_of(day: date) -> str:
    """A day as pyfao56 writes it."""
    return f"{day.year}-{day.timetuple().tm_yday:03d}"


def depletion(table: Any) -> Floats:  # noqa: ANN401 -- a table of an untyped library
    """Depletion of the root zone [mm] (D,)."""
    values: Floats = np.asarray(table["Dr"], dtype=np.float64)
    return values


def profile_series(field: "Field") -> list[Series]:
    """Water in 0-1.0 m of every plot by pyfao56: full below its deepest roots."""
    found = []
    first, last = field.station.days[0].item(), field.station.days[-1].item()
    for parcel in field.parcels:
        watered = [(event.started_at.date(), event.depth_mm) for event in field.events if event.parcel_id == parcel.id]
        table = season(field.station, dict(field.parameters), (first, last), watered, parcel)
        missing = np.asarray(table["Drmax"], dtype=np.float64)
        rows = [(day - first).days for day in field.readings[parcel.id]]
        measured = np.array([sum(depths.values()) * 200.0 for depths in field.readings[parcel.id].values()])
        unknown = np.full(measured.size, np.nan)
        found.append(
            Series(
                plot=parcel.id,
                measured=measured,
                estimated=_full_mm(parcel) - missing[rows],
                low=unknown,
                high=unknown,
                scored=np.ones(measured.size, dtype=np.bool_),
                days=tuple(field.readings[parcel.id]),
            )
        )
    return found


def _full_mm(parcel: Parcel) -> float:
    top, total = 0.0, 0.0
    for layer in parcel.soil.layers:
        total += 1000.0 * layer.field_capacity * max(min(layer.depth_m, 1.0) - top, 0.0)
        top = min(layer.depth_m, 1.0)
    return total
