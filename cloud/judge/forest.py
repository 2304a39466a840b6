"""An isolation forest as plain arrays: grown by scikit-learn, scored here, so that a file of one can run nothing.

Score of Liu, Ting and Zhou (2008, doi:10.1109/ICDM.2008.17): -2^(-mean path length / usual path length), the lower the
easier told apart.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from cloud.judge.evaporation import FloatArray

Places = npt.NDArray[np.int64]
PAIR: Final = 2
"""Samples that one cut parts; the formula is for more of them."""
EULER: Final = 0.5772156649015329


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """Trees (T, N), filled up with leaves: nodes below, trait and threshold of each, path length where it ends."""

    left: Places
    right: Places
    trait: Places
    threshold: FloatArray
    length: FloatArray
    usual: float
    """Mean path length in a tree of as many samples as each tree was grown from."""

    @classmethod
    def grown(cls, rows: FloatArray, *, trees: int, samples: int, seed: int) -> Self:
        """A forest of the rows (R, F)."""
        from sklearn.ensemble import IsolationForest  # noqa: PLC0415 -- slow to import; only learning needs it

        samples = min(samples, len(rows))
        grown = IsolationForest(n_estimators=trees, max_samples=samples, random_state=seed, n_jobs=1).fit(rows)
        parts = [one.tree_ for one in grown.estimators_]
        most = max(part.node_count for part in parts)
        shape = (len(parts), most)
        left, right, trait = np.full(shape, -1), np.full(shape, -1), np.zeros(shape, dtype=np.int64)
        threshold, length = np.zeros(shape), np.zeros(shape)
        for tree, (part, chosen) in enumerate(zip(parts, grown.estimators_features_, strict=True)):
            nodes = slice(0, part.node_count)
            left[tree, nodes], right[tree, nodes] = part.children_left, part.children_right
            # A leaf's trait is none; any will do, for nothing lies below it.
            trait[tree, nodes] = chosen[np.maximum(part.feature, 0)]
            threshold[tree, nodes] = part.threshold
            length[tree, nodes] = _depths(part.children_left, part.children_right) + usual_length(part.n_node_samples)
        return cls(
            left=left,
            right=right,
            trait=trait,
            threshold=threshold,
            length=length,
            usual=float(usual_length(np.array([samples]))[0]),
        )

    def scores(self, rows: FloatArray) -> FloatArray:
        """Score of each row (R,), between -1 and 0."""
        total = np.zeros(len(rows))
        for tree in range(len(self.left)):
            left, right, trait, threshold = (one[tree] for one in (self.left, self.right, self.trait, self.threshold))
            node = np.zeros(len(rows), dtype=np.int64)
            every = np.arange(len(rows))
            while True:
                inner = left[node] >= 0
                if not inner.any():
                    break
                # Trees were grown on numbers of four bytes.
                below = rows[every, trait[node]].astype(np.float32) <= threshold[node]
                node = np.where(inner, np.where(below, left[node], right[node]), node)
            total += self.length[tree][node]
        scores: FloatArray = -np.exp2(-total / (len(self.left) * self.usual))
        return scores

    def check(self, traits: int) -> None:
        """ValueError unless every path of every tree leads down to a leaf, and asks about known traits only."""
        shape = self.left.shape
        arrays = (self.right, self.trait, self.threshold, self.length)
        if len(shape) != 2 or 0 in shape or any(one.shape != shape for one in arrays):  # noqa: PLR2004 -- trees, nodes
            raise ValueError("arrays of a forest differ in shape")
        own = np.arange(shape[1])[None, :]
        inner = self.left >= 0
        down = (self.left > own) & (self.right > own) & (self.left < shape[1]) & (self.right < shape[1])
        known = (self.trait >= 0) & (self.trait < traits)
        if not (down[inner].all() and known.all() and np.isfinite(self.length).all() and self.usual > 0.0):
            raise ValueError("a tree of the forest does not end")


def usual_length(samples: npt.NDArray[np.int64]) -> FloatArray:
    """Mean path length of a search that fails in a tree of so many samples."""
    many = np.maximum(samples.astype(np.float64), PAIR)
    long = 2.0 * (np.log(many - 1.0) + EULER) - 2.0 * (many - 1.0) / many
    result: FloatArray = np.where(samples <= 1, 0.0, np.where(samples == PAIR, 1.0, long))
    return result


def _depths(left: Places, right: Places) -> FloatArray:
    """Depth of every node; nodes come before those below them."""
    depth = np.zeros(len(left))
    for node in range(len(left)):
        if left[node] >= 0:
            depth[[left[node], right[node]]] = depth[node] + 1.0
    return depth
