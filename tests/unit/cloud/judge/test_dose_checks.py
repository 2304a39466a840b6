"""A wrong unit scales the wet and the dry chances alike; a dose that is meant to be small does not."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from cloud.judge.dose_checks import of_dose
from cloud.judge.finding import Finding
from cloud.judge.judge import JudgeInputs
from cloud.records import CanalTurn, Recommendation
from tests.synthetic_season import parcel

DAY = date(2026, 6, 10)
CaseOf = Callable[..., object]
InputsOf = Callable[..., JudgeInputs]
ProposalOf = Callable[..., Recommendation]
DRY = "dry_chance_follows_depletion"
FOLLOWS = "dose_follows_depletion"
CLAIM = {"p10": 6.0, "p50": 50.0, "p90": 90.0}


def found(case_of: CaseOf, proposed: Recommendation, inputs: JudgeInputs | None = None) -> dict[str, Finding]:
    case = case_of(inputs, proposed)
    return {finding.name: finding for finding in of_dose(case)}  # type: ignore[arg-type]  # the fixture makes cases


@pytest.mark.parametrize(("p90", "fits"), [(50.0, True), (5.0, False), (25.0, False), (300.0, False)])
def test_the_dry_chance_of_a_dose_follows_from_what_is_missing_then(
    case_of: CaseOf, proposal_of: ProposalOf, p90: float, *, fits: bool
) -> None:
    dose = {"p10": 3.0, "p50": 5.0, "p90": p90}
    answers = found(case_of, proposal_of(depth_mm=dose, volume_m3=100.0, duration_h=2.5, depletion_mm=CLAIM))
    assert answers[DRY].passed is fits, answers[DRY].limit


def test_a_small_dose_that_is_looked_at_soon_passes_by_its_dry_chance(case_of: CaseOf, proposal_of: ProposalOf) -> None:
    small = {"depth_mm": {"p10": 3.0, "p50": 4.0, "p90": 60.0}, "volume_m3": 80.0, "duration_h": 2.0}
    for days, fits in ((1, True), (4, True), (6, False)):
        proposed = proposal_of(**small, depletion_mm=CLAIM, next_check_day=DAY + timedelta(days=days))
        assert found(case_of, proposed)[FOLLOWS].passed is fits


def test_all_chances_alike_are_let_pass_where_the_evening_is_full(case_of: CaseOf, proposal_of: ProposalOf) -> None:
    flat = {"depth_mm": {"p10": 11.0, "p50": 11.0, "p90": 11.0}, "volume_m3": 220.0, "depletion_mm": CLAIM}
    assert found(case_of, proposal_of(**flat, duration_h=5.9))[DRY].passed
    assert not found(case_of, proposal_of(**flat, duration_h=2.0))[DRY].passed


@pytest.mark.parametrize(("next_turn", "severity"), [(15, "shrink"), (3, "hold")])
def test_on_the_last_turn_for_long_a_dose_is_trimmed_and_not_held(
    case_of: CaseOf, inputs_of: InputsOf, proposal_of: ProposalOf, next_turn: int, severity: str
) -> None:
    turns = tuple(
        CanalTurn(
            canal="C",
            parcel_id="plot",
            starts_at=datetime(2026, 6, 10, 8, tzinfo=UTC) + timedelta(days=days),
            ends_at=datetime(2026, 6, 10, 23, tzinfo=UTC) + timedelta(days=days),
            flow_m3_h=40.0,
        )
        for days in (0, next_turn)
    )
    inputs = inputs_of(parcels=(parcel(water={"canal": "C"}),), turns=turns)
    dose = {"p10": 390.0, "p50": 400.0, "p90": 410.0}
    proposed = proposal_of(depth_mm=dose, volume_m3=8000.0, next_check_day=DAY + timedelta(days=1))
    finding = found(case_of, proposed, inputs)[FOLLOWS]
    assert not finding.passed
    assert finding.severity == severity
    assert (finding.at_most_mm is None) is (severity == "hold")
