"""The joint plan of a SYNTHETIC district: canals of sixty parcels with turns and quotas, wells of twelve with tariffs.

Every parcel wants water on the same day and there is too little of it everywhere, which is the hardest day to plan;
quotas are weighed over the rest of the season.
"""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import numpy as np

from cloud.advice.joint.future import scarcity_of
from cloud.advice.joint.optimum import model_of
from cloud.advice.joint.problem import Problem, components
from cloud.advice.joint.serve import best_of, serve
from cloud.advice.joint.settle import in_turn
from cloud.advice.joint.wishes import wishes_of
from cloud.advice.plan import Intent
from cloud.advice.quota import QuotaBook
from cloud.advice.season import Season, season_of
from tests.benchmarks.figure import Figure
from tests.district import DAY, district

PARCELS: Final = 4_000
WEIGHED: Final = 600
BAR_S: Final = 60.0
YEARS: Final = 4


def figures(parcels: int = PARCELS) -> Iterator[Figure]:
    """Seconds of the whole district's plan; what it is worth beside serving in turn, of fewer parcels."""
    intents, quotas = district(parcels)
    season = _season(intents)
    named = f"joint plan of {parcels:,} parcels"
    begun, spent = time.perf_counter(), time.process_time()
    served = serve(intents, quotas, season.later_of)
    wall, processor = time.perf_counter() - begun, time.process_time() - spent
    given = sum(one.dose is not None for one in served.values())
    note = f"{processor:.1f} s processor; {given:,} of them get water"
    yield Figure(name=named, value=wall, unit="s wall", bar=BAR_S, note=note)
    best, turns, bound = _worths(*district(min(parcels, WEIGHED)))
    yield Figure(name=f"{named}: worth over serving in turn", value=best / turns, unit="-", note=f"{WEIGHED} parcels")
    yield Figure(name=f"{named}: worth over the bound without whole numbers", value=best / bound, unit="-")


def _season(intents: list[Intent]) -> Season:
    """Four years of SYNTHETIC weather, the same at every parcel."""
    parcels = [intent.parcel for intent in intents]
    days = np.datetime64(DAY - timedelta(days=1)) - np.arange(YEARS * 365)[::-1]
    course = 4.0 - 2.5 * np.cos(2.0 * np.pi * (days.astype(np.int64) % 365) / 365.0)
    et0 = np.broadcast_to(course[:, None], (days.size, len(parcels)))
    return season_of(DAY, parcels, days, et0, np.full_like(et0, 0.4))


def _worths(intents: list[Intent], quotas: QuotaBook) -> tuple[float, float, float]:
    """Worth of today's plan, of serving in turn, and the bound of the relaxed programme."""
    asked = wishes_of(intents, quotas)
    possible = [wish for wish in asked.wishes if wish.most >= wish.least]
    problems = components(possible, asked.places, asked.stores)
    best = sum(best_of(problem, scarcity_of(problem)).worth for problem in problems)
    turns = sum(in_turn(problem, problem.wishes).worth for problem in problems)
    return best, turns, sum(map(_bound, problems))


def _bound(problem: Problem) -> float:
    model, _, _ = model_of(problem, exact=False)
    found = model.relaxed()
    return 0.0 if found is None else found[0]
