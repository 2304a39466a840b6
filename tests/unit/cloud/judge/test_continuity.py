from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import xarray as xr

from cloud.judge.case import Case
from cloud.judge.judge import JudgeInputs, judge
from cloud.records import IrrigationEvent, Parcel, Recommendation, Soil, Verdict
from tests.synthetic_season import ahead, parcel, past, series, without_rain

DAY = date(2026, 6, 10)
BEFORE = DAY - timedelta(days=1)
ZONE = ZoneInfo("Africa/Casablanca")
InputsOf = Callable[..., JudgeInputs]
ProposalOf = Callable[..., Recommendation]
CaseOf = Callable[..., Case]


def failed(verdict: Verdict) -> set[str]:
    return {check.name for check in verdict.checks if not check.passed}


def today(inputs_of: InputsOf, proposed: Recommendation, yesterday: Verdict, **changes: object) -> Verdict:
    (verdict,) = judge([proposed], inputs_of(history=(yesterday,), **changes))
    return verdict


def test_a_day_that_goes_on_from_the_last_passes(
    inputs_of: InputsOf, proposal_of: ProposalOf, yesterday: Verdict
) -> None:
    verdict = today(inputs_of, proposal_of(), yesterday)
    assert verdict.decision == "release", verdict.explanation
    remembered = {check.name: check for check in verdict.checks}
    assert "crop=maize" in str(remembered["parcel_as_before"].measured)
    assert remembered["parcel_as_before"].limit == f"as on {BEFORE}"


def test_without_a_history_nothing_is_held_against_the_first_day(inputs_of: InputsOf, proposal_of: ProposalOf) -> None:
    (verdict,) = judge([proposal_of()], inputs_of())
    assert verdict.decision == "release"
    names = {check.name: check.limit for check in verdict.checks}
    assert names["weather_as_before"] == "nothing seen before"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"crop": "onion"}, "crop was maize"),
        ({"planted_on": date(2026, 5, 1)}, "day of sowing was 2026-05-20"),
        ({"area_ha": 20.0}, "area [ha] was 2"),
        ({"soil": Soil(texture="sand")}, "water held by the soil [mm/m] was"),
        ({"latitude": 31.0}, "latitude was"),
    ],
)
def test_a_parcel_that_is_described_otherwise_overnight_is_held_once(
    inputs_of: InputsOf, wait_of: ProposalOf, yesterday: Verdict, change: dict[str, object], named: str
) -> None:
    own = parcel(planted_on=date(2026, 5, 20), initial_depletion_mm=10.0).model_copy(update=change)
    verdict = today(inputs_of, wait_of(), yesterday, parcels=(own,))
    assert "parcel_as_before" in failed(verdict)
    assert named in verdict.explanation
    tomorrow = wait_of(day=DAY + timedelta(days=1), next_check_day=DAY + timedelta(days=2))
    (after,) = judge([tomorrow], inputs_of(parcels=(own,), weather=past(DAY), history=(yesterday, verdict)))
    assert "parcel_as_before" not in failed(after)


@pytest.mark.parametrize(
    ("variable", "factor"),
    [
        ("rain_mm", 10.0),
        ("rain_mm", 1 / 25.4),
        ("radiation_mj_m2", 2.0),
        ("wind_2m_m_s", 3.6),
        ("rh_mean_percent", 0.4),
    ],
)
def test_days_already_seen_do_not_change(
    inputs_of: InputsOf, proposal_of: ProposalOf, yesterday: Verdict, variable: str, factor: float
) -> None:
    values = {name: data * factor if name == variable else data for name, data in series().items()}
    verdict = today(inputs_of, proposal_of(), yesterday, weather=past(date(2026, 6, 9), values=values))
    assert "weather_as_before" in failed(verdict)


def test_a_variable_that_vanished_is_a_change(inputs_of: InputsOf, proposal_of: ProposalOf, yesterday: Verdict) -> None:
    without = past(date(2026, 6, 9)).drop_vars("rh_mean_percent")
    verdict = today(inputs_of, proposal_of(), yesterday, weather=without)
    assert "mean humidity [%] of 3 to 10 days before was" in verdict.explanation
    assert "is unknown" in verdict.explanation


def given(day: int, depth_mm: float) -> IrrigationEvent:
    return IrrigationEvent(
        parcel_id="plot", started_at=datetime(2026, 6, day, 18, tzinfo=UTC), depth_mm=depth_mm, source="meter"
    )


def test_old_irrigations_do_not_change_but_the_last_days_may(
    inputs_of: InputsOf, proposal_of: ProposalOf, yesterday: Verdict
) -> None:
    # REFILL of 6 June stood in the judge's sight on the 9th, up to the 6th; a reply for the 8th may come late.
    late = today(inputs_of, proposal_of(), yesterday, events=(given(6, 70.0), given(8, 12.0)))
    assert "irrigations_as_before" not in failed(late)
    for events in ((), (given(6, 140.0),), (given(6, 70.0), given(3, 40.0))):
        assert "irrigations_as_before" in failed(today(inputs_of, proposal_of(), yesterday, events=events))


@pytest.mark.parametrize(("p50", "fits"), [(20.0, True), (14.0, True), (2.0, False), (45.0, False)])
def test_depletion_goes_on_from_what_was_claimed(
    inputs_of: InputsOf, wait_of: ProposalOf, yesterday: Verdict, p50: float, *, fits: bool
) -> None:
    # A day of June takes some 5 mm; nothing else came.
    proposed = wait_of(depletion_mm={"p10": p50 - 1.0, "p50": p50, "p90": p50 + 1.0})
    assert ("depletion_goes_on" not in failed(today(inputs_of, proposed, yesterday, events=()))) is fits


def test_forecast_rain_that_appears_overnight_is_looked_at(
    inputs_of: InputsOf, wait_of: ProposalOf, yesterday: Verdict
) -> None:
    leaning = wait_of(reason_code="rain_expected")
    wet = today(inputs_of, leaning, yesterday, forecast=ahead(DAY, rain_mm=40.0))
    assert "forecast_as_before" in failed(wet)
    assert "forecast_as_before" not in failed(today(inputs_of, leaning, yesterday))


def test_an_advice_that_was_told_before_is_held(inputs_of: InputsOf, wait_of: ProposalOf, yesterday: Verdict) -> None:
    again = wait_of(day=BEFORE, next_check_day=DAY + timedelta(days=1))
    (verdict,) = judge([again], inputs_of(history=(yesterday,)))
    assert "not_told_before" in failed(verdict)
    (same,) = judge([yesterday.proposed], inputs_of(weather=past(date(2026, 6, 8)), history=(yesterday,)))
    assert "not_told_before" not in failed(same)


def test_a_memory_that_is_no_memory_holds_nobody(
    inputs_of: InputsOf, proposal_of: ProposalOf, yesterday: Verdict
) -> None:
    spoilt = yesterday.model_copy(
        update={
            "checks": tuple(
                check.model_copy(update={"measured": "until=once; gross_mm=1.0"})
                if "as_before" in check.name
                else check
                for check in yesterday.checks
            )
        }
    )
    verdict = today(inputs_of, proposal_of(), spoilt)
    assert not {name for name in failed(verdict) if name.endswith("as_before")}


def changed(dataset: xr.Dataset, **values: np.ndarray) -> xr.Dataset:
    return dataset.assign({name: (dataset[name].dims, data) for name, data in values.items()})


def test_temperatures_that_stand_still_are_no_weather(inputs_of: InputsOf, proposal_of: ProposalOf) -> None:
    weather = past(date(2026, 6, 9))
    low, high = weather["tmin_c"].values.copy(), weather["tmax_c"].values.copy()
    low[-6:], high[-6:] = low[-7], high[-7]
    (verdict,) = judge([proposal_of()], inputs_of(weather=changed(weather, tmin_c=low, tmax_c=high)))
    assert "weather_moves" in failed(verdict)


def test_a_week_does_not_come_back_to_the_digit(inputs_of: InputsOf, proposal_of: ProposalOf) -> None:
    weather = past(date(2026, 6, 9))
    copied = {name: weather[name].values.copy() for name in ("tmin_c", "tmax_c")}
    for data in copied.values():
        data[-14:] = data[-35:-21]
    (verdict,) = judge([proposal_of()], inputs_of(weather=changed(weather, **copied)))
    assert "weather_is_new" in failed(verdict)
    assert "that of 21 days before" in verdict.explanation


def test_the_forecast_joins_the_last_week(inputs_of: InputsOf, proposal_of: ProposalOf) -> None:
    forecast = ahead(DAY, rain_mm=0.0)
    hot = changed(forecast, tmin_c=forecast["tmin_c"].values + 14.0, tmax_c=forecast["tmax_c"].values + 14.0)
    (verdict,) = judge([proposal_of()], inputs_of(forecast=hot))
    assert "forecast_joins_the_past" in failed(verdict)
    (sound,) = judge([proposal_of()], inputs_of())
    assert "forecast_joins_the_past" not in failed(sound)


def test_a_wait_against_the_advisors_own_odds_is_held(inputs_of: InputsOf, wait_of: ProposalOf) -> None:
    (verdict,) = judge([wait_of(stress_probability_if_ignored=0.8)], inputs_of())
    assert "wait_follows_odds" in failed(verdict)
    (other,) = judge([wait_of(stress_probability_if_ignored=0.8, reason_code="turn_not_now")], inputs_of())
    assert "wait_follows_odds" not in failed(other)


def test_a_parcel_of_another_name_remembers_nothing(
    inputs_of: InputsOf, proposal_of: ProposalOf, yesterday: Verdict
) -> None:
    stranger: Parcel = inputs_of().parcels[0].model_copy(update={"id": "other", "name": None, "area_ha": 20.0})
    inputs = replace(inputs_of(history=(yesterday,)), parcels=(stranger,))
    proposed = proposal_of(parcel_id="other", parcel_name="other", volume_m3=4800.0, duration_h=120.0)
    (verdict,) = judge([proposed], inputs)
    assert not {name for name in failed(verdict) if name.endswith("as_before")}


@pytest.mark.parametrize(("metered", "fits"), [(24.0, True), (9.0, True), (0.9, False), (240.0, False)])
def test_water_after_an_advice_is_about_what_was_advised(
    inputs_of: InputsOf, proposal_of: ProposalOf, *, metered: float, fits: bool
) -> None:
    window = tuple(datetime(2026, 6, 9, hour, tzinfo=ZONE) for hour in (18, 20))
    (advised,) = judge(
        [proposal_of(day=BEFORE, start_window=window)],
        inputs_of(weather=past(date(2026, 6, 8)), forecast=without_rain(BEFORE), forecast_issued_on=BEFORE),
    )
    assert advised.decision == "release", advised.explanation
    verdict = today(inputs_of, proposal_of(), advised, events=(*inputs_of().events, given(9, metered)))
    assert ("irrigation_as_advised" not in failed(verdict)) is fits


def test_what_was_known_of_a_day_stays_known(inputs_of: InputsOf, proposal_of: ProposalOf, wait_of: ProposalOf) -> None:
    first = wait_of(day=BEFORE, next_check_day=DAY)
    events = (given(6, 70.0), given(8, 20.0))
    (earlier,) = judge([first], inputs_of(weather=past(date(2026, 6, 8)), forecast=without_rain(BEFORE), events=events))
    for later, passes in (((70.0, 22.0), True), ((70.0, 0.0), False), ((70.0, 60.0), False)):
        told = tuple(given(day, depth) for day, depth in zip((6, 8), later, strict=True) if depth)
        verdict = today(inputs_of, proposal_of(), earlier, events=told)
        assert ("irrigations_as_before" not in failed(verdict)) is passes
