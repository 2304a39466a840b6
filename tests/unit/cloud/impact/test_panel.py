"""Who was advised, who may be compared, and which water each role is given where a meter has gaps."""

import numpy as np
import pytest

from cloud.impact.panel import water, water_at_best, water_at_worst, yields
from tests.synthetic_panel import panel

USED = [[100.0, 100.0, 70.0, 70.0], [100.0, 100.0, 100.0, 70.0], [100.0, 100.0, 100.0, 100.0]]
STARTS = [2, 3, 4]


def test_advice_lasts_from_its_start_to_the_end() -> None:
    made = panel(USED, STARTS)
    assert made.advised(made.start).tolist() == [
        [False, False, True, True],
        [False, False, False, True],
        [False] * 4,
    ]
    assert made.blocks == 3


def test_only_the_not_yet_advised_of_the_trials_own_seasons_are_compared() -> None:
    made = panel(USED, STARTS)
    assert made.comparing(made.start).tolist() == [
        [False] * 4,
        [False, False, True, False],
        [False, False, True, True],
    ]


def test_a_neighbour_of_the_advised_serves_no_comparison_from_then_on() -> None:
    near = np.zeros((3, 3), dtype=bool)
    near[2, 1] = near[1, 2] = True
    made = panel(USED, STARTS, near=near)
    # The last is a neighbour of one that is advised from the fourth season on.
    assert made.comparing(made.start)[2].tolist() == [False, False, True, False]
    assert made.comparing(made.start)[1].tolist() == [False, False, True, False]
    # Under other starts others are spoilt.
    assert made.comparing(np.array([2, 2, 4])).any(axis=1).tolist() == [False, False, False]


def test_what_is_left_out_is_grown_by_nobody_and_the_rest_stays() -> None:
    made = panel(USED, STARTS)
    out = np.zeros((3, 4), dtype=bool)
    out[0, 2] = True
    assert made.without(out).crop.tolist() == [[0, 0, -1, 0], [0] * 4, [0] * 4]
    assert made.some_seasons(np.array([True, True, False, True])).crop[:, 2].tolist() == [-1, -1, -1]
    assert (made.crop == 0).all()
    np.testing.assert_array_equal(made.without(out).used_mm, made.used_mm)


def test_at_worst_the_gaps_speak_against_the_advice_and_at_best_for_it() -> None:
    made = panel(USED, STARTS, low_mm=np.full((3, 4), 60.0), high_mm=np.full((3, 4), 120.0))
    worst, best = water_at_worst(made), water_at_best(made)
    assert [float(one[0, 0]) for one in (worst.advised, worst.comparing, worst.base_advised, worst.base_comparing)] == [
        120.0,
        60.0,
        60.0,
        120.0,
    ]
    assert [float(one[0, 0]) for one in (best.advised, best.comparing, best.base_advised, best.base_comparing)] == [
        60.0,
        120.0,
        120.0,
        60.0,
    ]
    plain = water(made)
    assert plain.advised is plain.comparing is made.used_mm
    assert plain.need is made.need_mm


def test_without_gaps_worst_and_best_are_what_was_metered() -> None:
    made = panel(USED, STARTS)
    for quantity in (water_at_worst(made), water_at_best(made)):
        np.testing.assert_array_equal(quantity.advised, made.used_mm)
        np.testing.assert_array_equal(quantity.base_comparing, made.used_mm)


@pytest.mark.parametrize("known", [True, False])
def test_yields_stand_against_those_before_or_where_nobody_knows_them_by_themselves(known: bool) -> None:  # noqa: FBT001 -- a test parameter
    grown = np.full((3, 4), 5.0)
    if not known:
        grown[:, :2] = np.nan
    found = yields(panel(USED, STARTS, yield_t_ha=grown))
    assert (found.base_advised[:, :2] == (5.0 if known else 1.0)).all()
    assert (found.advised[:, 2:] == 5.0).all()
    assert (found.need == 1.0).all()


def test_one_known_yield_before_the_trial_is_enough_to_leave_the_others_unknown() -> None:
    grown = np.full((3, 4), 5.0)
    grown[:, :2] = np.nan
    grown[0, 1] = 4.0
    found = yields(panel(USED, STARTS, yield_t_ha=grown))
    assert np.isnan(found.base_advised[1:, :2]).all()
    assert found.base_advised[0, 1] == 4.0
