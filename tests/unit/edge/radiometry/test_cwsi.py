"""Water stress index by three methods: by hand arithmetic, at its limits, with its error and its refusals."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.radiometry import cwsi
from edge.radiometry.energy_balance import (
    aerodynamic_resistance_s_m,
    difference_k,
    net_radiation_w_m2,
    theoretical_limits,
)
from edge.radiometry.references import references_cwsi
from edge.radiometry.stress import STRESS_SIGMA, stress_of_index
from edge.radiometry.vapour import saturation_vapour_pressure_kpa, slope_kpa_per_k, vapour_pressure_deficit_kpa
from edge.weather import FieldWeather

DRY_NOON = FieldWeather(
    air_temperature_c=30.0, relative_humidity_percent=40.0, wind_speed_m_s=2.0, radiation_w_m2=800.0
)
MEASURED_REFERENCES = DRY_NOON.model_copy(update={"wet_reference_c": 24.0, "dry_reference_c": 36.0})


def test_vapour_pressure_by_fao56_tables() -> None:
    assert saturation_vapour_pressure_kpa(30.0) == pytest.approx(4.243, abs=0.001)
    assert saturation_vapour_pressure_kpa(15.0) == pytest.approx(1.705, abs=0.001)
    assert slope_kpa_per_k(20.0) == pytest.approx(0.145, abs=0.001)
    assert vapour_pressure_deficit_kpa(DRY_NOON) == pytest.approx(0.6 * 4.243, abs=0.001)


def test_the_empirical_index_is_zero_on_the_baseline_and_one_at_the_upper_limit() -> None:
    lower_k = 2.84 - 2.14 * 0.6 * 4.2431
    upper_k = 2.84 - 2.14 * (4.2431 - saturation_vapour_pressure_kpa(32.84))
    for part in (0.0, 0.5, 1.0):
        canopy_c = 30 + lower_k + part * (upper_k - lower_k)
        assert cwsi.index(canopy_c, "soybean", DRY_NOON, "empirical") == pytest.approx(part, abs=1e-3)


def test_the_baselines_of_the_paper_are_as_tabulated() -> None:
    cotton = cwsi.IDSO_BASELINES["cotton"]
    assert (cotton.intercept_k, cotton.slope_k_per_kpa) == (1.49, -2.09)


def test_resistance_of_air_by_hand() -> None:
    expected = 4.72 * math.log((3.0 - 1.26) / 0.26) ** 2 / (1 + 0.54 * 2)
    assert aerodynamic_resistance_s_m(2.0, 2.0) == pytest.approx(expected)
    assert aerodynamic_resistance_s_m(5.0, 2.0) < expected < aerodynamic_resistance_s_m(0.0, 2.0) < math.inf


def test_a_dry_canopy_gives_all_its_radiation_to_the_air() -> None:
    resistance = aerodynamic_resistance_s_m(2.0, 0.75)
    found_k = difference_k(DRY_NOON, 800.0, resistance, None)
    net = net_radiation_w_m2(DRY_NOON, 800.0, 30.0 + found_k)
    assert found_k == pytest.approx(resistance * net / 1200, abs=0.05)
    assert 400 < net < 640


def test_a_free_canopy_balances_its_energy() -> None:
    """Jackson et al. (1981) eq. 8, solved again from its parts: radiation = heat + latent heat."""
    resistance = aerodynamic_resistance_s_m(2.0, 0.75)
    found_k = difference_k(DRY_NOON, 800.0, resistance, 30.0)
    net = net_radiation_w_m2(DRY_NOON, 800.0, 30.0 + found_k)
    heat = 1200 * found_k / resistance
    vapour_kpa = saturation_vapour_pressure_kpa(30 + found_k) - 0.4 * saturation_vapour_pressure_kpa(30)
    latent = 1200 / 0.066 * vapour_kpa / (resistance + 30.0)
    assert heat + latent == pytest.approx(net, abs=5)


@settings(max_examples=40, deadline=None)
@given(
    air_c=st.floats(18, 42),
    humidity=st.floats(10, 60),
    wind=st.floats(0.5, 6),
    radiation=st.floats(400, 1000),
    height_m=st.floats(0.2, 4),
)
def test_a_dry_canopy_is_always_the_warmer(
    air_c: float, humidity: float, wind: float, radiation: float, height_m: float
) -> None:
    weather = FieldWeather(
        air_temperature_c=air_c,
        relative_humidity_percent=humidity,
        wind_speed_m_s=wind,
        radiation_w_m2=radiation,
    )
    limits = theoretical_limits(weather, height_m)
    assert limits is not None
    assert limits.lower_k < limits.upper_k
    assert limits.upper_k > 0


def test_theory_needs_wind_and_radiation() -> None:
    assert theoretical_limits(DRY_NOON.model_copy(update={"wind_speed_m_s": None}), 1.0) is None
    assert theoretical_limits(DRY_NOON.model_copy(update={"radiation_w_m2": None}), 1.0) is None


def test_references_are_zero_and_one() -> None:
    assert references_cwsi(24.0, 24.0, 36.0) == 0
    assert references_cwsi(36.0, 24.0, 36.0) == 1
    assert references_cwsi(27.0, 24.0, 36.0) == pytest.approx(0.25)
    assert references_cwsi(27.0, 26.0, 27.5) is None
    assert cwsi.index(27.0, "olive", DRY_NOON, "references") is None


@pytest.mark.parametrize(
    ("crop", "change", "method"),
    [
        ("soybean", {}, "empirical"),
        ("corn", {}, "empirical"),
        ("soybean", {"wet_reference_c": 24.0, "dry_reference_c": 36.0}, "references"),
        ("olive", {"canopy_height_m": 3.0}, "theoretical"),
        ("olive", {}, None),
        ("olive", {"canopy_height_m": 3.0, "wind_speed_m_s": None}, None),
    ],
)
def test_the_best_possible_method_is_chosen(crop: str, change: dict[str, float | None], method: str | None) -> None:
    assert cwsi.chosen_method(crop, DRY_NOON.model_copy(update=change)) == method


@settings(max_examples=60, deadline=None)
@given(
    air_c=st.floats(15, 42),
    humidity=st.floats(5, 45),
    crop=st.sampled_from(sorted(cwsi.IDSO_BASELINES)),
    method=st.sampled_from(["empirical", "theoretical", "references"]),
    above_k=st.tuples(st.floats(-6, 6), st.floats(0.01, 4)),
)
def test_a_warmer_canopy_is_never_less_stressed(
    air_c: float, humidity: float, crop: str, method: cwsi.Method, above_k: tuple[float, float]
) -> None:
    weather = MEASURED_REFERENCES.model_copy(
        update={"air_temperature_c": air_c, "relative_humidity_percent": humidity, "canopy_height_m": 1.0}
    )
    cooler = cwsi.index(air_c + above_k[0], crop, weather, method)
    warmer = cwsi.index(air_c + sum(above_k), crop, weather, method)
    assert cooler is None or warmer is None or warmer > cooler


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({}, []),
        ({"wind_speed_m_s": None, "radiation_w_m2": None}, []),
        ({"radiation_w_m2": 100.0}, ["low_sun"]),
        ({"wind_speed_m_s": 9.0}, ["too_windy"]),
        ({"relative_humidity_percent": 95.0}, ["air_too_humid"]),
        ({"radiation_w_m2": 10.0, "wind_speed_m_s": 9.0}, ["low_sun", "too_windy"]),
    ],
)
def test_the_window_asks_for_sun_calm_and_dry_air(change: dict[str, float | None], reasons: list[str]) -> None:
    assert cwsi.window_reasons(DRY_NOON.model_copy(update=change)) == reasons


def test_the_error_of_references_by_hand() -> None:
    """Index (c - w) / (d - w) at its middle: 0.7 K of canopy, half of 0.5 K from each reference, over 12 K."""
    sigma = cwsi.index_sigma(30.0, "olive", MEASURED_REFERENCES, "references")
    assert sigma == pytest.approx(math.hypot(0.7, 0.25, 0.25) / 12, rel=0.01)


def test_humid_air_makes_the_index_less_certain() -> None:
    humid = DRY_NOON.model_copy(update={"relative_humidity_percent": 65.0})
    dry_sigma = cwsi.index_sigma(28.0, "soybean", DRY_NOON, "empirical")
    humid_sigma = cwsi.index_sigma(28.0, "soybean", humid, "empirical")
    assert dry_sigma is not None
    assert humid_sigma is not None
    assert 0.1 < dry_sigma < humid_sigma


def test_an_input_at_the_end_of_its_range_and_limits_that_meet() -> None:
    calm = DRY_NOON.model_copy(update={"wind_speed_m_s": 0.0, "canopy_height_m": 1.0})
    assert cwsi.index_sigma(30.0, "olive", calm, "theoretical") is not None
    near = DRY_NOON.model_copy(update={"wet_reference_c": 30.0, "dry_reference_c": 32.1})
    assert cwsi.index_sigma(31.0, "olive", near, "references") is None
    assert cwsi.index(31.0, "olive", DRY_NOON, "theoretical") is None


def test_only_a_plausible_index_is_told() -> None:
    assert cwsi.plausible(0.3) == 0.3
    assert cwsi.plausible(-0.2) == -0.2
    assert cwsi.plausible(1.3) is None
    assert cwsi.plausible(None) is None


def test_stress_is_the_index_with_the_wider_error() -> None:
    assert stress_of_index("corn", 0.4, 0.1) == (0.4, STRESS_SIGMA["maize"])
    assert stress_of_index("soybean", -0.1, 0.6) == (0.0, 0.6)
    assert stress_of_index("soybean", 1.2, 1.5) == (1.0, 1.0)
    assert stress_of_index("olive", 0.4, 0.1) is None
