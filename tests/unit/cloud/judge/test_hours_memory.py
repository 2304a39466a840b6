from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cloud.judge.case import Case, Finding
from cloud.judge.hours_memory import of_usual_hours
from cloud.judge.judge import JudgeInputs, judge
from cloud.records import CanalTurn, Recommendation, Verdict

DAY = date(2026, 6, 10)
ZONE = ZoneInfo("Africa/Casablanca")
InputsOf = Callable[..., JudgeInputs]
ProposalOf = Callable[..., Recommendation]
CaseOf = Callable[..., Case]


def window(day: date, hour: int) -> tuple[datetime, datetime]:
    start = datetime(day.year, day.month, day.day, hour, tzinfo=ZONE)
    return start, start + timedelta(minutes=30)


@pytest.fixture
def told(inputs_of: InputsOf, proposal_of: ProposalOf) -> Callable[..., tuple[Verdict, ...]]:
    """Irrigations of earlier days, told to start at these hours."""

    def make(*hours: int, **changes: object) -> tuple[Verdict, ...]:
        days = [DAY - timedelta(days=2 + 2 * back) for back in range(len(hours))]
        proposals = [
            proposal_of(day=day, start_window=window(day, hour), next_check_day=DAY, **changes)
            for day, hour in zip(days, hours, strict=True)
        ]
        return judge(proposals, inputs_of())

    return make


def found(case: Case) -> list[Finding]:
    return list(of_usual_hours(case))


@pytest.mark.parametrize(("hour", "passed"), [(12, False), (15, True), (18, True), (23, True), (2, False)])
def test_a_start_far_from_the_hours_of_the_days_before_is_held(
    case_of: CaseOf,
    inputs_of: InputsOf,
    proposal_of: ProposalOf,
    told: Callable[..., tuple[Verdict, ...]],
    hour: int,
    passed: bool,  # noqa: FBT001 -- a parameter of the table above
) -> None:
    proposed = proposal_of(start_window=window(DAY, hour))
    (finding,) = found(case_of(inputs_of(history=told(18, 18, 19)), proposed))
    assert finding.passed is passed
    assert finding.measured == f"{hour}.00 h"
    assert finding.limit == "15.00 h to 25.00 h, by the days before"


def test_few_irrigations_say_nothing_of_the_hours(
    case_of: CaseOf, inputs_of: InputsOf, proposal_of: ProposalOf, told: Callable[..., tuple[Verdict, ...]]
) -> None:
    proposed = proposal_of(start_window=window(DAY, 6))
    assert not found(case_of(inputs_of(history=told(18, 18)), proposed))


def test_a_pump_is_one_source_and_another_parcels_own_water_is_not(
    case_of: CaseOf, inputs_of: InputsOf, proposal_of: ProposalOf, told: Callable[..., tuple[Verdict, ...]]
) -> None:
    history = told(18, 18, 19, pump_name="well")
    by_pump = proposal_of(start_window=window(DAY, 6), pump_name="well")
    assert not found(case_of(inputs_of(history=history), by_pump))[0].passed
    assert not found(case_of(inputs_of(history=history), proposal_of(start_window=window(DAY, 6))))


def test_turns_have_hours_of_their_own(
    case_of: CaseOf, inputs_of: InputsOf, proposal_of: ProposalOf, told: Callable[..., tuple[Verdict, ...]]
) -> None:
    turn = CanalTurn(
        canal="C1",
        group=None,
        parcel_id="plot",
        starts_at=datetime(2026, 6, 10, 5, tzinfo=ZONE),
        ends_at=datetime(2026, 6, 10, 20, tzinfo=ZONE),
        flow_m3_h=100.0,
    )
    proposed = proposal_of(start_window=window(DAY, 6))
    assert not found(case_of(inputs_of(history=told(18, 18, 19), turns=(turn,)), proposed))


def test_a_wait_has_no_hours(case_of: CaseOf, inputs_of: InputsOf, wait_of: ProposalOf) -> None:
    assert not found(case_of(inputs_of(), wait_of()))


def test_the_verdict_says_what_to_look_at(
    inputs_of: InputsOf, proposal_of: ProposalOf, told: Callable[..., tuple[Verdict, ...]]
) -> None:
    (verdict,) = judge([proposal_of(start_window=window(DAY, 6))], inputs_of(history=told(18, 18, 19)))
    assert verdict.decision == "hold"
    assert "look at the clock and the pump's hours" in verdict.explanation
