"""The words of an advice: its entry in the catalogue, its fields, and the sentences beside the act.

In order of usefulness: what a correction takes back (never left out); a word to look at the soil where the advice is in
doubt; when to close the water; what to answer; the next advice; the reason; how sure the advice is.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from cloud.records import Recommendation, Verdict
from cloud.speech import phrases
from cloud.speech.catalogue import Catalogue
from cloud.speech.confidence import confidence_of
from cloud.speech.fitting import Draft, Sentence
from cloud.speech.readback import Replaced

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
    "turn_lent": "reason.turn_lent",
    "turn_borrowed": "reason.turn_borrowed",
    "stress_expected": "reason.stress_expected",
    "deficit_tolerated": "reason.deficit_tolerated",
    "harvest_near": "reason.harvest_near",
    "quota_kept": "reason.quota_kept",
    "energy_too_dear": "reason.energy_too_dear",
}
"""Reasons a farmer can use; any other reason stays in the record and out of the message."""
RAIN_EVIDENCE: Final = "forecast_rain_mm"
REASON_PLACE, SURE_PLACE, CHECK_PLACE, STOP_PLACE, NEXT_PLACE, REPLY_PLACE = 2, 3, 4, 1, 5, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """An advice before it is fitted, and when it says that the water is closed."""

    kind: str
    draft: Draft
    stop: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What a farmer was told before of the same day; without a begin it was not to irrigate."""

    day: date
    begin: datetime | None = None
    """On the parcel's own clock."""
    volume_m3: float | None = None


def advice_of(verdict: Verdict, words: Catalogue) -> Advice:
    """What a verdict says, in the words of a language."""
    spoken = verdict.recommendation
    fields = {"day": phrases.day(words, spoken.day)}
    if verdict.decision in {"hold", "block"} or spoken.action == "hold":
        call = Sentence(text=words.text("sentence.reply_call"), place=REPLY_PLACE)
        draft = _draft(spoken, words, "message.wait_agronomist", fields)
        return Advice(kind="wait_agronomist", draft=replace(draft, sentences=(call,)))
    if spoken.action == "irrigate":
        return _irrigation(spoken, words)
    following = (*_doubt(spoken, words), *_next(spoken, words), *_reason(spoken, words), *_sure(spoken, words))
    if spoken.action == "skip_turn":
        kind, head = "skip_turn", "message.skip_turn"
    elif spoken.reason_code in NO_SEASON_REASONS:
        kind, head = "wait", "message.no_season"
    else:
        kind = "no_irrigation_rain" if spoken.reason_code in RAIN_REASONS else "wait"
        head = "message.wait"
    return Advice(kind=kind, draft=replace(_draft(spoken, words, head, fields), sentences=following))


def corrections(replaced: Earlier, words: Catalogue) -> tuple[tuple[str, Replaced], ...]:
    """The sentences by which an advice told before may be taken back, the fullest first, and what each says."""
    if replaced.begin is None:
        named = phrases.day(words, replaced.day)
        waited = Replaced(day=replaced.day, begin=None, volume_m3=None)
        return tuple((words.text(key, day=named), waited) for key in ("correction.wait", "correction.day"))
    day = replaced.begin.date()
    fields = {"day": phrases.day(words, day), "start": phrases.clock(words, replaced.begin)}
    when = Replaced(day=day, begin=replaced.begin, volume_m3=None)
    forms = [
        (words.text("correction.irrigate_short", **fields), when),
        (words.text("correction.day", day=fields["day"]), replace(when, begin=None)),
    ]
    if replaced.volume_m3 is not None:
        full = words.text("correction.irrigate", volume=phrases.number(replaced.volume_m3), **fields)
        forms.insert(0, (full, replace(when, volume_m3=round(replaced.volume_m3, 2))))
    return tuple(forms)


def _draft(spoken: Recommendation, words: Catalogue, head: str, fields: dict[str, str]) -> Draft:
    name = phrases.called(spoken.parcel_name, spoken.parcel_id)
    return Draft(
        subject=f"parcel {spoken.parcel_id}",
        head=head,
        name=name,
        otherwise=phrases.spoken_name(spoken.parcel_id),
        name_entries=phrases.name_entries(words, name),
        fields=fields,
    )


def _irrigation(spoken: Recommendation, words: Catalogue) -> Advice:
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
    closes = phrases.stop(words, spoken)
    stop = () if closes is None else (_stop(words, *closes),)
    reply = Sentence(text=words.text("sentence.reply_done"), place=REPLY_PLACE)
    sentences = (*_doubt(spoken, words), *stop, reply, *_reason(spoken, words), *_sure(spoken, words))
    draft = replace(_draft(spoken, words, head, fields), sentences=sentences)
    return Advice(kind="irrigate", draft=draft, stop=None if closes is None else closes[1])


def _stop(words: Catalogue, said: str, closes: datetime) -> Sentence:
    return Sentence(text=words.text("sentence.stop", stop=said), place=STOP_PLACE, numbers=(("stop", closes),))


def _reason(spoken: Recommendation, words: Catalogue) -> tuple[Sentence, ...]:
    if spoken.reason_code in RAIN_REASONS and spoken.action != "irrigate":  # its mm beside a dose would be two
        rain_mm = next((e.value for e in spoken.evidence if e.kind == RAIN_EVIDENCE and e.value is not None), None)
        if rain_mm is None or round(rain_mm) < 1:
            return (_why(words.text("reason.rain_unknown")),)
        return (_why(words.text("reason.rain", depth=phrases.number(round(rain_mm)))),)
    key = REASONS.get(spoken.reason_code)
    return () if key is None else (_why(words.text(key)),)


def _why(text: str) -> Sentence:
    return Sentence(text=text, place=REASON_PLACE, spare=True)


def _doubt(spoken: Recommendation, words: Catalogue) -> tuple[Sentence, ...]:
    if confidence_of(spoken) != "check":
        return ()
    key = "confidence.check_first" if spoken.action == "irrigate" else "confidence.check_soil"
    return (Sentence(text=words.text(key), place=CHECK_PLACE),)


def _sure(spoken: Recommendation, words: Catalogue) -> tuple[Sentence, ...]:
    confidence = confidence_of(spoken)
    if confidence is None or confidence == "check":
        return ()
    return (Sentence(text=words.text(f"confidence.{confidence}"), place=SURE_PLACE, spare=True),)


def _next(spoken: Recommendation, words: Catalogue) -> tuple[Sentence, ...]:
    if spoken.next_check_day is None or spoken.next_check_day <= spoken.day:
        return ()
    return (
        Sentence(text=words.text("sentence.next", day=phrases.day(words, spoken.next_check_day)), place=NEXT_PLACE),
    )
