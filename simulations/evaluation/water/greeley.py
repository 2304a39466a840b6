"""Greeley 2022: maize with its ground cover measured on 20 days, and no soil water.

Data: USDA-ARS, distributed with pyfao56 (CC0). Reference evapotranspiration and basal coefficient of the files are of a
tall reference; and that coefficient is no measurement of its own: it is a straight line of the measured cover, at most
0.96, drawn day by day between them. So three things can be said. Parity: whether two programs agree that are told
the same canopy (both take the files' reference as a short one: equal arithmetic, not its crop). Cover: how well the
cover of a coming day is foreseen, from the calendar and from the covers seen until then, with the grass reference of
the station's weather and the table's maize. Water: whether seeing the canopy brings our water nearer to that of
pyfao56, told the measured canopy and the tall reference. The last is no error of soil water: nobody measured it here.
"""

import importlib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import numpy as np

from cloud.agronomy.assimilation.members import draws, start
from cloud.agronomy.crops.season import stage_on
from cloud.agronomy.plots import plots_of
from cloud.agronomy.step import DayInputs, advance
from cloud.agronomy.water import WaterHistory, simulate
from cloud.records import Observation, Parcel
from cloud.variables import Floats
from models.evaluation.bars import Bar
from models.job import Job
from simulations.evaluation.water import oracle
from simulations.evaluation.water.files import (
    NOON,
    StationFile,
    day_of,
    irrigation_file,
    lines_of,
    metered,
    parameters_file,
    station_file,
    uniform_parcel,
)
from simulations.evaluation.water.reference import grass_reference
from simulations.evaluation.water.scores import root_mean_square

FOLDER: Final = "greeley2022"
LEAD_DAYS: Final = 40
"""The season begins so many days before the first irrigation: the first day of the canopy file."""
COVER_SIGMA: Final = 0.05
UNSEEN_SIGMA: Final = 1e6
"""Error with which a reading changes nothing: what was expected of it is told all the same."""
PARITY: Final = Bar(what="both programs told the measured canopy: largest difference of depletion [mm]", most=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """The season as its files tell it."""

    station: StationFile
    given: dict[str, float]
    watered: tuple[tuple[date, float], ...]
    first: date
    last: date
    kcb: Mapping[date, float]
    cover: Mapping[date, float]

    @property
    def parcel(self) -> Parcel:
        """The field as a parcel of one uniform soil."""
        return uniform_parcel(FOLDER, "maize", self.given, self.station, self.first)

    @property
    def days(self) -> list[date]:
        """Every day of the season."""
        return [self.first + timedelta(days=offset) for offset in range((self.last - self.first).days + 1)]


def season_of(job: Job) -> Season:
    """The season up to the last day of the canopy file."""
    folder = job.data / "field" / FOLDER
    watered = tuple((day, depth) for day, depth, _ in irrigation_file(folder / "E12FF2022.irr"))
    rows = [line.split() for line in lines_of(folder / "E12FF2022.upd") if line[:4].isdigit()]
    kcb = {day_of(row[0]): float(row[1]) for row in rows}
    return Season(
        station=station_file(folder / "LIRF.wth"),
        given=parameters_file(folder / "E12FF2022.par"),
        watered=watered,
        first=watered[0][0] - timedelta(days=LEAD_DAYS),
        last=max(kcb),
        kcb=kcb,
        cover={day_of(row[0]): float(row[3]) for row in rows if row[3] != "NaN"},
    )


def run(job: Job) -> Mapping[str, Any]:
    """Parity with the measured canopy, and what is learned of the canopy by seeing it."""
    season = season_of(job)
    short, theirs = oracle_with_canopy(season, "S"), oracle_with_canopy(season, "T")
    difference = balance_with_canopy(season) - short["Dr"]
    every = sorted(season.cover)
    runs = {
        "calendar only": (followed(season, covers(season, every, UNSEEN_SIGMA)), every),
        "each cover foreseen from those before it": (followed(season, covers(season, every, COVER_SIGMA)), every),
    }
    for parity, name in ((0, "first, third, ..."), (1, "second, fourth, ...")):
        seen = every[parity::2]
        both = covers(season, seen, COVER_SIGMA) + covers(season, every[1 - parity :: 2], UNSEEN_SIGMA)
        runs[f"every second cover seen, the others foreseen: {name}"] = (followed(season, both), every[1 - parity :: 2])
    return {
        "bars": {"rows": [PARITY.row(float(np.abs(difference).max()))]},
        "told": "no soil water of this season is in the files; what is apart from pyfao56 is no measured error",
        "parity": [
            {
                "days": int(difference.size),
                "largest_depletion_mm": float(short["Dr"].max()),
                "largest_difference_mm": float(np.abs(difference).max()),
                "mean_difference_mm": float(difference.mean()),
            }
        ],
        "canopy": [_canopy_row(name, season, history, days, theirs) for name, (history, days) in runs.items()],
        "covers": _cover_rows(season, {name: history for name, (history, _) in runs.items()}),
    }


def followed(season: Season, observations: Sequence[Observation]) -> WaterHistory:
    """One run of our balance over the season, by the table's maize and the grass reference of the station's weather."""
    own = season.parcel.crop_parameters.model_copy(update={"kcb_ini": None, "kcb_mid": None, "kcb_end": None})
    forcing = season.station.forcing(1, season.last, season.first)
    grass = grass_reference(season.station).et0_mm
    keep = np.isin(season.station.days, forcing.days)
    return simulate(
        [season.parcel.model_copy(update={"crop_parameters": own})],
        replace(forcing, et0_mm=grass[keep, None]),
        metered(FOLDER, season.watered),
        observations,
    )


def covers(season: Season, days: Sequence[date], sigma: float) -> list[Observation]:
    """The covers measured on some days, with an error."""
    return [
        Observation(
            parcel_id=FOLDER,
            observed_at=datetime.combine(day, NOON, UTC),
            kind="canopy_cover_fraction",
            value=season.cover[day],
            sigma=sigma,
            source="measured cover",
        )
        for day in days
    ]


def balance_with_canopy(season: Season) -> Floats:
    """Depletion [mm] (D,) of our own balance that is told Kcb and cover of every day; height follows Kcb."""
    parcel, given = season.parcel, season.given
    forcing = season.station.forcing(1, season.last, season.first)
    plots = plots_of([parcel], season.first)
    depths = dict(season.watered)
    nothing = np.zeros((1, 1))
    begins = np.array([season.first], dtype="datetime64[D]")
    air = np.full((1, 1), 2.0), np.full((1, 1), 45.0)
    given_mm = np.array([[parcel.initial_depletion_mm]], dtype=np.float64)
    water = start(plots, draws(1, 0), stage_on(plots, begins, *air).root_depth_m, given_mm, nothing)
    height, found = given["hini"], []
    for place, day in enumerate(season.days):
        kcb = season.kcb[day]
        grown = (kcb - given["Kcbini"]) / (given["Kcbmid"] - given["Kcbini"])
        height = max(given["hini"] + (given["hmax"] - given["hini"]) * grown, 0.001, height)
        stage = stage_on(plots, forcing.days[place : place + 1], *air)
        stage = replace(stage, kcb=np.full((1, 1), kcb), height_m=np.full((1, 1), height))
        told = replace(plots, canopy_fraction=np.full((1, 1), season.cover.get(day, np.nan)))
        today = DayInputs(
            et0_mm=forcing.et0_mm[place][:, None],
            rain_mm=forcing.rain_mm[place][:, None],
            wind_2m_m_s=forcing.wind_2m_m_s[place][:, None],
            rh_min_percent=forcing.rh_min_percent[place][:, None],
            irrigation_mm=nothing + depths.get(day, 0.0),
        )
        water, _ = advance(water, told, stage, today)
        found.append(float(water.depletion_mm[0, 0]))
    return np.array(found)


def oracle_with_canopy(season: Season, reference: str) -> dict[str, Floats]:
    """Depletion and evapotranspiration [mm] of pyfao56 told the measured canopy, for a (S)hort or (T)all reference."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # By name, as in the oracle: heavy, without types, and only among the development tools.
        pd, fao = importlib.import_module("pandas"), importlib.import_module("pyfao56")
        update = fao.Update()
        update.udata = pd.DataFrame(
            {
                "Kcb": [season.kcb[day] for day in season.days],
                "h": np.nan,
                "fc": [season.cover.get(day, np.nan) for day in season.days],
            },
            index=[oracle.key_of(day) for day in season.days],
        )
        table = oracle.season(
            season.station,
            season.given,
            (season.first, season.last),
            season.watered,
            told=oracle.Told(update=update, reference=reference),
        )
    return {name: np.asarray(table[name], dtype=np.float64) for name in ("Dr", "ETa")}


def _canopy_row(
    mode: str, season: Season, history: WaterHistory, days: Sequence[date], theirs: Mapping[str, Floats]
) -> dict[str, Any]:
    """Error of the covers foreseen on some days, each before it was seen, and how far the water lies apart."""
    foreseen = _foreseen(history)
    error = np.array([foreseen[day][0] - season.cover[day] for day in days])
    sigma = np.array([np.hypot(foreseen[day][1], COVER_SIGMA) for day in days])
    inside = np.abs(error) <= 1.2816 * sigma
    return {
        "mode": mode,
        "covers": len(days),
        "cover_rmse": root_mean_square(error),
        "cover_bias": float(error.mean()),
        "cover_in_80_percent": float(inside.mean()),
        **_apart(season, history, theirs),
    }


def _apart(season: Season, history: WaterHistory, theirs: Mapping[str, Floats]) -> dict[str, float]:
    """How far our water and its use lie from those of a program that was told the canopy, from the first cover on."""
    from_first = np.array([day >= min(season.cover) for day in season.days])
    depletion = history.columns["depletion_mm"][:, 0] - theirs["Dr"]
    used = history.columns["etc_adj_mm"][:, 0][from_first].sum() - theirs["ETa"][from_first].sum()
    return {
        "depletion_apart_mm": root_mean_square(depletion[from_first]),
        "use_apart_mm": float(used),
        "use_mm": float(theirs["ETa"][from_first].sum()),
    }


def _foreseen(history: WaterHistory) -> dict[date, tuple[float, float]]:
    return {effect.observed_at.date(): (effect.expected, effect.expected_sigma) for effect in history.effects}


def _cover_rows(season: Season, runs: Mapping[str, WaterHistory]) -> list[dict[str, Any]]:
    """Measured cover of each day beside what each run foresaw for it."""
    foreseen = {name: _foreseen(history) for name, history in runs.items()}
    return [
        {"day": day.isoformat(), "measured": cover, **{name: round(one[day][0], 3) for name, one in foreseen.items()}}
        for day, cover in sorted(season.cover.items())
    ]
