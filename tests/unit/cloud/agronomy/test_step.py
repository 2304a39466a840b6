from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from cloud.agronomy import step
from cloud.agronomy.assimilation.members import draws, start
from cloud.agronomy.crops.season import Stage
from cloud.agronomy.plots import Plots, plots_of
from cloud.agronomy.step import DayInputs, Water, advance
from cloud.records import Parcel
from cloud.variables import Floats


def array(value: float) -> Floats:
    return np.array([[value]])


def bare(maize: Parcel, depletion: float, roots: float = 0.5) -> tuple[Water, Plots, Stage]:
    plots = plots_of([maize], date(2024, 4, 1))
    water = start(plots, draws(1, 0), array(roots), array(depletion), array(0.0))
    return water, plots, Stage(kcb=array(1.0), height_m=array(2.0), root_depth_m=array(roots))


def day(et0: float = 0.0, rain: float = 0.0, irrigation: float = 0.0) -> DayInputs:
    return DayInputs(
        et0_mm=array(et0),
        rain_mm=array(rain),
        wind_2m_m_s=array(2.0),
        rh_min_percent=array(45.0),
        irrigation_mm=array(irrigation),
    )


def test_kr_ks_and_p_by_hand() -> None:
    assert step.evaporation_reduction(array(13.0), array(18.0), array(8.0))[0, 0] == pytest.approx(0.5)
    assert step.stress_coefficient(array(75.0), array(100.0), array(50.0))[0, 0] == pytest.approx(0.5)
    assert step.depletion_fraction(array(0.5), array(8.0))[0, 0] == pytest.approx(0.38)
    assert step.depletion_fraction(array(0.5), array(-10.0))[0, 0] == pytest.approx(0.8)


def test_canopy_by_hand() -> None:
    # Eq. 76: ((0.65 - 0.15) / (1.15 - 0.15)) ^ 1.5 for plants of 1 m.
    assert step.canopy_fraction(array(0.65), array(1.15), array(1.0))[0, 0] == pytest.approx(0.5**1.5)


def test_runoff_by_hand() -> None:
    # Wet surface, curve number 71: CN3 = 71 / (0.427 + 0.00573 x 71) = 85.15; S = 43.6 mm; rain 40 mm.
    number = 71.0 / (0.427 + 0.00573 * 71.0)
    storage = 250.0 * (100.0 / number - 1.0)
    expected = (40.0 - 0.2 * storage) ** 2 / (40.0 + 0.8 * storage)
    got = step.runoff_mm(array(40.0), array(71.0), array(0.0), array(18.0), array(8.0))
    assert got[0, 0] == pytest.approx(expected)
    assert step.runoff_mm(array(40.0), array(np.nan), array(0.0), array(18.0), array(8.0))[0, 0] == 0.0
    assert step.runoff_mm(array(3.0), array(71.0), array(18.0), array(18.0), array(8.0))[0, 0] == 0.0


def test_water_beyond_depletion_percolates(maize: Parcel) -> None:
    water, plots, stage = bare(maize, 20.0)
    after, fluxes = advance(water, plots, stage, day(irrigation=50.0))
    assert fluxes.percolation_mm[0, 0] == pytest.approx(30.0)
    assert after.depletion_mm[0, 0] == pytest.approx(0.0)


def test_a_dry_day_takes_kcb_times_et0(maize: Parcel) -> None:
    water, plots, stage = bare(maize, 20.0)
    # The surface starts dry, so there is no evaporation, and TAW 65 mm is far from stress.
    after, fluxes = advance(water, plots, stage, day(et0=5.0))
    assert fluxes.ks[0, 0] == 1.0
    assert fluxes.ke[0, 0] == pytest.approx(0.0)
    assert after.depletion_mm[0, 0] == pytest.approx(25.0)
    assert fluxes.total_available_mm[0, 0] == pytest.approx(65.0)


def test_evapotranspiration_never_takes_water_that_is_not_there(maize: Parcel) -> None:
    water, plots, stage = bare(maize, 64.9)
    water = replace(water, surface_mm=array(0.0))
    after, fluxes = advance(water, plots, stage, day(et0=9.0))
    assert after.depletion_mm[0, 0] == pytest.approx(65.0)
    assert fluxes.etc_mm[0, 0] == pytest.approx(0.1)


def test_growing_roots_take_over_the_depletion_below(maize: Parcel) -> None:
    water, plots, stage = bare(maize, 10.0, roots=0.5)
    # 0.5 m more can hold 65 mm; 13 mm of it are missing; roots of 0.75 m reach half of that soil.
    water = replace(water, below_mm=array(13.0))
    deeper = replace(stage, root_depth_m=array(0.75))
    after, fluxes = advance(water, plots, deeper, day())
    assert fluxes.root_growth_mm[0, 0] == pytest.approx(6.5)
    assert after.depletion_mm[0, 0] == pytest.approx(16.5)
    assert after.below_mm[0, 0] == pytest.approx(6.5)
    refilled, _ = advance(after, plots, deeper, day(irrigation=20.0))
    assert refilled.below_mm[0, 0] == pytest.approx(3.0)


def test_roots_stop_at_the_bottom_of_the_soil(maize: Parcel) -> None:
    shallow = maize.model_copy(update={"soil": maize.soil.model_copy(update={"depth_m": 0.4})})
    water, plots, stage = bare(shallow, 0.0, roots=0.9)
    after, fluxes = advance(water, plots, stage, day())
    assert after.root_depth_m[0, 0] == pytest.approx(0.4)
    assert fluxes.total_available_mm[0, 0] == pytest.approx(52.0)


def test_rain_wets_all_and_a_drip_wets_its_share(maize: Parcel) -> None:
    drip = maize.model_copy(update={"irrigation": maize.irrigation.model_copy(update={"method": "drip"})})
    water, plots, stage = bare(drip, 20.0)
    irrigated, _ = advance(water, plots, stage, day(irrigation=5.0))
    assert irrigated.wetted_fraction[0, 0] == pytest.approx(0.35)
    drizzled, _ = advance(irrigated, plots, stage, day(rain=2.0))
    assert drizzled.wetted_fraction[0, 0] == pytest.approx(0.35)
    rained, _ = advance(drizzled, plots, stage, day(rain=4.0))
    assert rained.wetted_fraction[0, 0] == 1.0


def test_some_parcels_can_be_taken_and_put_back(maize: Parcel) -> None:
    plots = plots_of([maize, maize, maize], date(2024, 4, 1))
    water = start(plots, draws(4, 0), np.full((3, 1), 0.5), np.full((3, 1), 10.0), np.zeros((3, 1)))
    index = np.array([2, 0])
    part = water.take(index)
    changed = water.put(index, replace(part, depletion_mm=part.depletion_mm + 1.0))
    assert changed.depletion_mm[[0, 2]] == pytest.approx(water.depletion_mm[[0, 2]] + 1.0)
    assert changed.depletion_mm[1] == pytest.approx(water.depletion_mm[1])
