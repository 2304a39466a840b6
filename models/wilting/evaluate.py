"""The wilting score judged on episodes it never saw, beside the plain baseline and the random split that flatters."""

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.figures import photo_figures
from models.evaluation.bars import Bar
from models.evaluation.battery import Worst, battery, exposure, hours, stages, thirds
from models.evaluation.calibration import calibration_rows, risk_coverage_rows, temperature_of
from models.evaluation.conformal import balanced_quantile, coverage_rows, sets_elsewhere, strangeness
from models.evaluation.figures import (
    Interval,
    area_under_curve,
    balanced_accuracy,
    bootstrap,
    calibration_error,
    shortfalls,
    weighted_kappa,
)
from models.evaluation.perturbations import Image
from models.evaluation.predictions import PREDICTIONS, TRUTH, Predictions, Truth, column, names, write_sheet
from models.evaluation.robustness import parity_rows, robustness_rows
from models.evaluation.splits import Fold
from models.job import Job
from models.registry import DATASETS, checked_folder, file_sha256
from models.wilting.features import photo_figures as plain_figures
from models.wilting.held_out import (
    SCORES,
    THIRSTY,
    HeldOut,
    above,
    answered,
    baseline,
    judged,
    machines,
    nested,
    splits,
)
from models.wilting.machine import Lessons, Machine, MachineSettings
from models.wilting.photos import Photos, read_photos, read_rows
from models.wilting.train import SETTINGS, lessons_of

SEED: Final = 20261122
COVERAGE: Final = 0.9
NOVEL: Final = 0.99
FEW: Final = 10
PLANT_COLUMN: Final = 85
"""Place of the plant pixels' share among the figures of a photo."""
GRID: Final = tuple(
    MachineSettings(nuisance=10.0, light=light, width=width, cost=cost)
    for light, width, cost in ((30.0, 0.1, 20.0), (30.0, 0.1, 10.0), (10.0, 0.1, 10.0), (100.0, 0.1, 10.0))
)
MACHINE_ROW: Final = "machine, 8 bits as shipped"
EXACT_ROW: Final = "machine, 32 bits"
NESTED_ROW: Final = "machine, settings chosen on the other episodes"
BASELINE_ROW: Final = "82 figures + logistic regression"
BETTER: Final = {"auc": 1, "qwk": 1, "balanced_accuracy": 1, "mean_absolute_error": -1, "calibration_error": -1}
NAMED_CHANGES: Final = 9
Row = dict[str, object]


def figures(photos: Photos, answer: HeldOut, rows: NDArray[np.int64]) -> dict[str, float | None]:
    """Figures of one group of photos; None where a group cannot give one (one class only)."""
    truth = photos.scores[rows]
    thirsty, thirst, score = truth >= THIRSTY, answer.thirst[rows], answer.score[rows]
    return {
        "auc": area_under_curve(thirsty, thirst),
        "qwk": weighted_kappa(truth, answer.rated[rows], SCORES) if np.unique(truth).size > 1 else None,
        "balanced_accuracy": balanced_accuracy(thirsty, answer.alarmed[rows]),
        "mean_absolute_error": float(np.abs(score - truth).mean()),
        "bias": float((score - truth).mean()),
        "calibration_error": calibration_error(thirsty, thirst),
    }


def area_of(photos: Photos, answer: HeldOut, members: NDArray[np.int64], seed: int) -> Interval:
    """AUC of score >= 2 of some photos, its interval by bootstrap over their days."""
    thirsty, thirst = photos.scores[members] >= THIRSTY, answer.thirst[members]
    return bootstrap(
        photos.days[members], lambda drawn: area_under_curve(thirsty[drawn], thirst[drawn]), np.random.default_rng(seed)
    )


def table(photos: Photos, answer: HeldOut, method: str, seed: int) -> list[Row]:
    """Figures by episode and together; intervals of the AUC by bootstrap over days."""
    groups = [(str(name), np.flatnonzero(photos.episodes == name)) for name in np.unique(photos.episodes)]
    groups.append(("all", np.arange(len(photos))))
    rows: list[Row] = []
    for name, members in groups:
        area = area_of(photos, answer, members, seed)
        found = {**figures(photos, answer, members), "auc_p5": area.low, "auc_p95": area.high}
        known = {label: round(value, 4) for label, value in found.items() if value is not None}
        rows.append({"method": method, "episode": name, "images": int(members.size), **known})
    return rows


def groups_of(photos: Photos, lessons: Lessons) -> dict[str, NDArray[np.str_]]:
    """The kinds of group every figure is looked at by; chains with few photos are taken together."""
    chains, place, sizes = np.unique(photos.chains, return_inverse=True, return_counts=True)
    views = np.where(sizes >= FEW, np.char.add("chain ", chains.astype(str)), "chains of fewer than 10")
    return {
        "episode": photos.episodes,
        "hour": hours(photos.hours),
        "light": thirds(exposure(photos.images)),
        "camera": views[place],
        "cover": thirds(lessons.figures[:, PLANT_COLUMN]),
        "stage": stages(photos.days, photos.episodes),
    }


def bias_rows(photos: Photos, lessons: Lessons, answer: HeldOut) -> list[Row]:
    """Every figure by every kind of group, the greatest error first."""
    return battery(
        lambda rows: figures(photos, answer, rows),
        groups_of(photos, lessons),
        Worst(figure="mean_absolute_error", better=-1),
    )


def changed_rows(photos: Photos, fitted: tuple[tuple[Fold, Machine], ...], job: Job) -> list[Row]:
    """What the AUC and the kappa lose when the pictures are changed."""

    def found(images: Iterable[Image]) -> dict[str, float | None]:
        rows = np.array([photo_figures(image) for image in images])
        answer = judged(answered(fitted, rows), photos)
        first, every = np.flatnonzero(photos.episodes == "A"), np.arange(len(photos))
        return {
            "auc_A": figures(photos, answer, first)["auc"],
            "auc": figures(photos, answer, every)["auc"],
            "qwk": figures(photos, answer, every)["qwk"],
        }

    return robustness_rows(photos.images, found, {"auc_A": 1, "auc": 1, "qwk": 1}, told=job.told)


def sureness(photos: Photos, answer: HeldOut) -> dict[str, object]:
    """Conformal sets, calibration curve, risk-coverage and novelty of the held-out answers."""
    truth, levels = photos.scores, answer.levels
    sets = sets_elsewhere(levels, truth, photos.episodes, photos.days, COVERAGE, coming=0)
    own = strangeness(levels)[np.arange(len(truth)), truth]
    spread = np.sqrt((levels * (np.arange(SCORES) - answer.score[:, None]) ** 2).sum(axis=1))
    rows, area = risk_coverage_rows(np.abs(answer.score - truth), spread)
    return {
        "conformal": {
            "coverage_asked": COVERAGE,
            "by_episode": coverage_rows(sets.members, truth, photos.episodes),
            "by_day": coverage_rows(sets.members, truth, photos.days),
        },
        "conformal_limit": round(min(balanced_quantile(own, photos.days, COVERAGE, 0), 1.0), 5),
        "distance_limit": round(float(np.quantile(answer.distance, NOVEL)), 5),
        "calibration_curve": {"rows": calibration_rows(truth >= THIRSTY, answer.thirst)},
        "risk_coverage": {"error": "mean absolute error of the score", "aurc": area, "rows": rows},
    }


def bar_rows(rows: list[Row], sure: dict[str, object], changed: list[Row], parity: list[Row]) -> list[Row]:
    """The bars of the score, each with what was measured."""
    shipped = {str(row["episode"]): row for row in rows if row["method"] == MACHINE_ROW}

    def of(episode: str, name: str) -> float | None:
        value = shipped.get(episode, {}).get(name)
        return value if isinstance(value, float) else None

    conformal = sure["conformal"]
    assert isinstance(conformal, dict)
    covered = {f"{key} {row['group']}": row["coverage"] for key in ("by_episode", "by_day") for row in conformal[key]}
    lost = [float(str(row["auc_A_lost"])) for row in changed if named(str(row["change"])) and "auc_A_lost" in row]
    eight = [float(str(row["lost"])) for row in parity if row["figure"] == "auc"]
    alarm = "alarm at P >= 0.5, which no photo chose"
    return [
        Bar(what="AUC(score >= 2), episode A held out", least=0.93).row(of("A", "auc")),
        Bar(what="QWK, episode A held out", least=0.60).row(of("A", "qwk")),
        Bar(what="balanced accuracy, episode A held out", least=0.85).row(of("A", "balanced_accuracy"), alarm),
        Bar(what="calibration error of P(score >= 2), all held out", most=0.05).row(of("all", "calibration_error")),
        Bar(what="coverage of 90 % sets, all photos", least=0.88, most=0.92).row(covered.get("by_episode all")),
        Bar(what="coverage of 90 % sets, mean of days", least=0.88, most=0.92).row(
            covered.get("by_day mean of the groups")
        ),
        Bar(what="AUC lost on A under white balance, gamma and JPEG, worst", most=0.03).row(max(lost, default=None)),
        Bar(what="AUC lost by 8 bits", most=0.005).row(max(eight, default=None)),
    ]


def named(change: str) -> bool:
    """Whether the bars name this change of the picture."""
    return change.startswith(("red", "green", "blue", "gamma", "JPEG"))


def evaluate(
    photos: Photos, lessons: Lessons, plain: NDArray[np.float64], job: Job
) -> tuple[dict[str, object], HeldOut]:
    """Every figure of the card, and the held-out answers it shows first."""
    ways = splits(photos, SEED)
    fitted = machines(lessons, ways[0], SETTINGS)
    exact = judged(answered(fitted, lessons.figures), photos)
    raw = answered(fitted, lessons.figures, packed=True)
    packed = judged(raw, photos)
    rows = [*table(photos, packed, MACHINE_ROW, SEED), *table(photos, exact, EXACT_ROW, SEED)]
    job.told("wilting: settings chosen on the other episodes")
    answers, chosen = nested(lessons, photos, GRID)
    rows += table(photos, judged(answers, photos), NESTED_ROW, SEED)
    rows += table(photos, baseline(plain, photos), BASELINE_ROW, SEED)
    for way in ways[1:]:
        job.told(f"wilting: {way.name}")
        found = judged(answered(machines(lessons, way, SETTINGS), lessons.figures), photos)
        rows.append(table(photos, found, f"{EXACT_ROW}, {way.title}", SEED)[-1])
    every = np.arange(len(photos))
    sure = sureness(photos, packed)
    changed = changed_rows(photos, fitted, job)
    parity = parity_rows(figures(photos, exact, every), figures(photos, packed, every), BETTER)
    return {
        "split": "leave-episode-out",
        "photos_from_the_map": len(job.labelled),
        "bars": bar_rows(rows, sure, changed, parity),
        "rows": rows,
        "nested_choices": [f"light {one.light:g}, width {one.width:g}, cost {one.cost:g}" for one in chosen],
        "below_baseline": shortfalls(rows, "episode", (MACHINE_ROW, BASELINE_ROW), BETTER),
        "wilting_temperature": temperature_of(raw[0], above(photos.scores)),
        **sure,
        "bias": {"worst_first": bias_rows(photos, lessons, packed)},
        "robustness": {"rows": changed},
        "parity": {"what": "stored numbers in 8 bits, arithmetic in 32", "rows": parity},
    }, packed


def write_sheets(job: Job, photos: Photos, lessons: Lessons, answer: HeldOut) -> None:
    """Held-out answers image by image, and beside them the truth that stays here."""
    folder = checked_folder(DATASETS["soybean_wilting"], job.data)
    ids = tuple(file_sha256(folder / "img" / row["file"])[:16] for row in read_rows(folder, job.labelled))
    _, first = np.unique(ids, return_index=True)  # one photo may stand in the table twice
    kept = np.sort(first)
    images = tuple(ids[index] for index in kept)
    answers = {"score": answer.score, "probability": answer.thirst, "alarmed": answer.alarmed}
    write_sheet(
        job.out / "wilting" / PREDICTIONS,
        Predictions(
            task="wilting",
            split="leave-episode-out",
            images=images,
            answers={name: column(values[kept]) for name, values in answers.items()},
        ),
    )
    groups = {**groups_of(photos, lessons), "day": photos.days}
    write_sheet(
        job.out / "wilting" / TRUTH,
        Truth(
            task="wilting",
            images=images,
            truth={"score": column(photos.scores[kept])},
            groups={name: names(values[kept]) for name, values in groups.items()},
            resampled_by="day",
        ),
    )


def run(job: Job) -> dict[str, object]:
    """Rebuild the card's figures from the data set: figures of every photo, then every held-out machine."""
    photos = read_photos(checked_folder(DATASETS["soybean_wilting"], job.data), job.labelled)
    lessons = lessons_of(photos, job.told)
    job.told("wilting: the 82 plain figures of every photo")
    plain = np.array([plain_figures(image) for image in photos.images])
    found, answer = evaluate(photos, lessons, plain, job)
    write_sheets(job, photos, lessons, answer)
    return found
