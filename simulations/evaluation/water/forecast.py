"""Calibrated forecasts beside raw ones and climatology, on years that no fit has seen.

Two tests. SYNTHETIC ensembles around the weather of Beni Mellal, ten leads. And two real, independent products of the
same place: a town's model output taken as a forecast of NASA POWER's day. The calibrated ensemble is scored as it is
issued; the raw one and climatology get the fair score, which does not punish them for having few members.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from cloud.variables import Days, Floats
from cloud.weather.outlook.calibrate import CALIBRATED, calibration_of
from cloud.weather.outlook.climatology import WET_MM, usual_of
from cloud.weather.outlook.score import covered, ensemble_crps, rank_counts
from models.evaluation.bars import Bar
from models.job import Job
from simulations.evaluation.water.forecast_scores import Trial, corrected, on_days, pairs_made, seasons
from simulations.evaluation.water.forecast_town import power_days, town_rows
from simulations.evaluation.water.synthetic_forecasts import MEMBERS, Made, make

FIRST: Final = np.datetime64("1984-01-01")
"""From here on the record has radiation."""
YEARS: Final = range(1998, 2011)
"""Scored years; each is corrected with what was known on its first of January."""
WINDOW_DAYS: Final = 1825
EVERY_DAYS: Final = 3
"""Every third issue is scored."""
HISTORIES_DAYS: Final = (45, 90, 365)
"""Lengths of an archive that the first scored year is corrected with, beside the usual one."""
SEED: Final = 4
_RAW: Final = "raw and climatology get the fair score; {:.0%} of the gains have a 95 % interval wholly above 0"
BARS: Final = {
    "raw": Bar(what="SYNTHETIC: 4 variables x 10 leads, share whose CRPS is below the raw ensemble's", least=1.0),
    "climatology": Bar(what="SYNTHETIC: the same, share whose CRPS is below climatology's", least=1.0),
    "coverage": Bar(what="SYNTHETIC: 80 % interval of temperatures and ET0, share inside", least=0.75, most=0.85),
    "town": Bar(what="town as forecast of POWER: 4 variables x 2 years, share below raw and climatology", least=1.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Scored issues of one variable: rows in the forecasts, members (N, L, M), climatology (N, L, K)."""

    rows: np.ndarray
    members: Floats
    climatology: Floats


def run(job: Job) -> Mapping[str, Any]:
    """Scores by variable and lead, honesty, trajectories, how much archive it takes, and the bars."""
    days, truth = power_days(job.data)
    generator = np.random.default_rng(SEED)
    since = days >= FIRST
    days, truth = days[since], {name: values[since] for name, values in truth.items()}
    made = make(days, truth, generator)
    job.told("calibrating synthetic ensembles, thirteen years one after the other")
    results = {name: _results(name, made, (days, truth[name]), YEARS) for name in CALIBRATED}
    rows = _rows(made, results, generator)
    towns = town_rows(job.data, days, truth, generator)
    return {
        "synthetic": "ensembles drawn around real weather (NASA POWER, Beni Mellal): no archive of real forecasts",
        "protocol": f"each year {YEARS[0]}-{YEARS[-1]} corrected with the {WINDOW_DAYS} days before it, every"
        f" {EVERY_DAYS} days one issue scored, {MEMBERS} members; settings were chosen on 1990-1996",
        "rows": rows,
        "ranks": _ranks(made, results, generator),
        "five_days": _five_days(made, results, generator),
        "archive_length": [
            {"archived_days": length, **_gains(made, days, truth, YEARS[:1], length)} for length in HISTORIES_DAYS
        ],
        "already_honest": [_gains(make(days, truth, generator, honest=True), days, truth, YEARS[-2:], WINDOW_DAYS)],
        "town_as_forecast": towns,
        "bars": _bars(rows, towns),
    }


def _results(
    name: str, made: Made, record: tuple[Days, Floats], years: Sequence[int], window_days: int = WINDOW_DAYS
) -> Results:
    """Every year corrected by a fit of its own, on issues and weather before it."""
    days, truth = record
    rows, members, climatology = [], [], []
    ahead = np.array(made.leads, dtype="timedelta64[D]")
    for year in years:
        start, end = np.datetime64(f"{year}-01-01"), np.datetime64(f"{year + 1}-01-01")
        past = days < start
        usual = usual_of(days[past], truth[past][:, None])
        known = np.flatnonzero((made.issued_on < start) & (made.issued_on >= start - np.timedelta64(window_days, "D")))
        fit = calibration_of(name, pairs_made(name, made, known).until(start), usual)
        scored = np.flatnonzero((made.issued_on >= start) & (made.issued_on < end))[::EVERY_DAYS]
        issued_on = made.issued_on[scored]
        rows.append(scored)
        members.append(corrected(fit, made.members[name][scored], issued_on, made.leads, usual))
        climatology.append(on_days(seasons(days[days < end], truth), issued_on[:, None] + ahead))
    return Results(rows=np.concatenate(rows), members=np.concatenate(members), climatology=np.concatenate(climatology))


def _rows(made: Made, results: Mapping[str, Results], generator: np.random.Generator) -> list[dict[str, Any]]:
    rows = []
    for name, found in results.items():
        for column, lead in enumerate(made.leads):
            trial = Trial(
                valid=made.issued_on[found.rows] + np.timedelta64(lead, "D"),
                observed=made.observed[name][found.rows, column],
                raw=made.members[name][found.rows, column],
                calibrated=found.members[:, column],
                climatology=found.climatology[:, column],
            )
            rows.append({"variable": name, "lead_days": lead, **trial.row(generator)})
    return rows


def _ranks(made: Made, results: Mapping[str, Results], generator: np.random.Generator) -> list[dict[str, Any]]:
    """Counts of what came by its rank, ten classes: flat is honest, a bowl too sure, a slope biased."""
    rows = []
    for name, found in results.items():
        for kind, members in (("raw", made.members[name][found.rows]), ("calibrated", found.members)):
            counts = rank_counts(_wet(name, members), _wet(name, made.observed[name][found.rows]), generator)
            classes = {f"{10 * place}-{10 * place + 10} %": count for place, count in enumerate(counts)}
            rows.append({"variable": name, "ensemble": kind, **classes})
    return rows


def _wet(name: str, values: Floats) -> Floats:
    """Rain too small to count is none: the record has drizzle of hundredths on every fifth day."""
    return np.where(values < WET_MM, 0.0, values) if name == "rain_mm" else values


def _five_days(made: Made, results: Mapping[str, Results], generator: np.random.Generator) -> list[dict[str, Any]]:
    """Sums of leads 1 to 5, which are only right where a member's days belong together."""
    rows = []
    for name in ("et0_mm", "rain_mm"):
        found = results[name]
        came = made.observed[name][found.rows, :5].sum(axis=1)
        kinds = {
            "raw": made.members[name][found.rows, :5],
            "calibrated": found.members[:, :5],
            "calibrated, members torn apart": generator.permuted(found.members[:, :5], axis=2),
        }
        for kind, members in kinds.items():
            total = members.sum(axis=1)
            crps = float(ensemble_crps(members=total, observed=came, fair=kind == "raw").mean())
            inside = float(covered(total, came).mean())
            rows.append({"variable": name, "ensemble": kind, "crps_of_sum": crps, "coverage_80": inside})
    return rows


def _gains(
    made: Made, days: Days, truth: Mapping[str, Floats], years: Sequence[int], window_days: int
) -> dict[str, Any]:
    """Gain on the raw ensemble over all leads of some years, as a share of its score.

    ``stricter`` is what the raw ensemble itself would lose by the score that corrected ones get.
    """
    gains = {}
    for name in CALIBRATED:
        found = _results(name, made, (days, truth[name]), years, window_days)
        came = made.observed[name][found.rows]
        said = made.members[name][found.rows]
        raw = ensemble_crps(members=said, observed=came, fair=True).mean()
        gains[f"{name}_stricter_fraction"] = float(1.0 - ensemble_crps(members=said, observed=came).mean() / raw)
        gains[f"{name}_gain_fraction"] = float(1.0 - ensemble_crps(members=found.members, observed=came).mean() / raw)
    return gains


def _bars(rows: Sequence[Mapping[str, Any]], towns: Sequence[Mapping[str, Any]]) -> list[dict[str, object]]:
    found = []
    for rival in ("raw", "climatology"):
        better = float(np.mean([row[f"gain_on_{rival}"] > 0.0 for row in rows]))
        certain = float(np.mean([row[f"gain_on_{rival}_low"] > 0.0 for row in rows]))
        found.append(BARS[rival].row(better, _RAW.format(certain)))
    smooth = [row["coverage_80"] for row in rows if row["variable"] != "rain_mm"]
    spread = f"by variable and lead {min(smooth):.2f} to {max(smooth):.2f}; the errors put in are nearly normal"
    both = [min(row["gain_on_raw"], row["gain_on_climatology"]) > 0.0 for row in towns]
    return [
        *found,
        BARS["coverage"].row(float(np.mean(smooth)), spread),
        BARS["town"].row(float(np.mean(both)), "lead 0 only; raw is one value, its CRPS the absolute error"),
    ]
