from datetime import UTC, date, datetime

import pytest

from cloud.records import Recommendation, Verdict
from simulations.evaluation.judge.scoring import Tally, matters

DAY = date(2026, 6, 10)


def dose(depth: float = 20.0, **changes: object) -> Recommendation:
    given = {
        "parcel_id": "p",
        "parcel_name": "p",
        "timezone": "UTC",
        "day": DAY,
        "action": "irrigate",
        "start_window": (datetime(2026, 6, 10, 18, tzinfo=UTC), datetime(2026, 6, 10, 20, tzinfo=UTC)),
        "depth_mm": {"p10": depth - 2.0, "p50": depth, "p90": depth + 2.0},
        "volume_m3": 200.0,
        "duration_h": 5.0,
        "reason_code": "stress_expected",
        "stress_probability_if_ignored": 0.6,
        "code_version": "test",
        **changes,
    }
    return Recommendation.model_validate(given)


def wait(**changes: object) -> Recommendation:
    nothing = {"start_window": None, "depth_mm": None, "volume_m3": None, "duration_h": None}
    given: dict[str, object] = {**nothing, "action": "wait", "reason_code": "soil_has_water", "next_check_day": DAY}
    return dose().model_copy(update={**given, **changes})


def judged(proposed: Recommendation, heard: Recommendation, decision: str) -> Verdict:
    return Verdict.model_validate(
        {
            "proposed": proposed,
            "recommendation": heard,
            "decision": decision,
            "checks": (),
            "explanation": "",
            "valid_until": datetime(2026, 6, 11, tzinfo=UTC),
        }
    )


@pytest.mark.parametrize(
    ("sound", "told", "counts"),
    [
        (dose(20.0), dose(24.0), False),
        (dose(20.0), dose(25.0), True),
        (dose(60.0), dose(68.0), True),
        (dose(), dose(volume_m3=2000.0), True),
        (dose(), dose(duration_h=0.5), True),
        (dose(), dose(day=date(2026, 6, 9)), True),
        (
            dose(),
            dose(start_window=(datetime(2026, 6, 11, 6, tzinfo=UTC), datetime(2026, 6, 11, 8, tzinfo=UTC))),
            True,
        ),
        (dose(), wait(next_check_day=date(2026, 6, 11)), True),
        (dose(stress_probability_if_ignored=0.2), wait(next_check_day=date(2026, 6, 11)), False),
        (dose(stress_probability_if_ignored=0.2), wait(next_check_day=date(2026, 6, 14)), False),
        (dose(stress_probability_if_ignored=0.3), wait(next_check_day=date(2026, 6, 14)), True),
        (wait(), dose(7.0), False),
        (wait(), dose(8.0), True),
        (wait(), wait(next_check_day=date(2026, 6, 13)), False),
        (wait(), wait(next_check_day=date(2026, 6, 14)), True),
        (wait(next_check_day=None), wait(), False),
    ],
)
def test_what_counts(sound: Recommendation, told: Recommendation, *, counts: bool) -> None:
    assert matters(sound, told) is counts


def test_a_fault_is_caught_when_nobody_hears_of_it() -> None:
    tally = Tally()
    tally.enter(dose(), judged(dose(200.0), wait(action="hold"), "hold"))
    tally.enter(dose(), judged(dose(200.0), dose(200.0), "release"))
    tally.enter(dose(), judged(dose(40.0), dose(22.0), "shrink"))
    tally.enter(dose(), judged(wait(), wait(), "release"))
    tally.enter(dose(), judged(dose(21.0), wait(action="hold"), "hold"))
    assert (tally.tried, tally.mattered, tally.caught) == (5, 4, 2)
    assert (tally.withheld, tally.withheld_caught, tally.unhurt_held) == (1, 0, 1)
    assert tally.lost_mm + tally.wasted_mm == pytest.approx(180.0 + 20.0)
    assert tally.wasted_mm == pytest.approx(180.0)
