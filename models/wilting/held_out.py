"""Answers for photos whose group was not learned from, by the machine and by the plain baseline."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.calibration import temperature_of
from models.evaluation.conformal import level_probabilities
from models.evaluation.figures import best_threshold, weighted_kappa
from models.evaluation.splits import Fold, Split, leave_group_out, out_of_fold, random_split, selected, within
from models.wilting.graph import answers_of, export_graph
from models.wilting.head import HeadSettings, Numbers, fit_head, sigmoid
from models.wilting.machine import Labels, Lessons, Machine, MachineSettings, fit_machine, score_of
from models.wilting.photos import Photos

THIRSTY: Final = 2
SCORES: Final = 5
HALF: Final = 0.5
CHAIN_FOLDS: Final = 10
RANDOM_FOLDS: Final = 5
BASELINE: Final = HeadSettings(penalty=0.1, nuisance=0.0, balanced=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """Calibrated logits (N, 4), scores 0..4, alarms and distances (N,) of photos whose group was not learned from."""

    logits: Numbers
    score: Numbers
    alarmed: NDArray[np.bool_]
    distance: Numbers

    @property
    def exceeds(self) -> Numbers:
        """P(score > k) of each photo (N, 4)."""
        return sigmoid(self.logits)

    @property
    def thirst(self) -> Numbers:
        """P(score >= 2) of each photo (N,)."""
        return np.asarray(self.exceeds[:, THIRSTY - 1], dtype=np.float64)

    @property
    def rated(self) -> Labels:
        """The score as a whole number (N,)."""
        return np.clip(np.rint(self.score), 0, SCORES - 1).astype(np.int64)

    @property
    def levels(self) -> Numbers:
        """Probability of each score (N, 5)."""
        return level_probabilities(self.exceeds)


def splits(photos: Photos, seed: int) -> tuple[Split, ...]:
    """The ways photos are held out, the honest ones first, the random one last."""
    dealt = np.random.default_rng(seed).permutation(np.unique(photos.chains))
    place = {str(chain): index % CHAIN_FOLDS for index, chain in enumerate(dealt)}
    folds = [f"{place[str(chain)]:02d}" for chain in photos.chains]
    return (
        leave_group_out(photos.episodes, "episode"),
        leave_group_out(photos.days, "day", apart=photos.chains),
        leave_group_out(folds, "chain"),
        random_split(len(photos), RANDOM_FOLDS, np.random.default_rng(seed)),
    )


def machines(lessons: Lessons, split: Split, settings: MachineSettings) -> tuple[tuple[Fold, Machine], ...]:
    """For each fold the machine that did not see its rows."""
    return tuple((fold, fit_machine(lessons.of(fold.train), settings)) for fold in split)


def answered(
    fitted: Sequence[tuple[Fold, Machine]], figures: Numbers, *, packed: bool = False
) -> tuple[Numbers, Numbers]:
    """Uncalibrated logits (N, 4) and distances (N,) of held-out rows; ``packed`` runs each machine's 8-bit graph."""
    logits, distance = np.full((len(figures), SCORES - 1), np.nan), np.full(len(figures), np.nan)
    for fold, machine in fitted:
        rows = figures[fold.test]
        if packed:
            with tempfile.TemporaryDirectory() as place:
                path = Path(place) / "packed.onnx"
                export_graph(machine, path, packed=True)
                logits[fold.test], distance[fold.test] = answers_of(path, rows)
        else:
            logits[fold.test], distance[fold.test] = machine.logits(rows), machine.distance(rows)
    return logits, distance


def above(scores: Labels) -> NDArray[np.bool_]:
    """Whether each score (N,) exceeds 0, 1, 2 and 3 (N, 4)."""
    return np.asarray(scores[:, None] > np.arange(SCORES - 1), dtype=np.bool_)


def calibrated(logits: Numbers, scores: Labels, groups: NDArray[np.str_]) -> Numbers:
    """Logits (N, 4) over the temperature that suits the held-out answers of all the other groups."""
    found = np.empty_like(logits)
    for name in np.unique(groups):
        held = groups == name
        found[held] = logits[held] / temperature_of(logits[~held], above(scores[~held]))
    return found


def judged(answers: tuple[Numbers, Numbers], photos: Photos) -> HeldOut:
    """Held-out answers as the field would give them: calibrated elsewhere, alarmed from a probability of one half."""
    logits = calibrated(answers[0], photos.scores, photos.episodes)
    return HeldOut(
        logits=logits,
        score=score_of(answers[0]),
        alarmed=sigmoid(logits[:, THIRSTY - 1]) >= HALF,
        distance=answers[1],
    )


def nested(
    lessons: Lessons, photos: Photos, settings: Sequence[MachineSettings]
) -> tuple[tuple[Numbers, Numbers], list[MachineSettings]]:
    """Answers with each episode's settings chosen by leave-day-out on the other episodes alone, and the choices."""
    outer = leave_group_out(photos.episodes, "episode")

    def worth(one: MachineSettings, inner: Split) -> float:
        rows = np.concatenate([fold.test for fold in inner])
        level = out_of_fold(
            inner, len(photos), lambda fold: fit_machine(lessons.of(fold.train), one).level(lessons.figures[fold.test])
        )
        rated = np.clip(np.rint(level[rows]), 0, SCORES - 1).astype(np.int64)
        return weighted_kappa(photos.scores[rows], rated, SCORES) or 0.0

    chosen = [selected(within(fold, photos.days, "day"), settings, worth) for fold in outer]
    fitted = [(fold, fit_machine(lessons.of(fold.train), one)) for fold, one in zip(outer, chosen, strict=True)]
    return answered(fitted, lessons.figures), chosen


def baseline(plain: Numbers, photos: Photos) -> HeldOut:
    """The plain figures (N, 82) under a logistic regression; its alarm threshold is the best on what it learned."""
    logits = np.full((len(photos), SCORES - 1), np.nan)
    alarmed = np.zeros(len(photos), dtype=bool)
    for fold in leave_group_out(photos.episodes, "episode"):
        learned = photos.scores[fold.train]
        head = fit_head(plain[fold.train], learned, photos.episodes[fold.train], BASELINE)
        known = sigmoid(head.logits(plain[fold.train])[:, THIRSTY - 1])
        logits[fold.test] = head.logits(plain[fold.test])
        thirst = sigmoid(logits[fold.test, THIRSTY - 1])
        alarmed[fold.test] = thirst >= best_threshold(learned >= THIRSTY, known)
    score = np.asarray(sigmoid(logits).sum(axis=1), dtype=np.float64)
    return HeldOut(logits=logits, score=score, alarmed=alarmed, distance=np.zeros(len(photos)))
