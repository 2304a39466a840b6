"""Dual crop coefficient against FAO-56 (Allen et al. 1998): examples 27 and 35, and a grid of eq. 72."""

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from cloud.agronomy.assimilation.members import draws, start
from cloud.agronomy.crops.season import Stage, climate_term
from cloud.agronomy.plots import Plots, plots_of
from cloud.agronomy.step import DayInputs, advance, maximum_coefficient
from cloud.records import IrrigationSystem, Parcel, Soil
from cloud.variables import Floats

# FAO-56 example 35 (table 21): ET0, rain less runoff, irrigation, 1 - fc, Kcb; published Kr is not carried: ETc is.
EXAMPLE_35: Final = (
    (4.5, 0.0, 50.0, 0.92, 0.30, 5.5),
    (5.0, 0.0, 0.0, 0.91, 0.31, 6.1),
    (3.9, 0.0, 0.0, 0.91, 0.32, 3.8),
    (4.2, 0.0, 0.0, 0.90, 0.33, 2.9),
    (4.8, 0.0, 0.0, 0.89, 0.34, 2.6),
    (2.7, 6.0, 0.0, 0.89, 0.36, 2.6),
    (5.8, 0.0, 0.0, 0.88, 0.37, 4.7),
    (5.1, 0.0, 0.0, 0.87, 0.38, 2.9),
    (4.7, 0.0, 0.0, 0.87, 0.39, 2.3),
    (5.2, 0.0, 0.0, 0.86, 0.40, 2.4),
)

# Eq. 72 with Kcb below Kc max - 0.05: wind [m/s], lowest humidity [%], height [m], Kc max
# (U.S. Geological Survey, swb2, test table of eq. 72; public domain).
EQUATION_72: Final = (
    (1.0, 40.0, 1.0, 1.1856155381335027),
    (1.0, 40.0, 9.0, 1.1721922165936818),
    (1.0, 60.0, 5.0, 1.0834386349309284),
    (1.0, 80.0, 9.0, 0.9497299493431363),
    (2.0, 40.0, 5.0, 1.2233122730138142),
    (5.0, 80.0, 3.0, 1.18),
)


def array(value: float) -> Floats:
    return np.array([[value]], dtype=np.float64)


def cotton_plots() -> Plots:
    parcel = Parcel(
        id="example",
        crop="cotton",
        planted_on=date(2024, 3, 1),
        latitude=32.0,
        longitude=-6.0,
        soil=Soil(
            field_capacity=0.23,
            wilting_point=0.10,
            evaporable_water_mm=18.0,
            readily_evaporable_water_mm=8.0,
        ),
        irrigation=IrrigationSystem(method="furrow", efficiency=1.0, wetted_fraction=0.8),
        initial_depletion_mm=0.0,
    )
    return replace(plots_of([parcel], date(2024, 3, 1)), curve_number=array(np.nan))


def test_example_35_ten_days_of_cotton() -> None:
    plots = cotton_plots()
    water = start(plots, draws(1, 0), array(0.6), array(0.0), array(0.0))
    water = replace(water, surface_mm=array(0.0))
    for et0, rain, irrigation, bare, kcb, published in EXAMPLE_35:
        stage = Stage(kcb=array(kcb), height_m=array(0.30), root_depth_m=array(0.6))
        today = DayInputs(
            et0_mm=array(et0),
            rain_mm=array(rain),
            wind_2m_m_s=array(1.6),
            rh_min_percent=array(35.0),
            irrigation_mm=array(irrigation),
            water_comes_first=True,
        )
        water, fluxes = advance(water, replace(plots, canopy_fraction=array(1.0 - bare)), stage, today)
        assert fluxes.ks[0, 0] == 1.0
        assert fluxes.etc_mm[0, 0] == pytest.approx(published, abs=0.0501)


def test_example_35_upper_limit_of_evapotranspiration() -> None:
    # The example states Kc max = 1.21 for wind 1.6 m/s, lowest humidity 35 % and plants of 0.3 m.
    assert maximum_coefficient(array(0.3), array(1.6), array(35.0), array(0.3))[0, 0] == pytest.approx(
        1.212028, abs=1e-6
    )


@pytest.mark.parametrize(("wind", "humidity", "height", "expected"), EQUATION_72)
def test_equation_72(wind: float, humidity: float, height: float, expected: float) -> None:
    assert maximum_coefficient(array(0.2), array(wind), array(humidity), array(height))[0, 0] == pytest.approx(
        expected, abs=1e-9
    )


def test_equation_72_over_the_whole_grid(shared_vectors: Path) -> None:
    with (shared_vectors / "FAO56_equation_72_calcs.txt").open() as file:
        rows = [[float(value) for value in row.values()] for row in csv.DictReader(file, delimiter="\t")]
    grid = np.array(rows).T
    assert grid.shape == (4, 125)
    assert np.abs(maximum_coefficient(np.zeros(125), grid[0], grid[1], grid[2]) - grid[3]).max() < 1e-9


def test_equation_72_never_falls_below_the_crop() -> None:
    assert maximum_coefficient(array(1.3), array(1.0), array(80.0), array(0.5))[0, 0] == pytest.approx(1.35)


@pytest.mark.parametrize(("wind", "humidity", "expected"), [(1.3, 75.0, 1.07), (4.6, 44.0, 1.30)])
def test_example_27_maize_in_taipei_and_mocha(wind: float, humidity: float, expected: float) -> None:
    # FAO-56 example 27: tabulated Kc mid of 1.20, plants of 2 m.
    assert 1.20 + climate_term(array(wind), array(humidity), array(2.0))[0, 0] == pytest.approx(expected, abs=0.005)
