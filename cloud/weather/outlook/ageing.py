"""A forecast that grows old moves towards what the season usually brings, and its bounds only widen.

Days that the forecast does not reach are those of earlier years, one year for each member.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.variables import Floats
from cloud.weather.outlook.coupling import dealt

FRESH_DAYS: Final = 1
"""A forecast of the day before is as fresh as any: the evening decides for the coming day."""
WEIGHT_OF_A_DAY: Final = 0.25
"""Share of climatology that each further day of age adds."""
LEAST_MEMBERS: Final = 20
"""Of fewer members no honest share can be replaced: each then stands several times before some of them are."""


def weight_of_age(age_days: int) -> float:
    """Share of the members that climatology takes, 0 to 1."""
    return min(1.0, max(0.0, WEIGHT_OF_A_DAY * (age_days - FRESH_DAYS)))


def times_each(members: int) -> int:
    """How often each of M members stands, so that they are enough for a share of them to be replaced."""
    return max(1, -(-LEAST_MEMBERS // members))


def replaced(members: int, weight: float) -> NDArray[np.bool_]:
    """Which of M members climatology takes: evenly spread, their number rounded down."""
    steps = np.floor(np.arange(members + 1) * weight + 1e-9)
    taken: NDArray[np.bool_] = np.diff(steps) > 0.0
    return taken


def ageable(members: Floats, climate: Floats) -> NDArray[np.bool_]:
    """Days and sites (K, S) of which every member (K, M, S) and the climate of every member are known."""
    return np.asarray(np.isfinite(members).all(axis=1) & np.isfinite(climate).all(axis=1), dtype=np.bool_)


def aged(members: Floats, climate: Floats, weight: float) -> Floats:
    """Members (K, M, S) with a share of them from climatology, no central interval narrower than before.

    Parameters
    ----------
    members : ndarray, shape (K, M, S)
        NaN where a member is unknown: that day and site stay as they are.
    climate : ndarray, shape (K, M, S)
    weight : float
        Share of climatology, 0..1.

    Notes
    -----
    Below the middle each quantile is the lower of that of the forecast and that of the mixture, above it the higher.
    """
    taken = replaced(members.shape[1], weight)
    known = ageable(members, climate)[:, None, :]
    mixture = np.where(taken[None, :, None], climate, members)
    if not taken.any() or not known.any():
        return members
    before, after = np.sort(members, axis=1), np.sort(mixture, axis=1)
    place = np.arange(members.shape[1]) - (members.shape[1] - 1) / 2.0
    low, high = (place < 0.0)[None, :, None], (place > 0.0)[None, :, None]
    wide = np.where(low, np.minimum(before, after), np.where(high, np.maximum(before, after), after))
    return np.where(known, dealt(np.where(known, wide, 0.0), np.where(known, mixture, 0.0)), members)


def continued(members: Floats, climate: Floats, needed: int) -> Floats:
    """Unknown days after the unbroken first ones taken from climatology, where the forecast itself reaches far enough.

    Parameters
    ----------
    members, climate : ndarray, shape (K, M, S)
        Of one variable, or stacked (V, K, M, S): a day is known when every variable of it is.
    needed : int
        Days that the forecast must hold itself: a site with fewer stays as it is, so that advice is still refused.
    """
    stacked = members if members.ndim == 4 else members[None]  # noqa: PLR2004 -- variables, days, members, sites
    known = np.isfinite(stacked).all(axis=(0, 2))
    unbroken = np.cumprod(known, axis=0).astype(np.bool_)
    extend = ~unbroken & (unbroken.sum(axis=0) >= needed)[None, :]
    result: Floats = np.where(extend[:, None, :], climate, members)
    return result
