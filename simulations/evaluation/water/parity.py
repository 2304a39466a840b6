"""The plain balance beside pyfao56 with the same parameters, weather and irrigation.

Greeley and the Maricopa seasons publish no soil water with pyfao56, so they can only say whether two programs agree.
Greeley's file holds a tall reference, which both programs here take as a short one: equal arithmetic, not its crop.
Maricopa 2013 is left out: its wetted fraction changes from event to event, which a parcel file does not hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from cloud.agronomy.water import WaterSettings, simulate
from models.evaluation.bars import Bar
from models.job import Job
from simulations.evaluation.water import oracle
from simulations.evaluation.water.files import (
    irrigation_file,
    metered,
    parameters_file,
    station_file,
    uniform_parcel,
)

DEPLETION: Final = Bar(what="largest difference of depletion from pyfao56 [mm]", most=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """Files of one season below the folder of field data; the season begins days before the first irrigation."""

    folder: str
    weather: str
    parameters: str
    irrigation: str
    crop: str
    lead_days: int = 5


SEASONS: Final = (
    Season(
        folder="maricopa2019",
        weather="cotton2019.wth",
        parameters="cotton2019.par",
        irrigation="cotton2019.irr",
        crop="cotton",
    ),
    Season(
        folder="greeley2022",
        weather="LIRF.wth",
        parameters="E12FF2022.par",
        irrigation="E12FF2022.irr",
        crop="maize",
        lead_days=40,
    ),
)


def run(job: Job) -> Mapping[str, Any]:
    """One row for each season."""
    rows = [_season_row(job.data / "field", season) for season in SEASONS]
    worst = max(float(row["largest_difference_mm"]) for row in rows)
    return {"bars": {"rows": [DEPLETION.row(worst)]}, "rows": rows}


def _season_row(root: Path, season: Season) -> dict[str, Any]:
    folder = root / season.folder
    station, given = station_file(folder / season.weather), parameters_file(folder / season.parameters)
    events = irrigation_file(folder / season.irrigation)
    first = max(events[0][0] - timedelta(days=season.lead_days), station.days[0].item())
    length = int(sum(given[name] for name in ("Lini", "Ldev", "Lmid", "Lend")))
    last = min(first + timedelta(days=length - 1), station.days[-1].item())
    parcel = uniform_parcel(season.folder, season.crop, given, station, first)
    watered = [(day, depth) for day, depth, _ in events]
    history = simulate(
        [parcel],
        station.forcing(1, last, first),
        metered(parcel.id, watered),
        [],
        settings=WaterSettings(fixed_parameters=True),
    )
    theirs = oracle.depletion(oracle.season(station, given, (first, last), watered))
    difference = history.columns["depletion_mm"][:, 0] - theirs
    return {
        "season": season.folder,
        "days": int(difference.size),
        "largest_depletion_mm": float(theirs.max()),
        "largest_difference_mm": float(np.abs(difference).max()),
        "mean_difference_mm": float(difference.mean()),
    }
