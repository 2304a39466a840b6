from collections.abc import Callable
from datetime import date

import numpy as np
import pytest

from cloud.advice.sensitivity import calendar_of
from cloud.records import Parcel

ParcelOf = Callable[..., Parcel]


def test_each_stage_has_its_own_loss(parcel_of: ParcelOf) -> None:
    calendar = calendar_of(parcel_of(crop="maize", planted_on=date(2026, 5, 1)))
    # FAO-33 for maize: 0.4, 1.5 and 0.2 of the yield if a whole period went without; the first has two stages.
    need_mm = calendar.stage_need_mm
    period_mm = np.array([need_mm[:2].sum(), need_mm[:2].sum(), need_mm[2], need_mm[3]])
    np.testing.assert_allclose(calendar.loss_per_mm * period_mm, [0.4, 0.4, 1.5, 0.2])


def test_growth_put_off_costs_the_closed_canopys_transpiration(parcel_of: ParcelOf) -> None:
    lengths = {"stage_lengths_days": (20, 40, 40, 10), "kcb_ini": 0.15, "kcb_mid": 1.2, "kcb_end": 0.5}
    calendar = calendar_of(parcel_of(crop_parameters=lengths))
    young, closing, closed, gone = calendar.losses(np.array([10.0, 59.0, 70.0, 110.0]))
    # A day without growth at an eighth of the coefficient: its millimetre stands for eight.
    assert young == pytest.approx(8.0 * calendar.season_loss_per_mm)
    assert young > closing > calendar.loss_per_mm[1]
    assert closed == calendar.loss_per_mm[2]
    assert gone == 0.0
    tree = calendar_of(parcel_of(crop="olive", planted_on=None))
    assert np.ptp(tree.losses(np.arange(0.0, 400.0, 40.0))) == 0.0


def test_a_crop_without_stages_loses_alike_all_season(parcel_of: ParcelOf) -> None:
    calendar = calendar_of(parcel_of(crop="sugar_beet", planted_on=date(2026, 10, 1)))
    assert np.ptp(calendar.loss_per_mm) == 0.0
    assert calendar.loss_per_mm[0] * calendar.stage_need_mm.sum() == pytest.approx(1.0)


def test_an_ordinary_summer_needs_more_than_an_ordinary_winter(parcel_of: ParcelOf) -> None:
    summer, winter = (calendar_of(parcel_of(planted_on=date(2026, month, 1))) for month in (5, 11))
    assert 550.0 < summer.stage_need_mm.sum() < 1000.0
    assert winter.stage_need_mm.sum() < 0.6 * summer.stage_need_mm.sum()


def test_stages_follow_age_and_end_with_the_harvest(parcel_of: ParcelOf) -> None:
    calendar = calendar_of(parcel_of(crop_parameters={"stage_lengths_days": (20, 30, 40, 10)}))
    ages = np.array([0.0, 19.0, 20.0, 50.0, 90.0, 99.0, 100.0])
    assert calendar.stages(ages).tolist() == [0, 0, 1, 2, 3, 3, 3]
    assert calendar.standing(ages).tolist() == [True] * 6 + [False]


def test_the_need_until_harvest_runs_out(parcel_of: ParcelOf) -> None:
    calendar = calendar_of(parcel_of(crop_parameters={"stage_lengths_days": (20, 30, 40, 10)}))
    left = [calendar.need_after_mm(age) for age in (-1.0, 50.0, 98.0, 99.0, 150.0)]
    assert left[0] == pytest.approx(calendar.need_until_mm[-1])
    assert left == sorted(left, reverse=True)
    assert left[2] > left[3] == left[4] == 0.0


def test_the_canopy_follows_the_basal_coefficient(parcel_of: ParcelOf) -> None:
    calendar = calendar_of(parcel_of(crop_parameters={"stage_lengths_days": (20, 30, 40, 10)}))
    assert calendar.cover(-3.0) < 0.2
    assert calendar.cover(60.0) == 1.0
    assert calendar.cover(500.0) == calendar.cover(99.0) < 1.0


def test_a_tree_never_ends(parcel_of: ParcelOf) -> None:
    calendar = calendar_of(parcel_of(crop="olive", planted_on=None))
    assert calendar.standing(np.array([500.0])).all()
    assert calendar.need_after_mm(500.0) == np.inf
    assert calendar.cover(0.0) == 1.0
