"""Baselines: calendars add up to what they say, practices lie in their documented ranges, the bound is a bound."""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pytest

from cloud.errors import ConfigurationError
from cloud.variables import Floats
from simulations.closed_loop import scheduled
from simulations.closed_loop.baselines import (
    ABOUT,
    INTERVAL_DAYS,
    OVER,
    PRACTICES,
    UNDER,
    Calendar,
    etc_calendar,
    fixed_calendar,
    gathered,
    habit_of,
    practices,
    realised,
    turns,
)
from simulations.closed_loop.climates import Climate
from simulations.closed_loop.demand import crop_coefficients, lived_demand, normal_demand, season_days
from simulations.closed_loop.farmers import EXACT, Farmers
from simulations.closed_loop.fields import CROPS, EFFICIENCY, Design, FieldSeason, fields_of
from simulations.closed_loop.knowing import StagePolicy, Thresholds, best_policies, perfect
from simulations.closed_loop.loop import Lived, Morning, Strategy, run
from simulations.closed_loop.world import World

pytest.importorskip("aquacrop", reason="needs the package aquacrop, of the extra [simulate]")


def made_up(rain_mm: float = 0.0, et0_mm: float = 5.0) -> Climate:
    """Twelve years in which every day is alike."""
    days = np.arange(np.datetime64("1985-01-01"), np.datetime64("1997-01-01"))
    same = np.ones(days.size)
    return Climate(
        name="tunis",
        latitude=36.8,
        longitude=10.2,
        elevation_m=66.0,
        origin="made up",
        days=days,
        tmin_c=14.0 * same,
        tmax_c=27.0 * same,
        rain_mm=rain_mm * same,
        et0_mm=et0_mm * same,
    )


def many(crop: str = "maize", count: int = 12) -> tuple[FieldSeason, ...]:
    return fields_of(Design(crops=(crop,), climates=("tunis",), seasons=(1990,), textures=("loam",), per_cell=count))


def doses(strategy: Strategy, fields: tuple[FieldSeason, ...], days: int = 160) -> Floats:
    """What a strategy that looks at nothing gives from the first sowing on (D, F)."""
    world = World(fields, {"tunis": made_up()})
    growing = np.ones(len(fields), dtype=np.bool_)
    found: Floats = np.stack(
        [
            strategy.decide(
                Morning(
                    day=world.day + timedelta(days=place),
                    growing=growing,
                    world=world,
                    truth=None,
                    done=None,
                )
            )
            for place in range(days)
        ]
    )
    return found


def lived(strategy: Strategy, fields: tuple[FieldSeason, ...], climates: Mapping[str, Climate]) -> Lived:
    return run(strategy, World(fields, climates), Farmers(fields, EXACT, 1))


@pytest.mark.parametrize("crop", sorted(CROPS))
def test_crop_coefficients_rise_once_and_fall_once(crop: str) -> None:
    days = CROPS[crop].rough_days
    values = crop_coefficients(crop, days)
    top = int(np.argmax(values))

    assert values[0] == values[: days // 10].max()
    assert (np.diff(values[: top + 1]) >= 0.0).all()
    assert (np.diff(values[top:]) <= 0.0).all()


def test_demand_is_the_coefficient_times_a_normal_year_less_effective_rain() -> None:
    field = many(count=1)[0]
    dry = normal_demand(field, made_up(), 100)
    wet = normal_demand(field, made_up(rain_mm=1.0), 100)

    np.testing.assert_allclose(dry.etc_mm, 5.0 * crop_coefficients("maize", 100), rtol=1e-9)
    np.testing.assert_allclose(dry.net_mm, dry.etc_mm)
    # 30 mm a month: 30 (125 - 6) / 125 = 28.56 mm of it count.
    np.testing.assert_allclose(wet.net_mm, np.maximum(dry.etc_mm - 28.56 / 30.0, 0.0))


def test_the_year_that_is_lived_is_not_in_its_own_calendar() -> None:
    field = many(count=1)[0]
    climate = made_up()
    climate.et0_mm[climate.rows(date(1990, 3, 1), 230)] = 50.0

    np.testing.assert_allclose(
        normal_demand(field, climate, 100).etc_mm, 5.0 * crop_coefficients("maize", 100), rtol=1e-9
    )


def test_needs_are_gathered_without_loss() -> None:
    plan = gathered(np.full(20, 1.0), 3)

    assert plan.sum() == pytest.approx(18.0)
    assert np.flatnonzero(plan).tolist() == [3, 9, 15]
    assert plan[3] == pytest.approx(6.0)


def test_a_calendar_gives_its_factor_of_the_demand() -> None:
    fields = many(count=4)
    climates = {"tunis": made_up()}
    given = doses(etc_calendar(fields, climates, 1.1), fields, 200)

    for place, field in enumerate(fields):
        want = 1.1 * normal_demand(field, made_up(), season_days(field)).etc_mm.sum() / EFFICIENCY[field.method]
        assert given[:, place].sum() == pytest.approx(want, abs=1.1 * 5.0 * 1.3 * INTERVAL_DAYS[field.method])


def test_practices_lie_in_their_ranges_and_are_the_same_every_time() -> None:
    fields = many(count=200)
    ranges = {one.name: (one.lowest, one.highest) for one in (UNDER, ABOUT, OVER)}
    habits = [habit_of(one) for one in fields]

    assert habits == [habit_of(one) for one in fields]
    assert all(ranges[one.practice][0] <= one.factor <= ranges[one.practice][1] for one in habits)
    drip = [one.practice for one, field in zip(habits, fields, strict=True) if field.method == "drip"]
    assert drip.count(OVER.name) / len(drip) == pytest.approx(0.55, abs=0.12)
    assert all(shares[-1][1] == 1.0 for shares in PRACTICES.values())


def test_the_mixture_delivers_the_multiples_that_it_stands_for() -> None:
    fields = many(count=30)
    climates = {"tunis": made_up(rain_mm=0.5)}
    given = doses(practices(fields, climates), fields, 200).sum(axis=0)
    shares = realised(fields, climates, given)

    factors = np.array([habit_of(one).factor for one in fields])
    # The plan reckons with a fortnight more than the season has; what it leaves unplanned at the end is small.
    np.testing.assert_allclose(shares / factors, 1.08, atol=0.09)


def test_a_mixture_of_the_whole_reckons_with_no_rain() -> None:
    fields = many(count=6)
    climates = {"tunis": made_up(rain_mm=1.0)}
    main = doses(practices(fields, climates), fields, 200).sum(axis=0)
    whole = doses(practices(fields, climates, of_whole=True), fields, 200).sum(axis=0)
    dry = {"tunis": made_up()}

    assert (whole > 1.15 * main).all()
    np.testing.assert_allclose(doses(practices(fields, dry), fields, 200).sum(axis=0), whole)


def test_the_need_of_the_season_that_is_lived_is_its_own() -> None:
    field = many(count=1)[0]
    climate = made_up(rain_mm=2.0)
    usual = lived_demand(field, climate, 120)
    np.testing.assert_allclose(usual.net_mm, normal_demand(field, climate, 120).net_mm)

    climate.rain_mm[climate.rows(field.sown_on, 30)] = 4.0
    wet = lived_demand(field, climate, 120)
    # 120 mm in the first month: 120 (125 - 24) / 125 = 96.96 mm of it count.
    np.testing.assert_allclose(wet.net_mm[:30], np.maximum(wet.etc_mm[:30] - 96.96 / 30.0, 0.0))
    np.testing.assert_allclose(wet.net_mm[30:], usual.net_mm[30:])
    climate.rain_mm[climate.rows(field.sown_on, 30)] = 20.0
    # 600 mm in a month: 125 + 60 of them count.
    flooded = lived_demand(field, climate, 120).net_mm[:30]
    np.testing.assert_allclose(flooded, np.maximum(wet.etc_mm[:30] - 185.0 / 30.0, 0.0))


def test_fixed_doses_are_all_alike_and_turns_keep_their_interval() -> None:
    fields = many(count=6)
    climates = {"tunis": made_up()}
    fixed = doses(fixed_calendar(fields, climates), fields, 200)
    turned = doses(turns(fields, climates, 15), fields, 200)

    for place in range(len(fields)):
        given = fixed[:, place][fixed[:, place] > 0.0]
        np.testing.assert_allclose(given, given[0])
        assert set(np.diff(np.flatnonzero(turned[:, place]))) == {15}


def test_farmers_let_an_irrigation_go_after_rain_but_only_one() -> None:
    fields = many(count=1)
    plan = np.zeros(40)
    plan[::10] = 30.0
    rainy = Calendar(fields, [plan], skips_rain=True)
    world = World(fields, {"tunis": made_up(rain_mm=3.0)})
    given, truth = [], None
    for _ in range(40):
        morning = Morning(day=world.day, growing=world.growing, world=world, truth=truth, done=None)
        given.append(float(rainy.decide(morning)[0]))
        truth = world.step(np.zeros(1))

    # Thirty millimetres fall between two irrigations: every one after the first is let go.
    assert [place for place, depth in enumerate(given) if depth > 0.0] == [0]


def test_thresholds_refill_the_root_zone_when_it_is_due() -> None:
    fields = many("tomato", 2)
    climates = {"tunis": made_up()}
    policy = StagePolicy(start=(0.4, 0.4, 0.4, 0.4), left=0.0)
    harvest = lived(Thresholds(fields, [policy] * 2), fields, climates).harvest

    assert (harvest.yield_t_ha > 0.9 * harvest.potential_t_ha).all()
    assert (harvest.percolation_mm < 0.05 * harvest.net_mm).all()
    never = StagePolicy(start=(2.0, 2.0, 2.0, 2.0))
    assert not lived(Thresholds(fields, [never] * 2), fields, climates).harvest.net_mm.any()


def test_the_bound_keeps_the_yield_and_takes_less_water_than_the_calendar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulations.closed_loop.knowing._STARTS", (0.45,))
    monkeypatch.setattr("simulations.closed_loop.knowing._LEFT", (0.0, 0.2))
    fields, climates = many("potato", 1), {"tunis": made_up(rain_mm=2.0)}
    calendar = lived(etc_calendar(fields, climates, 1.1), fields, climates).harvest
    chosen = best_policies(fields, climates)

    assert chosen.kept.all()
    assert (chosen.yield_t_ha >= 0.99 * calendar.yield_t_ha).all()
    assert (chosen.water_mm < calendar.net_mm + calendar.from_soil_mm).all()
    again = lived(perfect(fields, climates), fields, climates).harvest
    np.testing.assert_allclose(again.net_mm + again.from_soil_mm, chosen.water_mm)


def test_the_other_program_orders_about_what_the_crop_needs() -> None:
    pytest.importorskip("pyfao56", reason="needs pyfao56")
    field = many(count=1)[0]
    depths = scheduled.ordered(field, made_up())
    demand = normal_demand(field, made_up(), season_days(field)).etc_mm.sum()

    assert 0.7 < depths.sum() * EFFICIENCY[field.method] / demand < 1.2
    assert (depths[depths > 0.0] >= 5.0).all()


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ImportError(name=name)

    monkeypatch.setattr("simulations.closed_loop.scheduled.importlib.import_module", absent)
    with pytest.raises(ConfigurationError, match="install pyfao56"):
        scheduled.automatic(many(count=1), {"tunis": made_up()})
