"""Is the verdict of a trial honest? Many SYNTHETIC trials with a known saving, from none to a large one.

False alarms, coverage, bias and power, each with the interval of its own number of trials. The interval's error (the
more careful of two) and the allowance for resembling seasons were chosen on other trials of these worlds; the seeds of
these are used nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import sqrt
from typing import Any, Final

import numpy as np

from cloud.impact.analysis import findings_of
from cloud.impact.design import Assigned, Design
from cloud.impact.estimate import cells_of
from cloud.impact.interval import interval_of
from cloud.impact.panel import Panel, water
from cloud.impact.power import promise_of
from cloud.impact.variance import measured_variance
from cloud.impact.verdict import verdict_of
from models.evaluation.bars import Bar
from models.job import Job
from simulations.evaluation.impact.world import BEFORE, SEASONS, Lived, World, lived

TRIALS: Final = 600
_FULL: Final = 100
"""Trials with a saving that are also taken to their whole verdict, for the time it takes."""
_SEED: Final = 20_261_122
_PROMISES: Final = 10
_MOST_FALSE: Final = 0.05
_COVERED: Final = (0.92, 0.98)
_MOST_BIAS: Final = 0.01
_PROMISED_BACK: Final = 0.05
LABEL: Final = "SYNTHETIC trials: the saving is known because it was put in"

WORLDS: Final[Mapping[str, World]] = {
    "stepped start": World(),
    "matched pairs": World(kind="pairs"),
    "meters with faults": World(gaps=0.3),
    "dry years in the trial": World(dry=True),
    "the thrifty chose themselves": World(chosen=True),
    "neighbours copy, with a buffer": World(spill=0.4, buffer_m=1000.0, blocks=48, per_block=4),
}
"""Each is lived with and without a saving."""
_UNGUARDED: Final = World(spill=0.4)
_HUNGRY: Final = World(yield_loss=0.04)


@dataclass(slots=True, kw_only=True)
class Tally:
    """What came of the trials of one world."""

    errors: list[float] = field(default_factory=list)
    covered: list[bool] = field(default_factory=list)
    clear: list[bool] = field(default_factory=list)
    """Whether the water's interval lies above 0."""
    saved: list[bool] = field(default_factory=list)
    truth: list[float] = field(default_factory=list)

    def row(self) -> dict[str, Any]:
        """Shares and means."""
        return {
            "trials": len(self.errors),
            "true_saving_mean": float(np.mean(self.truth)),
            "bias": float(np.mean(self.errors)),
            "rmse": float(np.sqrt(np.mean(np.square(self.errors)))),
            "coverage_95": float(np.mean(self.covered)),
            "water_interval_above_zero": float(np.mean(self.clear)),
            "verdict_saved": float(np.mean(self.saved)),
            "verdicts": len(self.saved),
        }


def run(job: Job) -> Mapping[str, Any]:
    """All worlds, with and without a saving."""
    trials = job.steps or TRIALS
    rows: dict[str, dict[str, Any]] = {}
    for number, (name, world) in enumerate(WORLDS.items()):
        for saving in (0.0, world.saving):
            job.told(f"{name}, saving {saving:.0%}")
            full = trials if saving == 0.0 else min(trials, _FULL)
            tally = tried(replace(world, saving=saving), trials, (number, int(100 * saving)), full)
            rows[f"{name}, {'no saving' if saving == 0.0 else 'a saving'}"] = tally.row()
    rows["neighbours copy, no buffer, a saving"] = tried(_UNGUARDED, trials, (90, 15), min(trials, _FULL)).row()
    rows["a saving that costs 4 % of the yield"] = tried(_HUNGRY, trials, (91, 15), trials).row()
    promised = {name: _promise(WORLDS[name], number) for number, name in enumerate(("stepped start", "matched pairs"))}
    return {
        "label": LABEL,
        "worlds": [{"world": name, **row} for name, row in rows.items()],
        "promised_power_for_water": promised,
        "bars": _bars(rows, promised, trials),
    }


def tried(world: World, trials: int, seed: tuple[int, int], full: int) -> Tally:
    """Many trials of one world, the first ``full`` to their whole verdict."""
    tally = Tally()
    for trial in range(trials):
        one = lived(world, np.random.default_rng([_SEED, *seed, trial]))
        _take(tally, one, world.design, whole=trial < full)
    return tally


def _take(tally: Tally, one: Lived, design: Design, *, whole: bool) -> None:
    cells = cells_of(one.panel, water(one.panel), one.panel.start, design.least_comparison_blocks)
    found = interval_of(cells, design.confidence, design.resamples, np.random.default_rng([design.seed, 4]))
    if found.value is None or found.low is None or found.high is None:
        return
    tally.truth.append(one.saving)
    tally.errors.append(found.value - one.saving)
    tally.covered.append(found.low <= one.saving <= found.high)
    tally.clear.append(found.low > 0.0)
    if not whole:
        return
    # An interval that holds 0 is "not proven" whatever the rest says: the rest is computed only where it matters.
    saved = found.low > 0.0 and verdict_of(findings_of(one.panel, design, registered=True)).saved
    tally.saved.append(saved)


def _promise(world: World, number: int) -> float:
    """Mean power that the designer promises from the two metered seasons before, saving as it truly is."""
    found = []
    for trial in range(_PROMISES):
        one = lived(world, np.random.default_rng([_SEED, 80 + number, trial]))
        design = world.design
        variance, _ = measured_variance(_before(one.panel), design.variance)
        plan = design.model_copy(update={"variance": variance, "expected_saving_percent": 100.0 * one.saving})
        found.append(promise_of(_assignment(one.panel), _crops(one.panel), _areas(one.panel), plan).power_for_water)
    return float(np.mean(found))


def _before(panel: Panel) -> Panel:
    return panel.some_seasons(np.arange(SEASONS) < len(BEFORE))


def _assignment(panel: Panel) -> list[Assigned]:
    names = [*panel.seasons, None]
    return [
        Assigned(parcel_id=name, block=str(block), starts=names[min(start, SEASONS)])
        for name, block, start in zip(panel.parcels, panel.block, panel.start, strict=True)
    ]


def _crops(panel: Panel) -> dict[str, str]:
    return {name: panel.crops[crop] for name, crop in zip(panel.parcels, panel.crop[:, 0], strict=True)}


def _areas(panel: Panel) -> dict[str, float]:
    return {name: float(area) for name, area in zip(panel.parcels, panel.area_ha[:, 0], strict=True)}


def _bars(rows: Mapping[str, Mapping[str, Any]], promised: Mapping[str, float], trials: int) -> list[dict[str, object]]:
    bars = []
    for name, row in rows.items():
        if name.endswith("no saving") or "yield" in name:
            alarms = Bar(what=f"{name}: verdict saved", most=_MOST_FALSE)
            bars.append(alarms.row(row["verdict_saved"], note=_interval(row["verdict_saved"], trials)))
        if "no buffer" in name:
            continue
        inside = Bar(what=f"{name}: coverage of 95 % intervals", least=_COVERED[0], most=_COVERED[1])
        bars.append(inside.row(row["coverage_95"], note=_interval(row["coverage_95"], trials)))
        bars.append(Bar(what=f"{name}: bias", least=-_MOST_BIAS, most=_MOST_BIAS).row(row["bias"]))
    for name, power in promised.items():
        got = rows[f"{name}, a saving"]["water_interval_above_zero"]
        bar = Bar(what=f"{name}: saving seen in the water", least=power - _PROMISED_BACK)
        bars.append(bar.row(got, note=f"promised {power:.2f}; {_interval(got, trials)}"))
    return bars


def _interval(share: float, trials: int) -> str:
    """95 % interval of a share (Wilson 1927)."""
    z = 1.96
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials**2)) / (1 + z * z / trials)
    return f"[{middle - half:.3f}, {middle + half:.3f}] of {trials} trials"
