"""How good and how honest an ensemble is against what came: continuous ranked probability score, ranks, coverage."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cloud.variables import Floats


def ensemble_crps(*, members: Floats, observed: Floats, fair: bool = False) -> Floats:
    """Continuous ranked probability score of ensembles, in the unit of the quantity.

    Parameters
    ----------
    members : ndarray, shape (..., M)
    observed : ndarray, shape (...)
    fair : bool
        Score as if the members were draws from an ensemble without end: a small ensemble is not punished for being
        small. Not for members that stand at chosen quantiles, which it would flatter.

    Notes
    -----
    T. Gneiting, A.E. Raftery (2007), eq. 20, doi:10.1198/016214506000001437; fair: C. Ferro (2014),
    doi:10.1002/qj.2270. One member gives its absolute error.
    """
    count = members.shape[-1]
    ordered = np.sort(members, axis=-1)
    weights = 2.0 * np.arange(1, count + 1) - count - 1.0
    pairs = count * (count - 1) if fair and count > 1 else count * count
    spread = 2.0 * (ordered * weights).sum(axis=-1) / pairs
    score: Floats = np.abs(members - observed[..., None]).mean(axis=-1) - 0.5 * spread
    return score


def ranks(members: Floats, observed: Floats) -> Floats:
    """Place of what came among the members, 0 (below all) to 1 (above all), shape (...); the middle where they tie."""
    below = (members < observed[..., None]).sum(axis=-1)
    level = (members == observed[..., None]).sum(axis=-1)
    place: Floats = (below + 0.5 * level) / members.shape[-1]
    return place


def rank_counts(members: Floats, observed: Floats, generator: np.random.Generator, *, bins: int = 10) -> list[int]:
    """Counts of what came by its rank in ``bins`` equal classes; honest members fill them evenly.

    A member stands for the middle of an equal share; within a gap, or among members that tie with what came, any place
    is as good as another and is drawn.
    """
    below = (members < observed[..., None]).sum(axis=-1)
    level = (members == observed[..., None]).sum(axis=-1)
    place = (below - 0.5 + generator.random(below.shape) * (level + 1)) / members.shape[-1]
    counts, _ = np.histogram(np.clip(place, 0.0, 1.0), bins=bins, range=(0.0, 1.0))
    return [int(one) for one in counts]


def covered(members: Floats, observed: Floats, *, share: float = 0.8) -> NDArray[np.bool_]:
    """Whether what came lies within the central interval that holds ``share``, bounds included.

    Each member stands for the middle of an equal share of the probability (Hazen's rule), as calibrated ones do.
    """
    low, high = np.quantile(members, [0.5 - share / 2.0, 0.5 + share / 2.0], axis=-1, method="hazen")
    inside: NDArray[np.bool_] = (low <= observed) & (observed <= high)
    return inside
