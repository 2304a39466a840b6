"""A town's model output taken as a forecast of NASA POWER's day: two real, independent products of one place."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from cloud.variables import Days, Floats
from cloud.weather.forcing import site_reference
from cloud.weather.outlook.calibrate import CALIBRATED, calibration_of
from cloud.weather.outlook.climatology import usual_of
from cloud.weather.read import read_weather
from edge.errors import ConfigurationError
from simulations.evaluation.water.forecast_scores import Trial, corrected, on_days, pairs_made, seasons
from simulations.evaluation.water.synthetic_forecasts import MEMBERS, Made

POWER: Final = Path("weather") / "nasa_power_beni_mellal" / "beni_mellal_daily.csv"
TOWN: Final = Path("weather") / "morocco_towns" / "export-beni-mellal0.csv"
ELEVATION_M: Final = 500.0
YEARS: Final = (2009, 2010)
"""The years that both products have."""


def power_days(data: Path) -> tuple[Days, dict[str, Floats]]:
    """Days and daily values (D,) of the record, reference ET among them."""
    dataset = read_weather(_there(data / POWER), latitude=32.34, longitude=-6.35, elevation_m=ELEVATION_M)
    return dataset["time"].values.astype("datetime64[D]"), _values(dataset)


def town_rows(
    data: Path, days: Days, truth: Mapping[str, Floats], generator: np.random.Generator
) -> list[dict[str, Any]]:
    """Lead 0: one year learns and the other is scored, both ways; raw is the product's one value."""
    town = read_weather(_there(data / TOWN), elevation_m=ELEVATION_M)
    both, ours, theirs = np.intersect1d(days, town["time"].values.astype("datetime64[D]"), return_indices=True)
    said = {name: np.repeat(values[theirs][:, None, None], MEMBERS, axis=2) for name, values in _values(town).items()}
    came = {name: values[ours][:, None] for name, values in truth.items()}
    made = Made(issued_on=both, leads=(0,), members=said, observed=came)
    before = days < both[0]
    past = {name: values[before] for name, values in truth.items()}
    return [
        {
            "variable": name,
            "learned_from": learned,
            "scored_on": scored,
            **_trial(name, made, (learned, scored), (days[before], past[name])).row(generator),
        }
        for name in CALIBRATED
        for learned, scored in (YEARS, YEARS[::-1])
    ]


def _trial(name: str, made: Made, years: tuple[int, int], past: tuple[Days, Floats]) -> Trial:
    year = made.issued_on.astype("datetime64[Y]").astype(int) + 1970
    learned, scored = (np.flatnonzero(year == one) for one in years)
    usual = usual_of(past[0], past[1][:, None])
    fit = calibration_of(name, pairs_made(name, made, learned), usual)
    raw, valid = made.members[name][scored], made.issued_on[scored]
    return Trial(
        valid=valid,
        observed=made.observed[name][scored, 0],
        raw=raw[:, 0],
        calibrated=corrected(fit, raw, valid, made.leads, usual)[:, 0],
        climatology=on_days(seasons(*past), valid),
    )


def _there(path: Path) -> Path:
    if not path.is_file():
        raise ConfigurationError(
            f"{path}: expected the weather of Beni Mellal, got no file; name its folder with --data"
        )
    return path


def _values(dataset: Any) -> dict[str, Floats]:  # noqa: ANN401 -- a dataset of xarray, which opens late
    values = {name: dataset[name].values[:, 0] for name in CALIBRATED if name != "et0_mm"}
    return {**values, "et0_mm": site_reference(dataset).et0_mm[:, 0]}
