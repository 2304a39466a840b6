"""Where the spread of an ensemble comes from: how much of it each uncertain quantity explains.

The depletion of the members is regressed on what differs between them; the limits of all layers together are the soil.
Uncertain quantities that observations have tied to each other share what they explain together by relative weights:
J.W. Johnson (2000), A heuristic method for estimating the relative weight of predictor variables,
doi:10.1207/S15327906MBR3501_1.
"""

from typing import Final, get_args

import numpy as np

from cloud.agronomy.assimilation.members import Draws
from cloud.agronomy.state import WaterState
from cloud.variables import Floats
from cloud.water_day import Spread, SpreadCause

CAUSES: Final[tuple[SpreadCause, ...]] = get_args(SpreadCause)
_SMALLEST_SIGMA_MM: Final = 1e-6
_SMALLEST_ROOT: Final = 1e-9
_AT_ONCE: Final = 4_000
"""Parcels regressed together: a bound on memory, not on the answer."""


def spreads_of(state: WaterState, drawn: Draws, parcel_ids: tuple[str, ...]) -> list[Spread]:
    """Spread of each parcel's depletion on the state's day and the share of its variance that each cause explains.

    Parcels without a state, and ensembles of one member, have no spread. ``drawn`` are the draws that the members
    began with: the share of rain, irrigation and the start is told by them, that of learned quantities by the state.
    """
    if drawn.count == 1:
        return []
    depletion = state.depletion_mm
    sigma = depletion.std(axis=1, ddof=1)
    known = state.started & np.isfinite(sigma) & (sigma > _SMALLEST_SIGMA_MM)
    chosen = np.flatnonzero(known)
    if not chosen.size:
        return []
    causes, values = zip(*_differing(state, drawn), strict=True)
    shares = np.concatenate(
        [
            explained(depletion[part], [one[part] for one in values])
            for part in np.array_split(chosen, -(-chosen.size // _AT_ONCE))
        ]
    )
    shares = _by_cause(shares, [*causes, "rest"])
    return [
        Spread(
            parcel_id=parcel_ids[place],
            day=state.day,
            sigma_mm=round(float(sigma[place]), 2),
            shares={cause: round(float(share), 3) for cause, share in zip(CAUSES, row, strict=True)},
        )
        for place, row in zip(chosen, shares, strict=True)
    ]


def _by_cause(parts: Floats, causes: list[SpreadCause]) -> Floats:
    """Shares (P, number of CAUSES) from parts (P, C), each of which belongs to a cause."""
    return np.stack(
        [parts[:, [place for place, one in enumerate(causes) if one == cause]].sum(axis=1) for cause in CAUSES], axis=1
    )


def explained(outcome: Floats, causes: list[Floats]) -> Floats:
    """Share of the variance of ``outcome`` (P, M) that each of C ``causes`` (P, M) explains, and the rest: (P, C + 1).

    Shares are not negative and add up to 1.
    """
    target = _standard(outcome)
    predictors = np.stack([_standard(one) for one in causes], axis=1)
    correlation = predictors @ predictors.swapaxes(1, 2)
    with_target = (predictors @ target[:, :, None])[:, :, 0]
    roots, vectors = np.linalg.eigh(correlation)
    roots = np.sqrt(np.maximum(roots, 0.0))
    usable = roots > _SMALLEST_ROOT
    inverse = np.where(usable, 1.0 / np.where(usable, roots, 1.0), 0.0)
    half = vectors * roots[:, None, :] @ vectors.swapaxes(1, 2)
    weights = (vectors * inverse[:, None, :] @ vectors.swapaxes(1, 2) @ with_target[:, :, None])[:, :, 0]
    shares: Floats = (half**2 @ (weights**2)[:, :, None])[:, :, 0]
    total = shares.sum(axis=1, keepdims=True)
    shares = np.where(total > 1.0, shares / np.maximum(total, 1.0), shares)
    return np.concatenate([shares, np.maximum(1.0 - shares.sum(axis=1, keepdims=True), 0.0)], axis=1)


def _standard(values: Floats) -> Floats:
    """Deviations of length 1; zeros where nothing differs."""
    away = values - values.mean(axis=1, keepdims=True)
    length = np.sqrt((away**2).sum(axis=1, keepdims=True))
    unit: Floats = np.where(length > _SMALLEST_SIGMA_MM, away / np.maximum(length, _SMALLEST_SIGMA_MM), 0.0)
    return unit


def _differing(state: WaterState, drawn: Draws) -> list[tuple[SpreadCause, Floats]]:
    """What differs between the members, each under the cause that it belongs to; arrays (P, M)."""
    water, shape = state.water, state.depletion_mm.shape
    limits = (water.capacity_scale, water.deep_scale, water.wilting_scale, water.deep_wilting_scale)
    found: list[tuple[SpreadCause, Floats]] = [
        *(("soil", np.log(scale)) for scale in limits),
        ("roots", np.log(water.root_scale)),
        ("below", water.below_mm),
        ("crop", np.log(water.kcb_scale)),
        ("demand", water.et0_scale),
        ("rain", drawn.rain),
        ("irrigation", drawn.irrigation),
        ("start", drawn.start),
    ]
    return [(cause, np.broadcast_to(values, shape)) for cause, values in found]
