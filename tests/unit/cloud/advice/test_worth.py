from collections.abc import Callable
from datetime import date

import numpy as np
import pytest
from pydantic import ValidationError

from cloud.advice.prices import USUAL_PRICES, WATER_SHARE, Prices
from cloud.advice.sensitivity import calendar_of
from cloud.advice.worth import FREE_WHILE_GROWING, SHADED, USUAL_VALUE_PER_HA, worth_of
from cloud.records import Parcel

ParcelOf = Callable[..., Parcel]
AGES = np.arange(60.0, 70.0)


def test_without_prices_water_costs_a_share_of_what_it_earns(parcel_of: ParcelOf) -> None:
    field = parcel_of()
    need_mm = calendar_of(field).stage_need_mm.sum()
    assert worth_of(field, USUAL_PRICES, AGES).water_per_mm == pytest.approx(WATER_SHARE * 27_000.0 / need_mm)


def test_prices_are_counted_by_the_cubic_metre(parcel_of: ParcelOf) -> None:
    prices = Prices(water_per_m3=0.4, energy_per_m3=0.5, scarcity_per_m3=0.1)
    assert worth_of(parcel_of(), prices, AGES).water_per_mm == pytest.approx(10.0)


def test_energy_and_scarcity_come_on_top_of_the_usual_price(parcel_of: ParcelOf) -> None:
    usual = worth_of(parcel_of(), USUAL_PRICES, AGES).water_per_mm
    dearer = worth_of(parcel_of(), Prices(energy_per_m3=0.5, scarcity_per_m3=0.1), AGES).water_per_mm
    assert dearer - usual == pytest.approx(6.0)


def test_a_lack_of_water_costs_its_stage_s_share_of_the_value(parcel_of: ParcelOf) -> None:
    field = parcel_of(crop_parameters={"stage_lengths_days": (20, 44, 40, 10)})
    calendar = calendar_of(field)
    worth = worth_of(field, Prices(crop_value_per_ha={"maize": 10_000.0}), AGES)
    rates = 10_000.0 * calendar.loss_per_mm
    np.testing.assert_allclose(worth.loss_per_mm[4:], rates[2])
    # A canopy that still grows is put off besides.
    np.testing.assert_allclose(worth.loss_per_mm, 10_000.0 * calendar.losses(AGES))
    assert (worth.loss_per_mm[:4] > rates[1]).all()
    assert worth.severe_per_mm == rates.max()


def test_after_the_harvest_nothing_is_lost(parcel_of: ParcelOf) -> None:
    field = parcel_of(crop_parameters={"stage_lengths_days": (20, 20, 20, 4)})
    worth = worth_of(field, USUAL_PRICES, AGES)
    assert (worth.loss_per_mm > 0.0).tolist() == [True] * 4 + [False] * 6
    assert worth.days_left == 4
    assert worth.rest_of_season_mm == 0.0


def test_the_last_known_loss_goes_on(parcel_of: ParcelOf) -> None:
    worth = worth_of(parcel_of(), USUAL_PRICES, AGES)
    assert worth.day_losses(3).tolist() == worth.loss_per_mm[:3].tolist()
    assert worth.day_losses(12)[-2:].tolist() == [worth.loss_per_mm[-1]] * 2


def test_an_irrigation_costs_labour_and_what_the_wet_ground_loses(parcel_of: ParcelOf) -> None:
    prices = Prices(water_per_m3=0.1, event_per_ha=7.0)
    grown = parcel_of(crop_parameters={"stage_lengths_days": (10, 10, 90, 10)})
    # A sprinkler wets all of the ground: 5 mm, less what a full canopy shades, at 1 a millimetre.
    assert worth_of(grown, prices, AGES).event == pytest.approx(7.0 + 5.0 * (1.0 - SHADED))
    drip = parcel_of(system={"method": "drip"}, crop_parameters={"stage_lengths_days": (10, 10, 90, 10)})
    assert worth_of(drip, USUAL_PRICES, AGES).event < worth_of(grown, USUAL_PRICES, AGES).event


def test_a_crop_without_a_value_has_the_usual_one(parcel_of: ParcelOf) -> None:
    field = parcel_of(crop="pepper", planted_on=date(2026, 4, 1))
    worth = worth_of(field, USUAL_PRICES, AGES)
    assert worth.severe_per_mm == pytest.approx(USUAL_VALUE_PER_HA * calendar_of(field).loss_per_mm.max())


@pytest.mark.parametrize("wrong", [{"water_per_m3": -0.1}, {"water_share": 0.0}, {"crop_value_per_ha": {"maize": 0.0}}])
def test_prices_below_nothing_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Prices.model_validate(wrong)


def test_a_growing_canopy_is_held_to_less_than_readily_available_water(parcel_of: ParcelOf) -> None:
    field = parcel_of(crop_parameters={"stage_lengths_days": (20, 44, 40, 10)})
    worth = worth_of(field, USUAL_PRICES, AGES)
    assert worth.free.tolist() == [FREE_WHILE_GROWING] * 4 + [1.0] * 6
    assert worth.day_shares(12)[-2:].tolist() == [1.0, 1.0]
    assert (worth_of(parcel_of(crop="olive", planted_on=None), USUAL_PRICES, AGES).free == 1.0).all()


def test_parcels_of_one_crop_and_age_share_their_days_and_cannot_change_them(parcel_of: ParcelOf) -> None:
    one, other = worth_of(parcel_of(), USUAL_PRICES, AGES), worth_of(parcel_of(area_ha=9.0), USUAL_PRICES, AGES)
    older = worth_of(parcel_of(), USUAL_PRICES, AGES + 60.0)
    np.testing.assert_array_equal(one.loss_per_mm, other.loss_per_mm)
    assert older.rest_of_season_mm < one.rest_of_season_mm
    assert older.days_left <= one.days_left
    with pytest.raises(ValueError, match="read-only"):
        one.free[0] = 0.1
    other.loss_per_mm[0] = 0.0
    assert worth_of(parcel_of(), USUAL_PRICES, AGES).loss_per_mm[0] > 0.0
