from datetime import date

import numpy as np
import pytest

from cloud.agronomy.capillary import LARGEST_MM_D, RISE_BY_TEXTURE, capillary_rise_mm, potential_rise_mm
from cloud.agronomy.plots import plots_of
from cloud.agronomy.soil import TEXTURES, column_of
from cloud.agronomy.water import WaterSettings, simulate
from cloud.records import Parcel, Soil, SoilLayer
from cloud.variables import Floats
from tests.unit.cloud.agronomy.conftest import MakeForcing

PLAIN = WaterSettings(fixed_parameters=True)


def array(value: float) -> Floats:
    return np.array([[value]])


def rise(texture: str, distance: float) -> float:
    soil = RISE_BY_TEXTURE[texture]
    return float(potential_rise_mm(array(distance), array(soil.slope), array(soil.intercept))[0, 0])


# AquaCrop's default soils (aquacrop 3.1, parameters of capillary rise): distance [m] and rise [mm/d].
@pytest.mark.parametrize(
    ("texture", "half", "one", "two", "three"),
    [
        ("sand", 27.75, 3.639, 0.477, 0.145),
        ("sandy_loam", 16.833, 1.971, 0.231, 0.066),
        ("loam", 29.198, 6.334, 1.374, 0.562),
        ("silt_loam", 35.677, 7.563, 1.603, 0.647),
        ("clay_loam", 0.748, 0.223, 0.066, 0.033),
        ("silty_clay", 38.315, 11.029, 3.175, 1.532),
        ("clay", 8.298, 2.657, 0.851, 0.437),
    ],
)
def test_the_rise_equals_that_of_aquacrop(texture: str, half: float, one: float, two: float, three: float) -> None:
    got = [rise(texture, distance) for distance in (0.5, 1.0, 2.0, 3.0)]
    assert got == pytest.approx([half, one, two, three], abs=0.001)


def test_the_rise_has_ends() -> None:
    assert rise("loam", -0.1) == LARGEST_MM_D
    assert rise("loam", 4.0) == 0.0
    assert set(RISE_BY_TEXTURE) == set(TEXTURES)


def test_the_rise_fades_as_the_soil_fills() -> None:
    # Half full: 1 - 0.5^16 of the potential; at field capacity none; never more than there is room.
    assert capillary_rise_mm(array(50.0), array(100.0), array(4.0))[0, 0] == pytest.approx(4.0 * (1.0 - 0.5**16))
    assert capillary_rise_mm(array(0.0), array(100.0), array(4.0))[0, 0] == 0.0
    assert capillary_rise_mm(array(-3.0), array(100.0), array(4.0))[0, 0] == 0.0
    assert capillary_rise_mm(array(1.0), array(1.0), array(99.0))[0, 0] == 1.0


def parcel(maize: Parcel, **soil: object) -> Parcel:
    return maize.model_copy(update={"soil": Soil.model_validate({"texture": "loam", **soil})})


def test_roots_stop_at_the_water_table(maize: Parcel) -> None:
    plots = plots_of([parcel(maize, groundwater_depth_m=0.6), parcel(maize)], date(2024, 4, 1))
    assert plots.soil_depth_m[0, 0] == 0.6
    assert np.isinf(plots.soil_depth_m[1, 0])


def test_a_survey_takes_the_texture_nearest_to_its_lowest_layer(maize: Parcel) -> None:
    layers = (
        SoilLayer(depth_m=0.4, field_capacity=0.36, wilting_point=0.22),
        SoilLayer(depth_m=1.2, field_capacity=0.12, wilting_point=0.05),
    )
    assert column_of(maize.model_copy(update={"soil": Soil(layers=layers)})).rise == RISE_BY_TEXTURE["sand"]


def test_a_shallow_table_feeds_a_crop_through_a_dry_summer(maize: Parcel, make_forcing: MakeForcing) -> None:
    places = [parcel(maize, groundwater_depth_m=depth).model_copy(update={"id": str(depth)}) for depth in (1.5, 2.5)]
    without = parcel(maize)
    history = simulate(
        [*places, without], make_forcing(date(2024, 4, 1), [6.0] * 120, parcels=3), [], [], settings=PLAIN
    )
    risen = history.columns["capillary_rise_mm"].sum(axis=0)
    used = history.columns["etc_adj_mm"].sum(axis=0)
    assert risen[0] > risen[1] > 20.0
    assert risen[2] == 0.0
    assert used[0] > used[1] > used[2]
    gained = history.columns["depletion_mm"][0] - history.columns["depletion_mm"][-1]
    totals = {name: values[1:].sum(axis=0) for name, values in history.columns.items()}
    expected = totals["capillary_rise_mm"] - totals["etc_adj_mm"] - totals["root_growth_mm"]
    assert gained == pytest.approx(expected - totals["deep_percolation_mm"], abs=1e-9)
