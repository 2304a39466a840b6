"""Nothing that is judged was learned from: splits by whole groups, nested choices, thresholds fixed elsewhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.evaluation.splits import (
    LEAKY_WARNING,
    Fold,
    Split,
    alarms_elsewhere,
    leave_block_out,
    leave_group_out,
    out_of_fold,
    random_split,
    selected,
    within,
)

EPISODES = np.array(["A", "A", "B", "B", "C"])


def test_each_group_is_held_out_once_and_never_learned_from() -> None:
    split = leave_group_out(EPISODES, "episode")
    assert split.name == "leave-episode-out"
    assert split.title == split.name
    assert [fold.group for fold in split] == ["A", "B", "C"]
    assert split.folds[1].test.tolist() == [2, 3]
    assert split.folds[1].train.tolist() == [0, 1, 4]


def test_a_chain_over_midnight_does_not_tie_two_days_together() -> None:
    chains = np.array(["x", "y", "y", "z", "z"])
    split = leave_group_out(EPISODES, "day", apart=chains)
    assert split.folds[0].test.tolist() == [0, 1]
    assert split.folds[0].train.tolist() == [3, 4], "row 2 shares chain y with the held-out row 1"
    assert split.folds[2].train.tolist() == [0, 1, 2], "row 3 shares chain z with the held-out row 4"


@settings(max_examples=40)
@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=30))
def test_folds_of_any_grouping_cover_every_row_once(groups: list[str]) -> None:
    split = leave_group_out(groups, "chain")
    assert sorted(int(row) for fold in split for row in fold.test) == list(range(len(groups)))
    for fold in split:
        assert not set(fold.train) & set(fold.test)
        assert {groups[row] for row in fold.train} & {groups[row] for row in fold.test} == set()


def test_blocks_are_contiguous_and_the_last_may_be_short() -> None:
    split = leave_block_out(7, 3)
    assert [fold.group for fold in split] == ["1-3", "4-6", "7-7"]
    assert split.folds[2].test.tolist() == [6]
    assert split.folds[0].train.tolist() == [3, 4, 5, 6]


def test_the_random_split_says_that_it_flatters() -> None:
    split = random_split(10, 5, np.random.default_rng(1))
    assert split.leaky
    assert LEAKY_WARNING in split.title
    assert [fold.test.size for fold in split] == [2] * 5
    assert sorted(int(row) for fold in split for row in fold.test) == list(range(10))


def test_nested_selection_never_touches_the_held_out_rows() -> None:
    outer = leave_group_out(EPISODES, "episode").folds[0]
    inner = within(outer, EPISODES, "episode")
    assert inner.name == "nested leave-episode-out"
    assert {int(row) for fold in inner for row in (*fold.train, *fold.test)} == {2, 3, 4}
    assert [fold.group for fold in inner] == ["B", "C"]


def test_the_best_setting_is_chosen_and_of_equals_the_first() -> None:
    inner = leave_group_out(EPISODES, "episode")
    assert selected(inner, [0.1, 0.5, 0.2], lambda setting, _: setting) == 0.5
    assert selected(inner, ["a", "b"], lambda *_: 1.0) == "a"
    with pytest.raises(ValueError, match="at least one setting"):
        selected(inner, [], lambda *_: 1.0)


def test_answers_come_back_in_the_order_of_the_rows() -> None:
    split = leave_group_out(EPISODES, "episode")
    found = out_of_fold(split, 5, lambda fold: fold.test * 10.0)
    assert found.tolist() == [0.0, 10.0, 20.0, 30.0, 40.0]


def test_rows_that_no_fold_held_out_stay_unknown() -> None:
    only = Split(name="one", folds=(Fold(group="A", train=np.array([1]), test=np.array([0])),))
    found = out_of_fold(only, 2, lambda fold: np.ones((fold.test.size, 3)))
    assert found.shape == (2, 3)
    assert np.isnan(found[1]).all()
    assert np.isnan(out_of_fold(Split(name="none", folds=()), 2, lambda _: np.ones(0))).all()


def test_a_wrong_number_of_answers_is_told() -> None:
    with pytest.raises(ValueError, match="fold A: expected 2 answers, got 1"):
        out_of_fold(leave_group_out(EPISODES, "episode"), 5, lambda _: np.ones(1))


def test_the_threshold_of_a_group_comes_from_the_others() -> None:
    groups = np.array(["A", "A", "B", "B"])
    positive = np.array([False, True, False, True])
    score = np.array([0.1, 0.2, 0.6, 0.9])
    # A is judged by B's threshold 0.9 (nothing passes), B by A's 0.2 (everything passes)
    assert alarms_elsewhere(groups, positive, score).tolist() == [False, False, True, True]
