"""What a trial can prove, and the scatter it rests on."""

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest

from cloud.errors import ConfigurationError
from cloud.impact.design import Assigned, Design, Variance
from cloud.impact.kit import kit_texts, promise_json, promise_text
from cloud.impact.power import Promise, invented_panel, promise_of, scattered
from cloud.impact.variance import measured_variance, scatter_of
from tests.synthetic_panel import design, panel

CALM = Variance(parcel_season_sigma=0.1, block_season_sigma=0.02, yield_sigma=0.02, yield_block_sigma=0.0)


def assignment(blocks: int = 12, size: int = 4) -> list[Assigned]:
    starts = ("c", "d", None)
    return [
        Assigned(parcel_id=f"p{block}.{place}", block=f"b{block}", starts=starts[block % 3])
        for block in range(blocks)
        for place in range(size)
    ]


def promised(plan: Design, blocks: int = 12) -> Promise:
    given = assignment(blocks)
    return promise_of(given, {one.parcel_id: "maize" for one in given}, {one.parcel_id: 1.0 for one in given}, plan)


def test_more_blocks_prove_smaller_savings() -> None:
    small, large = promised(design(variance=CALM)), promised(design(variance=CALM), blocks=48)
    assert large.least_saving_fraction < small.least_saving_fraction
    # Four times the blocks halve the error; the quantiles of more blocks are smaller too.
    assert large.sigma == pytest.approx(small.sigma / 2.0, rel=0.15)
    assert large.power_for_water > small.power_for_water
    assert large.power_for_yield > small.power_for_yield
    assert small.parcels == 48
    assert small.blocks == 12


def test_the_power_at_the_least_saving_is_the_designs() -> None:
    first = promised(design(variance=CALM))
    percent = 100.0 * first.least_saving_fraction
    again = promised(design(variance=CALM, expected_saving_percent=percent))
    assert again.power_for_water == pytest.approx(0.8, abs=0.02)
    assert again.parcels_for_water == pytest.approx(48, abs=1)


def test_an_assignment_without_comparison_promises_nothing() -> None:
    given = [Assigned(parcel_id=f"p{place}", block=f"b{place}", starts="c") for place in range(6)]
    names = {one.parcel_id: "maize" for one in given}
    with pytest.raises(ConfigurationError, match="expected crops that grow in blocks of several starts"):
        promise_of(given, names, dict.fromkeys(names, 1.0), design())


def test_measured_scatter_takes_the_place_of_the_assumed() -> None:
    given = assignment(60)
    names = {one.parcel_id: "maize" for one in given}
    plan = design(baseline_seasons=("a", "b", "e", "f"))
    truth = Variance(parcel_season_sigma=0.2, block_season_sigma=0.1, yield_sigma=0.1, yield_block_sigma=0.0)
    flat = invented_panel(given, names, dict.fromkeys(names, 1.0), plan)
    past = scattered(flat, truth, np.random.default_rng(4))
    variance, notes = measured_variance(past, Variance(season_correlation=0.0))
    assert variance.parcel_season_sigma == pytest.approx(0.2, rel=0.1)
    assert variance.block_season_sigma == pytest.approx(0.1, rel=0.25)
    assert variance.yield_sigma == pytest.approx(0.1, rel=0.1)
    assert variance.yield_block_sigma < 0.03
    assert "past metering: 1440 parcel-seasons" in notes[0]
    alike, _ = measured_variance(past, Variance(season_correlation=0.36))
    assert alike.parcel_season_sigma == pytest.approx(variance.parcel_season_sigma / sqrt(0.64))


def test_one_season_has_no_scatter() -> None:
    one = panel([[1.0, np.nan, np.nan, np.nan]] * 5, [4] * 5)
    assert scatter_of(one, one.used_mm) is None
    blank = replace(one, yield_t_ha=np.full((5, 4), np.nan))
    variance, notes = measured_variance(blank, CALM)
    assert variance == CALM
    assert notes == (
        "past metering: expected two metered seasons of several parcels, got none; the scatter is assumed",
    )


def test_single_blocks_have_no_scatter_of_blocks() -> None:
    random = np.random.default_rng(1)
    lone = panel(np.exp(random.normal(0.0, 0.2, (200, 4))).tolist(), [4] * 200)
    found = scatter_of(lone, lone.used_mm)
    assert found is not None
    assert found.block_season == 0.0
    assert found.parcel_season == pytest.approx(0.2, rel=0.12)


@pytest.mark.parametrize("kind", ["stepped", "pairs"])
def test_the_texts_carry_the_trials_own_numbers(kind: str) -> None:
    promise = promised(design(variance=CALM))
    plan = design(kind=kind, block="group", variance=CALM)
    texts = {"protocol.fr.md": "${name} ${kind_text} ${promise_text}", "checklist.en.md": "${sha256} ${promise_text}"}
    filled = kit_texts(texts, plan, promise, {"sha256": "abc", "registered_on": "2025-03-01"})
    assert filled["protocol.fr.md"].startswith("t Les ")
    assert "parcelles en 12 blocs" in filled["protocol.fr.md"]
    assert filled["checklist.en.md"].startswith("abc With 48 parcels in 12 blocks")
    told = promise_json(plan, promise, ["a note"])
    assert str(told["label"]).startswith("SYNTHETIC")
    assert told["notes"] == ["a note"]
    assert f"{100 * promise.least_saving_fraction:.1f} %" in promise_text(plan, promise)
