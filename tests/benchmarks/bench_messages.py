"""Rendering: from a verdict to the farmer's text, read back and counted."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final

from cloud.records import Check, Language, Quantiles, Recommendation, Verdict
from cloud.speech.render import render
from tests.benchmarks.figure import Figure, timed

LANGUAGES: Final[tuple[Language, ...]] = ("en", "fr", "ar", "ary", "ary-Latn")
ROUNDS: Final = 100


def figures() -> Iterator[Figure]:
    """Mean time of one message over the languages."""
    verdict = _verdict()

    def all_languages() -> None:
        for language in LANGUAGES:
            render(verdict, language=language, draft=True)

    each_ms = timed(all_languages, ROUNDS).processor_ms / len(LANGUAGES)
    yield Figure(
        name="render one SMS",
        value=each_ms,
        unit="ms processor",
        note=f"mean of {', '.join(LANGUAGES)}; {1000.0 / each_ms:,.0f} messages/s",
    )


def _verdict() -> Verdict:
    dawn = datetime(2026, 7, 22, 5, tzinfo=UTC)
    advice = Recommendation(
        parcel_id="p1",
        parcel_name="Oliviers nord",
        timezone="Africa/Casablanca",
        day=date(2026, 7, 22),
        action="irrigate",
        start_window=(dawn, dawn + timedelta(hours=3)),
        depth_mm=Quantiles(p10=18.0, p50=21.0, p90=25.0),
        volume_m3=105.0,
        duration_h=3.5,
        reason_code="stress_expected",
        code_version="1",
    )
    return Verdict(
        proposed=advice,
        recommendation=advice,
        decision="release",
        checks=(Check(name="dose", passed=True, measured=21.0, limit=60.0),),
        explanation="within every limit",
        valid_until=dawn + timedelta(days=2),
    )
