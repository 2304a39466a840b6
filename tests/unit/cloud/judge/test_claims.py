"""A claim goes on from the last one by the judge's own use and water, and a wait is safe from where claims stand."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from cloud.judge.case import Case
from cloud.judge.claims import driest_before, led_on, of_claim_memory
from cloud.judge.judge import JudgeInputs, judge
from cloud.judge.soil_checks import of_wait
from cloud.records import IrrigationEvent, Recommendation, Verdict
from edge.contract import Detection
from tests.synthetic_season import past, without_rain

DAY = date(2026, 6, 10)
BEFORE = DAY - timedelta(days=1)
InputsOf = Callable[..., JudgeInputs]
ProposalOf = Callable[..., Recommendation]
CaseOf = Callable[..., Case]


def quantiles(p10: float, p50: float, p90: float) -> dict[str, float]:
    return {"p10": p10, "p50": p50, "p90": p90}


@pytest.fixture
def yesterday(inputs_of: InputsOf, wait_of: ProposalOf) -> Verdict:
    proposed = wait_of(day=BEFORE, next_check_day=DAY, depletion_mm=quantiles(14.0, 20.0, 28.0))
    (verdict,) = judge([proposed], inputs_of(weather=past(date(2026, 6, 8)), forecast=without_rain(BEFORE)))
    return verdict


def passes(case: Case) -> bool:
    (finding,) = of_claim_memory(case)
    return finding.passed


def test_without_an_earlier_claim_nothing_is_expected(case_of: CaseOf) -> None:
    case = case_of()
    assert led_on(case) is None
    assert list(of_claim_memory(case)) == []


def test_the_expected_claim_is_the_last_plus_the_use_of_the_day(case_of: CaseOf, yesterday: Verdict) -> None:
    case = case_of(history=(yesterday,))
    led = led_on(case)
    assert led is not None
    (used, came), *rest = case.day_by_day(BEFORE, DAY)
    assert rest == []
    assert came == 0.0
    assert led.expected_mm == pytest.approx(20.0 + used)
    assert led.expected_p90_mm == pytest.approx(28.0 + used)


@pytest.mark.parametrize(
    ("claim", "fits"),
    [
        (quantiles(16.0, 24.0, 33.0), True),
        (quantiles(0.0, 2.0, 5.0), False),
        (quantiles(50.0, 55.0, 60.0), False),
        # The middle goes on, and the driest case vanished.
        (quantiles(16.0, 18.0, 18.5), False),
    ],
)
def test_a_claim_that_jumps_is_seen(
    case_of: CaseOf, wait_of: ProposalOf, yesterday: Verdict, claim: dict[str, float], *, fits: bool
) -> None:
    assert passes(case_of(proposed=wait_of(depletion_mm=claim), history=(yesterday,))) is fits


def test_water_that_became_known_late_is_taken_off(
    case_of: CaseOf, inputs_of: InputsOf, wait_of: ProposalOf, yesterday: Verdict
) -> None:
    late = IrrigationEvent(
        parcel_id="plot", started_at=datetime(2026, 6, 8, 18, tzinfo=UTC), depth_mm=20.0, source="reply"
    )
    proposed = wait_of(depletion_mm=quantiles(4.0, 9.0, 15.0))
    assert not passes(case_of(proposed=proposed, history=(yesterday,)))
    known = inputs_of(events=(*inputs_of().events, late))
    assert passes(case_of(known, proposed, history=(yesterday,)))


def test_a_photo_may_move_a_claim_some_way(case_of: CaseOf, wait_of: ProposalOf, yesterday: Verdict) -> None:
    seen = Detection.model_validate(
        {
            "parcel_id": "plot",
            "taken_at": "2026-06-10T11:00:00Z",
            "sha256": "a" * 64,
            "model": {"name": "thermal", "version": "1.0.0", "sha256": "c" * 64},
            "opinion": True,
            "stress_index": 0.4,
            "stress_sigma": 0.3,
        }
    )
    plain, moved = (case_of(history=(yesterday,), detections=photos) for photos in ((), (seen,)))
    one, other = led_on(plain), led_on(moved)
    assert one is not None
    assert other is not None
    assert other.margin_mm > one.margin_mm


def test_a_wait_from_a_dry_claim_is_not_safe_for_long(case_of: CaseOf, wait_of: ProposalOf) -> None:
    soon, late = (
        case_of(proposed=wait_of(depletion_mm=quantiles(30.0, 40.0, 50.0), next_check_day=DAY + timedelta(days=days)))
        for days in (1, 6)
    )
    first, last = (driest_before(case, case.proposed.next_check_day or DAY) for case in (soon, late))
    assert first is not None
    assert last is not None
    assert last > first
    names = {one.name: one.passed for one in of_wait(late)}
    assert names["claim_allows_waiting"] is False


def test_a_wait_without_a_claim_is_not_asked_about_it(case_of: CaseOf, wait_of: ProposalOf) -> None:
    case = case_of(proposed=wait_of(depletion_mm=None))
    assert "claim_allows_waiting" not in {one.name for one in of_wait(case)}
