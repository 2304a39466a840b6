"""A day with one dry maize field, the advisor's proposal for it, and ways to spoil either."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cloud.judge.case import Case, sky_of
from cloud.judge.judge import JudgeInputs, judge
from cloud.records import IrrigationEvent, Recommendation, Verdict
from tests.synthetic_season import ahead, parcel, past, without_rain

DAY = date(2026, 6, 10)
ZONE = ZoneInfo("Africa/Casablanca")
REFILL = IrrigationEvent(
    parcel_id="plot", started_at=datetime(2026, 6, 6, 18, tzinfo=ZONE), depth_mm=70.0, source="meter"
)
InputsOf = Callable[..., JudgeInputs]
ProposalOf = Callable[..., Recommendation]
CaseOf = Callable[..., Case]


@pytest.fixture
def inputs_of() -> InputsOf:
    def make(**changes: object) -> JudgeInputs:
        given: dict[str, object] = {
            "parcels": (parcel(planted_on=date(2026, 5, 20), initial_depletion_mm=10.0),),
            "weather": past(date(2026, 6, 9)),
            "forecast": ahead(DAY, rain_mm=0.0),
            "forecast_issued_on": DAY,
            "events": (REFILL,),
            **changes,
        }
        return JudgeInputs(**given)  # type: ignore[arg-type]  # any field, by name

    return make


@pytest.fixture
def proposal_of() -> ProposalOf:
    """24 mm on two hectares: 480 m3, 12 hours at 40 m3/h."""

    def make(**changes: object) -> Recommendation:
        given = {
            "parcel_id": "plot",
            "parcel_name": "plot",
            "timezone": "Africa/Casablanca",
            "day": DAY,
            "action": "irrigate",
            "start_window": (datetime(2026, 6, 10, 18, tzinfo=ZONE), datetime(2026, 6, 10, 20, tzinfo=ZONE)),
            "depth_mm": {"p10": 20.0, "p50": 24.0, "p90": 28.0},
            "volume_m3": 480.0,
            "duration_h": 12.0,
            "next_check_day": date(2026, 6, 13),
            "depletion_mm": {"p10": 15.0, "p50": 18.0, "p90": 24.0},
            "stress_probability_if_followed": 0.0,
            "stress_probability_if_ignored": 0.8,
            "reason_code": "stress_expected",
            "inputs": ({"name": "past.csv", "sha256": "a" * 64},),
            "code_version": "test",
            **changes,
        }
        return Recommendation.model_validate(given)

    return make


@pytest.fixture
def wait_of(proposal_of: ProposalOf) -> ProposalOf:
    def make(**changes: object) -> Recommendation:
        silent = {"start_window": None, "depth_mm": None, "volume_m3": None, "duration_h": None}
        calm = {"action": "wait", "reason_code": "soil_has_water", "next_check_day": date(2026, 6, 12)}
        return proposal_of(**{**silent, **calm, **changes})

    return make


@pytest.fixture
def case_of(inputs_of: InputsOf, proposal_of: ProposalOf) -> CaseOf:
    def make(inputs: JudgeInputs | None = None, proposed: Recommendation | None = None, **more: object) -> Case:
        inputs, proposed = inputs or inputs_of(), proposed or proposal_of()
        given: dict[str, object] = {
            "proposed": proposed,
            "parcel": inputs.parcels[0],
            "index": 0,
            "inputs": inputs,
            "sky": sky_of(proposed.day, inputs),
            "events": inputs.events,
            "detections": inputs.detections,
            "history": inputs.history,
            **more,
        }
        return Case(**given)  # type: ignore[arg-type]  # any field, by name

    return make


@pytest.fixture
def yesterday(inputs_of: InputsOf, wait_of: ProposalOf) -> Verdict:
    """What the judge said, and wrote down, the day before."""
    proposed = wait_of(
        day=DAY - timedelta(days=1),
        next_check_day=DAY,
        depletion_mm={"p10": 10.0, "p50": 14.0, "p90": 19.0},
        stress_probability_if_ignored=0.1,
    )
    (verdict,) = judge(
        [proposed], inputs_of(weather=past(date(2026, 6, 8)), forecast=without_rain(DAY - timedelta(days=1)))
    )
    return verdict
