"""What a text told, as it is read back when its farmer answers."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cloud.messages import Message
from cloud.records import Language, Quantiles, Recommendation, Verdict
from cloud.replies import compliance_of, told_by
from cloud.speech.render import render

DAY = date(2026, 7, 15)
TOLD_AT = datetime(2026, 7, 14, 17, tzinfo=UTC)
BEGIN = datetime(2026, 7, 15, 5, tzinfo=UTC)  # 06:00 in Casablanca


def advice(start: datetime = BEGIN) -> Recommendation:
    return Recommendation(
        parcel_id="P01",
        parcel_name="Champ P01",
        timezone="Africa/Casablanca",
        day=DAY,
        action="irrigate",
        start_window=(start, start + timedelta(hours=2)),
        depth_mm=Quantiles(p10=15.0, p50=20.0, p90=25.0),
        volume_m3=200.0,
        duration_h=4.0,
        reason_code="stress_expected",
        code_version="test",
    )


def verdict_of(spoken: Recommendation) -> Verdict:
    return Verdict(
        proposed=spoken,
        recommendation=spoken,
        decision="release",
        checks=(),
        explanation="made for a test",
        valid_until=BEGIN + timedelta(hours=9),
    )


def irrigation(language: Language = "fr") -> Message:
    return render(verdict_of(advice()), language=language, farmer_id="F01", draft=True)


@pytest.mark.parametrize("language", ["fr", "en", "ar", "ary", "ary-Latn", "zgh", "zgh-Latn"])
def test_an_irrigation_is_told_with_the_numbers_of_its_text(language: Language) -> None:
    told = told_by(irrigation(language=language), "m1", TOLD_AT, "Africa/Casablanca")
    assert told is not None
    assert (told.parcel_id, told.farmer_id, told.message_id) == ("P01", "F01", "m1")
    assert (told.begin, told.depth_mm, told.queued_at) == (BEGIN, 20.0, TOLD_AT)


def test_a_correction_tells_its_irrigation() -> None:
    told = told_by(irrigation().model_copy(update={"kind": "correction"}), "m1", TOLD_AT, "Africa/Casablanca")
    assert told is not None
    assert told.begin == BEGIN


def test_other_texts_tell_no_irrigation() -> None:
    message = irrigation()
    for changed in ({"kind": "thanks"}, {"text": "Merci"}, {"text": message.text.replace("mm", "pouces")}):
        assert told_by(message.model_copy(update=changed), "m1", TOLD_AT, "Africa/Casablanca") is None


def test_compliance_begins_at_four_of_five_and_moves_with_answers() -> None:
    assert compliance_of(0.0, 0.0) == pytest.approx(0.8)
    assert compliance_of(2.0, 0.0) == pytest.approx(10 / 12)
    assert compliance_of(0.5, 0.5) == pytest.approx(8.5 / 11)
