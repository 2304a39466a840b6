"""What is saved counts the soil's water, is paired field by field, and varies by whole crop-years."""

import numpy as np
import pytest

from simulations.closed_loop.outcome import Outcome
from simulations.closed_loop.savings import (
    compared,
    interval_of,
    paired,
    saved_fraction,
    summary_of,
    water_ratio,
    yield_gained,
    yield_ratio,
)
from tests.unit.simulations.closed_loop.made import many, outcome


def three(**changes: object) -> list[Outcome]:
    return [
        outcome("advisor", **changes),
        outcome("mixture", applied_gross_mm=1000.0, yield_t_ha=9.0),
        outcome("calendar_110", applied_gross_mm=900.0, yield_t_ha=12.5),
    ]


def test_water_of_the_soil_counts_as_it_would_at_the_inlet() -> None:
    assert outcome("advisor", applied_gross_mm=300.0, storage_change_mm=-80.0).used_gross_mm == pytest.approx(400.0)
    assert outcome("advisor", applied_gross_mm=300.0, storage_change_mm=40.0).used_gross_mm == pytest.approx(250.0)


def test_saving_and_yield_by_hand() -> None:
    pairs = paired(three(), "advisor", "mixture", "calendar_110")
    saved, kept = interval_of(saved_fraction, pairs), interval_of(yield_ratio, pairs)
    assert saved.value == pytest.approx(0.5)
    assert kept.value == pytest.approx(0.8)
    assert interval_of(water_ratio, pairs).value == pytest.approx(0.5)
    assert (saved.low, saved.high, saved.clusters) == (None, None, 1)


def test_emptying_the_soil_saves_nothing() -> None:
    dry = paired(three(applied_gross_mm=0.0, storage_change_mm=-800.0), "advisor", "mixture", "calendar_110")
    assert interval_of(saved_fraction, dry).value == pytest.approx(0.0)


def test_only_fields_that_ran_under_all_are_compared() -> None:
    outcomes = [*three(), outcome("advisor", field="f2", applied_gross_mm=9000.0)]
    assert paired(outcomes, "advisor", "mixture", "calendar_110").size == 1


def test_a_field_counts_by_its_weight() -> None:
    large = [
        outcome("advisor", field="l", weight=3.0, applied_gross_mm=100.0, yield_t_ha=12.5),
        outcome("mixture", field="l", applied_gross_mm=1000.0),
        outcome("calendar_110", field="l", yield_t_ha=12.5),
    ]
    pairs = paired([*three(), *large], "advisor", "mixture", "calendar_110")
    assert interval_of(saved_fraction, pairs).value == pytest.approx(1.0 - (500.0 + 300.0) / 4000.0)
    assert interval_of(yield_ratio, pairs).value == pytest.approx((10.0 + 37.5) / 50.0)


def test_yield_is_the_mean_of_crops_not_of_tonnes() -> None:
    outcomes = [
        *three(yield_t_ha=12.5),
        outcome("advisor", crop="wheat", field="w", yield_t_ha=1.0),
        outcome("mixture", crop="wheat", field="w"),
        outcome("calendar_110", crop="wheat", field="w", yield_t_ha=2.0),
    ]
    pairs = paired(outcomes, "advisor", "mixture", "calendar_110")
    assert interval_of(yield_ratio, pairs).value == pytest.approx((1.0 + 0.5) / 2)


def test_interval_holds_the_value_and_is_the_same_for_the_same_seed() -> None:
    pairs = paired(many(), "advisor", "mixture", "calendar_110")
    found = interval_of(saved_fraction, pairs, draws=400)
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high
    assert found == interval_of(saved_fraction, pairs, draws=400)
    assert found.clusters == 20


def test_fields_of_one_crop_year_do_not_narrow_the_interval() -> None:
    outcomes = many()
    copies = [
        outcome(
            one.strategy,
            field=f"{one.field}-again",
            crop=one.crop,
            season=one.season,
            applied_gross_mm=one.applied_gross_mm,
            yield_t_ha=one.yield_t_ha,
        )
        for one in outcomes
    ]
    once, twice = (
        interval_of(saved_fraction, paired(rows, "advisor", "mixture", "calendar_110"), draws=500)
        for rows in (outcomes, [*outcomes, *copies])
    )
    assert once.low == pytest.approx(twice.low)
    assert once.high == pytest.approx(twice.high)


def test_interval_covers_what_is_true_about_as_often_as_it_says() -> None:
    generator, covered = np.random.default_rng(5), 0
    for _ in range(60):
        rows = []
        for season in range(1960, 1990):
            used = 500.0 * (1.0 + 0.2 * float(generator.standard_normal()))
            rows.append(outcome("advisor", season=season, applied_gross_mm=used))
            rows.append(outcome("mixture", season=season, applied_gross_mm=1000.0))
        pairs = paired(rows, "advisor", "mixture", "mixture")
        found = interval_of(saved_fraction, pairs, draws=400)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 0.5 <= found.high
    assert 51 <= covered <= 60


def test_comparison_tells_groups_and_even_and_odd_years_apart() -> None:
    groups = compared(many(), "advisor", "mixture", "calendar_110")["groups"]
    assert {"all", "crop maize", "crop tomato", "soil loam", "season 1984", "even years", "odd years"} <= set(groups)
    assert groups["all"]["field_seasons"] == 40
    assert groups["even years"]["field_seasons"] == groups["odd years"]["field_seasons"] == 20
    assert groups["season 1984"]["water_saved"]["clusters"] == 2
    assert "climate tunis" not in groups


def test_a_group_without_pairs_is_left_out() -> None:
    lonely = outcome("advisor", field="s", crop="sorghum")
    assert "crop sorghum" not in compared([*many(), lonely], "advisor", "mixture", "calendar_110")["groups"]


def test_means_of_strategies() -> None:
    means = summary_of([outcome("advisor"), outcome("advisor", field="f2", applied_gross_mm=300.0, crop="wheat")])
    assert means["advisor"]["applied_mm"] == 400.0
    assert means["advisor"]["by_crop"]["wheat"]["applied_mm"] == 300.0
    assert "advice_error_mm" not in means["advisor"]
    assert summary_of(many())["advisor"]["advice_error_mm"] == 20.0


def test_yield_gained_over_another_strategy() -> None:
    rows = [outcome("advisor", yield_t_ha=11.0), outcome("no_vision", yield_t_ha=10.0)]
    assert yield_gained(rows, "advisor", "no_vision")["value"] == pytest.approx(0.1)
    assert yield_gained(rows, "advisor", "no_vision")["low"] is None
