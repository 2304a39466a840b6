"""Irrigation without the advisor: what farmers are documented to do, what calendars say, and what rules of thumb do.

- Practices: furrow blocks of Beni Amir were supplied 19-35 % less than they required (IJERD 15(2), 2024, 73-80). Drip
  on citrus in the Haouz lost 37-45 % to percolation, so about 1.6-1.8 times the need was given (x1.4-1.8 here: annual
  crops are watched more closely). The rest is taken to give its need and up to 1.3 times it. Shares by method are
  assumed: no survey gives them. Beside it stands the same mixture whose farmers let an irrigation go after rain.
- Calendars: crop evapotranspiration of a normal year, blind to rain (x1.0, and x1.1 as the well-watered measure).
- Fixed calendar: one dose at one interval from sowing to harvest, what a season needs in a normal year.
- Turns: a fixed dose at every canal turn, up to 15 days apart, as rounds were given in the Haouz.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from cloud.variables import Floats
from simulations.closed_loop.climates import Climate
from simulations.closed_loop.demand import lived_demand, normal_demand, season_days
from simulations.closed_loop.fields import CROPS, EFFICIENCY, FieldSeason
from simulations.closed_loop.loop import Morning

INTERVAL_DAYS: Final[Mapping[str, int]] = {"drip": 3, "sprinkler": 7, "furrow": 10, "basin": 14}
"""Usual days between two irrigations; ten for furrows as Beni Amir keeps its accounts, others assumed."""
ENOUGH_RAIN_MM: Final = 12.0
"""Rain since the last irrigation after which a farmer lets one go."""
NEGLIGIBLE_MM: Final = 4.0
"""No farmer opens the water for less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """A way to irrigate: a share of the fields, and multiples of the need between which its farmers lie."""

    name: str
    lowest: float
    highest: float


UNDER: Final = Practice(name="under-supplied", lowest=0.65, highest=0.81)
ABOUT: Final = Practice(name="about the need", lowest=1.0, highest=1.3)
OVER: Final = Practice(name="over-irrigated", lowest=1.4, highest=1.8)
PRACTICES: Final[Mapping[str, tuple[tuple[Practice, float], ...]]] = {
    "drip": ((UNDER, 0.10), (ABOUT, 0.45), (OVER, 1.0)),
    "sprinkler": ((UNDER, 0.20), (ABOUT, 0.75), (OVER, 1.0)),
    "furrow": ((UNDER, 0.45), (ABOUT, 0.90), (OVER, 1.0)),
    "basin": ((UNDER, 0.45), (ABOUT, 0.90), (OVER, 1.0)),
}
"""Cumulative shares by method; assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """The practice that one field was drawn to follow."""

    practice: str
    factor: float


def habit_of(field: FieldSeason) -> Habit:
    """Practice of a field and its own multiple of the need; the same for the same field."""
    generator = np.random.default_rng([field.seed, 7])
    chance, within = generator.random(2)
    practice = next(one for one, upto in PRACTICES[field.method] if chance <= upto)
    return Habit(practice=practice.name, factor=practice.lowest + (practice.highest - practice.lowest) * float(within))


class Calendar:
    """Doses by the day after sowing, fixed before the season; ``skips_rain`` lets one go after enough rain."""

    def __init__(self, fields: Sequence[FieldSeason], plans: Sequence[Floats], *, skips_rain: bool = False) -> None:
        longest = max(plan.size for plan in plans)
        self._gross_mm = np.zeros((longest, len(fields)))
        for place, plan in enumerate(plans):
            self._gross_mm[: plan.size, place] = plan
        self._sown = np.array([one.nominal_sown_on for one in fields], dtype="datetime64[D]")
        self._skips_rain = skips_rain
        self._fallen_mm = np.zeros(len(fields))

    def decide(self, morning: Morning) -> Floats:
        """Doses (F,) of the day [mm gross]."""
        after = (np.datetime64(morning.day, "D") - self._sown).astype(int)
        inside = (after >= 0) & (after < self._gross_mm.shape[0])
        due = np.where(inside, self._gross_mm[np.where(inside, after, 0), np.arange(after.size)], 0.0)
        if self._skips_rain and morning.truth is not None:
            self._fallen_mm += np.nan_to_num(morning.truth.rain_mm)
            due = np.where(self._fallen_mm >= ENOUGH_RAIN_MM, 0.0, due)
            # An irrigation that is let go uses the rain up: the next one is given again.
            planned = np.where(inside, self._gross_mm[np.where(inside, after, 0), np.arange(after.size)], 0.0) > 0.0
            self._fallen_mm = np.where(planned, 0.0, self._fallen_mm)
        result: Floats = due
        return result


def gathered(daily_mm: Floats, interval_days: int) -> Floats:
    """Needs of the days ahead given at once every ``interval_days`` from sowing on; small ones wait for the next."""
    plan, waiting = np.zeros(daily_mm.size), 0.0
    for first in range(0, daily_mm.size, interval_days):
        waiting += float(daily_mm[first : first + interval_days].sum())
        if waiting >= NEGLIGIBLE_MM:
            plan[first], waiting = waiting, 0.0
    return plan


def practices(
    fields: Sequence[FieldSeason],
    climates: Mapping[str, Climate],
    *,
    skips_rain: bool = False,
    of_whole: bool = False,
) -> Calendar:
    """The mixture of documented practices: every field by its own habit.

    The sources measured what was delivered against what was required; so the plan gives its multiple of the need beyond
    the rain of a normal year, whatever rain comes. With ``skips_rain`` farmers let one irrigation go after rain on top
    of that, and deliver less than the sources found. With ``of_whole`` the multiples are of the whole
    evapotranspiration, as if nobody reckoned with any rain: where it rains, that is more than the sources found.
    """
    plans = [_planned(one, climates, habit_of(one).factor, net=not of_whole) for one in fields]
    return Calendar(fields, plans, skips_rain=skips_rain)


def realised(fields: Sequence[FieldSeason], climates: Mapping[str, Climate], gross_mm: Floats) -> Floats:
    """Delivered over required (F,) [-]: gross depth at the usual efficiency, by the need of the season itself."""
    needs = [lived_demand(one, climates[one.climate], CROPS[one.crop].rough_days).net_mm.sum() for one in fields]
    usual = np.array([EFFICIENCY[one.method] for one in fields])
    shares: Floats = gross_mm * usual / np.maximum(needs, NEGLIGIBLE_MM)
    return shares


def etc_calendar(fields: Sequence[FieldSeason], climates: Mapping[str, Climate], factor: float) -> Calendar:
    """Crop evapotranspiration of a normal year times a factor, whatever the weather does."""
    return Calendar(fields, [_planned(one, climates, factor, net=False) for one in fields])


def fixed_calendar(fields: Sequence[FieldSeason], climates: Mapping[str, Climate]) -> Calendar:
    """One dose at one interval from sowing until a fortnight before the usual harvest."""
    return Calendar(fields, [_fixed(one, climates, INTERVAL_DAYS[one.method]) for one in fields])


def turns(fields: Sequence[FieldSeason], climates: Mapping[str, Climate], interval_days: int = 15) -> Calendar:
    """The agency's rule: the same dose to all at every turn of the canal, the first at a day of the field's own."""
    plans = []
    for one in fields:
        plan = _fixed(one, climates, interval_days)
        offset = int(np.random.default_rng([one.seed, 9]).integers(0, interval_days))
        plans.append(np.concatenate([np.zeros(offset), plan])[: plan.size])
    return Calendar(fields, plans)


def _planned(field: FieldSeason, climates: Mapping[str, Climate], factor: float, *, net: bool) -> Floats:
    demand = normal_demand(field, climates[field.climate], season_days(field))
    daily = demand.net_mm if net else demand.etc_mm
    return gathered(factor * daily / EFFICIENCY[field.method], INTERVAL_DAYS[field.method])


def _fixed(field: FieldSeason, climates: Mapping[str, Climate], interval_days: int) -> Floats:
    demand = normal_demand(field, climates[field.climate], season_days(field))
    days = demand.net_mm.size - 28
    plan = np.zeros(demand.net_mm.size)
    given = np.arange(0, days, interval_days)
    plan[given] = float(demand.net_mm.sum()) / EFFICIENCY[field.method] / given.size
    return plan
