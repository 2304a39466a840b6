"""Which photos came from one fixed camera, found from their views alone: the data set names no camera.

A fixed camera takes a photo every quarter of an hour, so its next photo looks almost the same, and two photos a few
minutes apart are of two cameras. Photos of a day less than three hours apart are linked, the most alike first, unless
that would give one camera two photos at once. A camera that was moved becomes another one, as it must.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.views import view_vector

LINK: Final = 1.1
"""Likeness from which two photos are of one camera: above what ``edge.views.SAME_VIEW`` asks of a known one."""
REACH_S: Final = 3 * 3600.0
AT_ONCE_S: Final = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """Views of N photos as vectors (N, D), the moments they were taken at [s] (N,) and their days (N,)."""

    vectors: NDArray[np.float32]
    moments_s: NDArray[np.float64]
    days: NDArray[np.str_]


def views_of(signatures: Sequence[bytes], moments_s: NDArray[np.float64], days: NDArray[np.str_]) -> Views:
    """Views of photos from their signatures."""
    return Views(vectors=np.stack([view_vector(one) for one in signatures]), moments_s=moments_s, days=days)


def cameras_of(views: Views) -> NDArray[np.int64]:
    """Number of the camera of each photo (N,), counted from 0 in the order of their first photos' rows."""
    count = len(views.moments_s)
    members: dict[int, list[int]] = {index: [index] for index in range(count)}
    camera = np.arange(count)
    for one, two in _links(views):
        first, second = sorted((int(camera[one]), int(camera[two])))
        if first == second or _at_once(views.moments_s, members[first], members[second]):
            continue
        moved = members.pop(second)
        members[first] += moved
        camera[moved] = first
    _, numbered = np.unique(camera, return_inverse=True)
    return numbered.astype(np.int64)


def _links(views: Views) -> list[tuple[int, int]]:
    """Pairs of photos that may be of one camera, the most alike first."""
    alike = views.vectors @ views.vectors.T
    apart_s = np.abs(views.moments_s[:, None] - views.moments_s[None, :])
    fit = (alike >= LINK) & (apart_s < REACH_S) & (apart_s >= AT_ONCE_S)
    fit &= views.days[:, None] == views.days[None, :]
    pairs = np.argwhere(np.triu(fit, 1))
    order = np.argsort(-alike[pairs[:, 0], pairs[:, 1]], kind="stable")
    return [(int(one), int(two)) for one, two in pairs[order]]


def _at_once(moments_s: NDArray[np.float64], one: Sequence[int], two: Sequence[int]) -> bool:
    return bool((np.abs(moments_s[list(one)][:, None] - moments_s[list(two)][None, :]) < AT_ONCE_S).any())
