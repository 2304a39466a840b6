"""Intervals and chance."""

from dataclasses import replace

import numpy as np
import pytest

from cloud.impact.estimate import cells_of
from cloud.impact.interval import chance_of, draws, interval_of, redrawn
from cloud.impact.panel import water
from tests.synthetic_panel import drawn_panel, paired_panel, panel


def test_each_stratum_is_drawn_as_often_as_it_has_blocks() -> None:
    weights = draws(np.array([0, 0, 1, 1, 1]), 50, np.random.default_rng(0))
    assert weights.shape == (50, 5)
    assert (weights[:, :2].sum(axis=1) == 2).all()
    assert (weights[:, 2:].sum(axis=1) == 3).all()


def test_a_clear_saving_has_an_interval_around_it() -> None:
    made = drawn_panel(np.random.default_rng(1))
    found = interval_of(cells_of(made, water(made), made.start), 0.95, 499, np.random.default_rng(0))
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert 0.2 < found.low < found.value < found.high < 0.4
    assert found.blocks == 12
    assert found.advised_area_ha > 0.0
    again = interval_of(cells_of(made, water(made), made.start), 0.95, 499, np.random.default_rng(0))
    assert again == found


def test_nothing_to_compare_has_no_interval() -> None:
    all_at_once = panel([[1.0] * 4, [1.0] * 4], [2, 2])
    found = interval_of(
        cells_of(all_at_once, water(all_at_once), all_at_once.start), 0.95, 99, np.random.default_rng(0)
    )
    assert (found.value, found.low, found.high) == (None, None, None)
    assert found.dropped == ("maize in c", "maize in d")


def test_without_any_scatter_there_is_no_interval_to_believe() -> None:
    flat = panel([[1.0] * 4, [1.0] * 4, [1.0] * 4, [1.0] * 4], [2, 2, 4, 4])
    found = interval_of(cells_of(flat, water(flat), flat.start), 0.95, 99, np.random.default_rng(0))
    assert found.value is None


def test_starts_drawn_anew_move_whole_blocks_and_keep_their_numbers() -> None:
    made = drawn_panel(np.random.default_rng(1))
    random = np.random.default_rng(2)
    for _ in range(20):
        start = redrawn(made, "stepped", random)
        assert sorted(start) == sorted(made.start)
        assert all(np.unique(start[made.block == block]).size == 1 for block in range(made.blocks))


def test_pairs_are_drawn_anew_within_themselves() -> None:
    made = paired_panel(np.random.default_rng(1))
    start = redrawn(made, "pairs", np.random.default_rng(3))
    assert (start != made.start).any()
    for pair in range(20):
        assert sorted(start[made.pair == pair]) == [2, 4]


def test_a_parcel_without_partner_keeps_its_start() -> None:
    made = paired_panel(np.random.default_rng(1))
    widowed = replace(made, pair=np.where(made.pair == 0, -1, made.pair))
    for seed in range(5):
        start = redrawn(widowed, "pairs", np.random.default_rng(seed))
        assert (start[:2] == made.start[:2]).all()


@pytest.mark.parametrize("kind", ["stepped", "pairs"])
def test_chance_tells_a_saving_from_none(kind: str) -> None:
    random = np.random.default_rng(6)
    for saving, believed in ((0.3, True), (0.0, False)):
        made = drawn_panel(random, saving=saving) if kind == "stepped" else paired_panel(random, saving=saving)
        chance = chance_of(made, water(made), kind, 2, (99, np.random.default_rng(0)))
        assert chance is not None
        assert (chance.p_value <= 0.05) is believed
        assert chance.drawn == 99


def test_without_a_comparison_there_is_no_chance_to_tell() -> None:
    all_at_once = panel([[1.0] * 4, [1.0] * 4], [2, 2])
    assert chance_of(all_at_once, water(all_at_once), "stepped", 2, (99, np.random.default_rng(0))) is None
