"""The wilting score judged on episodes it never saw, beside the plain baseline and the random split that flatters."""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.figures import (
    area_under_curve,
    balanced_accuracy,
    best_threshold,
    bootstrap,
    calibration_error,
    shortfalls,
    weighted_kappa,
)
from models.job import Job
from models.quantise import answers, export_float, quantise
from models.registry import DATASETS, checked_folder
from models.wilting.export import KINDS, calibration_inputs
from models.wilting.features import photo_figures
from models.wilting.head import Head, HeadSettings, Numbers, fit_head, sigmoid
from models.wilting.network import FeatureGraph, WiltingNet
from models.wilting.photos import Photos, network_input, read_photos
from models.wilting.train import HEAD, SIZE, backbone, features_of

THIRSTY: Final = 2
SCORES: Final = 5
FOLDS: Final = 5
SEED: Final = 20261122
BASELINE: Final = HeadSettings(penalty=0.1, nuisance=0.0, balanced=False)
NETWORK_ROW: Final = "network, 8 bits as shipped"
EXACT_ROW: Final = "network, 32 bits"
BASELINE_ROW: Final = "82 figures + logistic regression"
LEAKY_ROW: Final = "network, 32 bits, random split (leaky: a warning, not a result)"
BETTER: Final = {"auc": 1, "qwk": 1, "balanced_accuracy": 1, "mean_absolute_error": -1, "calibration_error": -1}
Row = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """Answers for photos whose group was not trained on: logits (N, 4) and whether P(score >= 2) passed (N,)."""

    logits: Numbers
    alarmed: NDArray[np.bool_]

    @property
    def thirst(self) -> Numbers:
        """P(score >= 2) of each photo (N,)."""
        return sigmoid(self.logits[:, THIRSTY - 1])

    @property
    def score(self) -> Numbers:
        """Expected score 0..4 of each photo (N,)."""
        return np.asarray(sigmoid(self.logits).sum(axis=1), dtype=np.float64)


def answered(heads: Iterable[tuple[NDArray[np.bool_], Head]], features: Numbers, scores: NDArray[np.int64]) -> HeldOut:
    """Answers of each head for the rows it was not fitted on; its alarm threshold comes from the rows it was."""
    logits = np.full((len(scores), SCORES - 1), np.nan)
    alarmed = np.zeros(len(scores), dtype=bool)
    for held, head in heads:
        known = sigmoid(head.logits(features[~held])[:, THIRSTY - 1])
        threshold = best_threshold(scores[~held] >= THIRSTY, known)
        logits[held] = head.logits(features[held])
        alarmed[held] = sigmoid(logits[held, THIRSTY - 1]) >= threshold
    return HeldOut(logits=logits, alarmed=alarmed)


def episode_heads(
    features: Numbers, photos: Photos, settings: HeadSettings
) -> tuple[tuple[NDArray[np.bool_], Head], ...]:
    """For each episode: the rows held out, and the head fitted on all others."""
    masks = [photos.episodes == episode for episode in np.unique(photos.episodes)]
    return tuple(
        (held, fit_head(features[~held], photos.scores[~held], photos.episodes[~held], settings)) for held in masks
    )


def random_heads(
    features: Numbers, photos: Photos, settings: HeadSettings, seed: int
) -> tuple[tuple[NDArray[np.bool_], Head], ...]:
    """The same with folds drawn at random: near-duplicates stand on both sides, so the figures are too good."""
    fold = np.random.default_rng(seed).integers(FOLDS, size=len(photos))
    return tuple(
        (
            fold == index,
            fit_head(features[fold != index], photos.scores[fold != index], photos.episodes[fold != index], settings),
        )
        for index in range(FOLDS)
    )


def figures(photos: Photos, answer: HeldOut, rows: NDArray[np.int64], seed: int) -> Row:
    """Figures of one group of photos; those a group cannot give (one class only) are left out."""
    truth = photos.scores[rows]
    thirsty, thirst, score = truth >= THIRSTY, answer.thirst[rows], answer.score[rows]
    rated = np.clip(np.rint(score), 0, SCORES - 1).astype(np.int64)
    area = bootstrap(
        photos.days[rows], lambda drawn: area_under_curve(thirsty[drawn], thirst[drawn]), np.random.default_rng(seed)
    )
    found: dict[str, float | None] = {
        "auc": area.value,
        "auc_p5": area.low,
        "auc_p95": area.high,
        "qwk": weighted_kappa(truth, rated, SCORES) if np.unique(truth).size > 1 else None,
        "balanced_accuracy": balanced_accuracy(thirsty, answer.alarmed[rows]),
        "mean_absolute_error": float(np.abs(score - truth).mean()),
        "calibration_error": calibration_error(thirsty, thirst),
    }
    return {"images": int(rows.size), **{name: round(value, 4) for name, value in found.items() if value is not None}}


def table(photos: Photos, answer: HeldOut, method: str, seed: int) -> list[Row]:
    """Figures by episode and together, intervals by bootstrap over days."""
    groups = [(str(name), np.flatnonzero(photos.episodes == name)) for name in np.unique(photos.episodes)]
    groups.append(("all", np.arange(len(photos))))
    return [{"method": method, "episode": name, **figures(photos, answer, rows, seed)} for name, rows in groups]


def by_hour(photos: Photos, answer: HeldOut) -> list[Row]:
    """Mean absolute error and bias of the score by two hours of the day, the worst first."""
    rows: list[Row] = []
    for start in range(0, 24, 2):
        chosen = (photos.hours >= start) & (photos.hours < start + 2)
        if chosen.any():
            error = answer.score[chosen] - photos.scores[chosen]
            rows.append(
                {
                    "hours": f"{start:02d}-{start + 2:02d}",
                    "images": int(chosen.sum()),
                    "mean_absolute_error": round(float(np.abs(error).mean()), 4),
                    "bias": round(float(error.mean()), 4),
                }
            )
    return sorted(rows, key=lambda row: -float(str(row["mean_absolute_error"])))


def temperature_of(logits: Numbers, scores: NDArray[np.int64]) -> float:
    """Divisor of the held-out logits that makes the four levels most likely; above 1 = the head was too sure."""
    above = scores[:, None] > np.arange(SCORES - 1)
    candidates = np.exp(np.linspace(np.log(0.3), np.log(5.0), 120))
    loss = [float(np.logaddexp(0, np.where(above, -logits, logits) / candidate).mean()) for candidate in candidates]
    return round(float(candidates[int(np.argmin(loss))]), 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What each method sees of the N photos: features in 32 and in 8 bits (N, 448), plain figures (N, 82)."""

    exact: Numbers
    packed: Numbers
    plain: Numbers


def evaluate(photos: Photos, seen: Seen, settings: HeadSettings, seed: int) -> dict[str, object]:
    """Every figure of the card: network and baseline with the episode held out, then the leaky split as a warning."""
    heads = episode_heads(seen.exact, photos, settings)
    exact = answered(heads, seen.exact, photos.scores)
    packed = answered(heads, seen.packed, photos.scores)
    plain = answered(episode_heads(seen.plain, photos, BASELINE), seen.plain, photos.scores)
    leaky = answered(random_heads(seen.exact, photos, settings, seed), seen.exact, photos.scores)
    rows = [
        *table(photos, packed, NETWORK_ROW, seed),
        *table(photos, exact, EXACT_ROW, seed),
        *table(photos, plain, BASELINE_ROW, seed),
        table(photos, leaky, LEAKY_ROW, seed)[-1],
    ]
    return {
        "split": "leave-episode-out",
        "rows": rows,
        "below_baseline": shortfalls(rows, "episode", (NETWORK_ROW, BASELINE_ROW), BETTER),
        "by_hour": by_hour(photos, packed),
        "wilting_temperature": temperature_of(packed.logits, photos.scores),
    }


def packed_features(network: WiltingNet, photos: Photos) -> Numbers:
    """Features (N, 448) as the 8-bit graph gives them."""
    with tempfile.TemporaryDirectory() as place:
        exact, packed = Path(place) / "exact.onnx", Path(place) / "packed.onnx"
        export_float(FeatureGraph(network), SIZE, "features", exact)
        quantise(exact, packed, calibration_inputs(photos), KINDS)
        return answers(packed, (network_input(image, SIZE) for image in photos.images)).astype(np.float64)


def run(job: Job) -> dict[str, object]:
    """Rebuild the card's figures from the data set: features, baseline figures, then every held-out head."""
    photos = read_photos(checked_folder(DATASETS["soybean_wilting"], job.data), job.labelled)
    network = backbone()
    exact = features_of(network, photos, SIZE, job.told)
    job.told("wilting: features in 8 bits")
    packed = packed_features(network, photos)
    job.told("wilting: the 82 plain figures of every photo")
    plain = np.array([photo_figures(image) for image in photos.images])
    return evaluate(photos, Seen(exact=exact, packed=packed, plain=plain), HEAD, SEED)
