"""Reference evapotranspiration of the AZMET station at Maricopa beside the one its file gives."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from cloud.agronomy.et0 import DailyWeather, ReferenceEt, reference_et, wind_at_2m_m_s
from models.job import Job
from simulations.evaluation.water.files import StationFile, station_file

STATION: Final = Path("field") / "azmet" / "AZMET_Maricopa_ETo.wth"


def grass_reference(station: StationFile) -> ReferenceEt:
    """Reference evapotranspiration of short grass from a station's own weather, whatever its file gives."""
    columns, count = station.columns, len(station.days)
    unknown = np.full(count, np.nan)
    year_starts = station.days.astype("datetime64[Y]").astype("datetime64[D]")
    return reference_et(
        DailyWeather(
            day_of_year=(station.days - year_starts).astype(np.float64) + 1.0,
            latitude_deg=np.full(count, station.latitude_deg),
            elevation_m=np.full(count, station.elevation_m),
            tmin_c=columns["Tmin"],
            tmax_c=columns["Tmax"],
            rh_mean_percent=unknown,
            rh_min_percent=columns["RHmin"],
            rh_max_percent=columns["RHmax"],
            dewpoint_c=columns["Tdew"],
            wind_2m_m_s=wind_at_2m_m_s(columns["Wndsp"], station.wind_height_m),
            radiation_mj_m2=columns["Srad"],
            sunshine_h=unknown,
            et0_mm=unknown,
        )
    )


def run(job: Job) -> Mapping[str, Any]:
    """Reference evapotranspiration of the Maricopa station, 2003 on, beside the one its file gives."""
    station = station_file(job.data / STATION)
    difference = grass_reference(station).et0_mm - station.columns["ETref"]
    known = difference[np.isfinite(difference)]
    return {
        "rows": [
            {
                "days": int(known.size),
                "days_unknown": int(difference.size - known.size),
                "rmse_mm_d": float(np.sqrt(np.mean(known**2))),
                "bias_mm_d": float(known.mean()),
                "largest_difference_mm_d": float(np.abs(known).max()),
            }
        ]
    }
