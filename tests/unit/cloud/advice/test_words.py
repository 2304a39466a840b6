from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from cloud.advice.words import advice_lines, basis_lines
from cloud.records import Check, Evidence, InputReference, Quantiles, Recommendation, Verdict

ZONE = ZoneInfo("Africa/Casablanca")


def told(one: Verdict) -> str:
    return "\n".join((*advice_lines(one), *basis_lines(one)))


def irrigation(**changes: object) -> Recommendation:
    given = {
        "parcel_id": "plot-7",
        "parcel_name": "Seven",
        "timezone": "Africa/Casablanca",
        "day": date(2026, 5, 14),
        "action": "irrigate",
        "start_window": (datetime(2026, 5, 14, 18, tzinfo=ZONE), datetime(2026, 5, 14, 22, tzinfo=ZONE)),
        "depth_mm": Quantiles(p10=20.0, p50=25.0, p90=31.0),
        "volume_m3": 250.0,
        "duration_h": 6.25,
        "next_check_day": date(2026, 5, 17),
        "depletion_mm": Quantiles(p10=15.0, p50=20.0, p90=25.0),
        "stress_probability_if_followed": 0.0,
        "stress_probability_if_ignored": 0.62,
        "reason_code": "stress_expected",
        "evidence": (
            Evidence(kind="depletion_mm", value=20.0, sigma=3.9, source="water balance"),
            Evidence(kind="camera_abstains", source="cam: dark", observed_at=datetime(2026, 5, 13, 5, tzinfo=UTC)),
        ),
        "inputs": (
            InputReference(name="w.csv", sha256="a" * 64, age_days=1.0),
            InputReference(name="f.csv", sha256="b" * 64, age_days=2.0),
            InputReference(name="p.geojson", sha256="c" * 64),
        ),
        "code_version": "1.2.3",
        **changes,
    }
    return Recommendation.model_validate(given)


def verdict(proposed: Recommendation, spoken: Recommendation, **changes: object) -> Verdict:
    given = {
        "proposed": proposed,
        "recommendation": spoken,
        "decision": "release",
        "checks": (Check(name="room_in_soil", passed=True, measured=25.0, limit=40.0),),
        "explanation": "Released: all 1 checks passed.",
        "valid_until": datetime(2026, 5, 14, 22, tzinfo=ZONE),
        **changes,
    }
    return Verdict.model_validate(given)


def test_every_number_its_source_and_its_age_are_told() -> None:
    text = told(verdict(irrigation(), irrigation()))
    assert "the crop would probably run short" in text
    assert "start between 2026-05-14 18:00 and 2026-05-14 22:00, for 6 h 15 min: 250 m3, 25 mm gross" in text
    assert "Dose in mm, gross: 25 (from 20 to 31, 8 chances in 10)." in text
    assert "Water missing on the evening of the day in mm: 20 (from 15 to 25, 8 chances in 10)." in text
    assert "0% if followed, 62% without water" in text
    assert "water missing from the root zone [mm]: 20 +- 3.9 (water balance)" in text
    assert "the camera gives no opinion (cam: dark, 2026-05-13 06:00)" in text
    assert "Checks: 1 of 1 passed." in text
    assert "w.csv, 1 day old, sha256 aaaaaaaaaaaa" in text
    assert "f.csv, 2 days old, sha256" in text
    assert "p.geojson, sha256" in text
    assert "code 1.2.3" in text


def test_a_hold_says_which_check_failed_and_what_may_be_spoken() -> None:
    proposed = irrigation(duration_h=None)
    spoken = irrigation(
        action="hold", depth_mm=None, volume_m3=None, duration_h=None, start_window=None, reason_code="room_in_soil"
    )
    failed = Check(name="room_in_soil", passed=False, measured=25.0, limit=12.0)
    text = told(verdict(proposed, spoken, decision="hold", checks=(failed,)))
    assert "May be spoken: hold, no water; next check 2026-05-17." in text
    assert "failed room_in_soil: measured 25.0, limit 12.0" in text
    assert "Checks: 0 of 1 passed." in text


def test_without_a_flow_no_time_is_told() -> None:
    proposed = irrigation(duration_h=None)
    assert "for a time that no known flow tells" in told(verdict(proposed, proposed))


def test_unknown_numbers_are_left_out_not_zero() -> None:
    bare = irrigation(
        action="wait",
        depth_mm=None,
        volume_m3=None,
        duration_h=None,
        start_window=None,
        depletion_mm=None,
        stress_probability_if_followed=None,
        stress_probability_if_ignored=None,
        next_check_day=None,
        reason_code="a_new_reason",
        evidence=(),
    )
    text = told(verdict(bare, bare))
    assert "because a_new_reason." in text
    assert "May be spoken: wait, no water." in text
    assert "Probability" not in text
    assert "Dose" not in text
