from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.power import DUTIES, MODES, Charge, PowerLimits, PowerMode, charge_of_voltage, next_mode

LIMITS = PowerLimits()
FRACTIONS = st.floats(min_value=0.0, max_value=1.0)
SOME_MODE = st.sampled_from(MODES)


def fresh(fraction: float) -> Charge:
    return Charge(fraction=fraction, age_s=60.0)


@pytest.mark.parametrize(
    ("fraction", "mode"),
    [(1.0, "normal"), (0.5, "normal"), (0.49, "lean"), (0.29, "survive"), (0.149, "sleep"), (0.0, "sleep")],
)
def test_a_falling_battery_counts_at_once(fraction: float, mode: PowerMode) -> None:
    assert next_mode("normal", fresh(fraction), LIMITS) == mode


@pytest.mark.parametrize(
    ("fraction", "mode"),
    [(0.16, "sleep"), (0.20, "survive"), (0.34, "survive"), (0.36, "lean"), (0.54, "lean"), (0.55, "normal")],
)
def test_rising_takes_more_than_falling(fraction: float, mode: PowerMode) -> None:
    assert next_mode("sleep", fresh(fraction), LIMITS) == mode


def test_a_silent_battery_is_not_believed_full_nor_empty() -> None:
    stale = Charge(fraction=1.0, age_s=7 * 3600.0)
    assert [next_mode(mode, stale, LIMITS) for mode in MODES] == ["lean", "lean", "survive", "sleep"]
    gone = Charge(fraction=0.0, age_s=25 * 3600.0)
    assert {next_mode(mode, gone, LIMITS) for mode in MODES} == {"lean"}
    assert next_mode("normal", None, LIMITS) == "lean"


@given(mode=SOME_MODE, fraction=FRACTIONS)
def test_a_battery_that_stands_still_never_flaps(mode: PowerMode, fraction: float) -> None:
    settled = next_mode(mode, fresh(fraction), LIMITS)
    assert next_mode(settled, fresh(fraction), LIMITS) == settled


@given(mode=SOME_MODE, one=FRACTIONS, other=FRACTIONS)
def test_more_charge_never_means_less_is_done(mode: PowerMode, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert MODES.index(next_mode(mode, fresh(high), LIMITS)) <= MODES.index(next_mode(mode, fresh(low), LIMITS))


@given(start=SOME_MODE, walk=st.lists(st.floats(min_value=-0.02, max_value=0.02), max_size=60), at=FRACTIONS)
def test_noise_smaller_than_the_hysteresis_flips_a_mode_once_at_most(
    start: PowerMode, walk: list[float], at: float
) -> None:
    mode, seen = start, []
    for noise in walk:
        mode = next_mode(mode, fresh(max(0.0, min(1.0, at + noise))), LIMITS)
        seen.append(mode)
    after_first = seen[1:]
    flips = sum(before != after for before, after in pairwise(after_first))
    # Once down through each limit within reach, and never back: 0.04 of noise reaches one limit, seldom two.
    assert flips <= 1


def test_each_poorer_mode_does_less() -> None:
    duties = [DUTIES[mode] for mode in MODES]
    for richer, poorer in pairwise(duties):
        assert poorer.sensing_factor > richer.sensing_factor
        assert poorer.uplink_every_s > richer.uplink_every_s
        assert richer.looks_at_all or not poorer.looks_at_all
    assert not DUTIES["sleep"].looks_at_all


def test_voltage_becomes_charge_within_its_bounds() -> None:
    assert charge_of_voltage(12.0, 11.5, 12.7) == pytest.approx(0.5 / 1.2)
    assert charge_of_voltage(3.0, 11.5, 12.7) == 0.0
    assert charge_of_voltage(14.4, 11.5, 12.7) == 1.0
