"""The gate: the same rows, every group, a loss beyond chance refused and named."""

import numpy as np
import pytest

from edge.errors import ModelRefusedError
from models.evaluation.chance import CEILING, FLOOR, Drawn, student
from models.evaluation.predictions import Predictions, Truth, column, names
from models.evaluation.regression import Change, Comparison, compared

COUNT = 240
DAYS = np.repeat([f"day {index}" for index in range(12)], 20)
HOURS = np.tile(["morning", "midday"], COUNT // 2)
SCORES = np.tile(np.repeat([0, 1, 2, 3, 4], 2), COUNT // 10)
IMAGES = tuple(f"{index:04d}" for index in range(COUNT))


def truth(**groups: np.ndarray[tuple[int], np.dtype[np.str_]]) -> Truth:
    return Truth(
        task="wilting",
        images=IMAGES,
        truth={"score": column(SCORES)},
        groups={"day": names(DAYS), "hour": names(HOURS), **{name: names(values) for name, values in groups.items()}},
        resampled_by="day",
    )


def answers(error: float, at: np.ndarray[tuple[int], np.dtype[np.bool_]] | None = None, seed: int = 1) -> Predictions:
    noise = np.random.default_rng(seed).normal(size=COUNT) * 0.4
    said = np.clip(SCORES + noise + np.where(np.ones(COUNT, bool) if at is None else at, error, 0.0), 0, 4)
    probability = 1 / (1 + np.exp(-(said - 1.5) * 2))
    return Predictions(
        task="wilting",
        split="leave-day-out",
        images=IMAGES,
        answers={"score": column(said), "probability": column(probability), "alarmed": column(said >= 1.5)},
    )


def judged(new: Predictions, old: Predictions, labels: Truth | None = None) -> Comparison:
    return compared(labels or truth(), new, old, np.random.default_rng(9))


def test_the_same_answers_pass_and_every_group_was_looked_at() -> None:
    found = judged(answers(0.0), answers(0.0))
    assert found.images == COUNT
    assert found.refused == ()
    groups = {change.group for change in found.changes}
    assert groups == {"all", "hour morning", "hour midday"}, "a day is what chance is measured by, not a group"
    assert found.worst is not None
    assert found.worst.loss == 0.0
    assert found.worst.tolerance == FLOOR


def test_one_hour_getting_worse_is_refused_although_the_whole_gets_better() -> None:
    midday = HOURS == "midday"
    worse_at_midday = Predictions(
        task="wilting",
        split="leave-day-out",
        images=IMAGES,
        answers={
            "score": column(np.where(midday, answers(0.9).answers["score"], SCORES)),
            "probability": column(np.where(midday, answers(0.9).answers["probability"], SCORES / 4)),
            "alarmed": column(np.where(midday, answers(0.9).answers["alarmed"], SCORES >= 2)),
        },
    )
    found = judged(worse_at_midday, answers(0.0))
    refused = {(change.group, change.figure) for change in found.refused}
    assert ("hour midday", "mean_absolute_error") in refused
    assert not {figure for group, figure in refused if group == "hour morning"}
    losses = [change.loss for change in found.refused]
    assert losses == sorted(losses, reverse=True)
    assert str(found.refused[0]).count("tolerance") == 1


def test_a_loss_within_what_the_days_explain_passes() -> None:
    found = judged(answers(0.0, seed=2), answers(0.0, seed=1))
    whole = [change for change in found.changes if change.group == "all"]
    assert not [change for change in whole if change.refused]
    assert all(FLOOR <= change.tolerance <= 2 * CEILING for change in found.changes)


def test_a_figure_that_is_no_number_is_refused() -> None:
    change = Change(group="all", figure="iou_pooled", before=0.8, after=float("nan"), tolerance=0.1)
    assert change.refused


def test_small_groups_are_named_and_not_judged() -> None:
    camera = np.array(["one"] * (COUNT - 4) + ["two"] * 4)
    found = judged(answers(0.0), answers(0.0), truth(camera=camera))
    assert found.too_small == ("camera two (4 images)",)
    assert "camera two" not in {change.group for change in found.changes}


def test_two_days_cannot_tell_a_loss_from_chance() -> None:
    episode = np.array(["long"] * (COUNT - 40) + ["short"] * 40)
    found = judged(answers(0.9, at=episode == "short"), answers(0.0), truth(episode=episode))
    assert found.too_small == ("episode short (only 2 of day)",)
    assert "episode short" not in {change.group for change in found.changes}


def test_a_tolerance_grows_with_the_spread_of_days_and_is_held_between_its_ends() -> None:
    loss = np.repeat(np.array([-0.02, 0.02, -0.02, 0.02, 0.0]), 4)
    drawn = Drawn(days=np.repeat(list("abcde"), 4), random=np.random.default_rng(3))
    rows = np.arange(20)
    # sd of one day .0179, of the mean of five .008; widened by sqrt(5/4) and t(99 %, 4) = 3.75: about .034
    assert drawn.tolerance(rows, lambda some: float(loss[some].mean())) == pytest.approx(0.034, abs=0.006)
    assert drawn.tolerance(rows, lambda _: 0.3) == FLOOR
    assert drawn.tolerance(rows, lambda _: None) == FLOOR
    assert drawn.tolerance(rows, lambda some: 100 * float(loss[some].mean())) == CEILING
    assert drawn.tolerance(rows, lambda some: 100 * float(loss[some].mean()), ceiling=0.5) == 0.5


@pytest.mark.parametrize(("freedom", "quantile"), [(3, 4.541), (4, 3.747), (10, 2.764), (100, 2.364)])
def test_quantiles_of_students_t_as_tables_print_them(freedom: int, quantile: float) -> None:
    assert student(freedom) == pytest.approx(quantile, rel=0.02)


def test_equal_models_seldom_fail_and_a_lasting_loss_always_does() -> None:
    random = np.random.default_rng(12)
    refused = 0
    for seed in range(8):
        first, second = answers(0.0, seed=seed), answers(0.0, seed=seed + 100)
        held = np.isin(DAYS, np.unique(DAYS)[random.random(12) < 0.5])
        mixed = first.model_copy(
            update={
                "answers": {
                    name: tuple(np.where(held, first.answers[name], second.answers[name])) for name in first.answers
                }
            }
        )
        refused += bool(judged(mixed, first).refused)
    assert refused <= 2
    assert judged(answers(0.6), answers(0.0)).refused


def test_images_may_not_be_dropped() -> None:
    fewer = answers(0.0).model_copy(
        update={"images": IMAGES[:-2], "answers": {name: list_[:-2] for name, list_ in answers(0.0).answers.items()}}
    )
    with pytest.raises(ModelRefusedError, match=r"new model: expected all 240 images .* got 2 fewer"):
        judged(fewer, answers(0.0))


def test_images_added_since_are_left_to_the_next_comparison() -> None:
    fewer = answers(0.0).model_copy(
        update={"images": IMAGES[:-20], "answers": {name: list_[:-20] for name, list_ in answers(0.0).answers.items()}}
    )
    assert judged(answers(0.0), fewer).images == COUNT - 20


@pytest.mark.parametrize("change", [{"split": "random split"}, {"task": "canopy"}])
def test_models_judged_differently_cannot_be_compared(change: dict[str, str]) -> None:
    with pytest.raises(ModelRefusedError, match="expected the same"):
        judged(answers(0.0).model_copy(update=change), answers(0.0))


def test_a_missing_column_is_named() -> None:
    bare = answers(0.0).model_copy(update={"answers": {"score": answers(0.0).answers["score"]}})
    with pytest.raises(ModelRefusedError, match="'probability'"):
        judged(bare, bare)


def test_masks_are_pooled_over_pixels() -> None:
    def masks(shared: float) -> Predictions:
        return Predictions(
            task="canopy",
            split="leave-block-out",
            images=IMAGES,
            answers={
                "shared_px": column(np.full(COUNT, shared)),
                "either_px": column(np.full(COUNT, 100.0)),
                "cover_error": column(np.full(COUNT, 0.01)),
            },
        )

    labels = Truth(task="canopy", images=IMAGES, truth={}, groups={"run": names(DAYS)}, resampled_by="run")
    assert compared(labels, masks(90), masks(85), np.random.default_rng(1)).refused == ()
    refused = compared(labels, masks(70), masks(85), np.random.default_rng(1)).refused
    assert {change.figure for change in refused} == {"iou_pooled"}
    assert refused[0].loss == pytest.approx(0.15)
    empty = compared(
        labels,
        masks(80).model_copy(update={"answers": {**masks(80).answers, "either_px": column(np.zeros(COUNT))}}),
        masks(85),
        np.random.default_rng(1),
    )
    assert {change.figure for change in empty.changes} == {"cover_mean_absolute_error"}


def test_views_taken_rightly_are_counted() -> None:
    labels = Truth(
        task="scene",
        images=IMAGES,
        truth={"crop_view": column(np.ones(COUNT))},
        groups={"set": names(DAYS)},
        resampled_by="set",
    )

    def gate(probability: float) -> Predictions:
        return Predictions(
            task="scene",
            split="leave-set-out",
            images=IMAGES,
            answers={"crop_view": column(np.full(COUNT, probability))},
        )

    assert compared(labels, gate(0.9), gate(0.2), np.random.default_rng(1)).refused == ()
    assert len(compared(labels, gate(0.2), gate(0.9), np.random.default_rng(1)).refused) == 1
