from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cloud.judge.judge import JudgeInputs, judge
from cloud.judge.sentence import WORDS
from cloud.records import CanalTurn, IrrigationEvent, Pump, Quota, Recommendation, Verdict
from edge.contract import Detection, ModelReference
from tests.synthetic_season import ahead, parcel, past

DAY = date(2026, 6, 10)
ZONE = ZoneInfo("Africa/Casablanca")
InputsOf = Callable[..., JudgeInputs]
ProposalOf = Callable[..., Recommendation]


def failed(verdict: Verdict) -> set[str]:
    return {check.name for check in verdict.checks if not check.passed}


def one(proposed: Recommendation, inputs: JudgeInputs) -> Verdict:
    (verdict,) = judge([proposed], inputs)
    return verdict


def event(day: int, depth_mm: float, source: str = "meter") -> IrrigationEvent:
    moment = datetime(2026, 6, day, 18, tzinfo=UTC)
    return IrrigationEvent.model_validate(
        {"parcel_id": "plot", "started_at": moment, "depth_mm": depth_mm, "source": source}
    )


def test_a_sound_proposal_is_released_as_it_is(inputs_of: InputsOf, proposal_of: ProposalOf) -> None:
    verdict = one(proposal_of(), inputs_of())
    assert verdict.decision == "release", verdict.explanation
    assert verdict.recommendation == verdict.proposed
    assert verdict.valid_until == datetime(2026, 6, 10, 19, tzinfo=UTC)
    assert verdict.explanation == f"Released: all {len(verdict.checks)} checks passed."


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"volume_m3": 4800.0}, "volume_is_depth_times_area"),
        ({"volume_m3": 48.0}, "volume_is_depth_times_area"),
        ({"depth_mm": {"p10": 200.0, "p50": 240.0, "p90": 280.0}}, "volume_is_depth_times_area"),
        ({"depth_mm": {"p10": 2.0, "p50": 2.4, "p90": 2.8}}, "volume_is_depth_times_area"),
        ({"depth_mm": {"p10": -30.0, "p50": -24.0, "p90": -20.0}}, "depth_positive"),
        ({"depth_mm": {"p10": 0.0, "p50": 0.0, "p90": 0.0}, "volume_m3": 0.0}, "depth_positive"),
        ({"duration_h": 1.2}, "duration_is_volume_over_flow"),
        ({"duration_h": 120.0}, "duration_is_volume_over_flow"),
        ({"parcel_id": "nobody"}, "parcel_is_known"),
        ({"parcel_name": "Another"}, "parcel_name"),
        ({"timezone": "Europe/Paris"}, "parcel_timezone"),
        ({"pump_name": "well"}, "parcel_pump"),
        (
            {"start_window": (datetime(2026, 6, 9, 18, tzinfo=UTC), datetime(2026, 6, 9, 20, tzinfo=UTC))},
            "window_is_on_the_day",
        ),
        (
            {"start_window": (datetime(2027, 6, 10, 18, tzinfo=UTC), datetime(2027, 6, 10, 20, tzinfo=UTC))},
            "window_is_on_the_day",
        ),
        (
            {"start_window": (datetime(2026, 6, 10, 20, tzinfo=UTC), datetime(2026, 6, 10, 18, tzinfo=UTC))},
            "window_is_on_the_day",
        ),
    ],
)
def test_a_broken_record_is_blocked_and_says_nothing_of_water(
    inputs_of: InputsOf, proposal_of: ProposalOf, changes: dict[str, object], check: str
) -> None:
    verdict = one(proposal_of(**changes), inputs_of())
    assert verdict.decision == "block"
    assert check in failed(verdict)
    spoken = verdict.recommendation
    assert spoken.action == "hold"
    assert (spoken.depth_mm, spoken.volume_m3, spoken.duration_h, spoken.start_window) == (None, None, None, None)
    assert verdict.explanation.startswith("Blocked: ")


@pytest.mark.parametrize("factor", [10.0, 0.1, 25.4])
def test_a_consistent_slip_of_the_unit_is_not_released(
    inputs_of: InputsOf, proposal_of: ProposalOf, factor: float
) -> None:
    depth = round(24.0 * factor)
    slipped = proposal_of(
        depth_mm={"p10": depth, "p50": depth, "p90": depth},
        volume_m3=10.0 * depth * 2.0,
        duration_h=round(10.0 * depth * 2.0 / 40.0 * 12.0) / 12.0,
    )
    assert one(slipped, inputs_of()).decision == "hold"


def test_a_dose_the_soil_cannot_hold_is_shrunk_with_its_identities(
    inputs_of: InputsOf, proposal_of: ProposalOf
) -> None:
    large = proposal_of(
        depth_mm={"p10": 36.0, "p50": 36.0, "p90": 36.0},
        volume_m3=720.0,
        duration_h=18.0,
        depletion_mm={"p10": 20.0, "p50": 24.0, "p90": 28.0},
        start_window=(datetime(2026, 6, 10, 18, tzinfo=ZONE), datetime(2026, 6, 10, 18, tzinfo=ZONE)),
    )
    narrow = parcel(
        planted_on=date(2026, 5, 20),
        initial_depletion_mm=10.0,
        irrigation={"method": "sprinkler", "flow_m3_h": 40.0, "max_mm": 30.0},
    )
    verdict = one(large, inputs_of(parcels=(narrow,)))
    assert verdict.decision == "shrink", verdict.explanation
    spoken = verdict.recommendation
    assert spoken.depth_mm is not None
    assert spoken.depth_mm.p50 <= 30.0
    assert spoken.volume_m3 == pytest.approx(10.0 * spoken.depth_mm.p50 * 2.0, abs=0.5)
    assert spoken.duration_h == pytest.approx((spoken.volume_m3 or 0.0) / 40.0, abs=1.0 / 12.0)
    assert verdict.proposed == large
    assert "Shrunk from 36 to" in verdict.explanation


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"weather": past(date(2026, 6, 5))}, "weather_is_fresh"),
        ({"forecast": None}, "forecast_is_fresh"),
        ({"forecast_issued_on": date(2026, 6, 1)}, "forecast_is_fresh"),
        ({"forecast": ahead(DAY, days=1)}, "forecast_is_fresh"),
        ({"events": (event(6, 70.0), event(9, 20.0, "reply"))}, "farmers_last_word"),
        ({"events": (event(6, 70.0), event(10, 15.0))}, "not_already_irrigated"),
    ],
)
def test_what_the_inputs_say_against_it_holds_the_proposal(
    inputs_of: InputsOf, proposal_of: ProposalOf, changes: dict[str, object], check: str
) -> None:
    # Surface irrigation, so that yesterday's water counts too.
    surface = parcel(
        planted_on=date(2026, 5, 20),
        initial_depletion_mm=10.0,
        irrigation={"method": "furrow", "flow_m3_h": 40.0, "efficiency": 0.75},
    )
    verdict = one(proposal_of(), inputs_of(parcels=(surface,), **changes))
    assert verdict.decision == "hold"
    assert check in failed(verdict)
    assert verdict.explanation.startswith("Held for a person: ")


def test_a_second_advice_for_the_same_day_is_held(inputs_of: InputsOf, proposal_of: ProposalOf) -> None:
    first, second = judge([proposal_of(), proposal_of()], inputs_of())
    assert (first.decision, second.decision) == ("release", "hold")
    assert failed(second) == {"one_advice_a_day"}


def test_a_safe_wait_is_released_until_its_next_check(inputs_of: InputsOf, wait_of: ProposalOf) -> None:
    calm = inputs_of(events=(event(7, 40.0), event(9, 20.0)))
    sure = {"depletion_mm": {"p10": 4.0, "p50": 8.0, "p90": 12.0}, "stress_probability_if_ignored": 0.1}
    verdict = one(wait_of(**sure), calm)
    assert verdict.decision == "release", verdict.explanation
    assert verdict.valid_until == datetime(2026, 6, 11, 23, tzinfo=UTC)


def test_a_wait_that_may_cost_the_crop_is_held(inputs_of: InputsOf, wait_of: ProposalOf) -> None:
    dry = parcel(planted_on=date(2026, 4, 10))
    verdict = one(wait_of(), inputs_of(parcels=(dry,), events=()))
    assert verdict.decision == "hold"
    assert "waiting_is_safe" in failed(verdict)
    assert verdict.recommendation.reason_code in failed(verdict)


def test_a_wait_without_a_next_check_is_held(inputs_of: InputsOf, wait_of: ProposalOf) -> None:
    calm = inputs_of(events=(event(7, 40.0), event(9, 20.0)))
    for check in (None, DAY, date(2026, 6, 30)):
        verdict = one(wait_of(next_check_day=check), calm)
        assert "next_check_is_near" in failed(verdict)


def test_a_wait_that_carries_water_is_blocked(inputs_of: InputsOf, wait_of: ProposalOf) -> None:
    assert one(wait_of(volume_m3=480.0), inputs_of()).decision == "block"


def photo(probability: float, day: int = 9) -> Detection:
    return Detection(
        parcel_id="plot",
        sha256="d" * 64,
        taken_at=datetime(2026, 6, day, 12, tzinfo=UTC),
        model=ModelReference(name="wilting", version="1", sha256=None),
        opinion=True,
        wilting_score=3.0,
        wilting_probability=probability,
    )


@pytest.mark.parametrize(("probability", "day", "held"), [(0.95, 9, True), (0.3, 9, False), (0.95, 3, False)])
def test_a_wait_over_a_wilting_field_is_held(
    inputs_of: InputsOf, wait_of: ProposalOf, probability: float, day: int, *, held: bool
) -> None:
    calm = inputs_of(events=(event(6, 40.0), event(8, 20.0)), detections=(photo(probability, day),))
    verdict = one(wait_of(depletion_mm={"p10": 4.0, "p50": 8.0, "p90": 12.0}), calm)
    assert ("no_visible_wilting" in failed(verdict)) is held


def test_wilting_before_the_last_irrigation_says_nothing(inputs_of: InputsOf, wait_of: ProposalOf) -> None:
    calm = inputs_of(events=(event(6, 40.0), event(9, 20.0)), detections=(photo(0.95),))
    assert "no_visible_wilting" not in {check.name for check in one(wait_of(), calm).checks}


def test_a_hold_stays_a_hold(inputs_of: InputsOf, wait_of: ProposalOf) -> None:
    held = wait_of(action="hold", reason_code="weather_stale")
    verdict = one(held, inputs_of())
    assert (verdict.decision, verdict.recommendation) == ("hold", held)
    assert "the advisor itself gives no advice (weather_stale)" in verdict.explanation


@pytest.mark.parametrize(
    ("planted_on", "reason", "decision"),
    [
        (date(2026, 7, 1), "not_planted", "release"),
        (date(2025, 6, 1), "season_over", "release"),
        (date(2026, 5, 20), "season_over", "hold"),
    ],
)
def test_a_wait_for_want_of_a_crop_is_checked_against_the_calendar(
    inputs_of: InputsOf, wait_of: ProposalOf, planted_on: date, reason: str, decision: str
) -> None:
    inputs = inputs_of(parcels=(parcel(planted_on=planted_on),))
    assert one(wait_of(reason_code=reason, next_check_day=None), inputs).decision == decision


def test_water_outside_the_season_is_held(inputs_of: InputsOf, proposal_of: ProposalOf) -> None:
    verdict = one(proposal_of(), inputs_of(parcels=(parcel(planted_on=date(2026, 7, 1)),)))
    assert verdict.decision == "hold"
    assert "within_season" in failed(verdict)


def test_a_quota_shrinks_or_holds(inputs_of: InputsOf, proposal_of: ProposalOf) -> None:
    def quota(volume_m3: float) -> Quota:
        return Quota(parcel_id="plot", valid_from=DAY, valid_to=DAY, volume_m3=volume_m3)

    nearly = one(proposal_of(), inputs_of(quotas=(quota(400.0),)))
    assert nearly.decision == "shrink", nearly.explanation
    assert nearly.recommendation.volume_m3 == 400.0
    spent = one(proposal_of(), inputs_of(quotas=(quota(50.0),)))
    assert spent.decision == "hold"
    assert "within_quota" in failed(spent)


def test_the_turn_must_hold_the_irrigation(inputs_of: InputsOf, proposal_of: ProposalOf) -> None:
    begin = datetime(2026, 6, 10, 18, tzinfo=ZONE)

    def inputs(hours: float) -> JudgeInputs:
        turn = CanalTurn(canal="G1", starts_at=begin, ends_at=begin + timedelta(hours=hours), flow_m3_h=40.0)
        field = parcel(planted_on=date(2026, 5, 20), initial_depletion_mm=10.0, water={"canal": "G1"})
        return inputs_of(parcels=(field,), turns=(turn,))

    proposed = proposal_of(start_window=(begin, begin))
    assert one(proposed, inputs(12.0)).decision == "release"
    short = one(proposed, inputs(8.0))
    assert short.decision == "hold"
    assert "inside_turn" in failed(short)
    early = proposal_of(start_window=(begin - timedelta(hours=3), begin - timedelta(hours=3)))
    assert "inside_turn" in failed(one(early, inputs(24.0)))


def test_neighbours_together_may_not_ask_for_more_than_the_turn(inputs_of: InputsOf, proposal_of: ProposalOf) -> None:
    begin = datetime(2026, 6, 10, 18, tzinfo=ZONE)
    turn = CanalTurn(canal="G1", starts_at=begin, ends_at=begin + timedelta(hours=14), flow_m3_h=40.0)
    fields = tuple(
        parcel(name, planted_on=date(2026, 5, 20), initial_depletion_mm=10.0, water={"canal": "G1"}) for name in "ab"
    )
    proposals = [
        proposal_of(parcel_id=name, parcel_name=name, start_window=(begin, begin + timedelta(hours=1))) for name in "ab"
    ]
    verdicts = judge(proposals, inputs_of(parcels=fields, turns=(turn,)))
    assert all("shared_water_suffices" in failed(verdict) for verdict in verdicts)


def test_pump_hours_are_kept(inputs_of: InputsOf, proposal_of: ProposalOf) -> None:
    field = parcel(
        planted_on=date(2026, 5, 20),
        initial_depletion_mm=10.0,
        water={"pump": "well"},
        irrigation={"method": "sprinkler"},
    )
    night = Pump(pump="well", flow_m3_h=40.0, from_hour=18.0, to_hour=8.0)
    assert one(proposal_of(pump_name="well"), inputs_of(parcels=(field,), pumps=(night,))).decision == "release"
    day_only = Pump(pump="well", flow_m3_h=40.0, from_hour=8.0, to_hour=18.0)
    wrong = one(proposal_of(pump_name="well"), inputs_of(parcels=(field,), pumps=(day_only,)))
    assert "inside_pump_hours" in failed(wrong)
    tired = Pump(pump="well", flow_m3_h=40.0, max_hours_per_day=9.0)
    shrunk = one(proposal_of(pump_name="well"), inputs_of(parcels=(field,), pumps=(tired,)))
    assert "pump_hours_per_day" in failed(shrunk)


def test_a_dose_unlike_earlier_ones_is_held(inputs_of: InputsOf, proposal_of: ProposalOf) -> None:
    def earlier(days: int) -> Verdict:
        day = DAY - timedelta(days=days)
        dose = {"depth_mm": {"p10": 5.0, "p50": 5.0, "p90": 5.0}, "volume_m3": 100.0, "duration_h": 2.5}
        proposed = proposal_of(day=day, **dose)
        return Verdict(
            proposed=proposed,
            recommendation=proposed,
            decision="release",
            checks=(),
            explanation="",
            valid_until=datetime(2026, 6, 1, tzinfo=UTC),
        )

    few = one(proposal_of(), inputs_of(history=tuple(earlier(days) for days in (4, 8))))
    many = one(proposal_of(), inputs_of(history=tuple(earlier(days) for days in (4, 8, 12))))
    assert "like_earlier_doses" not in failed(few)
    assert "like_earlier_doses" in failed(many)


def test_likely_rain_is_waited_for_when_the_soil_can(inputs_of: InputsOf, proposal_of: ProposalOf) -> None:
    rainy = inputs_of(forecast=ahead(DAY, rain_mm=40.0), events=(event(7, 30.0), event(8, 12.0)))
    verdict = one(proposal_of(), rainy)
    assert verdict.decision == "hold"
    assert failed(verdict) & {"no_likely_rain", "needed", "room_in_soil"}


def test_every_check_that_can_fail_has_words(inputs_of: InputsOf, proposal_of: ProposalOf, wait_of: ProposalOf) -> None:
    for proposed in (proposal_of(), wait_of(), proposal_of(parcel_id="nobody")):
        for check in one(proposed, inputs_of()).checks:
            assert check.name in WORDS


def test_an_unknown_time_zone_does_not_stop_the_judge(inputs_of: InputsOf, wait_of: ProposalOf) -> None:
    verdict = one(wait_of(timezone="Nowhere/Land"), inputs_of())
    assert verdict.decision == "block"
    assert verdict.valid_until == datetime(2026, 6, 11, tzinfo=UTC)


def test_a_day_far_from_the_weather_is_held_without_a_bucket(inputs_of: InputsOf, wait_of: ProposalOf) -> None:
    far = wait_of(day=date(2096, 6, 10), next_check_day=date(2096, 6, 12))
    field = parcel(crop="olive", planted_on=None, season_starts_on=date(2026, 1, 1))
    verdict = one(far, inputs_of(parcels=(field,)))
    assert verdict.decision == "hold"
    assert "weather_is_fresh" in failed(verdict)
    assert "waiting_is_safe" not in {check.name for check in verdict.checks}


def test_water_given_after_the_day_does_not_excuse_wilting(inputs_of: InputsOf, wait_of: ProposalOf) -> None:
    photo = Detection(
        parcel_id="plot",
        sha256="d" * 64,
        taken_at=datetime(2026, 6, 10, 12, tzinfo=UTC),
        model=ModelReference(name="wilting", version="1", sha256="e" * 64),
        opinion=True,
        wilting_probability=0.95,
    )
    later = IrrigationEvent(
        parcel_id="plot", started_at=datetime(2026, 6, 11, 18, tzinfo=UTC), depth_mm=70.0, source="meter"
    )
    plain = one(wait_of(), inputs_of(detections=(photo,)))
    assert "no_visible_wilting" in failed(plain)
    assert one(wait_of(), inputs_of(detections=(photo,), events=(*inputs_of().events, later))) == plain
