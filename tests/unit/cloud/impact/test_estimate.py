"""The difference of differences, by hand."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.impact.estimate import cells_of, crop_level, effect_of, strata, trial_effect
from cloud.impact.panel import Ints, Panel, water, water_at_best, water_at_worst, yields
from tests.synthetic_panel import drawn_panel, panel


def saved(of: Panel, start: Ints | None = None, least: int = 1) -> float:
    cells = cells_of(of, water(of), of.start if start is None else start, least)
    return 1.0 - float(np.exp(trial_effect(cells).log_ratio[0]))


def test_two_parcels_four_seasons_by_hand() -> None:
    # The other rose from 100 to 150; the advised would have gone from 80 to 120 and took 90.
    two = panel([[80.0, 80.0, 90.0, 90.0], [100.0, 100.0, 150.0, 150.0]], [2, 4])
    assert saved(two) == pytest.approx(0.25)


def test_a_dry_year_and_a_good_farmer_are_no_saving() -> None:
    years = np.array([1.0, 1.0, 2.0, 0.5])
    plain = panel([list(40.0 * years), list(130.0 * years)], [2, 4])
    assert saved(plain) == pytest.approx(0.0)


def test_a_parcel_that_needs_less_is_expected_to_take_less() -> None:
    two = panel([[80.0, 80.0, 40.0, 40.0], [100.0] * 4], [2, 4])
    assert saved(two) == pytest.approx(0.5)
    shorter = replace(two, need_mm=np.array([[100.0, 100.0, 50.0, 50.0], [100.0] * 4]))
    assert saved(shorter) == pytest.approx(0.0)


def test_the_already_advised_never_serve_as_comparison() -> None:
    # The first starts in c and saves ever more; the second starts in d; the third waits. Were the first a comparison
    # for the second, its own growing saving would count against the second.
    staggered = panel([[100.0, 100.0, 80.0, 20.0], [100.0, 100.0, 100.0, 70.0], [100.0] * 4], [2, 3, 4])
    cells = cells_of(staggered, water(staggered), staggered.start, 1)
    assert cells.beside.tolist() == [[0.0, 0.0], [100.0, 0.0], [100.0, 100.0]]
    # Taken 80 + 20 + 70 of 300.
    assert saved(staggered) == pytest.approx(1.0 - 170.0 / 300.0)


def test_a_season_in_which_everybody_is_advised_is_left_out_and_named() -> None:
    everybody = panel([[100.0, 100.0, 50.0, 10.0], [100.0, 100.0, 100.0, 10.0]], [2, 3])
    cells = cells_of(everybody, water(everybody), everybody.start, 1)
    assert cells.dropped == ("maize in d",)
    assert saved(everybody) == pytest.approx(0.5)
    assert cells_of(everybody, water(everybody), everybody.start, 2).taken.shape[1] == 0


def test_a_season_without_irrigation_counts_like_any_other() -> None:
    dry = panel([[100.0, 100.0, 0.0, 60.0], [100.0] * 4], [2, 4])
    assert saved(dry) == pytest.approx(1.0 - 60.0 / 200.0)


def test_volumes_count_not_parcels() -> None:
    large = panel([[100.0, 100.0, 50.0, 50.0], [100.0] * 4, [100.0] * 4], [2, 2, 4])
    large = replace(large, area_ha=np.array([[3.0], [1.0], [1.0]]) * np.ones((3, 4)))
    assert saved(large) == pytest.approx(1.0 - (3 * 50 + 100) / 400)


def test_a_parcel_that_changes_its_crop_is_held_to_the_new_crops_use() -> None:
    # Wheat takes half of its need before the trial, maize all of it; parcel 0 goes from maize to wheat.
    crop = np.array([[0, 0, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0]])
    used = [[100.0, 100.0, 50.0, 50.0], [100.0] * 4, [50.0] * 4, [100.0] * 4]
    turned = panel(used, [2, 4, 4, 4], crop=crop, crops=("maize", "wheat"))
    assert crop_level(turned, turned.used_mm, turned.need_mm)[0] == pytest.approx([1.0, 1.0, 0.5, 0.5])
    assert saved(turned) == pytest.approx(0.0)


def test_parcels_without_a_season_before_say_nothing() -> None:
    late = panel([[np.nan, np.nan, 10.0, 10.0], [100.0, 100.0, 80.0, 80.0], [100.0] * 4], [2, 2, 4])
    assert saved(late) == pytest.approx(0.2)
    assert cells_of(late, water(late), late.start, 1).parcel_seasons == (2, 2)


def test_parcels_near_the_advised_serve_no_comparison() -> None:
    spilt = panel([[100.0, 100.0, 70.0, 70.0], [100.0, 100.0, 80.0, 80.0], [100.0] * 4], [2, 4, 4])
    near = np.zeros((3, 3), dtype=bool)
    near[0, 1] = near[1, 0] = True
    assert saved(spilt) == pytest.approx(1.0 - 140.0 / 180.0)
    assert saved(replace(spilt, near=near)) == pytest.approx(0.3)


def test_gaps_at_their_worst_and_best_lie_around_the_saving() -> None:
    two = panel([[100.0, 100.0, 70.0, 70.0], [100.0] * 4], [2, 4])
    two = replace(two, low_mm=two.used_mm - 5.0, high_mm=two.used_mm + 5.0)
    worst, best = (
        1.0 - float(np.exp(trial_effect(cells_of(two, quantity(two), two.start, 1)).log_ratio[0]))
        for quantity in (water_at_worst, water_at_best)
    )
    # Worst: took 75; rate before 95, the others went from 105 to 95.
    assert worst == pytest.approx(1.0 - 75.0 / (95.0 * 95.0 / 105.0))
    assert best == pytest.approx(1.0 - 65.0 / (105.0 * 105.0 / 95.0))
    assert worst < saved(two) < best


def test_yields_without_a_season_before_are_compared_as_they_are() -> None:
    grown = np.array([[np.nan, np.nan, 4.0, 4.0], [np.nan, np.nan, 5.0, 5.0]])
    two = panel([[1.0] * 4, [1.0] * 4], [2, 4], yield_t_ha=grown)
    effect = trial_effect(cells_of(two, yields(two), two.start, 1))
    assert float(np.exp(effect.log_ratio[0])) == pytest.approx(0.8)


def test_blocks_that_start_together_form_a_stratum() -> None:
    five = panel([[1.0] * 4] * 6, [2, 2, 3, 3, 4, 4])
    assert strata(five, five.start).tolist() == [0, 0, 1, 1, 2, 2]
    # A block of both kinds, and one alone, are drawn together with others of their sort.
    mixed = replace(five, block=np.array([0, 1, 2, 3, 4, 4]), start=np.array([2, 2, 3, 4, 2, 4]))
    assert len(set(strata(mixed, mixed.start).tolist())) == 2


def test_drawing_a_block_twice_is_having_it_twice() -> None:
    made = drawn_panel(np.random.default_rng(1))
    cells = cells_of(made, water(made), made.start)
    weights = np.ones((1, made.blocks))
    weights[0, 0] = 2.0
    kept = [*range(made.used_mm.shape[0]), *np.flatnonzero(made.block == 0)]
    block = np.r_[made.block, np.full(4, made.blocks)]
    fields = ("area_ha", "crop", "used_mm", "low_mm", "high_mm", "need_mm", "yield_t_ha", "start", "pair")
    twice = replace(
        made,
        parcels=tuple(map(str, range(len(kept)))),
        block=block,
        near=np.zeros((len(kept), len(kept)), dtype=bool),
        **{name: getattr(made, name)[kept] for name in fields},
    )
    again = effect_of(cells, weights).log_ratio[0]
    # The level of each crop before the trial stays what it was; it cancels but for the parcels that change crop: none.
    assert float(again) == pytest.approx(float(trial_effect(cells_of(twice, water(twice), twice.start)).log_ratio[0]))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), saving=st.floats(-0.5, 0.8), scale=st.floats(0.1, 10.0))
def test_without_scatter_the_saving_is_found_exactly_whatever_the_units(seed: int, saving: float, scale: float) -> None:
    made = drawn_panel(np.random.default_rng(seed), saving=saving, scatter=0.0)
    scaled = replace(made, used_mm=made.used_mm * scale, need_mm=made.need_mm / scale)
    assert saved(scaled) == pytest.approx(saving, abs=1e-9)
