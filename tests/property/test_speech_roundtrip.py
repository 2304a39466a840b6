"""Whatever is recommended, the message says exactly that, in every language, within its budget."""

from datetime import UTC, date, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.records import Action, Language, Quantiles, Recommendation, Verdict
from cloud.speech.phrases import number
from cloud.speech.readback import read_back
from cloud.speech.render import compose
from cloud.speech.segments import segments
from cloud.speech.voice import Voice

SPOKEN: tuple[Language, ...] = get_args(Language)
ZONES = ("Africa/Casablanca", "Africa/Nairobi", "Africa/Lagos", "UTC")


@st.composite
def irrigations(draw: st.DrawFn) -> Recommendation:
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    told_on = draw(st.dates(date(2024, 1, 1), date(2031, 12, 31)))
    begin = datetime.combine(told_on, datetime.min.time(), zone) + timedelta(minutes=5 * draw(st.integers(0, 288 * 12)))
    end = begin.astimezone(UTC) + timedelta(minutes=5 * draw(st.integers(0, 12 * 36)))
    dose = draw(st.integers(1, 200))
    return Recommendation(
        parcel_id="p1",
        parcel_name=draw(st.text(max_size=60)),
        timezone=zone.key,
        day=told_on,
        action="irrigate",
        start_window=(begin, end),
        depth_mm=Quantiles(p10=dose / 2, p50=dose, p90=dose * 2),
        volume_m3=draw(st.integers(1, 99999)),
        duration_h=draw(st.none() | st.integers(1, 12 * 30).map(lambda steps: steps / 12)),
        reason_code="stress_expected",
        code_version="1",
    )


def judged(advice: Recommendation) -> Verdict:
    return Verdict(
        proposed=advice,
        recommendation=advice,
        decision="release",
        checks=(),
        explanation="within every limit",
        valid_until=datetime(2040, 1, 1, tzinfo=UTC),
    )


@settings(max_examples=120, deadline=None)
@given(advice=irrigations(), language=st.sampled_from(SPOKEN))
def test_a_message_read_back_gives_the_same_when_hours_volume_and_depth(
    advice: Recommendation, language: Language
) -> None:
    message = compose(judged(advice), language=language, voice=Voice(draft=True)).message
    heard = read_back(message.text, language, told_on=advice.day)
    zone = ZoneInfo(advice.timezone)
    assert advice.start_window is not None
    assert advice.depth_mm is not None
    begin, end = (moment.astimezone(zone).replace(tzinfo=None) for moment in advice.start_window)
    one_hour = end - begin < timedelta(minutes=30)  # too short to choose in, so it is told as its first hour
    assert (heard.day, heard.begin, heard.end) == (begin.date(), begin, begin if one_hour else end)
    assert heard.duration_minutes == (None if advice.duration_h is None else round(advice.duration_h * 60))
    assert (heard.volume_m3, heard.depth_mm) == (advice.volume_m3, advice.depth_mm.p50)


@settings(max_examples=120, deadline=None)
@given(advice=irrigations(), language=st.sampled_from(SPOKEN))
def test_a_message_keeps_to_its_budget_on_one_line(advice: Recommendation, language: Language) -> None:
    message = compose(judged(advice), language=language, voice=Voice(draft=True)).message
    assert message.segments <= (1 if message.encoding == "gsm7" else 2)
    assert message.segments == segments(message.text).segments
    assert "\n" not in message.text
    assert message.text.isprintable()


@given(value=st.floats(0.0, 1e9))
def test_a_number_has_plain_digits_only(value: float) -> None:
    text = number(value)
    assert set(text) <= set("0123456789.")
    assert abs(float(text) - value) <= 0.00501


@settings(max_examples=120, deadline=None)
@given(
    advice=irrigations(),
    language=st.sampled_from(SPOKEN),
    action=st.sampled_from(["wait", "skip_turn", "hold"]),
    reason=st.sampled_from(["soil_has_water", "rain_expected", "season_over", "irrigated_today", "pump_busy"]),
    days=st.integers(1, 400),
)
def test_a_message_without_water_names_its_day_and_no_hours(
    advice: Recommendation, language: Language, action: Action, reason: str, days: int
) -> None:
    nothing = {"start_window": None, "depth_mm": None, "volume_m3": None, "duration_h": None}
    later = {"action": action, "reason_code": reason, "next_check_day": advice.day + timedelta(days=days)}
    waiting = advice.model_copy(update=nothing | later)
    message = compose(judged(waiting), language=language, voice=Voice(draft=True)).message
    heard = read_back(message.text, language, told_on=advice.day)
    assert (heard.day, heard.begin, heard.duration_minutes, heard.volume_m3) == (advice.day, None, None, None)
    assert message.segments <= (1 if message.encoding == "gsm7" else 2)
