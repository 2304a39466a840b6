"""Who is held out: whole episodes, days, chains or blocks, and the random split that flatters and says so."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from models.evaluation.figures import Numbers, best_threshold

Rows = NDArray[np.int64]
Setting = TypeVar("Setting")
LEAKY_WARNING = "leaky: near-duplicates stand on both sides; a warning, not a result"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """One group held out: row indices to learn from and to be judged on, both ascending."""

    group: str
    train: Rows
    test: Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A way of holding rows out; ``leaky`` splits are shown as warnings and never as results."""

    name: str
    folds: tuple[Fold, ...]
    leaky: bool = False

    def __iter__(self) -> Iterator[Fold]:
        """The folds, in the order of their groups' names."""
        return iter(self.folds)

    @property
    def title(self) -> str:
        """The name as tables show it, with the warning where one is due."""
        return f"{self.name} ({LEAKY_WARNING})" if self.leaky else self.name


def leave_group_out(groups: ArrayLike, kind: str, apart: ArrayLike | None = None) -> Split:
    """One fold for each group; ``kind`` names what a group is (episode, day, chain).

    Rows that share a value of ``apart`` (N,) with the held-out group are not learned from either: a chain of
    near-duplicates that runs over midnight then does not tie two days together.
    """
    names = np.asarray(groups)
    kin = None if apart is None else np.asarray(apart)
    folds = []
    for name in np.unique(names):
        held = names == name
        barred = held if kin is None else held | np.isin(kin, np.unique(kin[held]))
        folds.append(Fold(group=str(name), train=np.flatnonzero(~barred), test=np.flatnonzero(held)))
    return Split(name=f"leave-{kind}-out", folds=tuple(folds))


def leave_block_out(count: int, size: int) -> Split:
    """Contiguous blocks of ``size`` rows, each held out in turn; the last block may be shorter."""
    blocks = np.arange(count) // size
    folds = [
        Fold(
            group=f"{block * size + 1}-{min((block + 1) * size, count)}",
            train=np.flatnonzero(blocks != block),
            test=np.flatnonzero(blocks == block),
        )
        for block in range(int(np.ceil(count / size)))
    ]
    return Split(name=f"leave-block-of-{size}-out", folds=tuple(folds))


def random_split(count: int, folds: int, random: Generator) -> Split:
    """Rows dealt to folds at random: reported beside the honest splits to show how much it flatters."""
    place = random.permutation(np.arange(count) % folds)
    return Split(
        name="random split",
        leaky=True,
        folds=tuple(
            Fold(group=str(index), train=np.flatnonzero(place != index), test=np.flatnonzero(place == index))
            for index in range(folds)
        ),
    )


def within(fold: Fold, groups: ArrayLike, kind: str) -> Split:
    """The leave-group-out split of a fold's own training rows, in indices of the whole: for nested selection."""
    names = np.asarray(groups)[fold.train]
    inner = leave_group_out(names, kind)
    return Split(
        name=f"nested {inner.name}",
        folds=tuple(
            Fold(group=one.group, train=fold.train[one.train], test=fold.train[one.test]) for one in inner.folds
        ),
    )


def selected(inner: Split, settings: Sequence[Setting], worth: Callable[[Setting, Split], float]) -> Setting:
    """The setting that is worth most on the inner split; of equals the first named. The held-out rows stay unseen."""
    if not settings:
        raise ValueError(f"{inner.name}: expected at least one setting to choose from, got none")
    scores = [worth(setting, inner) for setting in settings]
    return settings[int(np.argmax(scores))]


def out_of_fold(split: Split, count: int, answer: Callable[[Fold], ArrayLike]) -> Numbers:
    """Answers (count, ...) of models that did not see the row; NaN for a row that no fold held out."""
    found: Numbers | None = None
    for fold in split:
        part = np.asarray(answer(fold), dtype=np.float64)
        if len(part) != fold.test.size:
            raise ValueError(f"fold {fold.group}: expected {fold.test.size} answers, got {len(part)}")
        if found is None:
            found = np.full((count, *part.shape[1:]), np.nan)
        found[fold.test] = part
    return np.full(count, np.nan) if found is None else found


def alarms_elsewhere(groups: ArrayLike, positive: NDArray[np.bool_], score: Numbers) -> NDArray[np.bool_]:
    """Whether each row's score passes the threshold that was best on all the other groups (N,)."""
    names = np.asarray(groups)
    alarmed = np.zeros(names.size, dtype=bool)
    for name in np.unique(names):
        held = names == name
        alarmed[held] = score[held] >= best_threshold(positive[~held], score[~held])
    return alarmed
