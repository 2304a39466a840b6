"""Reference evapotranspiration is finite, never negative, and moves with its causes."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.agronomy.et0 import DailyWeather, reference_et

MAYBE = st.one_of(st.just(float("nan")), st.floats(0.0, 100.0))


def day(**known: float) -> DailyWeather:
    values = {name: np.array([np.nan]) for name in DailyWeather.__slots__}
    return DailyWeather(**{**values, **{name: np.array([value]) for name, value in known.items()}})


@settings(max_examples=150, deadline=None)
@given(
    tmin=st.floats(-30.0, 35.0),
    spread=st.floats(0.0, 30.0),
    latitude=st.floats(-70.0, 70.0),
    day_of_year=st.integers(1, 366),
    humidity=MAYBE,
    wind=st.one_of(st.just(float("nan")), st.floats(0.0, 15.0)),
    radiation=st.one_of(st.just(float("nan")), st.floats(0.0, 35.0)),
    sunshine=st.one_of(st.just(float("nan")), st.floats(0.0, 16.0)),
)
def test_temperatures_alone_always_give_an_answer_and_its_method(  # noqa: PLR0913, PLR0917 -- one argument per drawn value
    tmin: float,
    spread: float,
    latitude: float,
    day_of_year: int,
    humidity: float,
    wind: float,
    radiation: float,
    sunshine: float,
) -> None:
    result = reference_et(
        day(
            tmin_c=tmin,
            tmax_c=tmin + spread,
            latitude_deg=latitude,
            elevation_m=500.0,
            day_of_year=float(day_of_year),
            rh_mean_percent=humidity,
            wind_2m_m_s=wind,
            radiation_mj_m2=radiation,
            sunshine_h=sunshine,
        )
    )
    assert 0.0 <= result.et0_mm[0] < 40.0
    assert result.method[0] not in {"", "missing", "given"}
    known = [not np.isnan(value) for value in (humidity, wind, radiation, sunshine)]
    assert (result.method[0] == "Hargreaves") == (not any(known))
    assert (result.method[0] == "full Penman-Monteith") == (known[0] and known[1] and known[2])


@settings(max_examples=50, deadline=None)
@given(tmin=st.floats(0.0, 25.0), spread=st.floats(3.0, 20.0), radiation=st.floats(5.0, 28.0))
def test_more_sun_never_evaporates_less(tmin: float, spread: float, radiation: float) -> None:
    def at(value: float) -> float:
        weather = day(
            tmin_c=tmin,
            tmax_c=tmin + spread,
            latitude_deg=32.0,
            elevation_m=500.0,
            day_of_year=180.0,
            wind_2m_m_s=2.0,
            radiation_mj_m2=value,
        )
        return float(reference_et(weather).et0_mm[0])

    assert at(radiation + 2.0) >= at(radiation) - 1e-9


def test_a_given_value_is_used_as_it_is_and_nothing_stays_missing() -> None:
    assert reference_et(day(et0_mm=4.2)).et0_mm[0] == 4.2
    assert reference_et(day(et0_mm=4.2)).method[0] == "given"
    nothing = reference_et(day(latitude_deg=32.0, elevation_m=0.0, day_of_year=100.0))
    assert np.isnan(nothing.et0_mm[0])
    assert nothing.method[0] == "missing"
