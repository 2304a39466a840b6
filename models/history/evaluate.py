"""A fixed camera against its own past, on real photos: wilting with and without history; moved, stuck, drifted cameras.

The wilting scores are the held-out answers of ``seguia models evaluate wilting``: no photo's own episode was learned
from. What history itself needs (a level, a share) is fitted on other episodes' answers; those come from models that saw
the episode in question, which is a small leak of the kind that flatters history.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.card import packaged_models
from edge.errors import ConfigurationError
from models.evaluation.bars import Bar
from models.evaluation.figures import (
    Numbers,
    area_under_curve,
    bootstrap,
    mean_absolute_error,
    rank_correlation,
    weighted_kappa,
)
from models.evaluation.predictions import PREDICTIONS, read_predictions
from models.history.drift import drift_rows
from models.history.moved import frozen_rows, moved_rows
from models.history.past import Times, camera_days, dawn_rows, recent_mean, share_of_dawn
from models.history.photos import CameraPhotos, read_camera_photos
from models.job import Job
from models.registry import DATASETS, checked_folder

SEED: Final = 20261122
THIRSTY: Final = 2
LEVELS: Final = 5
FEWEST: Final = 10
ALONE: Final = "one photo"
RECENT: Final = "mean of the last half hour"
RISE: Final = "rise since its dawn on the level of other episodes' dawns"
SHARE: Final = "less a share of its dawn, fitted on other episodes"
MOST_FALSE: Final = 0.03
LEAST_FOUND: Final = 0.95
Row = dict[str, object]
Rows = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Held-out answers for N photos: expected score 0..4 and log-odds of score >= 2 (N,)."""

    score: Numbers
    odds: Numbers


def answers_of(photos: CameraPhotos, out: Path) -> Answers:
    """Held-out answers that an evaluation left in OUT/wilting, else those that travel with the installed model."""
    places = (out / "wilting" / PREDICTIONS, packaged_models() / "wilting" / PREDICTIONS)
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise ConfigurationError(
            f"{places[0]}: expected the held-out answers of the wilting model, got nothing;"
            " run seguia models evaluate wilting with the same --out first"
        )
    sheet = read_predictions(found)
    missing = set(photos.images) - set(sheet.images)
    if missing:
        raise ConfigurationError(
            f"{found}: expected an answer for every photo of soybean_wilting, got none for {len(missing)};"
            " run seguia models evaluate wilting again"
        )
    rows = sheet.rows(photos.images)
    probability = np.clip(rows["probability"], 1e-5, 1 - 1e-5)
    return Answers(score=rows["score"], odds=np.log(probability / (1 - probability)))


def times_of(photos: CameraPhotos) -> Times:
    """When and by which camera each photo was taken."""
    return Times(cameras=photos.cameras, days=photos.days, moments_s=photos.moments_s, hours=photos.hours)


def with_history(photos: CameraPhotos, alone: Answers) -> Mapping[str, Answers]:
    """Answers by method; where a photo has no dawn of its own, the methods that need one fall back on the photo."""
    times = times_of(photos)
    dawns = dawn_rows(times)
    shares = _shares(photos, alone, dawns)
    none = dict.fromkeys(shares, 1.0)
    return {
        ALONE: alone,
        RECENT: Answers(score=recent_mean(alone.score, times), odds=recent_mean(alone.odds, times)),
        RISE: _less_dawn(photos, alone, dawns, none),
        SHARE: _less_dawn(photos, alone, dawns, shares),
    }


def table(photos: CameraPhotos, answers: Mapping[str, Answers], seed: int) -> list[Row]:
    """Figures by method and episode, on the photos that have a dawn of their own and on all; intervals by camera."""
    dawned = dawn_rows(times_of(photos)) >= 0
    rows = []
    for chosen, which in ((dawned, "with a dawn"), (np.ones(dawned.size, dtype=bool), "all")):
        for episode in (*np.unique(photos.episodes), "all"):
            group = np.flatnonzero(chosen & ((photos.episodes == episode) | (episode == "all")))
            if group.size >= FEWEST:
                rows += [
                    {"photos": which, "episode": str(episode), "method": name, **_figures(photos, answer, group, seed)}
                    for name, answer in answers.items()
                ]
    return rows


def rise_rows(photos: CameraPhotos, alone: Answers) -> list[Row]:
    """How well the rise since dawn follows the true one, and how well scores rank within one camera's day."""
    dawns = dawn_rows(times_of(photos))
    rows: list[Row] = []
    for episode in np.unique(photos.episodes):
        here = (dawns >= 0) & (photos.episodes == episode)
        if here.sum() >= FEWEST:
            said, true = _rise(alone.score, dawns, here), _rise(photos.scores.astype(np.float64), dawns, here)
            within = _within_days(photos, alone, photos.episodes == episode)
            found: dict[str, float | None] = {
                "rank_correlation_of_rise": rank_correlation(said, true),
                "mean_absolute_error_of_rise": mean_absolute_error(true, said),
                "mean_rank_correlation_within_a_day": float(np.mean(within)) if within else None,
            }
            rows.append(
                {"episode": str(episode), "images": int(here.sum()), "camera_days": len(within), **_known(found)}
            )
    return rows


def run(job: Job) -> dict[str, object]:
    """Every figure of a camera's history; the data set's photos and the wilting model's held-out answers are needed."""
    photos = read_camera_photos(checked_folder(DATASETS["soybean_wilting"], job.data))
    job.told("history: cameras found from their views")
    alone = answers_of(photos, job.out)
    rows = table(photos, with_history(photos, alone), SEED)
    job.told("history: moved, stuck and drifted cameras")
    moved, frozen, drifted = moved_rows(photos, SEED), frozen_rows(photos, SEED), drift_rows(photos)
    cases = {"moved": moved, "frozen": frozen, "drifted": drifted}
    return {
        "cameras": int(np.unique(photos.cameras).size),
        "split": "leave-episode-out",
        "with_history": rows,
        "rise": rise_rows(photos, alone),
        **cases,
        "bars": [*_bars(rows), *(bar for kind, found in cases.items() for bar in _found_bars(kind, found))],
    }


def _figures(photos: CameraPhotos, answer: Answers, group: NDArray[np.int64], seed: int) -> Row:
    truth = photos.scores[group]
    rated = np.clip(np.rint(answer.score[group]), 0, LEVELS - 1).astype(np.int64)
    area = bootstrap(
        photos.cameras[group],
        lambda drawn: area_under_curve(truth[drawn] >= THIRSTY, answer.odds[group][drawn]),
        np.random.default_rng(seed),
    )
    found: dict[str, float | None] = {
        "auc": area.value,
        "auc_p5": area.low,
        "auc_p95": area.high,
        "qwk": weighted_kappa(truth, rated, LEVELS) if np.unique(truth).size > 1 else None,
        "mean_absolute_error": mean_absolute_error(truth.astype(np.float64), answer.score[group]),
    }
    return {"images": int(group.size), **_known(found)}


def _known(found: Mapping[str, float | None]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in found.items() if value is not None}


def _shares(photos: CameraPhotos, alone: Answers, dawns: NDArray[np.int64]) -> dict[str, float]:
    """For each episode the share of the dawn to take off, from the photos of the others."""
    shares = {}
    for episode in np.unique(photos.episodes):
        rows = np.flatnonzero((dawns >= 0) & (photos.episodes != episode))
        truth = photos.scores[rows].astype(np.float64)
        shares[str(episode)] = share_of_dawn(alone.score[rows], alone.score[dawns[rows]], truth)
    return shares


def _less_dawn(photos: CameraPhotos, alone: Answers, dawns: NDArray[np.int64], shares: Mapping[str, float]) -> Answers:
    score, odds = alone.score.copy(), alone.odds.copy()
    for episode, share in shares.items():
        others = np.unique(dawns[(dawns >= 0) & (photos.episodes != episode)])
        rows = np.flatnonzero((dawns >= 0) & (photos.episodes == episode))
        if others.size:
            score[rows] -= share * (alone.score[dawns[rows]] - alone.score[others].mean())
            odds[rows] -= share * (alone.odds[dawns[rows]] - alone.odds[others].mean())
    return Answers(score=np.clip(score, 0.0, LEVELS - 1.0), odds=odds)


def _rise(values: Numbers, dawns: NDArray[np.int64], rows: Rows) -> Numbers:
    return values[rows] - values[dawns[rows]]


def _within_days(photos: CameraPhotos, alone: Answers, here: Rows) -> list[float]:
    """Rank correlation of score and truth within each camera's day that holds enough photos and several scores."""
    found = []
    for rows in camera_days(times_of(photos)):
        if here[rows].all() and rows.size >= FEWEST and np.unique(photos.scores[rows]).size > 1:
            value = rank_correlation(alone.odds[rows], photos.scores[rows].astype(np.float64))
            found += [] if value is None else [value]
    return found


def _bars(rows: list[Row]) -> list[Row]:
    best = [row for row in rows if row["episode"] == "A" and row["photos"] == "all" and row["method"] == RECENT]
    area, kappa = (_value(best[0], name) if best else None for name in ("auc", "qwk"))
    return [
        Bar(what="AUC(score >= 2), episode A held out, last half hour of the camera", least=0.93).row(area),
        Bar(what="QWK, episode A held out, last half hour of the camera", least=0.60).row(kappa),
    ]


def _found_bars(truth: str, rows: list[Row]) -> list[Row]:
    called = {
        kind: [value for row in rows if row["truth"] == kind and (value := _value(row, "called")) is not None]
        for kind in ("good", truth)
    }
    return [
        Bar(what=f"good photos called {truth}, worst case", most=MOST_FALSE).row(max(called["good"], default=None)),
        Bar(what=f"{truth} photos called so, worst case", least=LEAST_FOUND).row(min(called[truth], default=None)),
    ]


def _value(row: Row, name: str) -> float | None:
    value = row.get(name)
    return float(value) if isinstance(value, int | float) else None
