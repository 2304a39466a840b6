"""How a day's readings are looked at: on what footing, how far they are faults, and what they leave of the water.

A reading that is near what is expected and comes from a good source costs one update; any other is held against its
rival explanations (``unreported``), and all of them enter their source's record (``trust``, ``suspicion``).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from cloud.agronomy.assimilation.assimilate import assimilate
from cloud.agronomy.assimilation.claims import REPORTERS, TINY_MM, Claims
from cloud.agronomy.assimilation.conclusions import Calm, Case, conclude, settle
from cloud.agronomy.assimilation.suspicion import blame, diagnose, distrust, impossible, still, unrelieved
from cloud.agronomy.assimilation.trust import (
    FAULTY_WIDTH,
    SOIL_KINDS,
    Key,
    footing_of,
    keys_of,
    remember,
    remember_jump,
    remember_lean,
    remember_offset,
)
from cloud.agronomy.assimilation.unreported import (
    WORTH_IRRIGATING,
    Cause,
    Footing,
    Sight,
    Weighed,
    dryness,
    less_believed,
    shared_out,
    weighed,
)
from cloud.agronomy.assimilation.watch import Watch
from cloud.agronomy.step import Water
from cloud.variables import Floats, Indices

_CALM: Final = 1.3
"""Standard errors within which a reading from a good source is taken without asking what else could explain it."""

_GOOD_SOURCE: Final = 0.1
_DISTRUSTED: Final = 0.1
_VISIBLE_TOLD_MM: Final = 5.0
_DRIFT_SHARE: Final = 0.15
"""Error of evapotranspiration that a balance which has learned still makes, day after day the same way, as a share."""

_STREAM: Final = 11
_LARGEST_SURPRISE: Final = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Watcher:
    """Who looks: what is remembered, the day, and the order in which members are dealt explanations."""

    watch: Watch
    day: int
    normal: Floats
    """(M,) depth of the irrigation that each member tries, in standard deviations of its logarithm."""
    uniform: Floats
    """(M,) how long ago, as a share of the days since the soil was last seen."""
    order: Floats
    """(M,) place of every member in the deal of explanations, 0 to 1."""

    @classmethod
    def of(cls, watch: Watch, day: int, normal: Floats) -> "Watcher":
        """The watcher of a day, with the members in that day's own order."""
        generator = np.random.default_rng((_STREAM, day))
        order = generator.permutation(np.arange(normal.size) + 0.5) / normal.size
        return cls(
            watch=watch,
            day=day,
            normal=generator.permutation(normal),
            uniform=generator.permutation(order),
            order=order,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Readings of a batch and the parcels they are of."""

    sight: Sight
    parcels: Indices
    """(n,) places among all the parcels."""
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What looking at a batch gave; arrays (n,)."""

    faulty: Floats
    """Probability that the reading is a fault."""
    rows: Indices
    """Those that were held against rival explanations."""
    causes: Weighed | None
    """Of these rows; None when every reading was calm."""
    places: Indices
    """Rows of their sources in the record."""


def look(watcher: Watcher, seen: Observed) -> Looked:
    """Weigh the readings of a batch, and enter them into their sources' records."""
    sight, trusts = seen.sight, watcher.watch.trusts
    places = trusts.places(keys_of(seen.names, sight.batch))
    claims, _ = _claims(watcher, seen)
    footing = _footing(watcher, sight, places)
    beyond = sight.innovation - footing.offset
    hard, still_likely = _plain_faults(watcher, sight, places, claims, beyond / np.sqrt(footing.variance))
    certain = np.maximum.reduce(hard)
    faulty = _fault_alone(beyond, footing.variance, footing.odd, FAULTY_WIDTH[sight.batch.kind])
    believed, rows, causes = 1.0 - faulty, _to_ask(sight, claims, footing, certain), None
    if rows.size:
        tries = watcher.normal, watcher.uniform
        causes = weighed(sight.take(rows), claims.take(rows), watcher.day, footing.take(rows), tries)
        faulty[rows], believed[rows] = causes.probability[:, Cause.FAULTY], causes.probability[:, Cause.CHANCE]
    _settle(watcher, seen, footing, np.setdiff1d(np.flatnonzero(certain == 0.0), rows, assume_unique=True))
    faulty = np.maximum.reduce([faulty, certain, still_likely, distrust(trusts, places)])
    remember_jump(trusts, places, believed * (1.0 - certain), beyond, footing.variance)
    _remember(watcher, seen, (places, certain), faulty, (beyond / np.sqrt(footing.variance), claims))
    contrast = diagnose(trusts, places, sight.batch, watcher.day, hard)
    if sight.batch.kind in SOIL_KINDS:
        _blamed(watcher, seen, claims.reporter, contrast)
    return Looked(faulty=faulty, rows=rows, causes=causes, places=places)


def believe(watcher: Watcher, seen: Observed, looked: Looked) -> Water:
    """Water after readings that are each believed as their explanations allow; the claims and the record follow."""
    sight, causes, rows = seen.sight, looked.causes, looked.rows
    against = looked.faulty.copy()
    if causes is not None:
        # Members irrigated, or not, by another explanation believe the reading; those left choose chance or fault.
        chance = causes.probability[:, [Cause.CHANCE, Cause.RETRACTED]].sum(axis=1)
        against[rows] = looked.faulty[rows] / np.maximum(looked.faulty[rows] + chance, 1e-12)
    doubtful = less_believed(sight.batch, sight.error_variance, against)
    after = assimilate(sight.water, sight.plots, sight.fluxes, doubtful)
    if causes is not None:
        after = _explained(watcher, seen, looked, (after, causes))
    residual = sight.batch.value[:, 0] - sight.expects(after).mean(axis=1)
    remember_offset(watcher.watch.trusts, looked.places, looked.faulty, residual)
    return after


def _explained(watcher: Watcher, seen: Observed, looked: Looked, said: tuple[Water, Weighed]) -> Water:
    plain, causes = said
    parcels, rows = seen.parcels[looked.rows], looked.rows
    water = causes.probability[:, [Cause.UNREPORTED, Cause.UNDONE, Cause.RETRACTED]]
    # Members that never got the guessed water are dry already: only what is newly doubted is taken from others.
    water[:, 2] = np.maximum(water[:, 2] - (1.0 - watcher.watch.claims.guess_probability[parcels]), 0.0)
    gap, sight = np.zeros(rows.size), seen.sight.take(rows)
    some = np.flatnonzero((water > WORTH_IRRIGATING).any(axis=1))
    if some.size:
        part, there = sight.take(some), rows[some]
        given = [
            assimilate(one.take(some), part.plots, part.fluxes, part.batch)
            for one in (causes.guess.water, causes.undone, causes.retracted)
        ]
        own = plain.take(there)
        gap[some] = (own.depletion_mm - given[0].depletion_mm).mean(axis=1)
        plain = plain.put(there, shared_out(own, tuple(given), tuple(water[some].T), watcher.order))
    names = tuple(seen.names[row] for row in rows)
    case = Case(parcels=parcels, parcel_ids=names, sight=sight, weighed=causes, gap_mm=gap, day=watcher.day)
    conclude(watcher.watch, case)
    return plain


def _claims(watcher: Watcher, seen: Observed) -> tuple[Claims, Floats]:
    claims = watcher.watch.claims.take(seen.parcels)
    return claims.before(seen.sight.batch.later_mm[:, 0], seen.sight.plots.efficiency[:, 0])


def _footing(watcher: Watcher, sight: Sight, places: Indices) -> Footing:
    trusts = watcher.watch.trusts
    daily = _DRIFT_SHARE * _slope(sight) * sight.fluxes.etc_mm.mean(axis=1)
    missed = (daily * trusts.days_since(places, watcher.day)) ** 2
    offset, variance, telling = footing_of(trusts, places, sight.batch, sight.variance, missed)
    return Footing(offset=offset, variance=variance, telling=telling, odd=trusts.odd_probability(places))


def _plain_faults(
    watcher: Watcher, sight: Sight, places: Indices, claims: Claims, surprise: Floats
) -> tuple[tuple[Floats, Floats, Floats], Floats]:
    """(n,) 1 for a probe in air, a number that does not move, a camera that never sees relief; how likely the second.

    0 for others.
    """
    trusts, batch = watcher.watch.trusts, sight.batch
    air = impossible(batch, _wilting_fraction(sight))
    stuck, likely = still(trusts, places, batch, sight.innovation)
    watered = watcher.day - np.maximum(claims.watered_on, claims.guess_last)
    # A camera is not to blame for thirst where water is told that does not come.
    watered = np.where(claims.distrust() > _DISTRUSTED, np.inf, watered)
    return (air, stuck, unrelieved(trusts, places, batch, watered, surprise)), likely


def _to_ask(sight: Sight, claims: Claims, footing: Footing, certain: Floats) -> Indices:
    surprise = np.abs(sight.innovation - footing.offset) > _CALM * np.sqrt(footing.variance)
    # Next to nothing told is itself a question; what a camera sees of told water is not plain enough to settle it.
    tiny = (claims.told_gross_mm > 0.0) & (claims.told_gross_mm < TINY_MM)
    ask = surprise | (footing.odd > _GOOD_SOURCE) | (claims.guess_mm > 0.0) | (claims.suspected > 0.0) | tiny
    if sight.batch.kind not in SOIL_KINDS:
        ask |= claims.told_mm > _VISIBLE_TOLD_MM
    return np.flatnonzero(ask & (certain == 0.0))


def _settle(watcher: Watcher, seen: Observed, footing: Footing, calm: Indices) -> None:
    sight = seen.sight
    if sight.batch.kind not in SOIL_KINDS or not calm.size:
        return
    settle(
        watcher.watch,
        Calm(
            parcels=seen.parcels[calm],
            parcel_ids=tuple(seen.names[row] for row in calm),
            beyond=(sight.innovation - footing.offset)[calm],
            variance=footing.variance[calm],
            slope=_slope(sight)[calm] * (-1.0 if sight.batch.kind == "depletion_mm" else 1.0),
            dryness=dryness(sight)[calm],
            later_mm=sight.batch.later_mm[calm, 0],
            efficiency=sight.plots.efficiency[calm, 0],
            day=watcher.day,
        ),
    )


def _remember(
    watcher: Watcher, seen: Observed, whose: tuple[Indices, Floats], faulty: Floats, said: tuple[Floats, Claims]
) -> None:
    places, certain = whose
    surprise, claims = said
    sight, trusts = seen.sight, watcher.watch.trusts
    remember(trusts, places, sight.batch, watcher.day, (faulty, sight.middle))
    # A plain fault says nothing of where a sensor leans, nor of who tells the water.
    sound = np.flatnonzero(certain == 0.0)
    lean = np.clip(sight.innovation / np.sqrt(sight.variance), -_LARGEST_SURPRISE, _LARGEST_SURPRISE)
    jump = np.clip(surprise, -_LARGEST_SURPRISE, _LARGEST_SURPRISE)
    remember_lean(trusts, places[sound], lean[sound], jump[sound], claims.told_mm[sound] > _VISIBLE_TOLD_MM)


def _blamed(watcher: Watcher, seen: Observed, reporter: Floats, contrast: Floats) -> None:
    """Enter against those who tell the irrigation what a batch of soil readings shows of it, or take it back."""
    watch = watcher.watch
    watch.claims.suspected[seen.parcels] = contrast < 0.0
    keys: list[Key] = [
        (name, "told", REPORTERS[int(code)], "") for name, code in zip(seen.names, reporter, strict=True)
    ]
    rows = [row for row, key in enumerate(keys) if contrast[row] != 0.0 or key in watch.trusts.rows]
    if rows:
        blame(watch.trusts, watch.trusts.places([keys[row] for row in rows]), watcher.day, contrast[rows])


def _slope(sight: Sight) -> Floats:
    """(n,) change of a reading for 1 mm of water in the root zone, for kinds that see the soil."""
    if sight.batch.kind != "soil_water_fraction":
        return np.ones(len(sight.predicted))
    deep = sight.water.root_depth_m.mean(axis=1)
    slope: Floats = 1.0 / (1000.0 * np.maximum(deep, np.nan_to_num(sight.batch.to_m[:, 0])))
    return slope


def _wilting_fraction(sight: Sight) -> Floats:
    """(n,) wilting point of what each observation sees [m3/m3]."""
    batch, roots = sight.batch, sight.water.root_depth_m.mean(axis=1, keepdims=True)
    whole = np.isnan(batch.to_m)
    deep, shallow = np.where(whole, roots, batch.to_m), np.where(whole, 0.0, batch.from_m)
    held = sight.plots.wilting_mm(deep) - sight.plots.wilting_mm(shallow)
    fraction: Floats = (held / (1000.0 * (deep - shallow)))[:, 0]
    return fraction


def _fault_alone(beyond: Floats, variance: Floats, odd: Floats, width: float) -> Floats:
    wide = variance + width**2
    ratio = np.sqrt(wide / variance) * np.exp(-0.5 * beyond**2 * (1.0 / variance - 1.0 / wide))
    found: Floats = odd / (odd + (1.0 - odd) * ratio)
    return found
