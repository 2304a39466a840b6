"""Histories and proposals that nobody can have meant: they get a verdict, and hold no one for ever."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cloud.judge.continuity import PARCEL
from cloud.judge.judge import JudgeInputs, judge
from cloud.judge.lean import FORECAST
from cloud.judge.sky_memory import WEATHER
from cloud.judge.water_memory import WATER
from cloud.records import Recommendation, Verdict
from edge.contract import Detection

DAY = date(2026, 6, 10)
BEFORE = DAY - timedelta(days=1)
InputsOf = Callable[..., JudgeInputs]
ProposalOf = Callable[..., Recommendation]


def failed(verdict: Verdict) -> set[str]:
    return {check.name for check in verdict.checks if not check.passed}


def rewritten(verdict: Verdict, name: str, measured: str) -> Verdict:
    checks = [c.model_copy(update={"measured": measured}) if c.name == name else c for c in verdict.checks]
    return verdict.model_copy(update={"checks": tuple(checks)})


@pytest.mark.parametrize(
    ("name", "measured"),
    [
        (WATER, "until=2026-06-06; gross_mm_0_7=abc"),
        (WATER, "until=2026-06-06; gross_mm_0_7=inf"),
        (WEATHER, "until=2026-06-08; et_mm_0_3="),
        (WEATHER, "until=2026-06-08; et_mm_0_3=nan"),
        (FORECAST, "2026-06-10=abc"),
        (FORECAST, "2026-06-10=-inf"),
        (PARCEL, "area_ha=inf"),
    ],
)
def test_a_memory_that_cannot_be_read_is_a_change(
    inputs_of: InputsOf, proposal_of: ProposalOf, yesterday: Verdict, name: str, measured: str
) -> None:
    (verdict,) = judge([proposal_of()], inputs_of(history=(rewritten(yesterday, name, measured),)))
    assert verdict.decision == "hold"
    assert name in failed(verdict)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from([WEATHER, WATER, FORECAST, PARCEL]),
    key=st.sampled_from(["until", "gross_mm_0_7", "on_2026-06-09", "et_mm_0_3", "area_ha", str(DAY)]),
    text=st.text(max_size=12),
)
@example(name=WATER, key="until", text="9999-12-31")
@example(name=WATER, key="until", text="0001-01-01; gross_mm=1")
@example(name=FORECAST, key=str(DAY), text="1e309")
def test_no_memory_stops_the_judge(
    inputs_of: InputsOf, proposal_of: ProposalOf, yesterday: Verdict, name: str, key: str, text: str
) -> None:
    for measured in (text, f"{key}={text}", f"until=2026-06-06; {key}={text}"):
        (verdict,) = judge([proposal_of()], inputs_of(history=(rewritten(yesterday, name, measured),)))
        assert verdict.decision in {"release", "hold"}


def test_a_far_future_in_the_history_holds_nobody_for_ever(
    inputs_of: InputsOf, wait_of: ProposalOf, yesterday: Verdict
) -> None:
    def of(day: date) -> Verdict:
        proposed = yesterday.proposed.model_copy(update={"day": day})
        return yesterday.model_copy(update={"proposed": proposed})

    (far,) = judge([wait_of()], inputs_of(history=(yesterday, of(date(9999, 12, 31)), of(DAY + timedelta(days=31)))))
    assert "not_told_before" not in failed(far)
    (near,) = judge([wait_of()], inputs_of(history=(yesterday, of(DAY + timedelta(days=30)))))
    assert "not_told_before" in failed(near)


@pytest.mark.parametrize("day", [date(1, 1, 1), date(9999, 12, 31), date(2201, 1, 1)])
@pytest.mark.parametrize("action", ["irrigate", "wait", "hold"])
def test_a_day_that_no_season_has_is_blocked(
    inputs_of: InputsOf, proposal_of: ProposalOf, wait_of: ProposalOf, day: date, action: str
) -> None:
    proposed = proposal_of(day=day) if action == "irrigate" else wait_of(day=day, action=action)
    (strange, clean) = judge([proposed, proposal_of()], inputs_of())
    assert strange.decision == "block"
    assert "day_is_possible" in failed(strange)
    assert "a day that no season has" in strange.explanation
    assert clean.decision == "release", clean.explanation


def test_a_start_at_the_end_of_all_days_is_blocked(inputs_of: InputsOf, proposal_of: ProposalOf) -> None:
    window = (datetime(2026, 6, 10, 18, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC))
    (verdict,) = judge([proposal_of(start_window=window)], inputs_of())
    assert verdict.decision == "block"
    assert "day_is_possible" in failed(verdict)


def test_a_photo_of_the_end_of_all_days_says_nothing(inputs_of: InputsOf, proposal_of: ProposalOf) -> None:
    photo = Detection(
        parcel_id="plot",
        taken_at=datetime(9999, 12, 31, 23, 30, tzinfo=UTC),
        sha256="a" * 64,
        model=None,
        opinion=True,
        stress_index=0.5,
        stress_sigma=0.3,
    )
    (verdict,) = judge([proposal_of()], inputs_of(detections=(photo,)))
    assert verdict.decision == "release", verdict.explanation
