"""From a verdict to the farmer's message: act first, pump hours before m3 before mm, one parcel a message.

Only a verdict can be rendered, and every one is read back from its own text before it leaves this room.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cloud.errors import IntegrityError
from cloud.messages import Message
from cloud.records import Language, Recommendation, Verdict
from cloud.speech import phrases
from cloud.speech.catalogue import Catalogue, speakable
from cloud.speech.readback import read_back
from cloud.speech.segments import fits_budget, segments

RAIN_REASONS: Final = frozenset({"rain_expected"})
NO_SEASON_REASONS: Final = frozenset({"not_planted", "season_over"})
REASONS: Final = {
    "soil_has_water": "reason.soil_has_water",
    "irrigated_today": "reason.already_irrigated",
    "not_planted": "reason.not_planted",
    "season_over": "reason.season_over",
    "turn_not_now": "reason.no_turn",
    "no_turn_known": "reason.no_turn",
    "turn_taken": "reason.water_taken",
    "pump_busy": "reason.water_taken",
}
"""Reasons a farmer can use; any other reason stays in the record and out of the message."""
RAIN_EVIDENCE: Final = "forecast_rain_mm"
SHORTEST_NAME: Final = 10
TOLERANCE: Final = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """A message, and what had to be done to it that someone should know."""

    message: Message
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Speech:
    kind: str
    head: str
    fields: dict[str, str]
    sentences: tuple[str, ...]


def render(verdict: Verdict, *, language: Language, farmer_id: str | None = None, draft: bool = False) -> Message:
    """The farmer's message for a verdict; an unreviewed language speaks only as a draft, else English stands in."""
    return compose(verdict, language=language, farmer_id=farmer_id, draft=draft).message


def compose(
    verdict: Verdict,
    *,
    language: Language,
    farmer_id: str | None = None,
    draft: bool = False,
    price_per_segment: float | None = None,
) -> Rendering:
    """As ``render``, with the notes; the cost is known when the price of a segment is."""
    words = speakable(language, draft=draft)
    speech = _speech(verdict, words)
    text, notes = _fitted(words, speech, verdict.recommendation)
    if speech.kind == "irrigate":
        _must_be_heard_right(text, words.language, verdict.recommendation)
    else:
        _day_must_be_heard(text, words.language, verdict.recommendation)
    if words.language != language:
        notes = (_fallback_note(language, words.language, draft=draft), *notes)
    found = segments(text)
    message = Message(
        parcel_id=verdict.recommendation.parcel_id,
        kind=speech.kind,
        language=words.language,
        text=text,
        encoding=found.encoding,
        segments=found.segments,
        cost=None if price_per_segment is None else price_per_segment * found.segments,
        valid_until=_valid_until(verdict, speech.kind),
        reviewed=words.reviewed,
        farmer_id=farmer_id,
    )
    return Rendering(message=message, notes=notes)


def _speech(verdict: Verdict, words: Catalogue) -> _Speech:
    spoken = verdict.recommendation
    fields = {"day": phrases.day(words, spoken.day)}
    if verdict.decision in {"hold", "block"} or spoken.action == "hold":
        call = (words.text("sentence.reply_call"),)
        return _Speech(kind="wait_agronomist", head="message.wait_agronomist", fields=fields, sentences=call)
    if spoken.action == "irrigate":
        return _irrigation(spoken, words)
    following = (*_reason(spoken, words), *_next(spoken, words))
    if spoken.action == "skip_turn":
        return _Speech(kind="skip_turn", head="message.skip_turn", fields=fields, sentences=following)
    if spoken.reason_code in NO_SEASON_REASONS:
        return _Speech(kind="wait", head="message.no_season", fields=fields, sentences=following)
    kind = "no_irrigation_rain" if spoken.reason_code in RAIN_REASONS else "wait"
    return _Speech(kind=kind, head="message.wait", fields=fields, sentences=following)


def _irrigation(spoken: Recommendation, words: Catalogue) -> _Speech:
    assert spoken.depth_mm is not None, "the record refuses an irrigation without a depth"
    assert spoken.volume_m3 is not None, "the record refuses an irrigation without a volume"
    fields = {
        "when": phrases.window(words, spoken),
        "volume": phrases.number(spoken.volume_m3),
        "depth": phrases.number(spoken.depth_mm.p50),
    }
    head = "message.irrigate_volume"
    if spoken.duration_h is not None:
        head = "message.irrigate"
        fields["duration"] = phrases.duration(words, spoken.duration_h)
    return _Speech(kind="irrigate", head=head, fields=fields, sentences=(words.text("sentence.reply_done"),))


def _reason(spoken: Recommendation, words: Catalogue) -> tuple[str, ...]:
    if spoken.reason_code in RAIN_REASONS:
        rain_mm = next((e.value for e in spoken.evidence if e.kind == RAIN_EVIDENCE and e.value is not None), None)
        if rain_mm is None or round(rain_mm) < 1:
            return (words.text("reason.rain_unknown"),)
        return (words.text("reason.rain", depth=phrases.number(round(rain_mm))),)
    key = REASONS.get(spoken.reason_code)
    return () if key is None else (words.text(key),)


def _next(spoken: Recommendation, words: Catalogue) -> tuple[str, ...]:
    if spoken.next_check_day is None or spoken.next_check_day <= spoken.day:
        return ()
    return (words.text("sentence.next", day=phrases.day(words, spoken.next_check_day)),)


def _fitted(words: Catalogue, speech: _Speech, spoken: Recommendation) -> tuple[str, tuple[str, ...]]:
    """The text within its budget: first the name gives way, then sentences that are not the act itself."""
    full = phrases.spoken_name(spoken.parcel_name) or phrases.spoken_name(spoken.parcel_id)
    for kept in range(len(speech.sentences), -1, -1):
        shortest = min(SHORTEST_NAME if kept else 1, len(full))
        for length in range(len(full), shortest - 1, -1):
            name = full[:length].rstrip()
            text = " ".join([words.text(speech.head, parcel=name, **speech.fields), *speech.sentences[:kept]])
            if fits_budget(text):
                return text, _notes(spoken, full, name, speech.sentences[kept:])
    raise IntegrityError(
        f"parcel {spoken.parcel_id}: expected a message within its budget, got a longer one even with the name cut;"
        f" shorten entry {speech.head} of catalogue {words.language}"
    )


def _notes(spoken: Recommendation, full: str, name: str, dropped: tuple[str, ...]) -> tuple[str, ...]:
    notes = []
    if name != full:
        notes.append(f"parcel {spoken.parcel_id}: name shortened to {name!r} to fit the message; choose a shorter one")
    if dropped:
        notes.append(f"parcel {spoken.parcel_id}: no room in its message for {' '.join(dropped)!r}, left out")
    return tuple(notes)


def _fallback_note(asked: Language, spoken: Language, *, draft: bool) -> str:
    got = "an incomplete draft" if draft else "a draft that none has reviewed (--draft shows it)"
    return f"language {asked}: expected a catalogue signed by a native agronomist, got {got}; {spoken} was used instead"


def _valid_until(verdict: Verdict, kind: str) -> datetime:
    """An irrigation is worthless once its window to start has passed."""
    window = verdict.recommendation.start_window
    if kind == "irrigate" and window is not None:
        return min(verdict.valid_until, window[1])
    return verdict.valid_until


def _must_be_heard_right(text: str, language: Language, spoken: Recommendation) -> None:
    assert spoken.depth_mm is not None, "the record refuses an irrigation without a depth"
    heard = read_back(text, language, told_on=spoken.day)
    begin, end = phrases.told_window(spoken)
    minutes = None if spoken.duration_h is None else round(spoken.duration_h * phrases.MINUTES_PER_HOUR)
    agrees = (
        (heard.begin, heard.end, heard.duration_minutes) == (begin, end, minutes)
        and _same(heard.volume_m3, spoken.volume_m3)
        and _same(heard.depth_mm, spoken.depth_mm.p50)
    )
    if not agrees:
        raise IntegrityError(
            f"parcel {spoken.parcel_id}: expected its message in {language} to say {begin} to {end}, {minutes} minutes,"
            f" {spoken.volume_m3} m3, {spoken.depth_mm.p50} mm, got {text!r}; it was not released"
        )


def _day_must_be_heard(text: str, language: Language, spoken: Recommendation) -> None:
    heard = read_back(text, language, told_on=spoken.day)
    if heard.day != spoken.day:
        raise IntegrityError(
            f"parcel {spoken.parcel_id}: expected its message in {language} to be about {spoken.day}, got {text!r};"
            " it was not released"
        )


def _same(heard: float | None, meant: float | None) -> bool:
    return heard is not None and meant is not None and abs(heard - meant) <= TOLERANCE + 1e-9
