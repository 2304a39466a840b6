import pytest

from cloud.advice.system import LARGEST_LEACHING, USUAL_BY_TURN_MM, USUAL_MM, limits_of
from cloud.agronomy.plots import METHOD_EFFICIENCY
from cloud.judge.coarse import system_of
from cloud.records import IrrigationSystem, Method, Parcel, WaterSource


def parcel(**system: object) -> Parcel:
    return Parcel(
        id="plot",
        crop="maize",
        latitude=32.3,
        longitude=-6.4,
        irrigation=IrrigationSystem.model_validate(system),
    )


@pytest.mark.parametrize("method", ["drip", "sprinkler", "basin", "furrow"])
def test_a_silent_file_takes_the_values_of_its_method(method: Method) -> None:
    limits = limits_of(parcel(method=method))
    assert (limits.min_mm, limits.max_mm) == USUAL_MM[method]
    assert limits.efficiency == METHOD_EFFICIENCY[method]


def test_the_parcels_own_values_win() -> None:
    limits = limits_of(parcel(method="drip", efficiency=0.8, min_mm=0.0, max_mm=7.0))
    assert (limits.min_mm, limits.max_mm, limits.efficiency) == (0.0, 7.0, 0.8)


def test_an_own_maximum_below_the_usual_minimum_lowers_the_minimum() -> None:
    limits = limits_of(parcel(method="basin", max_mm=15.0))
    assert (limits.min_mm, limits.max_mm) == (15.0, 15.0)


def test_an_own_minimum_above_the_maximum_raises_the_maximum() -> None:
    limits = limits_of(parcel(method="drip", min_mm=30.0))
    assert (limits.min_mm, limits.max_mm) == (30.0, 30.0)


@pytest.mark.parametrize("method", ["drip", "sprinkler", "basin", "furrow"])
def test_by_turn_more_may_be_given_at_once_and_the_judge_agrees(method: Method) -> None:
    by_turn = parcel(method=method).model_copy(update={"water": WaterSource(canal="G1")})
    assert limits_of(by_turn).max_mm == USUAL_BY_TURN_MM[method] > USUAL_MM[method][1]
    assert limits_of(by_turn).min_mm == USUAL_MM[method][0]
    assert system_of(by_turn).largest_mm == limits_of(by_turn).max_mm
    own = parcel(method=method, max_mm=30.0).model_copy(update={"water": WaterSource(canal="G1")})
    assert limits_of(own).max_mm == system_of(own).largest_mm == 30.0


def watered(salinity_ds_m: float | None, crop: str = "maize") -> Parcel:
    return parcel(method="sprinkler").model_copy(
        update={"crop": crop, "water": WaterSource(salinity_ds_m=salinity_ds_m)}
    )


def test_salty_water_needs_more_of_it_to_carry_the_salt_away() -> None:
    limits = limits_of(watered(1.5))
    # FAO-29 eq. 9, maize bears 1.7 dS/m: 1.5 / (5 x 1.7 - 1.5).
    assert limits.leaching == pytest.approx(1.5 / 7.0)
    assert limits.stored_fraction == pytest.approx(0.75 * (1.0 - 1.5 / 7.0))


def test_unknown_salt_or_tolerance_asks_for_no_leaching() -> None:
    assert limits_of(watered(None)).leaching == 0.0
    assert limits_of(watered(3.0, "chickpea")).leaching == 0.0


def test_leaching_stops_where_it_only_wastes_water() -> None:
    assert limits_of(watered(2.5)).leaching == LARGEST_LEACHING
    assert limits_of(watered(9.0)).leaching == LARGEST_LEACHING
