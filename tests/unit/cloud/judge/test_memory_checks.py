from collections.abc import Callable
from datetime import UTC, date, datetime

import numpy as np
import pytest

from cloud.judge.case import Case, sky_of
from cloud.judge.judge import JudgeInputs
from cloud.judge.memory_checks import of_age, of_inputs, of_recent_water, of_references
from cloud.records import IrrigationEvent, Recommendation
from tests.synthetic_season import ahead, parcel, past, series

DAY = date(2026, 6, 10)
CaseOf = Callable[..., Case]
InputsOf = Callable[..., JudgeInputs]
ProposalOf = Callable[..., Recommendation]


def ages(inputs: JudgeInputs, issued_on: date | None = DAY) -> dict[str, bool]:
    return {finding.name: finding.passed for finding in of_age(sky_of(DAY, inputs), 0, issued_on)}


@pytest.mark.parametrize(("last", "fresh"), [(9, True), (7, True), (6, False)])
def test_weather_may_be_three_days_old(inputs_of: InputsOf, last: int, *, fresh: bool) -> None:
    assert ages(inputs_of(weather=past(date(2026, 6, last))))["weather_is_fresh"] is fresh


def test_no_weather_at_all_is_not_fresh(inputs_of: InputsOf) -> None:
    inputs = inputs_of(weather=past(date(2026, 6, 9)).isel(time=slice(0, 0)))
    sky = sky_of(DAY, inputs)
    assert sky.lanes == ()
    assert next(of_age(sky, 0, DAY)).measured == "no weather"


@pytest.mark.parametrize(
    ("forecast", "issued_on", "fresh"),
    [
        (ahead(DAY), DAY, True),
        (ahead(DAY), date(2026, 6, 7), True),
        (ahead(DAY), date(2026, 6, 6), False),
        (ahead(DAY), date(2026, 6, 12), False),
        (ahead(DAY), None, True),
        (ahead(DAY, days=1), DAY, False),
        (None, DAY, False),
    ],
)
def test_a_forecast_must_be_recent_and_reach_tomorrow(
    inputs_of: InputsOf, forecast: object, issued_on: date | None, *, fresh: bool
) -> None:
    assert ages(inputs_of(forecast=forecast), issued_on)["forecast_is_fresh"] is fresh


def references(inputs: JudgeInputs) -> dict[str, bool]:
    return {finding.name: finding.passed for finding in of_references(sky_of(DAY, inputs), 0)}


def test_ordinary_weather_makes_both_references_agree(inputs_of: InputsOf) -> None:
    assert references(inputs_of()) == {"two_references_agree": True}


def test_a_radiation_in_another_unit_is_seen(inputs_of: InputsOf) -> None:
    values = series()
    values["radiation_mj_m2"] = values["radiation_mj_m2"] / 10.0
    assert not references(inputs_of(weather=past(date(2026, 6, 9), values=values)))["two_references_agree"]


@pytest.mark.parametrize(("given_mm", "plausible"), [(6.0, True), (60.0, False), (0.2, False)])
def test_a_given_reference_is_held_against_both(inputs_of: InputsOf, given_mm: float, *, plausible: bool) -> None:
    weather = past(date(2026, 6, 9))
    weather["et0_mm"] = (("time", "site"), np.full((160, 1), given_mm))
    assert references(inputs_of(weather=weather))["given_reference_in_bracket"] is plausible


def test_without_weather_there_is_nothing_to_compare(inputs_of: InputsOf) -> None:
    weather = past(date(2026, 6, 9))
    weather["tmin_c"][-7:] = np.nan
    assert references(inputs_of(weather=weather)) == {}
    assert references(inputs_of(weather=weather.isel(time=slice(0, 0)))) == {}


def event(day: int, depth_mm: float, source: str = "meter") -> IrrigationEvent:
    given = {"parcel_id": "plot", "started_at": datetime(2026, 6, day, 18, tzinfo=UTC), "depth_mm": depth_mm}
    return IrrigationEvent.model_validate({**given, "source": source})


@pytest.mark.parametrize(
    ("method", "events", "irrigated", "word"),
    [
        ("furrow", [], True, True),
        ("furrow", [event(9, 8.0)], True, True),
        ("furrow", [event(9, 14.0)], False, True),
        ("furrow", [event(9, 14.0, "reply")], False, False),
        ("furrow", [event(8, 40.0, "reply")], True, True),
        ("drip", [event(9, 14.0, "reply")], True, True),
        ("drip", [event(10, 3.0)], False, True),
        ("drip", [event(10, 0.5)], True, True),
    ],
)
def test_water_since_yesterday_counts_by_method(
    case_of: CaseOf,
    inputs_of: InputsOf,
    method: str,
    events: list[IrrigationEvent],
    *,
    irrigated: bool,
    word: bool,
) -> None:
    young = parcel(irrigation={"method": method}, planted_on=date(2026, 6, 5), initial_depletion_mm=0.0)
    inputs = inputs_of(parcels=(young,), events=tuple(events))
    found = {finding.name: finding.passed for finding in of_recent_water(case_of(inputs))}
    assert found == {"not_already_irrigated": irrigated, "farmers_last_word": word}


def test_yesterdays_water_holds_no_dose_for_which_the_soil_still_has_room(case_of: CaseOf, inputs_of: InputsOf) -> None:
    dry = parcel(irrigation={"method": "furrow"}, planted_on=date(2026, 4, 1), initial_depletion_mm=60.0)
    spoken = inputs_of(parcels=(dry,), events=(event(9, 14.0, "reply"),))
    assert all(finding.passed for finding in of_recent_water(case_of(spoken)))
    today = inputs_of(parcels=(dry,), events=(event(10, 14.0),))
    assert not all(finding.passed for finding in of_recent_water(case_of(today)))


def test_an_advice_names_its_inputs(proposal_of: ProposalOf) -> None:
    assert next(of_inputs(proposal_of())).passed
    assert not next(of_inputs(proposal_of(inputs=()))).passed
