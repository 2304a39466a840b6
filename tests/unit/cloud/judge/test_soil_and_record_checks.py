from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta

import pytest

from cloud.judge.case import Case, Finding, Use
from cloud.judge.dose_checks import of_dose
from cloud.judge.judge import JudgeInputs
from cloud.judge.record_checks import of_numbers, of_silence
from cloud.judge.sentence import explanation_of
from cloud.judge.soil_checks import claims_no_crop, of_claim, of_need, of_own_doubt, of_season, of_wait
from cloud.records import CanalTurn, Recommendation
from tests.synthetic_season import ahead, parcel

DAY = date(2026, 6, 10)
CaseOf = Callable[..., Case]
InputsOf = Callable[..., JudgeInputs]
ProposalOf = Callable[..., Recommendation]


def dose(depth: float) -> dict[str, object]:
    volume = round(20.0 * depth)
    depths = {"p10": depth, "p50": depth, "p90": depth}
    return {"depth_mm": depths, "volume_m3": volume, "duration_h": round(volume / 40.0 * 12) / 12}


def outcome(findings: Iterable[Finding]) -> dict[str, bool]:
    return {finding.name: finding.passed for finding in findings}


def test_a_sound_dose_passes_every_question(case_of: CaseOf) -> None:
    assert all(outcome(of_dose(case_of())).values())
    assert all(outcome(of_need(case_of())).values())
    assert all(outcome(of_claim(case_of())).values())
    assert all(outcome(of_numbers(case_of())).values())


@pytest.mark.parametrize(
    ("depth", "failing"),
    [
        (60.0, {"not_above_largest_event", "dose_follows_depletion"}),
        (95.0, {"not_above_largest_event", "room_in_soil", "dose_follows_depletion"}),
        (4.0, {"not_below_smallest_event"}),
    ],
)
def test_a_wrong_dose_fails_the_fitting_questions(
    case_of: CaseOf, proposal_of: ProposalOf, depth: float, failing: set[str]
) -> None:
    found = outcome(of_dose(case_of(proposed=proposal_of(**dose(depth)))))
    assert failing <= {name for name, passed in found.items() if not passed}


def test_a_dose_far_below_the_need_wants_an_explanation(
    case_of: CaseOf, inputs_of: InputsOf, proposal_of: ProposalOf
) -> None:
    dry = inputs_of(parcels=(parcel(planted_on=date(2026, 4, 15)),), events=())
    small = proposal_of(**dose(8.0), depletion_mm={"p10": 40.0, "p50": 60.0, "p90": 70.0})
    unexplained = outcome(of_dose(case_of(dry, small)))
    assert not unexplained["not_far_below_need"]
    assert not unexplained["dose_follows_depletion"]
    explained = outcome(of_dose(case_of(dry, small, uses=(Use(name="turn", asked=3.9, there_is=4.0),))))
    assert explained["not_far_below_need"]
    assert explained["dose_follows_depletion"]


def test_a_dose_without_a_stated_depletion_follows_nothing(case_of: CaseOf, proposal_of: ProposalOf) -> None:
    case = case_of(proposed=proposal_of(depletion_mm=None))
    assert not outcome(of_dose(case))["dose_follows_depletion"]
    assert not list(of_claim(case))


@pytest.mark.parametrize("claimed", [-60.0, 140.0])
def test_a_claim_outside_the_bracket_fails(case_of: CaseOf, proposal_of: ProposalOf, claimed: float) -> None:
    wild = proposal_of(depletion_mm={"p10": claimed, "p50": claimed, "p90": claimed})
    assert not outcome(of_claim(case_of(proposed=wild)))["depletion_in_bracket"]


def test_without_a_forecast_rain_is_not_judged(case_of: CaseOf, inputs_of: InputsOf) -> None:
    assert set(outcome(of_need(case_of(inputs_of(forecast=None))))) == {"needed"}


def test_likely_rain_is_waited_for(case_of: CaseOf, inputs_of: InputsOf) -> None:
    assert not outcome(of_need(case_of(inputs_of(forecast=ahead(DAY, rain_mm=40.0)))))["no_likely_rain"]


@pytest.mark.parametrize(
    ("changes", "reason", "passed"),
    [
        ({}, "stress_expected", True),
        ({"planted_on": date(2026, 7, 1)}, "stress_expected", False),
        ({"planted_on": date(2025, 7, 1)}, "stress_expected", False),
        ({"planted_on": date(2026, 1, 1)}, "season_over", True),
        ({}, "season_over", False),
        ({"crop": "olive", "planted_on": None}, "stress_expected", True),
        ({"crop": "olive", "planted_on": None}, "season_over", False),
    ],
)
def test_the_season_is_checked_by_the_judges_own_calendar(
    case_of: CaseOf,
    inputs_of: InputsOf,
    proposal_of: ProposalOf,
    changes: dict[str, object],
    reason: str,
    *,
    passed: bool,
) -> None:
    field = parcel("plot", **{"planted_on": date(2026, 5, 20), **changes})
    assert of_season(case_of(inputs_of(parcels=(field,)), proposal_of(reason_code=reason))).passed is passed


def test_a_wait_may_be_for_want_of_a_crop(case_of: CaseOf, inputs_of: InputsOf, wait_of: ProposalOf) -> None:
    assert claims_no_crop(case_of(proposed=wait_of(reason_code="season_over")))
    assert not claims_no_crop(case_of(proposed=wait_of()))
    unplanted = inputs_of(parcels=(parcel(planted_on=date(2026, 7, 1)),))
    assert claims_no_crop(case_of(unplanted, wait_of(reason_code="not_planted")))


def test_where_no_water_can_be_had_waiting_is_no_fault(
    case_of: CaseOf, inputs_of: InputsOf, wait_of: ProposalOf
) -> None:
    field = parcel(planted_on=date(2026, 4, 10), water={"canal": "G1"})
    turn = CanalTurn.model_validate(
        {
            "canal": "G1",
            "starts_at": "2026-06-14T08:00:00+01:00",
            "ends_at": "2026-06-14T18:00:00+01:00",
            "flow_m3_h": 60.0,
        }
    )
    thirsty = inputs_of(parcels=(field,), events=())
    assert not outcome(of_wait(case_of(thirsty, wait_of())))["waiting_is_safe"]
    between = inputs_of(parcels=(field,), events=(), turns=(turn,))
    assert outcome(of_wait(case_of(between, wait_of())))["waiting_is_safe"]


def test_a_dose_may_last_until_the_next_turn(case_of: CaseOf, inputs_of: InputsOf, proposal_of: ProposalOf) -> None:
    field = parcel(planted_on=date(2026, 4, 10), water={"canal": "G1"})
    begins, hours = datetime(2026, 6, 10, 8, tzinfo=UTC), timedelta(hours=10)

    def turns(days: int) -> tuple[CanalTurn, ...]:
        starts = (begins, begins + timedelta(days=days))
        return tuple(CanalTurn(canal="G1", starts_at=one, ends_at=one + hours, flow_m3_h=60.0) for one in starts)

    large = proposal_of(**dose(58.0), depletion_mm={"p10": 15.0, "p50": 20.0, "p90": 25.0})
    soon = outcome(of_dose(case_of(inputs_of(parcels=(field,), turns=turns(1)), large)))
    assert not soon["dose_follows_depletion"]
    late = outcome(of_dose(case_of(inputs_of(parcels=(field,), turns=turns(15)), large)))
    assert late["dose_follows_depletion"]


def test_a_time_without_a_known_flow_is_refused(case_of: CaseOf, inputs_of: InputsOf, proposal_of: ProposalOf) -> None:
    inputs = inputs_of(parcels=(parcel(irrigation={"method": "sprinkler"}),))
    assert not outcome(of_numbers(case_of(inputs)))["duration_is_volume_over_flow"]
    silent = outcome(of_numbers(case_of(inputs, proposal_of(duration_h=None))))
    assert silent["duration_is_volume_over_flow"]
    known = outcome(of_numbers(case_of(proposed=proposal_of(duration_h=None))))
    assert not known["duration_is_volume_over_flow"]


def test_the_time_of_emitters_is_held_to_their_flow(
    case_of: CaseOf, inputs_of: InputsOf, proposal_of: ProposalOf
) -> None:
    # 480 m3 through 5,000 emitters of 4 l/h on each of two hectares: 40 m3/h, 12 hours.
    drip = {"method": "drip", "emitters_per_ha": 5000.0, "emitter_flow_l_h": 4.0}
    inputs = inputs_of(parcels=(parcel(irrigation=drip),))
    for duration_h, passed in ((12.0, True), (8.0, False), (None, False)):
        proposed = proposal_of(duration_h=duration_h)
        assert outcome(of_numbers(case_of(inputs, proposed)))["duration_is_volume_over_flow"] is passed


def test_an_unrounded_dose_is_seen(case_of: CaseOf, proposal_of: ProposalOf) -> None:
    odd = proposal_of(depth_mm={"p10": 20.0, "p50": 24.3, "p90": 28.0}, volume_m3=486.0, duration_h=12.1667)
    assert not outcome(of_numbers(case_of(proposed=odd)))["dose_is_rounded"]


def test_silence_carries_no_water(wait_of: ProposalOf) -> None:
    assert next(of_silence(wait_of())).passed
    assert next(of_silence(wait_of(duration_h=2.0))).measured == "duration_h"


def test_a_check_rounds_what_it_shows_and_hides_what_is_not_finite() -> None:
    finding = Finding(name="x", passed=True, measured=1.23456, limit=float("inf"))
    assert (finding.check().measured, finding.check().limit) == (1.235, None)


def test_the_reason_is_told_in_words_with_value_and_limit(proposal_of: ProposalOf) -> None:
    failed = [Finding(name="room_in_soil", passed=False, measured=60.0, limit=None)]
    text = explanation_of("hold", proposal_of(), proposal_of(), failed, 5)
    assert "the soil cannot hold the dose even if it is as dry as can be (60 mm, limit unknown)" in text


@pytest.mark.parametrize(
    ("rain_mm", "odds", "days", "expected"),
    [
        (0.0, 0.8, 4, {"awaited_rain_is_forecast": False}),
        (40.0, 0.8, 4, {"awaited_rain_is_forecast": True}),
        (0.0, 0.2, 4, {}),
        (0.0, 0.8, 1, {}),
    ],
)
def test_a_thirsty_crop_waits_for_days_only_for_rain_that_is_forecast(
    case_of: CaseOf, wait_of: ProposalOf, rain_mm: float, odds: float, days: int, expected: dict[str, bool]
) -> None:
    inputs = JudgeInputs(
        parcels=case_of().inputs.parcels, weather=case_of().inputs.weather, forecast=ahead(DAY, rain_mm=rain_mm)
    )
    check = DAY + timedelta(days=days)
    proposed = wait_of(reason_code="rain_expected", stress_probability_if_ignored=odds, next_check_day=check)
    assert outcome(of_own_doubt(case_of(inputs, proposed))) == expected


def test_without_a_forecast_no_rain_is_waited_for(case_of: CaseOf, inputs_of: InputsOf, wait_of: ProposalOf) -> None:
    proposed = wait_of(reason_code="rain_expected", stress_probability_if_ignored=0.8)
    assert not outcome(of_own_doubt(case_of(inputs_of(forecast=None), proposed)))["awaited_rain_is_forecast"]
