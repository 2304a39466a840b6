"""Reasons are words with what was measured and its limit, never the judge's own notes."""

from cloud.judge.finding import Finding
from cloud.judge.lines import line_of
from cloud.judge.sentence import REMEMBERED, UNITS, WORDS, explanation_of
from cloud.records import Recommendation

NOTE = line_of({"until": "2026-06-08", "et_mm_0_3": "18.2", "rain_mm_24_60": "4"})


def told(proposed: Recommendation, finding: Finding) -> str:
    return explanation_of("hold", proposed, proposed, [finding], 9)


def test_a_change_of_the_weather_is_told_in_words(proposal_of: object) -> None:
    proposed = proposal_of() if callable(proposal_of) else None
    assert isinstance(proposed, Recommendation)
    limit = "as on 2026-06-09: rain_mm_24_60 was 4, and is 40, et_mm_0_3 was 18.2, and is unknown"
    text = told(proposed, Finding(name="weather_as_before", passed=False, measured=NOTE, limit=limit))
    assert "rain [mm] of 24 to 60 days before was 4, and is 40" in text
    assert "evapotranspiration [mm] of the last 3 days was 18.2, and is unknown" in text
    assert "until=" not in text
    assert "_" not in text


def test_numbers_carry_their_unit(proposal_of: object) -> None:
    proposed = proposal_of() if callable(proposal_of) else None
    assert isinstance(proposed, Recommendation)
    text = told(proposed, Finding(name="weather_is_fresh", passed=False, measured=5.0, limit=3.0))
    assert "(5 days, limit 3 days)" in text
    assert "(0.7, limit 0.5)" in told(
        proposed, Finding(name="wait_follows_odds", passed=False, measured=0.7, limit=0.5)
    )


def test_every_named_check_has_its_words() -> None:
    assert set(UNITS) | REMEMBERED <= set(WORDS)
