"""Two verdicts field by field: the last digits are rounding, anything else is a difference with its name."""

from datetime import UTC, date, datetime

import pytest

from cloud.records import Check, Quantiles, Recommendation, Verdict
from cloud.replay.comparison import compared

WINDOW = (datetime(2026, 7, 14, 18, tzinfo=UTC), datetime(2026, 7, 15, 6, tzinfo=UTC))


def verdict(**changes: object) -> Verdict:
    """A verdict on an irrigation; ``measured`` and ``decision`` are its own, the rest the recommendation's."""
    measured, decision = changes.pop("measured", "until=2026-07-11; gross_mm=42.0"), changes.pop("decision", "release")
    given = {
        "parcel_id": "p",
        "parcel_name": "Plot",
        "timezone": "UTC",
        "day": date(2026, 7, 14),
        "action": "irrigate",
        "start_window": WINDOW,
        "depth_mm": Quantiles(p10=20, p50=25, p90=30),
        "volume_m3": 250.0,
        "duration_h": 5.0,
        "depletion_mm": Quantiles(p10=40.0, p50=45.0, p90=50.0),
        "stress_probability_if_ignored": 0.40,
        "reason_code": "stress_expected",
        "code_version": "1",
        **changes,
    }
    proposed = Recommendation.model_validate(given)
    return Verdict.model_validate(
        {
            "proposed": proposed,
            "recommendation": proposed,
            "decision": decision,
            "checks": (Check(name="irrigations_as_before", passed=True, measured=str(measured), limit=3.5),),
            "explanation": "released; 12 checks passed",
            "valid_until": WINDOW[1],
        }
    )


def test_the_same_verdict_is_identical() -> None:
    found = compared(verdict(), verdict())
    assert (found.parcel_id, found.outcome, found.differences) == ("p", "identical", ())


@pytest.mark.parametrize(
    "changes",
    [
        {"volume_m3": 251.0},
        {"duration_h": 5.0 + 1 / 12},
        {"depth_mm": Quantiles(p10=20, p50=26, p90=30)},
        {"depletion_mm": Quantiles(p10=40.0, p50=45.1, p90=50.0)},
        {"stress_probability_if_ignored": 0.41},
        {"measured": "until=2026-07-11; gross_mm=42.1"},
    ],
)
def test_one_step_of_the_contracts_rounding_is_equal(changes: dict[str, object]) -> None:
    found = compared(verdict(), verdict(**changes))
    assert found.outcome == "equal after rounding"
    assert found.differences


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"volume_m3": 252.0}, "proposed.volume_m3"),
        ({"duration_h": 5.2}, "proposed.duration_h"),
        ({"depth_mm": Quantiles(p10=20, p50=27.5, p90=30)}, "proposed.depth_mm.p50"),
        ({"depletion_mm": Quantiles(p10=40.0, p50=45.3, p90=50.0)}, "proposed.depletion_mm.p50"),
        ({"stress_probability_if_ignored": 0.43}, "proposed.stress_probability_if_ignored"),
        ({"stress_probability_if_ignored": None}, "proposed.stress_probability_if_ignored"),
        ({"parcel_name": "Plot 2"}, "proposed.parcel_name"),
        ({"day": date(2026, 7, 15)}, "proposed.day"),
        ({"code_version": "2"}, "proposed.code_version"),
        ({"reason_code": "rain_expected"}, "proposed.reason_code"),
        ({"start_window": (WINDOW[0], WINDOW[0])}, "proposed.start_window[1]"),
        ({"measured": "until=2026-07-12; gross_mm=42.0"}, "checks[irrigations_as_before].measured"),
        ({"measured": "until=2026-07-11; gross_mm=44.0"}, "checks[irrigations_as_before].measured"),
        ({"measured": "until=2026-07-11"}, "checks[irrigations_as_before].measured"),
        ({"decision": "hold"}, "decision"),
    ],
)
def test_anything_else_differs_in_that_very_field(changes: dict[str, object], field: str) -> None:
    found = compared(verdict(), verdict(**changes))
    assert found.outcome == "DIFFERS"
    assert found.differences[0].field == field


def test_a_difference_is_not_hidden_behind_rounding() -> None:
    found = compared(verdict(), verdict(volume_m3=251.0, action="wait"))
    assert {one.field for one in found.differences} == {"proposed.action", "recommendation.action"}


def test_a_check_more_or_no_verdict_at_all_differs() -> None:
    more = verdict().model_copy(update={"checks": ()})
    assert [one.field for one in compared(verdict(), more).differences] == ["checks"]
    lost = compared(verdict(), None)
    assert (lost.outcome, lost.differences[0].now) == ("DIFFERS", "none")
