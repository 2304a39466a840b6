"""What a day's readings mean for the claims on a parcel's water: inferred, confirmed, taken back, or doubted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np

from cloud.agronomy.assimilation.claims import REPORTERS, TINY_MM, Claims, DoubtedIrrigation, InferredIrrigation
from cloud.agronomy.assimilation.suspicion import remember_share, remember_tiny, suspects, words_of
from cloud.agronomy.assimilation.trust import SOIL_KINDS, Key
from cloud.agronomy.assimilation.unreported import MOSTLY_KEPT, SHARE_OF_RESPONSE, Cause, Sight, Weighed, dryness
from cloud.agronomy.assimilation.watch import Watch
from cloud.agronomy.step import Flags
from cloud.variables import Floats, Indices

WORTH_TELLING: Final = 0.10
"""Probability from which an irrigation that was inferred, or doubted, stands in the record."""

_PROBABLE: Final = 0.5
_VISIBLE_MM: Final = 5.0
_PLANT_SEES: Final = 0.15
_CERTAIN: Final = 0.95
_CONFIRMED: Final = 0.5
_UNLIKELY: Final = 0.10
_OLD_DAYS: Final = 14.0
_LATE: Final = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Readings that were weighed, with the parcels they speak of; arrays (n,)."""

    parcels: Indices
    parcel_ids: tuple[str, ...]
    sight: Sight
    weighed: Weighed
    gap_mm: Floats
    """Water by which members given an unreported irrigation now differ from the others."""
    day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Calm:
    """Soil readings that surprise nobody, with the parcels they speak of; arrays (n,)."""

    parcels: Indices
    parcel_ids: tuple[str, ...]
    beyond: Floats
    """Seen less what the source should have read."""
    variance: Floats
    slope: Floats
    """Change of the reading for 1 mm in the root zone."""
    dryness: Floats
    later_mm: Floats
    efficiency: Floats
    day: int


def conclude(watch: Watch, case: Case) -> None:
    """Enter what weighed readings say into the claims and the record."""
    sight = case.sight
    claims, later = watch.claims.take(case.parcels).before(sight.batch.later_mm[:, 0], sight.plots.efficiency[:, 0])
    probability = case.weighed.probability
    sound = probability[:, Cause.FAULTY] < _PROBABLE
    given = probability / np.maximum(1.0 - probability[:, [Cause.FAULTY]], 1e-9)
    claims = _taken_back(watch, case, claims, np.where(sound, given[:, Cause.RETRACTED], 0.0))
    claims = _told(watch, case, claims, given[:, Cause.UNDONE], sound)
    claims = _inferred(watch, case, claims, probability[:, Cause.UNREPORTED], sound)
    soil = sight.batch.kind in SOIL_KINDS
    sees = sound & (soil | (sight.middle > _PLANT_SEES))
    after = replace(claims, seen_on=np.where(sees, float(case.day), claims.seen_on))
    watch.claims.enter(case.parcels, after.with_later(later, sight.batch.later_mm[:, 0], case.day))


def _taken_back(watch: Watch, case: Case, claims: Claims, retracted: Floats) -> Claims:
    pending = claims.guess_mm > 0.0
    if not pending.any():
        return claims
    after = np.where(pending, 1.0 - retracted, claims.guess_probability)
    claims = replace(claims, found=claims.found + np.where(pending, after - claims.guess_probability, 0.0))
    claims = replace(claims, guess_probability=after)
    for row in np.flatnonzero(pending).tolist():
        _enter_inferred(watch, case.parcel_ids[row], claims, row, "")
    settled = pending & ((after > _CERTAIN) | (after < _UNLIKELY) | (case.day - claims.guess_on > _OLD_DAYS))
    return replace(claims, guess_mm=np.where(settled, 0.0, claims.guess_mm))


def _told(watch: Watch, case: Case, claims: Claims, undone: Floats, sound: Flags) -> Claims:
    soil = case.sight.batch.kind in SOIL_KINDS
    weighed = sound & (claims.told_mm > 0.0)
    for row in np.flatnonzero(weighed & (undone >= WORTH_TELLING)).tolist():
        _enter_doubted(watch, case, claims, row, float(undone[row]))
    if not soil:
        return replace(claims, told_mm=np.where(weighed, claims.told_mm * (1.0 - undone), claims.told_mm))
    # With an irrigation inferred beside the told one, the soil's rise says nothing of who told it.
    unreported = case.weighed.probability[:, Cause.UNREPORTED]
    share, error = case.weighed.told_share
    visible = np.flatnonzero(sound & (claims.told_mm > _VISIBLE_MM) & np.isfinite(share))
    _remember_shares(watch, case.parcel_ids, claims, visible, (share, error), case.day)
    tiny = (claims.told_gross_mm > 0.0) & (claims.told_gross_mm < TINY_MM) & (unreported > WORTH_TELLING)
    rows = np.flatnonzero(tiny)
    if rows.size:
        places = watch.trusts.places(_tellers(case.parcel_ids, claims, rows))
        remember_tiny(watch.trusts, places, case.day, unreported[rows])
    checked = weighed & (claims.told_mm > _VISIBLE_MM)
    return _settled(claims, sound, checked, undone)


def _settled(claims: Claims, sound: Flags, checked: Flags, undone: Floats) -> Claims:
    kept = np.where(sound, np.float64(0.0), 1.0)
    confirmed = checked & (undone < _CONFIRMED * claims.doubt())
    return replace(
        claims,
        watered_on=np.where(confirmed, claims.told_last, claims.watered_on),
        undone=claims.undone + np.where(checked, undone, 0.0),
        checked=claims.checked + checked,
        told_mm=claims.told_mm * kept,
        told_gross_mm=claims.told_gross_mm * kept,
    )


def settle(watch: Watch, calm: Calm) -> None:
    """Settle what was told to the parcels of soil readings that surprise nobody: the water came."""
    claims, later = watch.claims.take(calm.parcels).before(calm.later_mm, calm.efficiency)
    checked = claims.told_mm > _VISIBLE_MM
    shift = np.where(checked, claims.told_mm * calm.slope, np.nan)
    share = 1.0 + calm.beyond / shift, np.sqrt(calm.variance + (SHARE_OF_RESPONSE * shift) ** 2) / np.abs(shift)
    whole = checked & (claims.told_mm > MOSTLY_KEPT * claims.told_gross_mm * calm.efficiency)
    _remember_shares(watch, calm.parcel_ids, claims, np.flatnonzero(whole), share, calm.day)
    everyone = np.ones(len(checked), dtype=np.bool_)
    claims = claims.counted(calm.day, calm.dryness, everyone)
    after = _settled(claims, everyone, checked, np.zeros(len(checked)))
    after = replace(after, seen_on=np.full(len(checked), float(calm.day)))
    watch.claims.enter(calm.parcels, after.with_later(later, calm.later_mm, calm.day))


def _tellers(parcel_ids: Sequence[str], claims: Claims, rows: Indices) -> list[Key]:
    return [(parcel_ids[row], "told", REPORTERS[int(claims.reporter[row])], "") for row in rows.tolist()]


def _remember_shares(
    watch: Watch,
    parcel_ids: Sequence[str],
    claims: Claims,
    rows: Indices,
    share: tuple[Floats, Floats],
    day: int,
) -> None:
    if rows.size:
        places = watch.trusts.places(_tellers(parcel_ids, claims, rows))
        remember_share(watch.trusts, places, day, (share[0][rows], share[1][rows]))


def _inferred(watch: Watch, case: Case, claims: Claims, unreported: Floats, sound: Flags) -> Claims:
    new = unreported >= WORTH_TELLING
    claims = claims.counted(case.day, dryness(case.sight), sound)
    claims = replace(claims, found=claims.found + np.where(sound | new, unreported, 0.0))
    if not new.any():
        return claims
    guess, fit, efficiency = case.weighed.guess, case.weighed.fit, case.sight.plots.efficiency
    ago = _quantiles(guess.days_ago, fit)
    depth = _quantiles(guess.depth_mm / efficiency, fit)
    first, last = np.ceil(case.day - ago[2]), np.ceil(case.day - ago[0])
    told = {
        "guess_mm": np.maximum(case.gap_mm, 0.0),
        "guess_share": unreported,
        "guess_probability": unreported,
        "guess_first": np.minimum(np.maximum(first, claims.seen_on + 1.0), case.day),
        "guess_last": np.minimum(np.maximum(last, claims.seen_on + 1.0), case.day),
        "guess_on": np.full(len(new), float(case.day)),
        "guess_p10_mm": depth[0],
        "guess_p50_mm": depth[1],
        "guess_p90_mm": depth[2],
    }
    claims = replace(claims, **{name: np.where(new, values, getattr(claims, name)) for name, values in told.items()})
    for row in np.flatnonzero(new).tolist():
        _enter_inferred(watch, case.parcel_ids[row], claims, row, _evidence(case, row))
    return claims


def _quantiles(values: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    order = np.argsort(values, axis=1)
    ranked = np.take_along_axis(values, order, axis=1)
    share = np.cumsum(np.take_along_axis(np.broadcast_to(weights, values.shape), order, axis=1), axis=1)
    share /= share[:, -1:]
    low, middle, high = (
        np.take_along_axis(ranked, np.argmax(share >= level, axis=1)[:, None], axis=1)[:, 0]
        for level in (0.1, 0.5, _LATE)
    )
    return low, middle, high


def _evidence(case: Case, row: int) -> str:
    sight = case.sight
    spread = float(np.sqrt(sight.variance_of_members[row] + sight.error_variance[row]))
    return (
        f"{words_of(sight.batch.kind, sight.batch.observations[row].source)} says {sight.batch.value[row, 0]:.3g} on"
        f" {_day(case.day)} where {sight.middle[row]:.3g} +- {spread:.2g} was expected"
    )


def _enter_inferred(watch: Watch, parcel_id: str, claims: Claims, row: int, evidence: str) -> None:
    key = parcel_id, int(claims.guess_on[row])
    known = watch.inferred.get(key)
    watch.inferred[key] = InferredIrrigation(
        parcel_id=parcel_id,
        first_day=_day(claims.guess_first[row]),
        last_day=_day(claims.guess_last[row]),
        depth_p10_mm=float(claims.guess_p10_mm[row]),
        depth_p50_mm=float(claims.guess_p50_mm[row]),
        depth_p90_mm=float(claims.guess_p90_mm[row]),
        probability=float(claims.guess_probability[row]),
        evidence=evidence or (known.evidence if known else f"inferred on {_day(claims.guess_on[row])}"),
    )


def _enter_doubted(watch: Watch, case: Case, claims: Claims, row: int, probability: float) -> None:
    parcel_id = case.parcel_ids[row]
    watch.doubted[parcel_id, int(claims.told_first[row])] = DoubtedIrrigation(
        parcel_id=parcel_id,
        first_day=_day(claims.told_first[row]),
        last_day=_day(claims.told_last[row]),
        depth_mm=float(claims.told_gross_mm[row]),
        source=REPORTERS[int(claims.reporter[row])],
        probability=probability,
        evidence=_evidence(case, row),
    )


def _day(ordinal: float) -> date:
    day: date = np.datetime64(int(ordinal), "D").item()
    return day


def inferred_of(watch: Watch) -> tuple[InferredIrrigation, ...]:
    """Irrigations nobody told of, by parcel and day on which they were inferred."""
    return tuple(watch.inferred[key] for key in sorted(watch.inferred))


def doubted_of(watch: Watch) -> tuple[DoubtedIrrigation, ...]:
    """Irrigations that were told and that the soil did not see, by parcel and day."""
    return tuple(watch.doubted[key] for key in sorted(watch.doubted))


def notes_of(watch: Watch) -> tuple[str, ...]:
    """One line for each probable irrigation that nobody told of, each that did not come, and each suspect source."""
    water = [
        f"parcel {one.parcel_id}: probably irrigated between {one.first_day} and {one.last_day}, about"
        f" {one.depth_p50_mm:.0f} mm ({one.depth_p10_mm:.0f} to {one.depth_p90_mm:.0f}), probability"
        f" {one.probability:.2f}, and nobody told of it: {one.evidence}"
        for one in inferred_of(watch)
        if one.probability >= _PROBABLE
    ]
    doubts = [
        f"parcel {one.parcel_id}: {one.depth_mm:.0f} mm told ({one.source}) for {one.first_day} probably did not come,"
        f" probability {one.probability:.2f}: {one.evidence}"
        for one in doubted_of(watch)
        if one.probability >= _PROBABLE
    ]
    return (*water, *doubts, *(one.note for one in suspects(watch.trusts)))
