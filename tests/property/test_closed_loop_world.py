"""Whatever is irrigated when, the true world keeps its water account every day, and farmers keep to their nature."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulations.closed_loop.baselines import Calendar, gathered, habit_of
from simulations.closed_loop.climates import Climate, shipped_climate
from simulations.closed_loop.demand import crop_coefficients
from simulations.closed_loop.farmers import EXACT, Farmers, Habits
from simulations.closed_loop.fields import CROPS, EFFICIENCY, Design, FieldSeason, fields_of
from simulations.closed_loop.knowing import StagePolicy, Thresholds
from simulations.closed_loop.loop import Morning, run
from simulations.closed_loop.world import Truth, World

pytest.importorskip("aquacrop", reason="needs the package aquacrop, of the extra [simulate]")


@pytest.fixture(scope="module")
def tunis() -> Climate:
    return shipped_climate("tunis")


@pytest.fixture(scope="module")
def prepared(tunis: Climate) -> World:
    """Two fields whose seasons overlap, opened once."""
    fields = fields_of(
        Design(crops=("tomato", "sunflower"), climates=("tunis",), seasons=(1996,), textures=("clay_loam",))
    )
    world = World(fields, {"tunis": tunis})
    while not world.growing.all():
        world.step(np.zeros(2))
    return world


def maize(count: int) -> tuple[FieldSeason, ...]:
    return fields_of(Design(crops=("maize",), climates=("tunis",), seasons=(1990,), textures=("loam",), per_cell=count))


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), chance=st.floats(0.0, 0.6), largest_mm=st.floats(1.0, 150.0))
def test_the_water_account_closes_every_day(prepared: World, seed: int, chance: float, largest_mm: float) -> None:
    generator, world = np.random.default_rng(seed), prepared.again()
    before: Truth | None = None
    for _ in range(70):
        gross = np.where(generator.random(2) < chance, largest_mm * generator.random(2), 0.0)
        truth = world.step(np.where(world.growing, gross, 0.0))
        if before is not None:
            both = truth.growing & before.growing
            came = truth.rain_mm + truth.net_mm
            went = truth.evaporation_mm + truth.transpiration_mm + truth.runoff_mm + truth.percolation_mm
            change = truth.soil_water_mm - before.soil_water_mm
            np.testing.assert_allclose(change[both], (came - went)[both], atol=1e-6)
        known = truth.growing
        assert (truth.canopy_cover[known] >= 0.0).all()
        assert (truth.canopy_cover[known] <= 1.0).all()
        assert (truth.depletion_mm[known] <= truth.available_mm[known] * 1.6 + 1.0).all()
        assert (truth.transpiration_mm[known] <= truth.potential_transpiration_mm[known] + 1e-9).all()
        assert set(truth.stage[known]) <= {0.0, 1.0, 2.0, 3.0, 4.0}
        before = truth


@settings(max_examples=8, deadline=None)
@given(depth_mm=st.floats(0.0, 80.0), percent=st.floats(70.0, 100.0))
def test_a_wetter_morning_is_never_a_drier_evening(tunis: Climate, depth_mm: float, percent: float) -> None:
    field = replace(maize(1)[0], initial_percent=percent)
    dry, wet = (World((field,), {"tunis": tunis}) for _ in range(2))

    assert wet.step(np.array([depth_mm])).soil_water_mm[0] >= dry.step(np.zeros(1)).soil_water_mm[0] - 1e-9


@settings(max_examples=30, deadline=None)
@given(
    compliance=st.floats(0.05, 1.0),
    unasked=st.floats(0.0, 0.2),
    wish_mm=st.floats(0.0, 60.0),
    seed=st.integers(0, 1000),
)
def test_nothing_is_given_below_zero_nor_beyond_what_habits_allow(
    compliance: float, unasked: float, wish_mm: float, seed: int
) -> None:
    fields = maize(25)
    habits = Habits(compliance=compliance, unasked=unasked)
    farmers, growing = Farmers(fields, habits, seed), np.ones(25, dtype=np.bool_)
    for place in range(12):
        wish = np.full(25, wish_mm if place % 3 == 0 else 0.0)
        done = farmers.act(date(2025, 5, 1) + timedelta(days=place), wish, growing)
        assert (done.gross_mm >= 0.0).all()
        # At most half as much again is meant, on a flow that is seldom a third too strong.
        assert (done.gross_mm <= wish_mm * 1.5 * 1.4 * 1.5).all()
        assert set(done.answered.tolist()) <= {-1, 0, 1}
        silent = done.answered == 0
        assert np.isnan(done.answered_mm[silent]).all()
        assert np.isnan(done.metered_mm[~farmers.meter]).all()


@settings(max_examples=20, deadline=None)
@given(
    daily=st.lists(st.floats(0.0, 12.0), min_size=1, max_size=200),
    interval=st.integers(1, 21),
)
def test_a_gathered_plan_never_gives_more_than_was_needed(daily: list[float], interval: int) -> None:
    needs = np.array(daily)
    plan = gathered(needs, interval)

    assert plan.sum() <= needs.sum() + 1e-9
    assert (plan[np.arange(plan.size) % interval != 0] == 0.0).all()
    assert needs.sum() - plan.sum() < 4.0 + 1e-9


@settings(max_examples=20, deadline=None)
@given(crop=st.sampled_from(sorted(CROPS)), days=st.integers(30, 240))
def test_coefficients_stay_within_the_tables(crop: str, days: int) -> None:
    values = crop_coefficients(crop, days)

    assert values.shape == (days,)
    assert (values >= 0.29).all()
    assert (values <= 1.2 + 1e-9).all()


@settings(max_examples=20, deadline=None)
@given(copies=st.integers(1, 30), seed=st.integers(0, 500))
def test_habits_belong_to_their_field(copies: int, seed: int) -> None:
    fields = fields_of(
        Design(crops=("potato",), climates=("tunis",), seasons=(1990,), textures=("loam",), per_cell=copies, seed=seed)
    )

    assert all(0.65 <= habit_of(one).factor <= 1.8 for one in fields)
    assert all(0.4 <= one.efficiency <= 0.95 and one.method in EFFICIENCY for one in fields)
    assert len({one.seed for one in fields}) == len(fields)


def test_a_loop_tells_of_every_day_and_counts_what_was_wished(tunis: Climate) -> None:
    fields = fields_of(Design(crops=("tomato",), climates=("tunis",), seasons=(1990,), textures=("loam",), per_cell=2))
    plan = np.zeros(124)
    plan[::8] = 25.0
    heard: list[date] = []
    lived = run(
        Calendar(fields, [plan, 0.0 * plan]),
        World(fields, {"tunis": tunis}),
        Farmers(fields, EXACT, 1),
        told=lambda day, _: heard.append(day),
    )

    assert heard == [heard[0] + timedelta(days=place) for place in range(len(heard))]
    assert lived.wished_mm[1] == 0.0
    np.testing.assert_allclose(lived.wished_mm, lived.harvest.gross_mm)
    assert lived.stress_days[1] > 20.0
    assert lived.harvest.yield_t_ha[1] < lived.harvest.yield_t_ha[0]
    assert lived.harvest.events[0] == lived.harvest.gross_mm[0] / 25.0


@settings(max_examples=25, deadline=None)
@given(
    start=st.floats(0.1, 0.9),
    left=st.floats(0.0, 0.3),
    depletion=st.floats(0.0, 150.0),
    available=st.floats(20.0, 200.0),
)
def test_thresholds_give_what_is_missing_or_nothing(
    prepared: World, start: float, left: float, depletion: float, available: float
) -> None:
    fields = prepared.fields
    policy = StagePolicy(start=(start, start, start, start), left=left)
    blank = np.zeros(2)
    truth = Truth(
        day=prepared.day,
        growing=np.ones(2, dtype=np.bool_),
        **dict.fromkeys(
            (
                "canopy_cover",
                "transpiration_mm",
                "potential_transpiration_mm",
                "evaporation_mm",
                "runoff_mm",
                "percolation_mm",
                "root_depth_m",
                "soil_water_mm",
                "rain_mm",
                "et0_mm",
                "gross_mm",
                "net_mm",
            ),
            blank,
        ),
        depletion_mm=np.full(2, depletion),
        available_mm=np.full(2, available),
        stage=np.array([2.0, np.nan]),
    )
    morning = Morning(day=prepared.day, growing=np.ones(2, dtype=np.bool_), world=prepared, truth=truth, done=None)
    given_mm = Thresholds(fields, [policy] * 2).decide(morning)

    net = given_mm * np.array([one.efficiency for one in fields])
    if depletion < start * available:
        assert not given_mm.any()
    else:
        due = depletion - left * available
        np.testing.assert_allclose(net, due if due >= 5.0 else 0.0)
