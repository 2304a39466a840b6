"""What parcels will want until their harvest, stage by stage, and what that water is worth: the horizon of a quota.

Needs: crop curve of the parcel (FAO-56) times reference ET of the season. Of three or more known years its mean by day
of the year is taken, less 0.8 of the usual rain (the share that FAO-56 counts as effective in dry climates by rule of
thumb); with fewer the course that the sun's height gives (``sensitivity.USUAL_ET0``), scaled by what the known days had
of it, and no rain, which is cautious. Worth: FAO-33 by stage, as for today's water. Ages by the calendar.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

import numpy as np

from cloud.advice.dose import M3_PER_MM_HA
from cloud.advice.joint.problem import Later
from cloud.advice.plan import Intent
from cloud.advice.prices import USUAL_PRICES, Prices
from cloud.advice.sensitivity import EVAPORATION_KC, MM_PER_MJ, USUAL_ET0, YEAR_DAYS, Calendar, calendar_of
from cloud.advice.system import limits_of
from cloud.advice.worth import worth_of
from cloud.agronomy.crops.crop import season_began
from cloud.agronomy.radiation import extraterrestrial_mj_m2
from cloud.records import Parcel
from cloud.variables import Days, Floats
from cloud.weather.outlook.climatology import day_of_year, usual_of

EFFECTIVE: Final = 0.8
RECENT_DAYS: Final = 60
"""Days whose reference ET is held against the sun's course where no years are known."""
STAGES: Final = ("initial stage", "development", "flowering and yield formation", "ripening")


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """The known weather, from which the usual course of the rest of the season is taken."""

    day: date
    days: Days
    """(D,) known days."""
    et0_mm: Floats
    """(D, P)."""
    rain_mm: Floats
    columns: Mapping[str, int]
    """Column of each parcel."""
    prices: Prices = USUAL_PRICES
    stock_mm: Mapping[str, float] = field(default_factory=dict)
    """Net water of today's soil that a crop can take without stress, today's wish filled, by parcel."""

    def beside(self, intents: Mapping[str, Intent]) -> "Season":
        """The season with what the soil holds today, or will once today's wishes are filled."""
        return replace(self, stock_mm={name: _stock_mm(intent) for name, intent in intents.items()})

    def later_of(self, parcel: Parcel, last: date | None) -> tuple[Later, ...]:
        """Needs of a parcel after the day, by stage, until its harvest or the last day; None: until the harvest."""
        ages, net_mm = self.needs_of(parcel, last)
        return self._priced(parcel, calendar_of(parcel), ages, net_mm) if ages.size else ()

    def needs_of(self, parcel: Parcel, last: date | None = None) -> tuple[Floats, Floats]:
        """Age of the crop and net water wanted [mm] on each day from tomorrow to its harvest or the last day (K,).

        The water is negative where usual rain is more than enough; there are no days where nothing is known.
        """
        began = season_began(parcel, self.day)
        if began is None or parcel.id not in self.columns:
            return np.empty(0), np.empty(0)
        calendar = calendar_of(parcel)
        age = (self.day - began).days
        length = int(calendar.stage_ends_days[-1])
        ahead = length - 1 - age if last is None else min(length - 1 - age, (last - self.day).days)
        ages = age + np.arange(1.0, max(ahead, 0) + 1.0)
        return ages, self._net_mm(parcel, calendar, ages) if ages.size else np.empty(0)

    def _net_mm(self, parcel: Parcel, calendar: Calendar, ages: Floats) -> Floats:
        """Net water wanted on each day at some ages (K,); negative where rain is more than enough."""
        first = np.datetime64(self.day) + 1
        ahead = first + np.arange(ages.size)
        et0, rain = self._usual(parcel, ahead)
        # The calendar's own ET of those days, so that what is left of its needs is the crop's coefficient.
        sown = int(day_of_year(first)) - int(ages[0])
        on_sun = _on_sun_mm(round(parcel.latitude), (sown - 1 + ages) % YEAR_DAYS + 1)
        kcb = np.diff(calendar.need_until_mm)[ages.astype(np.intp)] / np.maximum(on_sun, 0.1)
        return (kcb + EVAPORATION_KC) * et0 - EFFECTIVE * rain

    def _usual(self, parcel: Parcel, ahead: Days) -> tuple[Floats, Floats]:
        """Reference ET and rain of an ordinary year on some days [mm/d]."""
        column = self.columns[parcel.id]
        et0 = usual_of(self.days, self.et0_mm[:, [column]]).on(ahead).mean[:, 0]
        if np.all(np.isfinite(et0)):
            rain = usual_of(self.days, self.rain_mm[:, [column]]).on(ahead).mean[:, 0]
            return et0, np.nan_to_num(rain)
        known = self.et0_mm[-RECENT_DAYS:, column]
        sun = _on_sun_mm(parcel.latitude, day_of_year(self.days[-RECENT_DAYS:]).astype(np.float64))
        seen = np.isfinite(known)
        factor = float(known[seen].sum() / sun[seen].sum()) if seen.any() else 1.0
        return factor * _on_sun_mm(parcel.latitude, day_of_year(ahead).astype(np.float64)), np.zeros(ahead.size)

    def _priced(self, parcel: Parcel, calendar: Calendar, ages: Floats, net_mm: Floats) -> tuple[Later, ...]:
        """Needs by stage with what a cubic metre is worth beyond its cost; the soil's stock serves the first."""
        stages = calendar.stages(ages)
        stock, found = self.stock_mm.get(parcel.id, 0.0), []
        share = limits_of(parcel).stored_fraction
        for stage in sorted(set(stages.tolist())):
            inside = stages == stage
            want = max(0.0, float(net_mm[inside].sum()))
            drawn = min(stock, want)
            stock -= drawn
            worth = worth_of(parcel, self.prices, ages[inside])
            money = max(0.0, float(worth.loss_per_mm.mean()) * share - worth.water_per_mm) / M3_PER_MM_HA
            volume = M3_PER_MM_HA * parcel.area_ha * (want - drawn) / share
            is_next = stage == stages[0]
            if money > 0.0 and (volume > 0.0 or is_next):
                found.append(
                    Later(
                        parcel_id=parcel.id,
                        stage=STAGES[stage],
                        volume_m3=volume,
                        money_per_m3=money,
                        is_next=bool(is_next),
                    )
                )
        return tuple(found)


def season_of(day: date, parcels: Sequence[Parcel], days: Days, et0_mm: Floats, rain_mm: Floats) -> Season:
    """The season of parcels in the columns of weather arrays (D, P), of which the days after ``day`` do not count."""
    known = days <= np.datetime64(day)
    columns = {parcel.id: place for place, parcel in enumerate(parcels)}
    return Season(day=day, days=days[known], et0_mm=et0_mm[known], rain_mm=rain_mm[known], columns=columns)


def _stock_mm(intent: Intent) -> float:
    """Net water that the crop can take from the soil before it runs short [mm]."""
    outlook = intent.outlook
    held = float(np.mean(outlook.readily_available_mm[-1] - outlook.depletion_mm[-1]))
    wanted = 0.0 if intent.wanted_mm is None else intent.wanted_mm.p50 * intent.limits.stored_fraction
    return max(0.0, held + wanted)


def _on_sun_mm(latitude: float, numbers: Floats) -> Floats:
    """Reference ET by the sun's height on days of the year [mm/d]."""
    a, b = USUAL_ET0
    sun = MM_PER_MJ * extraterrestrial_mj_m2(np.array(latitude), numbers)
    et0: Floats = a * np.maximum(sun, 0.1) ** b
    return et0
