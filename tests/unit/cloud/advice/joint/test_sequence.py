"""A single run is placed by a shorter way than many: it must come out where the long way puts it."""

from datetime import UTC, datetime

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.advice.joint.sequence import cheapest, starts_of
from cloud.advice.joint.timeline import Timeline


def _day(seed: int) -> Timeline:
    """A day of some steps, open and closed by chance, dear and cheap by chance."""
    generator = np.random.default_rng(seed)
    steps = int(generator.integers(4, 60))
    is_open = generator.random(steps) < generator.choice([0.2, 0.8, 1.0])
    money = np.where(is_open, generator.choice([0.0, 0.5, 2.0], steps), 0.0)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], is_open.astype(np.int8), [0]]))).tolist()
    return Timeline(
        midnight=datetime(2026, 5, 14, tzinfo=UTC),
        is_open=is_open,
        money=money,
        cheapest=0.0,
        dislike=1e-4 * np.arange(steps, dtype=np.float64) + generator.choice([0.0, 1.0], steps),
        starts=int(generator.integers(0, steps + 1)),
        pieces=tuple(zip(edges[::2], edges[1::2], strict=True)),
        is_priced=bool(np.any(money > 0.0)),
    )


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10_000), length=st.integers(1, 70), rest=st.integers(0, 5))
def test_one_run_stands_where_the_table_of_all_runs_puts_it(seed: int, length: int, rest: int) -> None:
    line = _day(seed)
    bare, found = starts_of([length], rest, line), cheapest([length], rest, line)
    assert (found is None) is (bare is None)
    if found is None or bare is None:
        return
    assert line.energy(found[0], length) <= line.energy(bare[0], length) + 1e-6
    # Only for a later start, where the cheapest step leaves none, does it stand elsewhere.
    assert found == bare or starts_of([length], rest, line, 3) is not None


def test_a_run_that_shuns_the_heat_still_leaves_half_an_hour_for_its_start() -> None:
    plain = Timeline(
        midnight=datetime(2026, 5, 14, tzinfo=UTC),
        is_open=np.ones(24, dtype=bool),
        money=np.zeros(24),
        cheapest=0.0,
        # The heat of the first hour drives a run of an hour to the very end of the pump's two.
        dislike=np.repeat([1.0, 0.0], 12),
        starts=24,
        pieces=((0, 24),),
        is_priced=False,
    )
    assert starts_of([12], 0, plain) == [12]
    assert cheapest([12], 0, plain) == [6]
    assert cheapest([20], 0, plain) == [1]
    assert cheapest([24], 0, plain) == [0]


def test_of_equally_cheap_steps_the_first_is_taken() -> None:
    line = _day(0)
    flat = Timeline(
        midnight=line.midnight,
        is_open=np.array([False, True, True, True, True]),
        money=np.zeros(5),
        cheapest=0.0,
        dislike=np.zeros(5),
        starts=5,
        pieces=((1, 5),),
        is_priced=False,
    )
    assert cheapest([2], 0, flat) == [1]


def test_a_run_longer_than_every_stretch_has_no_room() -> None:
    line = Timeline(
        midnight=datetime(2026, 5, 14, tzinfo=UTC),
        is_open=np.array([True, True, False, True, True]),
        money=np.zeros(5),
        cheapest=0.0,
        dislike=np.zeros(5),
        starts=5,
        pieces=((0, 2), (3, 5)),
        is_priced=False,
    )
    assert cheapest([3], 0, line) is None
    assert cheapest([6], 0, line) is None
