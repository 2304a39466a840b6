"""Whether a new model does any group worse than the one in use, on the same images neither had learned from."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.random import Generator

from edge.errors import ModelRefusedError
from models.evaluation.battery import FEW
from models.evaluation.chance import CEILING, FLOOR, Drawn, Strings
from models.evaluation.figures import (
    Numbers,
    area_under_curve,
    balanced_accuracy,
    mean_absolute_error,
    weighted_kappa,
)
from models.evaluation.predictions import Predictions, Truth
from models.evaluation.splits import Rows

FEWEST_DAYS: Final = 3
CEILINGS: Final[Mapping[str, float]] = MappingProxyType({"mean_absolute_error": 0.2})
THIRSTY: Final = 2
LEVELS: Final = 5
Figures = dict[str, float | None]
Columns = Mapping[str, Numbers]


def wilting_figures(truth: Columns, answers: Columns, rows: Rows) -> Figures:
    """AUC and balanced accuracy of score >= 2, agreement and error of the score."""
    score, said = truth["score"][rows], answers["score"][rows]
    thirsty = score >= THIRSTY
    rated = np.clip(np.rint(said), 0, LEVELS - 1).astype(np.int64)
    return {
        "auc": area_under_curve(thirsty, answers["probability"][rows]),
        "qwk": weighted_kappa(score.astype(np.int64), rated, LEVELS),
        "balanced_accuracy": balanced_accuracy(thirsty, answers["alarmed"][rows] > 0),
        "mean_absolute_error": mean_absolute_error(score, said),
    }


def canopy_figures(_: Columns, answers: Columns, rows: Rows) -> Figures:
    """Pooled intersection over union of the mask and the error of its cover fraction."""
    either = float(answers["either_px"][rows].sum())
    return {
        "iou_pooled": float(answers["shared_px"][rows].sum()) / either if either else None,
        "cover_mean_absolute_error": float(np.abs(answers["cover_error"][rows]).mean()),
    }


def scene_figures(truth: Columns, answers: Columns, rows: Rows) -> Figures:
    """Share of views taken rightly for a crop view or for none."""
    right = (answers["crop_view"][rows] >= 0.5) == (truth["crop_view"][rows] >= 0.5)  # noqa: PLR2004 -- more likely than not
    return {"right_fraction": float(right.mean())}


JUDGED: Final[Mapping[str, Callable[[Columns, Columns, Rows], Figures]]] = MappingProxyType(
    {"wilting": wilting_figures, "canopy": canopy_figures, "scene": scene_figures}
)
BETTER: Final[Mapping[str, int]] = MappingProxyType(
    {
        "auc": 1,
        "qwk": 1,
        "balanced_accuracy": 1,
        "mean_absolute_error": -1,
        "iou_pooled": 1,
        "cover_mean_absolute_error": -1,
        "right_fraction": 1,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One figure of one group before and after; ``loss`` is positive when the new model is worse."""

    group: str
    figure: str
    before: float
    after: float
    tolerance: float

    @property
    def loss(self) -> float:
        """How much worse the new model is."""
        return BETTER[self.figure] * (self.before - self.after)

    @property
    def refused(self) -> bool:
        """Whether the loss is beyond what the days drawn anew explain; a figure that is no number is refused too."""
        return not self.loss <= self.tolerance

    def __str__(self) -> str:
        return f"{self.group}: {self.figure} {self.before:.3f} to {self.after:.3f} (tolerance {self.tolerance:.3f})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Every figure of every group of both models, and the groups too small to be judged."""

    images: int
    changes: tuple[Change, ...]
    too_small: tuple[str, ...]

    @property
    def refused(self) -> tuple[Change, ...]:
        """What got worse, the greatest loss first."""
        return tuple(sorted((one for one in self.changes if one.refused), key=lambda one: -one.loss))

    @property
    def worst(self) -> Change | None:
        """The change nearest to or furthest beyond refusal."""
        return max(self.changes, key=lambda one: one.loss - one.tolerance, default=None)


def compared(truth: Truth, new: Predictions, old: Predictions, random: Generator) -> Comparison:
    """Both models on the same rows, group by group; ModelRefusedError when there are no same rows to compare on."""
    images = _same_rows(truth, new, old)
    place = {image: index for index, image in enumerate(truth.images)}
    chosen = [place[image] for image in images]
    columns = {name: np.array(column)[chosen] for name, column in truth.truth.items()}
    figures = JUDGED[truth.task]
    try:
        before, after = (partial(figures, columns, one.rows(images)) for one in (old, new))
        groups = {name: np.array(column)[chosen] for name, column in truth.groups.items()}
        drawn = Drawn(days=groups[truth.resampled_by], random=random)
        changes: list[Change] = []
        small: list[str] = []
        for name, rows in _groups(truth, groups, len(images)):
            why = _too_small(rows, drawn.days, truth.resampled_by)
            if why is None:
                changes += _changes(name, rows, (before, after), drawn)
            else:
                small.append(f"{name} ({why})")
    except KeyError as error:
        raise ModelRefusedError(
            f"publish: expected the column {error} among the held-out answers, got none; evaluate the model again"
        ) from None
    return Comparison(images=len(images), changes=tuple(changes), too_small=tuple(small))


def _same_rows(truth: Truth, new: Predictions, old: Predictions) -> list[str]:
    for what, first, second in (
        ("task", truth.task, new.task),
        ("task", new.task, old.task),
        ("split", new.split, old.split),
    ):
        if first != second:
            raise ModelRefusedError(
                f"publish: expected the same {what} on both sides, got {first} and {second}; evaluate both the same way"
            )
    for what, known in (("new model", new.images), ("truth.json", truth.images)):
        absent = set(old.images) - set(known)
        if absent:
            raise ModelRefusedError(
                f"publish: {what}: expected all {len(old.images)} images the installed model was judged on, got"
                f" {len(absent)} fewer; a group may not be dropped: evaluate on the same data"
            )
    return list(old.images)


def _groups(truth: Truth, groups: Mapping[str, Strings], count: int) -> Iterator[tuple[str, Rows]]:
    """Every group but the days themselves: what one day does differently is the chance that tolerances measure."""
    yield "all", np.arange(count)
    for kind, column in groups.items():
        if kind == truth.resampled_by:
            continue
        for name in np.unique(column):
            yield f"{kind} {name}", np.flatnonzero(column == name)


def _too_small(rows: Rows, days: Strings, unit: str) -> str | None:
    if rows.size < FEW:
        return f"{rows.size} images"
    several = np.unique(days[rows]).size
    return f"only {several} of {unit}" if several < FEWEST_DAYS else None


def _changes(
    name: str, rows: Rows, sides: tuple[Callable[[Rows], Figures], Callable[[Rows], Figures]], drawn: Drawn
) -> Iterator[Change]:
    before, after = sides
    was, now = before(rows), after(rows)
    for figure, first in was.items():
        second = now[figure]
        if first is None or second is None:
            continue
        tolerance = FLOOR
        if BETTER[figure] * (first - second) > FLOOR:
            tolerance = drawn.tolerance(
                rows, partial(_difference, figure, before, after), CEILINGS.get(figure, CEILING)
            )
        yield Change(group=name, figure=figure, before=first, after=second, tolerance=tolerance)


def _difference(
    figure: str, before: Callable[[Rows], Figures], after: Callable[[Rows], Figures], rows: Rows
) -> float | None:
    first, second = before(rows)[figure], after(rows)[figure]
    return None if first is None or second is None else first - second
