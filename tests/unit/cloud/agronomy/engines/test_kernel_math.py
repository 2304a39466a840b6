"""The parts of the compiled kernel by hand: powers, rows that are filled and spilled, and the water that soil holds."""

import numpy as np
import pytest

from cloud.agronomy.engines import kernel_arrays as at
from cloud.agronomy.engines.kernel_arrays import CAPACITY, DEEP, DEPTH, LANES, SIZE, SPARE, TOPSOIL, Land
from cloud.agronomy.engines.kernel_math import exponential, fill, logarithm, spill
from cloud.agronomy.engines.kernel_stores import holds

NUMBERS = (1e-300, 1e-17, 0.03, 0.5, 0.7071067811865476, 1.0, 1.4142135623730951, 2.0, 99.0, 1e18)


def row_of(members: int) -> np.ndarray:
    return 100.0 + np.arange(members, dtype=np.float64).reshape(1, 1, members)


@pytest.mark.parametrize("value", NUMBERS)
def test_logarithms_are_numpys(value: float) -> None:
    assert logarithm(value) == pytest.approx(float(np.log(value)), rel=1e-15, abs=1e-16)


@pytest.mark.parametrize("value", [-700.0, -20.0, -1e-9, 0.0, 0.34657, 1.0, 30.0, 700.0])
def test_exponentials_are_numpys(value: float) -> None:
    assert exponential(value) == pytest.approx(float(np.exp(value)), rel=2e-13)


def test_exponentials_beyond_all_numbers_stay_finite() -> None:
    assert 1e307 < exponential(1e6) < np.inf
    assert 0.0 <= exponential(-1e6) < 1e-307


def test_a_number_that_is_unknown_has_an_unknown_exponential() -> None:
    assert np.isnan(exponential(np.nan))


def test_one_value_stands_in_every_lane() -> None:
    lanes = np.zeros(3 * LANES)
    fill(lanes, LANES, np.full((2, 3, 1), 7.0), (1, 2), 0)
    assert (lanes[LANES : 2 * LANES] == 7.0).all()
    assert (lanes[:LANES] == 0.0).all()
    assert (lanes[2 * LANES :] == 0.0).all()


@pytest.mark.parametrize(("members", "first"), [(LANES, 0), (2 * LANES, LANES), (5, 0), (50, 0), (70, 64), (3, 64)])
def test_members_follow_each_other_and_begin_again(members: int, first: int) -> None:
    lanes = np.zeros(LANES)
    fill(lanes, 0, row_of(members), (0, 0), first)
    np.testing.assert_array_equal(lanes, 100.0 + (first + np.arange(LANES)) % members)


@pytest.mark.parametrize(("members", "first"), [(LANES, 0), (5, 0), (70, 64)])
def test_only_members_that_exist_are_written(members: int, first: int) -> None:
    lanes, target = np.arange(LANES, dtype=np.float64), np.full((1, 2, members), -1.0)
    spill(lanes, 0, target, (0, 1), first)
    count = min(LANES, members - first)
    np.testing.assert_array_equal(target[0, 1, first : first + count], lanes[:count])
    assert (target[0, 0] == -1.0).all()
    assert (target[0, 1, :first] == -1.0).all()


def test_layers_hold_their_share_down_to_a_depth() -> None:
    # 0.3 m of 0.10 and the rest of 0.20; topsoil of 0.4 m holds 30 + 20 mm.
    land = Land(
        plots=np.zeros((1, at.PLOT_COLUMNS)),
        share=np.array([[0.10, 0.20]]),
        top=np.array([[0.0, 0.3]]),
        thickness=np.array([[0.3, np.inf]]),
    )
    land.plots[0, TOPSOIL] = 50.0
    lanes = np.zeros(SIZE)
    lanes[DEPTH : DEPTH + LANES] = 0.2
    lanes[DEPTH + 1] = 1.0
    lanes[CAPACITY : CAPACITY + LANES] = 1.1
    lanes[DEEP : DEEP + LANES] = 1.5
    holds(lanes, SPARE, DEPTH, land, 0)
    assert lanes[SPARE] == pytest.approx(20.0 * 1.1)
    # 30 + 140 mm to one metre: 50 of them in the topsoil, 120 below.
    assert lanes[SPARE + 1] == pytest.approx(50.0 * 1.1 + 120.0 * 1.5)
