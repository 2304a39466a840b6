"""What would make an effect unbelievable."""

from dataclasses import replace

import numpy as np
import pytest

from cloud.impact.analysis import analyse
from cloud.impact.checks import attrition_of, by_crop, by_season, placebo_share, pre_trend
from cloud.impact.estimate import cells_of
from cloud.impact.interval import interval_of
from cloud.impact.panel import water
from tests.synthetic_panel import design, drawn_panel, paired_panel, panel


def test_lost_parcel_seasons_are_counted_by_group() -> None:
    used = np.full((4, 4), 100.0)
    used[0, 2] = np.nan
    used[1, :2] = np.nan
    used[3, 3] = np.nan
    found = attrition_of(panel(used.tolist(), [2, 2, 4, 4]))
    # Parcel 1 has no season before: both of its seasons are lost.
    assert (found.advised, found.advised_lost, found.comparing, found.comparing_lost) == (4, 3, 4, 1)
    assert found.difference == pytest.approx(0.5)


def test_those_who_already_went_another_way_are_seen() -> None:
    random = np.random.default_rng(1)
    made = drawn_panel(random, saving=0.0)
    calm = pre_trend(made, design(), random)
    assert calm is not None
    assert calm.low is not None
    assert calm.low < 0.0 < (calm.high or 0.0)
    early = (made.start <= 3)[:, None] & (np.arange(4) == 1)
    fallen = pre_trend(replace(made, used_mm=np.where(early, 0.6 * made.used_mm, made.used_mm)), design(), random)
    assert fallen is not None
    assert fallen.low is not None
    assert fallen.low > 0.2


def test_one_season_before_tells_no_way() -> None:
    made = replace(drawn_panel(np.random.default_rng(1)), baseline=1)
    assert pre_trend(made, design(), np.random.default_rng(0)) is None


def test_pretended_treatments_are_rarely_called_an_effect() -> None:
    random = np.random.default_rng(2)
    made = drawn_panel(random, blocks=30)
    found = interval_of(cells_of(made, water(made), made.start), 0.95, 199, random)
    share = placebo_share(made, found, random)
    assert share is not None
    assert share[1] == 199
    assert share[0] < 0.25
    few = drawn_panel(random, blocks=6)
    assert placebo_share(few, found, random) is None


def test_each_season_and_crop_by_itself() -> None:
    made = drawn_panel(np.random.default_rng(3), blocks=18)
    seasons = by_season(made, design(), np.random.default_rng(0))
    crops = by_crop(made, design(), np.random.default_rng(0))
    assert list(seasons) == ["c", "d"]
    assert list(crops) == ["maize", "wheat"]
    for one in (*seasons.values(), *crops.values()):
        assert one.value == pytest.approx(0.3, abs=0.08)


@pytest.mark.parametrize("kind", ["stepped", "pairs", "observed"])
def test_a_clear_saving_is_proven_the_same_to_the_bit(kind: str) -> None:
    random = np.random.default_rng(4)
    made = paired_panel(random, pairs=30) if kind == "pairs" else drawn_panel(random, blocks=18)
    plan = design(kind=kind, block="pair" if kind == "pairs" else "group")
    found = analyse(made, plan, registered=True)
    assert found.verdict.saved, found.verdict.text
    assert found.verdict.low is not None
    assert found.verdict.low < 0.3 < (found.verdict.high or 0.0)
    assert (found.findings.chance is None) == (kind == "observed")
    assert analyse(made, plan, registered=True) == found


def test_yields_without_a_baseline_count_only_where_chance_drew() -> None:
    made = drawn_panel(np.random.default_rng(4), blocks=18)
    later = replace(made, yield_t_ha=np.where(np.arange(4) < 2, np.nan, made.yield_t_ha))
    assert analyse(later, design(), registered=True).findings.grown.value is not None
    found = analyse(later, design(kind="observed"), registered=True)
    assert "no yields" in found.verdict.text


def test_a_yield_loss_is_never_called_a_success() -> None:
    made = drawn_panel(np.random.default_rng(4), blocks=18)
    loss = made.advised(made.start)
    hungry = replace(made, yield_t_ha=np.where(loss, 0.95 * made.yield_t_ha, made.yield_t_ha))
    found = analyse(hungry, design(), registered=True)
    assert not found.verdict.saved
    assert "yield changed by -" in found.verdict.text
