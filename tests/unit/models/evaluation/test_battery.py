"""The bias battery: every group of every kind, the worst first, the small ones marked."""

import numpy as np
import pytest

from models.evaluation.battery import MARK, Worst, battery, exposure, hours, stages, thirds


def test_the_worst_group_of_all_kinds_stands_first_and_small_ones_last() -> None:
    error = np.concatenate([np.full(20, 0.1), np.full(20, 0.5), np.full(3, 0.9)])
    hour = np.array(["am"] * 20 + ["pm"] * 23)
    camera = np.array(["one"] * 40 + ["two"] * 3)
    rows = battery(
        lambda chosen: {"mae": float(error[chosen].mean()), "auc": None},
        {"hour": hour, "camera": camera},
        Worst(figure="mae", better=-1),
    )
    assert [(row["by"], row["group"]) for row in rows] == [
        ("hour", "pm"), ("camera", "one"), ("hour", "am"), ("camera", "two"),
    ]  # fmt: skip
    assert rows[-1]["note"] == MARK
    assert "note" not in rows[0]
    assert "auc" not in rows[0], "a figure that cannot be given is left out, never zero"
    assert rows[2]["images"] == 20


def test_more_may_be_better_and_unknown_comes_after_known() -> None:
    area = {"x": 0.9, "y": 0.7, "z": None}
    names = np.repeat(["x", "y", "z"], 12)
    rows = battery(lambda chosen: {"auc": area[names[chosen[0]]]}, {"camera": names}, Worst(figure="auc", better=1))
    assert [row["group"] for row in rows] == ["y", "x", "z"]


def test_thirds_are_of_the_values_themselves() -> None:
    found = thirds(np.array([3.0, 1.0, 2.0, np.nan]))
    assert found.tolist() == ["highest third", "lowest third", "middle third", "unknown"]
    assert thirds(np.array([np.nan])).tolist() == ["unknown"]


def test_hours_go_in_spans() -> None:
    assert hours([0, 13, 23]).tolist() == ["00-02", "12-14", "22-24"]


def test_stage_is_the_third_of_the_season_a_day_lies_in() -> None:
    found = stages(["2019-08-01", "2019-08-16", "2019-08-31", "20200905"], ["A", "A", "A", "B"])
    assert found.tolist() == ["A early", "A middle", "A late", "B early"]


def test_exposure_weighs_the_colours_as_the_eye_does() -> None:
    green = np.zeros((8, 8, 3), dtype=np.uint8)
    green[..., 1] = 255
    assert exposure([green, np.full((8, 8, 3), 255, dtype=np.uint8)]) == pytest.approx([0.587, 1.0])
