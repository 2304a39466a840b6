from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from cloud.advice.choose import CLAIMED, KEPT_BENEATH, Choice, _Falls, daily_losses, next_look
from cloud.advice.outlook import LONGEST_WAIT_DAYS, Outlook
from cloud.advice.worth import Stock, Worth

DAY = date(2026, 5, 14)
OutlookOf = Callable[..., Outlook]
WORTH = Worth(water_per_mm=1.0, event=5.0, loss_per_mm=np.full(10, 4.0), severe_per_mm=10.0)


def may(day: int) -> date:
    return date(2026, 5, day)


def choice_of(outlook: Outlook, *, through: int = 15, worth: Worth = WORTH) -> Choice:
    return Choice.of(DAY, may(through), outlook, worth, 1.0)


def test_waiting_costs_what_is_not_transpired_less_its_water(outlook_of: OutlookOf) -> None:
    # In the evening 60 of 50 readily and 100 in all: a fifth of 5 mm is lost next day, at 4 less the price of 1.
    assert choice_of(outlook_of([55.0])).loss_by_waiting == pytest.approx(3.0)
    assert choice_of(outlook_of([20.0])).loss_by_waiting == 0.0


def test_beyond_half_of_transpiration_the_worst_stage_counts(outlook_of: OutlookOf) -> None:
    # 90 mm: four fifths of 5 mm are lost; 1.5 mm of them beyond the half, at 6 more.
    assert daily_losses(outlook_of([85.0]), WORTH, 1.0)[1] == pytest.approx(3.0 * 4.0 + 6.0 * 1.5)


def test_water_that_earns_less_than_its_price_is_not_missed(outlook_of: OutlookOf) -> None:
    cheap = replace(WORTH, loss_per_mm=np.full(10, 0.5), severe_per_mm=0.5)
    assert choice_of(outlook_of([70.0]), worth=cheap).loss_by_waiting == 0.0


def test_one_field_known_exactly_is_filled(outlook_of: OutlookOf) -> None:
    assert choice_of(outlook_of([55.0])).best_mm() == pytest.approx(60.0)


def test_the_dose_stands_where_the_fixed_cost_pays_for_what_drains(outlook_of: OutlookOf) -> None:
    # A fixed cost of 5 over 25 mm is 0.2 a millimetre: two members of ten may be overfilled by it.
    choice = choice_of(outlook_of([11.0 + place for place in range(10)]))
    assert choice.best_mm() == pytest.approx(18.0)
    assert choice.drained_mm(18.0) == pytest.approx((2.0 + 1.0) / 10.0)


def test_a_shallow_root_zone_is_irrigated_however_dear_the_event(outlook_of: OutlookOf) -> None:
    # 10 mm of easy water: a fixed cost of 20 over 5 mm is four times the price of a millimetre. Room for 16 to 19 mm.
    shallow = outlook_of([11.0, 12.0, 13.0, 14.0], readily=10.0)
    dear = replace(WORTH, event=20.0)
    assert choice_of(shallow, worth=dear).best_mm() == pytest.approx(19.0)
    # Where nothing has room nothing is given.
    assert choice_of(outlook_of([0.0], readily=10.0, rain=[30.0]), worth=dear).best_mm() == 0.0


def test_where_the_next_chance_is_near_no_more_is_given_than_the_room(outlook_of: OutlookOf) -> None:
    assert choice_of(outlook_of([10.0]), through=18).best_mm() == pytest.approx(15.0)


def test_far_from_the_next_chance_the_soil_beneath_is_filled_up_to_the_need(outlook_of: OutlookOf) -> None:
    # Known until the 23rd: 60 mm, of which stress took 0.5; a day more at 5.05, and 1 more taken: 66.55, 50 of it easy.
    far = choice_of(outlook_of([10.0]), through=25)
    assert far.room_mm[0] == 15.0
    assert far.best_mm() == pytest.approx(16.55)


def test_the_soil_beneath_bounds_the_dose(outlook_of: OutlookOf) -> None:
    # Room for 38 in the evening, more than a third of 100 mm: the soil beneath may be as dry, and holds half of them.
    far = choice_of(outlook_of([30.0], use=8.0), through=29)
    assert far.best_mm() == pytest.approx(38.0 + 50.0)


def test_water_kept_beneath_is_worth_less_than_in_the_root_zone(outlook_of: OutlookOf) -> None:
    # Water that earns half as much again as it costs is worth giving where all of it stays, not where a third is lost.
    modest = replace(WORTH, loss_per_mm=np.full(10, 1.2), severe_per_mm=1.2, event=0.0)
    assert choice_of(outlook_of([10.0]), through=28, worth=modest).best_mm() == pytest.approx(15.0)


def test_the_worth_far_from_the_next_chance_is_counted_once(outlook_of: OutlookOf) -> None:
    # What the first millimetre is worth is the same whether what follows it drains or not.
    outlook = outlook_of([30.0 + 4.0 * place for place in range(8)], use=7.0)
    far = choice_of(outlook, through=28)
    needs = np.full((1, 2), 40.0)
    falls = _Falls(needs_mm=needs, shares=np.full((1, 2), 0.5), gained=np.full((1, 1), 3.0), net_price=1.0)
    for room, beneath in ((10.0, 20.0), (50.0, 20.0), (30.0, 30.0)):
        points, steps = falls.with_soil_beneath(np.full(2, room), np.full(2, beneath))
        assert steps.sum() == pytest.approx(falls.at(np.full(2, room))[1].sum())
        assert steps.min() >= 0.0
        assert points.max() <= room + beneath
    assert far.steps.min() >= 0.0


def test_before_the_harvest_only_what_is_still_used_finds_room(outlook_of: OutlookOf) -> None:
    ending = replace(WORTH, rest_of_season_mm=0.0, days_left=3)
    # Three days bring 38 to 53: the crop would miss 3 mm at its end.
    late = choice_of(outlook_of([38.0]), worth=ending)
    lost = float(outlook_of([38.0]).lost_mm(0, 3).sum())
    assert late.best_mm() == pytest.approx(3.0 + lost)
    assert choice_of(outlook_of([38.0])).best_mm() == pytest.approx(43.0)


def test_the_curve_falls_from_the_yield_to_nothing(outlook_of: OutlookOf) -> None:
    choice = choice_of(outlook_of([50.0 + place for place in range(20)]))
    curve = choice.curve(200.0)
    depths, values = zip(*curve, strict=True)
    assert list(depths) == sorted(depths)
    assert list(values) == sorted(values, reverse=True)
    # Stored water keeps its price of 1; on top a tenth of a millimetre earns 3.
    assert values[0] == pytest.approx(1.3, abs=0.02)
    assert values[-1] < 1.0
    whole = sum(value * (upper - lower) for upper, lower, value in zip(depths, (0.0, *depths), values, strict=False))
    assert whole == pytest.approx(float(np.dot(choice.steps, np.maximum(choice.points_mm, 0.0))))


def test_the_curve_ends_at_the_largest_event_and_where_nothing_fits(outlook_of: OutlookOf) -> None:
    assert choice_of(outlook_of([50.0])).curve(20.0)[-1][0] == pytest.approx(20.0)
    assert choice_of(outlook_of([0.0], rain=[30.0, 30.0])).curve(20.0) == ()


def test_forecast_rain_takes_the_room_of_the_dose(outlook_of: OutlookOf) -> None:
    assert choice_of(outlook_of([55.0], rain=[0.0, 0.0, 30.0])).best_mm() == pytest.approx(40.0)


def test_the_next_look_is_the_day_water_may_fall_due(outlook_of: OutlookOf) -> None:
    def look(depletion: float) -> date:
        outlook = outlook_of([depletion])
        return next_look(DAY, outlook, daily_losses(outlook, WORTH, 1.0), WORTH)

    assert look(48.0) == may(15)
    # 42 mm: 47 in the evening of the 14th, 52 on the 15th and 57 on the 16th, when a seventh of a day's use is lost.
    assert look(42.0) == may(15)
    assert look(40.0) == may(16)
    assert look(0.0) == may(14 + LONGEST_WAIT_DAYS)


def test_while_the_canopy_grows_loss_begins_earlier(outlook_of: OutlookOf) -> None:
    growing = replace(WORTH, free=np.full(10, 0.6))
    # 45 mm in the evening: 15 of the 70 beyond three fifths of 50 mm; nothing beyond the whole of them.
    assert choice_of(outlook_of([40.0]), worth=growing).loss_by_waiting == pytest.approx(3.0 * 5.0 * 15.0 / 70.0)
    assert choice_of(outlook_of([40.0])).loss_by_waiting == 0.0


def stocking(short_mm: float, beneath_mm: float = 200.0) -> Worth:
    """Water that is missing after the next turn costs 4 a millimetre, as before it."""
    return replace(WORTH, stock=Stock(short_mm=short_mm, beneath_mm=np.full(1, beneath_mm), loss_per_mm=4.0))


def test_what_later_turns_lack_is_laid_in_beside_the_need(outlook_of: OutlookOf) -> None:
    # 16.55 are needed until the 25th (see above); 20 more are wanted after it.
    far = choice_of(outlook_of([10.0]), through=25, worth=stocking(20.0))
    assert far.best_mm() == pytest.approx(36.55)
    # The root zone takes the need itself; of the 20 below it a part drains away, at 4 less the price of 1.
    assert far.stock_loss == pytest.approx(3.0 * KEPT_BENEATH * 20.0)
    assert far.loss_by_waiting == pytest.approx(
        choice_of(outlook_of([10.0]), through=25).loss_by_waiting + far.stock_loss
    )


def test_no_more_is_laid_in_than_finds_room_or_follows_from_what_is_stated(outlook_of: OutlookOf) -> None:
    tight = choice_of(outlook_of([10.0], readily=10.0), through=25, worth=stocking(20.0, beneath_mm=0.0))
    loose = choice_of(outlook_of([10.0]), through=25, worth=stocking(500.0))
    free = choice_of(outlook_of([10.0]), through=25)
    assert tight.best_mm() >= tight.room_mm[0]
    used = float(free.outlook.use_mm[free.first : free.last].sum(axis=0).mean())
    assert loose.best_mm() == pytest.approx(CLAIMED * (15.0 + used))


def test_stock_that_earns_less_than_its_price_is_not_laid_in(outlook_of: OutlookOf) -> None:
    cheap = replace(stocking(20.0), stock=Stock(short_mm=20.0, beneath_mm=np.full(1, 200.0), loss_per_mm=0.5))
    with_it, without = (choice_of(outlook_of([10.0]), through=25, worth=worth) for worth in (cheap, WORTH))
    assert with_it.best_mm() == pytest.approx(without.best_mm())
    assert with_it.stock_loss == 0.0


@pytest.mark.parametrize("short_mm", [5.0, 40.0, 150.0])
def test_with_stock_the_worth_of_water_still_only_falls(outlook_of: OutlookOf, short_mm: float) -> None:
    choice = choice_of(outlook_of([5.0, 15.0, 40.0, 60.0]), through=25, worth=stocking(short_mm))
    assert (choice.steps >= -1e-12).all()
    depths, values = zip(*choice.curve(300.0), strict=True)
    assert all(one < other for one, other in pairwise(depths))
    assert all(one >= other - 1e-9 for one, other in pairwise(values))


@pytest.mark.parametrize("short_mm", [5.0, 60.0])
def test_a_drier_soil_is_never_given_less_for_later_nor_waits_longer(outlook_of: OutlookOf, short_mm: float) -> None:
    soils = [[dry, dry + 4.0, dry + 9.0] for dry in np.arange(0.0, 60.0, 5.0)]
    choices = [choice_of(outlook_of(soil), through=27, worth=stocking(short_mm)) for soil in soils]
    assert all(one.best_mm() <= other.best_mm() + 1e-9 for one, other in pairwise(choices))
    assert all(one.loss_by_waiting <= other.loss_by_waiting + 1e-9 for one, other in pairwise(choices))
