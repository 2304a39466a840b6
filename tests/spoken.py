"""A verdict to speak of, shared by the tests of what is said and of what cannot be."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, get_args

from cloud.records import Check, Language, Quantiles, Recommendation, Verdict
from cloud.speech.voice import Voice

ZONE = timezone(timedelta(hours=1))
TUESDAY = date(2026, 7, 21)
EVENING = datetime(2026, 7, 22, 19, 0, tzinfo=ZONE)
SPOKEN: tuple[Language, ...] = get_args(Language)
DRAFT = Voice(draft=True)
NO_DOSE: dict[str, Any] = {"start_window": None, "depth_mm": None, "volume_m3": None, "duration_h": None}


def depth(value: float) -> Quantiles:
    """A dose and its spread."""
    return Quantiles(p10=value * 0.8, p50=value, p90=value * 1.2)


def verdict(decision: str = "release", **changed: Any) -> Verdict:  # noqa: ANN401 -- any field of a recommendation
    """A released irrigation of the evening of Wednesday 22 July 2026, told the day before, with fields changed."""
    content: dict[str, Any] = {
        "parcel_id": "p1",
        "parcel_name": "Oliviers nord",
        "timezone": "Africa/Casablanca",
        "day": TUESDAY,
        "action": "irrigate",
        "start_window": (EVENING, EVENING + timedelta(hours=3)),
        "depth_mm": depth(21),
        "volume_m3": 105,
        "duration_h": 3.5,
        "reason_code": "stress_expected",
        "code_version": "1",
    }
    advice = Recommendation.model_validate(content | changed)
    return Verdict.model_validate(
        {
            "proposed": advice,
            "recommendation": advice,
            "decision": decision,
            "checks": (Check(name="dose", passed=True, measured=21.0, limit=60.0),),
            "explanation": "within every limit",
            "valid_until": datetime(2026, 7, 24, tzinfo=UTC),
        }
    )
