"""Irrigation that nobody told of, and irrigation that was told and did not come: rival explanations of a reading.

A reading that is not what the ensemble expects has few explanations: chance; water that nobody told of; told water that
did not come; an irrigation inferred before that never was; a faulty sensor. Each expects another number, so Bayes' rule
weighs them: normal likelihoods, priors from the days since the soil was last seen, from who told the water and from the
sensor's own record. The members then share the explanations among them in proportion: nine of ten are irrigated when
the probability is 0.9. Told are window, depth and probability; the balance carries the water as ``correction_mm``.
"""

from dataclasses import dataclass, fields, replace
from enum import IntEnum
from typing import Final

import numpy as np

from cloud.agronomy.assimilation.assimilate import expected, observation_variance
from cloud.agronomy.assimilation.claims import TINY_MM, Claims
from cloud.agronomy.assimilation.readings import Batch
from cloud.agronomy.assimilation.trust import FAULTY_WIDTH, SOIL_KINDS
from cloud.agronomy.plots import Plots
from cloud.agronomy.step import Fluxes, Water
from cloud.variables import Floats, Indices

WORTH_IRRIGATING: Final = 0.05
"""Probability from which members are given the water of an explanation."""

_DEPTH_SIGMA: Final = 0.5
_WIDE_SHARE: Final = 0.1
_WIDE: Final = 4.0
_TINY_PRIOR: Final = 0.3
_MOST_OF_IT: Final = 0.7
MOSTLY_KEPT: Final = 0.7
"""Share of told water that the root zone must have kept for a reading to show how much came."""

SHARE_OF_RESPONSE: Final = 0.3
"""Error of what a sensor shows of told water, as a share of it: water does not spread as evenly as it is taken to."""
_SUREST: Final = 0.99
_SMALLEST_SHARE: Final = 1e-3
_NO_WATER: Final = frozenset({"canopy_cover_fraction"})
"""Kinds that say nothing of the water of a day."""


class Cause(IntEnum):
    """Columns of the explanations of a reading."""

    CHANCE = 0
    UNREPORTED = 1
    UNDONE = 2
    RETRACTED = 3
    FAULTY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """Observations of one kind and what the ensemble expects of them."""

    water: Water
    plots: Plots
    fluxes: Fluxes
    batch: Batch
    predicted: Floats
    """(n, M)."""
    middle: Floats
    """(n,) mean of the members."""
    variance_of_members: Floats
    """(n,) of what they expect; 0 for a single one."""
    error_variance: Floats
    """(n,) of the observation, in the square of its unit."""

    @classmethod
    def of(cls, water: Water, plots: Plots, fluxes: Fluxes, batch: Batch) -> "Sight":
        """A batch beside the parcels' own water (n, M)."""
        predicted = expected(water, plots, fluxes, batch)
        alone = predicted.shape[1] == 1
        return cls(
            water=water,
            plots=plots,
            fluxes=fluxes,
            batch=batch,
            predicted=predicted,
            middle=predicted.mean(axis=1),
            variance_of_members=np.zeros(len(predicted)) if alone else predicted.var(axis=1, ddof=1),
            error_variance=observation_variance(batch)[:, 0],
        )

    def take(self, index: Indices) -> "Sight":
        """Some of the observations."""
        return Sight(
            water=self.water.take(index),
            plots=self.plots.take(index),
            fluxes=self.fluxes.take(index),
            batch=self.batch.take(index),
            predicted=self.predicted[index],
            middle=self.middle[index],
            variance_of_members=self.variance_of_members[index],
            error_variance=self.error_variance[index],
        )

    @property
    def innovation(self) -> Floats:
        """(n,) seen less expected."""
        return self.batch.value[:, 0] - self.middle

    @property
    def variance(self) -> Floats:
        """(n,) variance of the innovation."""
        return self.variance_of_members + self.error_variance

    def expects(self, water: Water) -> Floats:
        """What the members expect (n, M) were their water another."""
        return expected(water, self.plots, self.fluxes, self.batch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Footing:
    """What a reading is compared on: its source's own last reading where there is one; arrays (n,)."""

    offset: Floats
    """What the source read beyond the balance last time; 0 for one without a last time."""
    variance: Floats
    """Of the innovation less the offset."""
    telling: Floats
    """How far it can tell of water nobody told of, 0 to 1: a first reading may as well show the soil's own limits, and
    a crop that was not seen thirsty before cannot have been relieved."""
    odd: Floats
    """How likely the source's next reading is a fault."""

    def take(self, index: Indices) -> "Footing":
        """The footing of some of the readings."""
        return Footing(
            offset=self.offset[index],
            variance=self.variance[index],
            telling=self.telling[index],
            odd=self.odd[index],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """An irrigation tried on every member; arrays (n, M)."""

    water: Water
    predicted: Floats
    depth_mm: Floats
    """Net."""
    days_ago: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """Explanations of n readings."""

    probability: Floats
    """(n, 5) by ``Cause``."""
    guess: Guess
    fit: Floats
    """(n, M) how well the irrigation that each member tries goes with the reading, each of at most 1."""
    undone: Water
    retracted: Water
    told_share: tuple[Floats, Floats]
    """(n,) share of the told water that the reading shows, and its standard error; NaN where none was told."""


def tried(sight: Sight, claims: Claims, day: int, draws: tuple[Floats, Floats]) -> Guess:
    """Every member irrigated once, or more when long unseen, at some time since the soil was last seen."""
    normal, uniform = draws
    days = np.maximum(day - claims.seen_on, 1.0)[:, None]
    ago = days * uniform
    many = 1.0 + 2.0 * claims.rate(dryness(sight))[:, None] * days * uniform[::-1]
    depth = claims.usual_mm[:, None] * np.exp(_DEPTH_SIGMA * normal) * many
    # What came beyond field capacity has left again; since then evapotranspiration has taken its part.
    since = ago * sight.fluxes.etc_mm.mean(axis=1, keepdims=True)
    before = sight.water.depletion_mm
    after = np.minimum(before, np.maximum(before - depth, since))
    lost = np.maximum(depth - (before - after), 0.0)
    below = sight.water.below_mm - np.minimum(lost, np.maximum(sight.water.below_mm, 0.0))
    water = replace(sight.water, depletion_mm=after, below_mm=below)
    return Guess(water=water, predicted=sight.expects(water), depth_mm=depth, days_ago=ago)


def dryness(sight: Sight) -> Floats:
    """(n,) depletion over readily available water."""
    readily = sight.fluxes.readily_available_mm.mean(axis=1)
    share: Floats = sight.water.depletion_mm.mean(axis=1) / np.maximum(readily, 1.0)
    return share


def drier(sight: Sight, by_mm: Floats) -> Water:
    """Water of every member with less in the root zone by (n, M) or (n, 1) mm, never less than the zone can lose."""
    before = sight.water.depletion_mm
    most = np.maximum(sight.fluxes.total_available_mm, before)
    return replace(sight.water, depletion_mm=np.minimum(before + by_mm, most))


def weighed(sight: Sight, claims: Claims, day: int, footing: Footing, draws: tuple[Floats, Floats]) -> Weighed:
    """Probability of every explanation of n readings, and the water each would mean."""
    guess = tried(sight, claims, day, draws)
    net = claims.told_gross_mm[:, None] * sight.plots.efficiency
    # From none of it to most of it: what percolates from a full root zone hides how much came.
    lacking = np.maximum(claims.told_mm[:, None] - _MOST_OF_IT * draws[1] * net, 0.0)
    undone = drier(sight, lacking)
    retracted = drier(sight, (claims.guess_share * claims.guess_mm)[:, None])
    middle = sight.middle
    fall = sight.expects(undone) - sight.predicted
    without_told = sight.expects(drier(sight, claims.told_mm[:, None])).mean(axis=1) - middle
    variance = footing.variance + (SHARE_OF_RESPONSE * without_told) ** 2
    # What did not come spreads nowhere.
    came = footing.variance + (SHARE_OF_RESPONSE * (without_told - fall.mean(axis=1))) ** 2
    without_guess = sight.expects(retracted).mean(axis=1) - middle
    rise = guess.predicted - sight.predicted
    spread = variance + rise.var(axis=1)
    if sight.batch.kind not in SOIL_KINDS:
        spread = guess.predicted.var(axis=1, ddof=1) + sight.error_variance
    beyond = sight.innovation - footing.offset
    likelihood = np.stack(
        [
            (1.0 - _WIDE_SHARE) * _normal(beyond, variance) + _WIDE_SHARE * _normal(beyond, _WIDE * variance),
            _normal(beyond - rise.mean(axis=1), spread),
            _normal(beyond - fall.mean(axis=1), came + fall.var(axis=1)),
            _normal(beyond - without_guess, variance),
            _normal(beyond, variance + FAULTY_WIDTH[sight.batch.kind] ** 2),
        ],
        axis=1,
    )
    joint = likelihood * _priors(sight, claims, day, footing)
    shown = (np.abs(without_told) > 1e-6) & (claims.told_mm > MOSTLY_KEPT * net[:, 0])  # noqa: PLR2004 -- else it cannot show
    told = np.where(shown, without_told, np.nan)
    return Weighed(
        probability=joint / np.maximum(joint.sum(axis=1, keepdims=True), 1e-300),
        guess=guess,
        fit=_fit(sight, guess, beyond, variance),
        undone=undone,
        retracted=retracted,
        told_share=(1.0 - beyond / told, np.sqrt(variance) / np.abs(told)),
    )


def _fit(sight: Sight, guess: Guess, beyond: Floats, variance: Floats) -> Floats:
    """A probe's rise is compared from where its source stood last; a camera's reading with what a member expects."""
    distance, error = beyond[:, None] - (guess.predicted - sight.predicted), variance
    if sight.batch.kind not in SOIL_KINDS:
        distance, error = sight.batch.value - guess.predicted, sight.error_variance
    fit: Floats = np.exp(-0.5 * np.minimum(distance**2 / error[:, None], 600.0)) + 1e-300
    return fit


def _normal(distance: Floats, variance: Floats) -> Floats:
    density: Floats = np.exp(-0.5 * distance**2 / variance) / np.sqrt(2.0 * np.pi * variance)
    return density


def _priors(sight: Sight, claims: Claims, day: int, footing: Footing) -> Floats:
    odd = footing.odd
    if sight.batch.kind in _NO_WATER:
        nothing = np.zeros_like(odd)
        return np.stack([1.0 - odd, nothing, nothing, nothing, odd], axis=1)
    days = np.maximum(day - claims.seen_on, 0.0)
    unreported = footing.telling * (1.0 - np.exp(-claims.rate(dryness(sight)) * days))
    # Who tells next to nothing tells at least that something happened.
    tiny = (claims.told_gross_mm > 0.0) & (claims.told_gross_mm < TINY_MM)
    unreported = np.where(tiny, np.maximum(unreported, _TINY_PRIOR * footing.telling), unreported)
    retracted = np.where(claims.guess_mm > 0.0, 1.0 - claims.guess_probability, 0.0)
    single = np.minimum(np.stack([unreported, claims.doubt(), retracted, odd], axis=1), _SUREST)
    none = np.prod(1.0 - single, axis=1)
    return np.concatenate([none[:, None], none[:, None] * single / (1.0 - single)], axis=1)


def less_believed(batch: Batch, error_variance: Floats, faulty: Floats) -> Batch:
    """The same observations with an error that grows as a fault becomes likely (n,)."""
    share = np.maximum(1.0 - faulty, _SMALLEST_SHARE)
    added = error_variance * (1.0 / share - 1.0)
    return replace(batch, doubt=batch.doubt + added[:, None])


def shared_out(plain: Water, others: tuple[Water, ...], probabilities: tuple[Floats, ...], order: Floats) -> Water:
    """Members (n, M) dealt to the explanations: each of ``others`` gets as many as its probability (n,) says.

    ``order`` (M,) is the place of every member in the deal, 0 to 1.
    """
    low, result = np.zeros_like(probabilities[0]), plain
    for water, probability in zip(others, probabilities, strict=True):
        dealt = (order >= low[:, None]) & (order < (low + probability)[:, None])
        values = {
            field.name: np.where(dealt, getattr(water, field.name), getattr(result, field.name))
            for field in fields(plain)
        }
        low, result = low + probability, replace(plain, **values)
    return result
