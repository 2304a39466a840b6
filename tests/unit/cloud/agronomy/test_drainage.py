"""Water above field capacity by hand: how much stays, how much leaves, and that none is lost."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from cloud.agronomy.assimilation.members import draws, start
from cloud.agronomy.crops.season import Stage
from cloud.agronomy.drainage import LARGEST_SURPLUS_FRACTION, daily_share, drained, room_below_mm
from cloud.agronomy.plots import Plots, plots_of
from cloud.agronomy.step import DayInputs, Fluxes, Water, advance
from cloud.records import Parcel, Soil


def plots_with(field_capacity: float) -> Plots:
    soil = Soil(field_capacity=field_capacity, wilting_point=0.5 * field_capacity)
    parcel = Parcel(id="p", crop="maize", planted_on=date(2024, 4, 1), latitude=32.0, longitude=-6.0, soil=soil)
    return plots_of([parcel], date(2024, 4, 1), followed_m=1.2)


def column(value: float) -> np.ndarray:
    return np.array([[value]])


def flooded(plots: Plots, water_mm: float) -> tuple[Water, Water, Fluxes]:
    water = start(plots, draws(1, 0), column(0.5), column(0.0), column(0.0))
    stage = Stage(kcb=column(0.2), height_m=column(0.2), root_depth_m=column(0.5))
    today = DayInputs(
        et0_mm=column(0.0),
        rain_mm=column(0.0),
        wind_2m_m_s=column(2.0),
        rh_min_percent=column(45.0),
        irrigation_mm=column(water_mm),
    )
    return (water, *advance(water, plots, stage, today))


@pytest.mark.parametrize(("field_capacity", "share"), [(0.10, 1.0), (0.23, 1.0), (0.25, 0.76), (0.36, 0.30)])
def test_sand_drains_in_a_day_and_clay_over_many(field_capacity: float, share: float) -> None:
    assert daily_share(plots_with(field_capacity))[0, 0] == pytest.approx(share)


def test_a_clay_keeps_seven_tenths_of_its_surplus_above_field_capacity() -> None:
    plots = plots_with(0.36)
    after, fluxes = drained(*(flooded(plots, 20.0)[:2]), plots, flooded(plots, 20.0)[2])
    assert after.depletion_mm[0, 0] == pytest.approx(-14.0)
    assert fluxes.percolation_mm[0, 0] == pytest.approx(6.0)
    # The six millimetres stand below the roots, less a day's slow drainage of 0.3 %.
    assert after.below_mm[0, 0] == pytest.approx(-6.0 * (1.0 - 0.003))


def test_what_percolates_and_what_stays_are_what_came() -> None:
    plots = plots_with(0.30)
    before, after, fluxes = flooded(plots, 25.0)
    settled, slower = drained(before, after, plots, fluxes)
    assert slower.percolation_mm - settled.depletion_mm == pytest.approx(25.0)


def test_a_soil_holds_no_more_than_its_surplus() -> None:
    plots = plots_with(0.36)
    before, after, fluxes = flooded(plots, 900.0)
    settled, slower = drained(before, after, plots, fluxes)
    assert -settled.depletion_mm[0, 0] == pytest.approx(LARGEST_SURPLUS_FRACTION * fluxes.total_available_mm[0, 0])
    room = room_below_mm(settled, plots)[0, 0]
    assert -settled.below_mm[0, 0] == pytest.approx(LARGEST_SURPLUS_FRACTION * room)
    assert slower.percolation_mm[0, 0] > 700.0


def test_soil_below_that_is_dry_takes_percolation_first() -> None:
    plots = plots_with(0.23)
    before, after, fluxes = flooded(plots, 10.0)
    settled, _ = drained(replace(before, below_mm=column(30.0)), after, plots, fluxes)
    assert settled.below_mm[0, 0] == pytest.approx(20.0)
