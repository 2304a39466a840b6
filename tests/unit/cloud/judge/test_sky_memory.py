"""Weather and forecasts are held to what was told before, to each other, and to the stations around."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest
import xarray as xr

from cloud.judge.case import sky_of
from cloud.judge.finding import Finding
from cloud.judge.judge import JudgeInputs, judge
from cloud.judge.live_weather import of_live_weather
from cloud.records import Recommendation, Verdict
from tests.synthetic_season import past, without_rain

DAY = date(2026, 6, 10)
BEFORE = DAY - timedelta(days=1)
InputsOf = Callable[..., JudgeInputs]
ProposalOf = Callable[..., Recommendation]


def raining(issued_on: date, rain: dict[date, float], warmer: float = 0.0) -> xr.Dataset:
    """A forecast with the rain of some days, and warmer than it should be."""
    forecast = without_rain(issued_on)
    values = forecast["rain_mm"].values.copy()
    for day, depth in rain.items():
        values[(day - issued_on).days] = depth
    low, high = forecast["tmin_c"] + warmer, forecast["tmax_c"] + warmer
    return forecast.assign(rain_mm=(forecast["rain_mm"].dims, values), tmin_c=low, tmax_c=high)


def after(count: int) -> date:
    return DAY + timedelta(days=count)


@pytest.fixture
def told(inputs_of: InputsOf, wait_of: ProposalOf) -> Callable[[xr.Dataset, xr.Dataset], Verdict]:
    """Yesterday's verdict under one forecast, then today's under another."""

    def make(before: xr.Dataset, today: xr.Dataset) -> Verdict:
        proposed = wait_of(day=BEFORE, next_check_day=DAY, depletion_mm={"p10": 10.0, "p50": 14.0, "p90": 19.0})
        (earlier,) = judge([proposed], inputs_of(weather=past(date(2026, 6, 8)), forecast=before))
        leaning = wait_of(reason_code="rain_expected")
        (verdict,) = judge([leaning], inputs_of(forecast=today, history=(earlier,)))
        return verdict

    return make


@pytest.mark.parametrize(
    ("before", "today", "changed"),
    [
        ({after(1): 4.0}, {after(1): 6.0}, False),
        ({}, {after(0): 14.0}, True),
        # Within three days, within five, within eight; what is gone takes nothing from a wait.
        ({after(2): 3.0}, {after(2): 18.0}, True),
        ({after(4): 2.0}, {after(4): 24.0}, True),
        ({after(7): 2.0}, {after(7): 20.0}, True),
        ({after(3): 4.0}, {}, False),
        ({after(3): 1.0}, {}, False),
    ],
)
def test_forecast_rain_changes_by_so_much_and_no_more(
    told: Callable[[xr.Dataset, xr.Dataset], Verdict],
    before: dict[date, float],
    today: dict[date, float],
    *,
    changed: bool,
) -> None:
    verdict = told(raining(BEFORE, before), raining(DAY, today))
    (check,) = [check for check in verdict.checks if check.name == "forecast_as_before"]
    assert check.passed is not changed, check.limit


def test_the_same_days_are_not_forecast_much_warmer_overnight(
    told: Callable[[xr.Dataset, xr.Dataset], Verdict],
) -> None:
    verdict = told(raining(BEFORE, {}), raining(DAY, {}, warmer=8.0))
    assert "much warmer or colder than before" in verdict.explanation


def chained(inputs_of: InputsOf, wait_of: ProposalOf, forecast_of: Callable[[date], xr.Dataset]) -> Verdict:
    """Verdicts of six days, each with the one before in its history."""
    history: tuple[Verdict, ...] = ()
    for back in range(5, -1, -1):
        day = DAY - timedelta(days=back)
        proposed = wait_of(day=day, next_check_day=day + timedelta(days=1))
        given = inputs_of(
            weather=past(day - timedelta(days=1)), forecast=forecast_of(day), forecast_issued_on=day, history=history
        )
        history = (*history, *judge([proposed], given))
    return history[-1]


def check_of(verdict: Verdict, name: str) -> bool:
    return next(check.passed for check in verdict.checks if check.name == name)


def test_forecasts_are_held_to_what_was_then_measured(inputs_of: InputsOf, wait_of: ProposalOf) -> None:
    sound = chained(inputs_of, wait_of, lambda day: raining(day, {}))
    assert check_of(sound, "forecast_was_true")
    assert check_of(sound, "rain_came_as_forecast")
    hot = chained(inputs_of, wait_of, lambda day: raining(day, {}, warmer=5.0))
    assert not check_of(hot, "forecast_was_true")
    assert check_of(hot, "forecast_as_before")
    dry = chained(inputs_of, wait_of, lambda day: raining(day, {day: 9.0}))
    assert not check_of(dry, "rain_came_as_forecast")


def stations(rain: tuple[float, ...]) -> xr.Dataset:
    """Stations some kilometres apart with so much rain in the last three weeks."""
    one = past(date(2026, 6, 9))
    many = one.isel(site=[0] * len(rain)).copy(deep=True)
    values = many["rain_mm"].values.copy()
    values[-21:] = 0.0
    values[-10] = rain
    places = {"latitude": ("site", [32.3 + 0.05 * place for place in range(len(rain))])}
    return many.assign(rain_mm=(many["rain_mm"].dims, values)).assign_coords(places)


def by_name(weather: xr.Dataset, inputs: JudgeInputs, forecast: xr.Dataset | None) -> dict[str, Finding]:
    given = JudgeInputs(parcels=inputs.parcels, weather=weather, forecast=forecast)
    return {one.name: one for one in of_live_weather(sky_of(DAY, given), 0)}


@pytest.mark.parametrize(
    ("rain", "passes"), [((20.0, 22.0, 18.0), True), ((0.0, 22.0, 18.0), False), ((90.0, 2.0, 3.0), False)]
)
def test_a_gauge_is_held_to_those_around(inputs_of: InputsOf, rain: tuple[float, ...], *, passes: bool) -> None:
    assert by_name(stations(rain), inputs_of(), None)["rain_like_neighbours"].passed is passes


def test_a_lonely_gauge_is_not_compared(inputs_of: InputsOf) -> None:
    assert "rain_like_neighbours" not in by_name(stations((0.0, 30.0)), inputs_of(), None)


def test_an_honest_forecast_grows_unsure_with_time(inputs_of: InputsOf) -> None:
    forecast = without_rain(DAY)
    generator = np.random.default_rng(2)
    noise = generator.normal(0.0, 1.0, forecast["tmax_c"].shape) * (0.5 + np.arange(10))[:, None, None]
    middle = forecast["tmax_c"].values.mean(axis=1, keepdims=True)
    honest = forecast.assign(tmax_c=(forecast["tmax_c"].dims, middle + noise))
    weather = past(date(2026, 6, 9))
    assert by_name(weather, inputs_of(), honest)["forecast_widens"].passed
    backwards = honest.isel(time=slice(None, None, -1)).assign_coords(time=honest["time"].values)
    assert not by_name(weather, inputs_of(), backwards)["forecast_widens"].passed
