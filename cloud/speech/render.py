"""From a verdict to the farmer's message: act first, pump hours before m3 before mm, one parcel a message.

Only a verdict can be rendered, and every one is read back from its own text before it leaves this room.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from cloud.errors import IntegrityError
from cloud.messages import Message
from cloud.records import Language, Recommendation, Verdict
from cloud.speech import phrases
from cloud.speech.advice_words import Advice, Earlier, advice_of, corrections
from cloud.speech.catalogue import Catalogue
from cloud.speech.fitting import Fitted, fit
from cloud.speech.readback import Heard, Replaced, read_back
from cloud.speech.segments import segments
from cloud.speech.voice import USUAL, Rendering, Voice

__all__ = ["CORRECTION", "Earlier", "compose", "render"]
CORRECTION: Final = "correction"
TOLERANCE: Final = 0.005


def render(verdict: Verdict, *, language: Language, farmer_id: str | None = None, draft: bool = False) -> Message:
    """The farmer's message for a verdict; an unreviewed language speaks only as a draft, else English stands in."""
    return compose(verdict, language=language, farmer_id=farmer_id, voice=Voice(draft=draft)).message


def compose(
    verdict: Verdict,
    *,
    language: Language,
    farmer_id: str | None = None,
    voice: Voice = USUAL,
    replaces: Earlier | None = None,
) -> Rendering:
    """As ``render``, with the notes; ``replaces`` is what was told before for the same day, which this one corrects."""
    words = voice.words(language)
    spoken = verdict.recommendation
    advice = advice_of(verdict, words)
    said = _said(words, advice, replaces)
    _must_be_heard_right(said, words.language, spoken, advice)
    found = segments(said.fitted.text)
    message = Message(
        parcel_id=spoken.parcel_id,
        kind=advice.kind if said.replaced is None else CORRECTION,
        language=words.language,
        text=said.fitted.text,
        encoding=found.encoding,
        segments=found.segments,
        cost=voice.cost(found.segments),
        valid_until=_valid_until(verdict, advice.kind),
        reviewed=words.reviewed,
        farmer_id=farmer_id,
        catalogue_sha256=words.digest,
        day=spoken.day,
    )
    return Rendering(message=message, notes=(*voice.fallback_note(language, words.language), *said.fitted.notes))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    fitted: Fitted
    replaced: Replaced | None


def _said(words: Catalogue, advice: Advice, replaces: Earlier | None) -> _Said:
    """The advice within its budget; a correction says in full what it takes back, or at least when that was."""
    if replaces is None:
        return _Said(fitted=fit(words, advice.draft), replaced=None)
    entries = ("correction.name", *advice.draft.name_entries)
    forms = corrections(replaces, words)
    # Shortest of all, the sentence on what is replaced stands without the mark of a change at the name.
    tries = [*((form, entries) for form in forms), (forms[-1], advice.draft.name_entries)]
    for place, ((text, replaced), marked) in enumerate(tries):
        try:
            fitted = fit(words, replace(advice.draft, name_entries=marked, always=text))
        except IntegrityError:  # longer than any name can make up for
            if place == len(tries) - 1:
                raise
            continue
        lost = () if place == 0 else (f"{advice.draft.subject}: no room in its correction for {forms[0][0]!r}",)
        return _Said(fitted=replace(fitted, notes=(*lost, *fitted.notes)), replaced=replaced)
    raise AssertionError("a correction has at least one form")


def _valid_until(verdict: Verdict, kind: str) -> datetime:
    """An irrigation is worthless once its window to start has passed."""
    window = verdict.recommendation.start_window
    if kind == "irrigate" and window is not None:
        return min(verdict.valid_until, window[1])
    return verdict.valid_until


def _must_be_heard_right(said: _Said, language: Language, spoken: Recommendation, advice: Advice) -> None:
    """Refuse a text from which a reader would take another day, hour or quantity than the verdict's."""
    text = said.fitted.text
    heard = read_back(text, language, told_on=spoken.day)
    subject = f"parcel {spoken.parcel_id}: expected its message in {language}"
    if advice.kind == "irrigate":
        stop = dict(pair for one in said.fitted.kept for pair in one.numbers).get("stop")
        if not _agrees(heard, spoken, stop):
            begin, end = phrases.told_window(spoken)
            raise IntegrityError(
                f"{subject} to say {begin} to {end}, {_minutes(spoken)} minutes, {spoken.volume_m3} m3,"
                f" {_depth_mm(spoken)} mm, stop {stop}, got {text!r}; it was not released"
            )
    elif heard.day != spoken.day or heard.begin is not None:
        raise IntegrityError(f"{subject} to be about {spoken.day}, got {text!r}; it was not released")
    if heard.replaced != said.replaced:
        raise IntegrityError(f"{subject} to take back {said.replaced}, got {text!r}; it was not released")


def _agrees(heard: Heard, spoken: Recommendation, stop: datetime | None) -> bool:
    begin, end = phrases.told_window(spoken)
    return (
        (heard.begin, heard.end, heard.duration_minutes, heard.stop) == (begin, end, _minutes(spoken), stop)
        and _same(heard.volume_m3, spoken.volume_m3)
        and _same(heard.depth_mm, _depth_mm(spoken))
    )


def _minutes(spoken: Recommendation) -> int | None:
    return None if spoken.duration_h is None else round(spoken.duration_h * phrases.MINUTES_PER_HOUR)


def _depth_mm(spoken: Recommendation) -> float | None:
    return None if spoken.depth_mm is None else spoken.depth_mm.p50


def _same(heard: float | None, meant: float | None) -> bool:
    return heard is not None and meant is not None and abs(heard - meant) <= TOLERANCE + 1e-9
