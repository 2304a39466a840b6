"""What layers of soil hold, by hand: over depths, and where topsoil and soil below have scales of their own."""

from datetime import date

import numpy as np
import pytest

from cloud.agronomy.plots import TOPSOIL_M, Plots, plots_of
from cloud.records import Parcel, Soil, SoilLayer
from cloud.variables import Floats

ON = date(2024, 4, 1)
LAYERS = (
    SoilLayer(depth_m=0.3, field_capacity=0.30, wilting_point=0.10),
    SoilLayer(depth_m=0.6, field_capacity=0.25, wilting_point=0.15),
    SoilLayer(depth_m=1.0, field_capacity=0.20, wilting_point=0.12),
)


def column(value: float) -> Floats:
    return np.array([[value]])


@pytest.fixture
def plots() -> Plots:
    soils = (Soil(layers=LAYERS), Soil(field_capacity=0.25, wilting_point=0.12))
    parcels = [
        Parcel(id=f"p{place}", crop="maize", planted_on=ON, latitude=32.0, longitude=-6.0, soil=soil)
        for place, soil in enumerate(soils)
    ]
    return plots_of(parcels, ON, followed_m=1.2)


def test_the_topsoil_by_hand(plots: Plots) -> None:
    assert TOPSOIL_M == 0.4
    # 0.3 m of 0.20 and 0.1 m of 0.10; 0.3 m of 0.10 and 0.1 m of 0.15.
    assert plots.topsoil_mm[:, 0] == pytest.approx([70.0, 52.0])
    assert plots.topsoil_wilting_mm[:, 0] == pytest.approx([45.0, 48.0])


@pytest.mark.parametrize(
    ("depth_m", "held_mm", "left_mm"),
    [
        (0.2, 2.0 * 40.0, 1.5 * 20.0),
        (0.4, 2.0 * 70.0, 1.5 * 45.0),
        (0.6, 2.0 * 70.0 + 0.5 * 20.0, 1.5 * 45.0 + 1.2 * 30.0),
        (1.2, 2.0 * 70.0 + 0.5 * 68.0, 1.5 * 45.0 + 1.2 * 102.0),
    ],
)
def test_topsoil_and_soil_below_have_their_own_scales(
    plots: Plots, depth_m: float, held_mm: float, left_mm: float
) -> None:
    depth = np.full((2, 1), depth_m)
    assert plots.held_mm(depth, column(2.0), column(0.5))[0, 0] == pytest.approx(held_mm)
    assert plots.left_mm(depth, column(1.5), column(1.2))[0, 0] == pytest.approx(left_mm)


def test_equal_scales_are_one_scale_to_the_last_bit(plots: Plots) -> None:
    depth = np.linspace(0.05, 1.5, 30)[None, :] * np.ones((2, 1))
    assert np.array_equal(plots.held_mm(depth, column(1.0), column(1.0)), plots.available_mm(depth))
    assert np.array_equal(plots.left_mm(depth, column(1.0), column(1.0)), plots.wilting_mm(depth))


def test_deeper_never_holds_less(plots: Plots) -> None:
    depth = np.linspace(0.0, 2.0, 81)[None, :] * np.ones((2, 1))
    assert (np.diff(plots.held_mm(depth, column(0.3), column(2.0)), axis=1) > 0.0).all()
    assert (np.diff(plots.held_mm(depth, column(2.0), column(0.3)), axis=1) > 0.0).all()


def test_some_parcels_keep_their_own(plots: Plots) -> None:
    second = plots.take(np.array([1]))
    assert second.topsoil_mm.tolist() == [[pytest.approx(52.0)]]
    assert second.surveyed.tolist() == [[True]]
    assert second.column_bottom_m(column(0.1))[0, 0] == 1.2
