"""The reason of an advice in a line or two: what the soil lacks, what waiting would risk, every number by code."""

from collections.abc import Iterator
from typing import Final

from cloud.records import Recommendation, Verdict
from cloud.speech import phrases
from cloud.speech.advice_words import REASONS as SPOKEN_REASONS
from cloud.speech.catalogue import Catalogue

REASONS: Final = {
    **SPOKEN_REASONS,
    "rain_did_not_come": "reason.stress_expected",
    "rain_expected": "reason.rain_unknown",
}
"""Reasons in words; of any other the numbers speak alone."""
RAIN_MM: Final = "forecast_rain_mm"
WITHHELD: Final = frozenset({"hold", "block"})


def why(words: Catalogue, verdict: Verdict) -> str:
    """The reason of an advice; of one that is withheld, only that a person is looking."""
    if verdict.decision in WITHHELD or verdict.recommendation.action == "hold":
        return words.text("ussd.why_held")
    return " ".join(_sentences(words, verdict.recommendation)) or words.text("ussd.why_unknown")


def _sentences(words: Catalogue, spoken: Recommendation) -> Iterator[str]:
    key = REASONS.get(spoken.reason_code)
    rain_mm = next((fact.value for fact in spoken.evidence if fact.kind == RAIN_MM and fact.value is not None), None)
    if spoken.reason_code == "rain_expected" and rain_mm is not None and round(rain_mm) >= 1:
        yield words.text("reason.rain", depth=phrases.number(round(rain_mm)))
    elif key is not None:
        yield words.text(key)
    missing = spoken.depletion_mm
    if missing is not None and round(missing.p50) >= 1:
        yield words.text("ussd.why_missing", depth=phrases.number(round(missing.p50)))
    risk = spoken.stress_probability_if_ignored
    if spoken.action == "irrigate" and risk is not None:
        yield words.text("ussd.why_risk", percent=phrases.number(round(100 * risk)))
