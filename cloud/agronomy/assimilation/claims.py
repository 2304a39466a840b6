"""Water that parcels are said, or inferred, to have got since their soil was last seen."""

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Final, Self

import numpy as np

from cloud.agronomy.plots import Plots
from cloud.agronomy.step import Flags
from cloud.records import EventSource
from cloud.variables import Floats, Indices

USUAL_NET_MM: Final = {"drip": 12.0, "sprinkler": 25.0, "surface": 45.0}
"""Net depth of one irrigation where none has been told yet [mm]: a dripper's day, a sprinkler's shift, a basin's fill
(FAO Irrigation Water Management Manual 4, chapter 2: 30 to 60 mm for surface methods)."""

REPORTERS: Final[tuple[EventSource, ...]] = ("meter", "reply", "agronomist", "inferred")
NEVER_CAME: Final = {"meter": 0.01, "reply": 0.06, "agronomist": 0.01, "inferred": 0.30}
"""Probability that an irrigation told by a source did not reach the parcel: assumed, not measured."""

TINY_MM: Final = 1.0
"""Depth below which a told irrigation is a leak, or a slip of a unit [mm]."""

_DRIEST_RATE: Final = 0.03
_WETTEST_RATE: Final = 0.003
_RATE_COUNT: Final = 2.0
_METERED: Final = 0.5
"""What of these rates is left where a meter tells: only what goes past it."""
_LARGEST_FACTOR: Final = 3.0
_DOUBT_COUNT: Final = 8.0
_SUSPECTED_DOUBT: Final = 0.4
_USUAL_KEPT: Final = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class InferredIrrigation:
    """Irrigation that nobody told of, inferred from what was seen; depths are gross, as everywhere."""

    parcel_id: str
    first_day: date
    last_day: date
    depth_p10_mm: float
    depth_p50_mm: float
    depth_p90_mm: float
    probability: float
    """That water came at all, by the last day on which it was weighed."""
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtedIrrigation:
    """Irrigation that was told and that the soil did not see."""

    parcel_id: str
    first_day: date
    last_day: date
    depth_mm: float
    """Gross depth that was told."""
    source: EventSource
    probability: float
    """That it did not reach the parcel."""
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Claims on P parcels; arrays (P,), days as numbers since 1970."""

    seen_on: Floats
    """Day on which the soil was last seen, or on which the run began; NaN before that."""
    told_mm: Floats
    """Net water told since then that the root zone should have kept."""
    told_gross_mm: Floats
    told_first: Floats
    told_last: Floats
    watered_on: Floats
    """Day of the last irrigation that a meter or a person on the spot told, or that the soil confirmed; 0 for none."""
    reporter: Floats
    """Place in ``REPORTERS`` of who told the last of it."""
    counted_on: Floats
    """Day up to which ``awaited`` is counted; NaN before the run began."""
    guess_mm: Floats
    """Net water by which the irrigated members differ from the others; 0 when nothing is being weighed."""
    guess_share: Floats
    """Share of the members that were given it."""
    guess_probability: Floats
    guess_first: Floats
    guess_last: Floats
    guess_on: Floats
    """Day on which it was inferred."""
    guess_p10_mm: Floats
    guess_p50_mm: Floats
    guess_p90_mm: Floats
    usual_mm: Floats
    """Net depth of this parcel's usual irrigation."""
    found: Floats
    """Irrigations inferred so far, each by its probability."""
    awaited: Floats
    """Irrigations that the prior rate alone would have made of the same days."""
    undone: Floats
    """Told irrigations that the soil did not see, each by its probability."""
    checked: Floats
    """Told irrigations that the soil could have seen."""
    watched_by_meter: Floats
    """1 where a meter told the last irrigation, else 0."""
    suspected: Floats
    """1 where probes show that more is told than comes, else 0."""

    @classmethod
    def none(cls, plots: Plots) -> Self:
        """Parcels of which nothing has been told yet."""
        count = len(plots.drip)
        surface = plots.efficiency[:, 0] < 0.7  # noqa: PLR2004 -- between sprinkled and flooded
        usual = np.where(surface, USUAL_NET_MM["surface"], USUAL_NET_MM["sprinkler"])
        values = {field.name: np.zeros(count) for field in fields(cls)}
        values["seen_on"], values["counted_on"] = np.full(count, np.nan), np.full(count, np.nan)
        values["usual_mm"] = np.where(plots.drip[:, 0], USUAL_NET_MM["drip"], usual)
        return cls(**values)

    def stacked(self) -> Floats:
        """The claims as one array (P, C), to be kept."""
        return np.stack([getattr(self, field.name) for field in fields(self)], axis=1)

    @classmethod
    def unstacked(cls, values: Floats) -> Self:
        """Claims from the array (P, C) that was kept."""
        return cls(**{field.name: values[:, place].copy() for place, field in enumerate(fields(cls))})

    def take(self, index: Indices) -> Self:
        """The claims on some of the parcels."""
        return replace(self, **{field.name: getattr(self, field.name)[index] for field in fields(self)})

    def enter(self, index: Indices, part: Self) -> None:
        """Write the claims on some of the parcels."""
        for field in fields(self):
            getattr(self, field.name)[index] = getattr(part, field.name)

    def begin(self, index: Indices, day: int) -> None:
        """Parcels whose first day this is: what came before is not for a claim."""
        fresh = index[np.isnan(self.seen_on[index])]
        self.seen_on[fresh] = self.counted_on[fresh] = day - 1.0

    def tell(self, index: Indices, day: int, amounts: tuple[Floats, Floats, Floats], reporter: Floats) -> None:
        """Water told for a day (n,): gross, net, and what of it the root zone kept [mm]."""
        gross, net, kept = amounts
        first = self.told_gross_mm[index] <= 0.0
        sure = np.isin(reporter, [REPORTERS.index(name) for name in ("meter", "agronomist")])
        self.told_first[index] = np.where(first, day, self.told_first[index])
        self.told_last[index] = day
        self.watered_on[index] = np.where((net > TINY_MM) & sure, day, self.watered_on[index])
        self.told_mm[index] += kept
        self.told_gross_mm[index] += gross
        self.reporter[index] = reporter
        self.watched_by_meter[index] = reporter == REPORTERS.index("meter")
        # Next to nothing is a slip of a unit or a leak, not what an irrigation usually is.
        learned = _USUAL_KEPT * self.usual_mm[index] + (1.0 - _USUAL_KEPT) * net
        self.usual_mm[index] = np.where(net > TINY_MM, learned, self.usual_mm[index])

    def before(self, later_gross_mm: Floats, efficiency: Floats) -> tuple[Self, Floats]:
        """The claims as they stood before water of the same day (P,) came, and the net water that was taken out."""
        later = np.minimum(self.told_mm, later_gross_mm * efficiency)
        gross = np.maximum(self.told_gross_mm - later_gross_mm, 0.0)
        return replace(self, told_mm=self.told_mm - later, told_gross_mm=gross), later

    def with_later(self, net_mm: Floats, gross_mm: Floats, day: int) -> Self:
        """The claims with the water (P,) that ``before`` took out."""
        fresh = (net_mm > 0.0) & (self.told_mm <= 0.0)
        return replace(
            self,
            told_first=np.where(fresh, float(day), self.told_first),
            told_mm=self.told_mm + net_mm,
            told_gross_mm=self.told_gross_mm + gross_mm,
        )

    def rate(self, dryness: Floats) -> Floats:
        """(P,) expected unreported irrigations a day: more as the crop runs out of readily available water.

        Parameters
        ----------
        dryness : array (P,)
            Depletion over readily available water [-].
        """
        learned = (_RATE_COUNT + self.found) / (_RATE_COUNT + self.awaited)
        rate: Floats = self._prior_rate(dryness) * np.minimum(learned, _LARGEST_FACTOR)
        return rate

    def counted(self, day: int, dryness: Floats, rows: Flags) -> Self:
        """The claims with the days up to one counted, once, towards what the prior rate awaits of some (P,)."""
        days = np.where(rows, np.maximum(day - self.counted_on, 0.0), 0.0)
        return replace(
            self,
            awaited=self.awaited + self._prior_rate(dryness) * days,
            counted_on=np.where(rows, float(day), self.counted_on),
        )

    def _prior_rate(self, dryness: Floats) -> Floats:
        base = _WETTEST_RATE + (_DRIEST_RATE - _WETTEST_RATE) * np.clip(dryness, 0.0, 1.0)
        rate: Floats = np.where(self.watched_by_meter > 0.0, _METERED * base, base)
        return rate

    def doubt(self) -> Floats:
        """(P,) probability that the told water did not come; 0 where none was told."""
        return np.where(self.told_mm > 0.0, self.distrust(), 0.0)

    def distrust(self) -> Floats:
        """(P,) share of what is told that does not come, by who tells it and what came of earlier claims."""
        prior = np.array([NEVER_CAME[name] for name in REPORTERS])[self.reporter.astype(np.intp)]
        learned = (prior * _DOUBT_COUNT + self.undone) / (_DOUBT_COUNT + self.checked)
        return np.where(self.suspected > 0.0, np.maximum(learned, _SUSPECTED_DOUBT), learned)
