"""A forecast that changed holds only what hangs on the change, and a dose is cut rather than held."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import xarray as xr

from cloud.judge.judge import JudgeInputs, judge
from cloud.judge.lean import Disputed
from cloud.records import Recommendation, Verdict
from tests.synthetic_season import parcel, past, without_rain

DAY = date(2026, 6, 10)
BEFORE = DAY - timedelta(days=1)
InputsOf = Callable[..., JudgeInputs]
ProposalOf = Callable[..., Recommendation]
NAME = "forecast_as_before"
CALM = {"p10": 4.0, "p50": 6.0, "p90": 8.0}


def raining(issued_on: date, rain: dict[int, float]) -> xr.Dataset:
    """A forecast with rain so many days after 10 June."""
    forecast = without_rain(issued_on)
    values = forecast["rain_mm"].values.copy()
    for days, depth in rain.items():
        values[(DAY - issued_on).days + days] = depth
    return forecast.assign(rain_mm=(forecast["rain_mm"].dims, values))


def today(
    inputs_of: InputsOf,
    before: tuple[Recommendation, dict[int, float]],
    proposed: Recommendation,
    now: dict[int, float],
) -> Verdict:
    told = inputs_of(weather=past(date(2026, 6, 8)), forecast=raining(BEFORE, before[1]), forecast_issued_on=BEFORE)
    (earlier,) = judge([before[0]], told)
    (verdict,) = judge([proposed], inputs_of(forecast=raining(DAY, now), history=(earlier,)))
    return verdict


@pytest.fixture
def eve(wait_of: ProposalOf) -> Recommendation:
    return wait_of(day=BEFORE, next_check_day=DAY, depletion_mm={"p10": 10.0, "p50": 14.0, "p90": 19.0})


def passed(verdict: Verdict) -> bool:
    return next(check.passed for check in verdict.checks if check.name == NAME)


def test_a_wait_on_wet_soil_is_not_held_for_rain_that_came_into_the_forecast(
    inputs_of: InputsOf, wait_of: ProposalOf, eve: Recommendation
) -> None:
    calm = wait_of(depletion_mm=CALM, stress_probability_if_ignored=0.0)
    assert passed(today(inputs_of, (eve, {}), calm, {2: 30.0}))


def test_a_wait_for_rain_is_held_when_the_rain_is_new(
    inputs_of: InputsOf, wait_of: ProposalOf, eve: Recommendation
) -> None:
    leaning = wait_of(reason_code="rain_expected")
    assert not passed(today(inputs_of, (eve, {}), leaning, {2: 30.0}))
    # Some millimetres more are doubted by a wait that leans on them, though ordinary forecasts change as much.
    assert not passed(today(inputs_of, (eve, {6: 1.0}), leaning, {6: 7.0}))
    assert passed(today(inputs_of, (eve, {6: 4.0}), leaning, {6: 7.0}))


def test_a_dose_is_cut_by_rain_that_left_the_forecast_and_never_below_half(
    inputs_of: InputsOf, proposal_of: ProposalOf, eve: Recommendation
) -> None:
    little = today(inputs_of, (eve, {3: 6.0}), proposal_of(), {})
    much = today(inputs_of, (eve, {2: 60.0}), proposal_of(), {})
    assert (little.decision, much.decision) == ("shrink", "shrink")
    assert little.recommendation.depth_mm is not None
    assert much.recommendation.depth_mm is not None
    assert 12.0 < little.recommendation.depth_mm.p50 < 24.0
    assert much.recommendation.depth_mm.p50 == 12.0


def test_rain_that_would_have_spared_next_to_nothing_changes_no_dose(
    inputs_of: InputsOf, proposal_of: ProposalOf, eve: Recommendation
) -> None:
    verdict = today(inputs_of, (eve, {3: 2.0}), proposal_of(), {})
    assert passed(verdict)
    assert verdict.decision == "release"


def test_disputed_rain_is_the_largest_difference_of_the_first_days() -> None:
    rain = Disputed(then_mm=(3.0, 0.0), now_mm=(0.0, 8.0))
    assert (rain.gone_mm, rain.come_mm) == (0.0, 5.0)
    assert rain.doubt(waits=True) is None
    gone = Disputed(then_mm=(6.0,), now_mm=(0.2,))
    assert gone.doubt(waits=False) == "6.0 mm were forecast for 8 days, now 0.2"
    assert gone.doubt(waits=True) is None


def test_that_a_season_is_over_needs_no_forecast(inputs_of: InputsOf, wait_of: ProposalOf) -> None:
    over = wait_of(reason_code="season_over", depletion_mm=None, next_check_day=None)
    old = parcel(planted_on=date(2025, 10, 1))
    (verdict,) = judge([over], inputs_of(parcels=(old,), events=(), forecast=None, forecast_issued_on=None))
    assert verdict.decision == "release", verdict.explanation
    blind = inputs_of(parcels=(old,), events=(), weather=past(date(2026, 5, 1)), forecast=None, forecast_issued_on=None)
    assert judge([over], blind)[0].decision == "hold"


def test_members_of_one_mind_are_no_ensemble_and_a_single_run_is_no_fault(
    inputs_of: InputsOf, proposal_of: ProposalOf
) -> None:
    sound = without_rain(DAY)
    alike = sound.copy(deep=True)
    for name in alike.data_vars:
        alike[name][:] = alike[name].isel(member=[0]).values
    single = sound.isel(member=[0])
    decisions = []
    for forecast in (sound, alike, single):
        (verdict,) = judge([proposal_of()], inputs_of(forecast=forecast))
        decisions.append({check.name: check.passed for check in verdict.checks}.get("forecast_members_differ"))
    assert decisions == [True, False, None]
