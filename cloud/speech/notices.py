"""Messages that rest on facts and not on a verdict: thanks, warnings, questions, greetings.

Numbers are put in by code and read back from the text before it leaves this room, as with advice.
"""

from dataclasses import replace
from datetime import datetime

from cloud.errors import IntegrityError
from cloud.messages import Message
from cloud.records import Language
from cloud.speech.facts import Facts
from cloud.speech.fitting import fit
from cloud.speech.notice_words import WAYS
from cloud.speech.readback import Numbers, listen
from cloud.speech.segments import segments
from cloud.speech.voice import USUAL, Rendering, Voice


def speak(
    facts: Facts,
    *,
    language: Language,
    farmer_id: str | None = None,
    valid_until: datetime,
    voice: Voice = USUAL,
) -> Message:
    """The farmer's message for a set of facts."""
    return announce(facts, language=language, farmer_id=farmer_id, valid_until=valid_until, voice=voice).message


def announce(
    facts: Facts,
    *,
    language: Language,
    farmer_id: str | None = None,
    valid_until: datetime,
    voice: Voice = USUAL,
) -> Rendering:
    """As ``speak``, with the notes."""
    words = voice.words(language)
    said = WAYS[type(facts)](facts, words)
    fitted = fit(words, said.draft)
    told = replace(said.numbers, **{name: value for one in fitted.kept for name, value in one.numbers})
    _must_be_heard_right(fitted.text, words.language, facts, told)
    found = segments(fitted.text)
    message = Message(
        parcel_id=facts.parcel_id,
        kind=facts.kind,
        language=words.language,
        text=fitted.text,
        encoding=found.encoding,
        segments=found.segments,
        cost=voice.cost(found.segments),
        valid_until=valid_until,
        reviewed=words.reviewed,
        farmer_id=farmer_id,
        catalogue_sha256=words.digest,
        day=facts.day,
    )
    return Rendering(message=message, notes=(*voice.fallback_note(language, words.language), *fitted.notes))


def _must_be_heard_right(text: str, language: Language, facts: Facts, meant: Numbers) -> None:
    heard = listen(text, language, kind=facts.kind, told_on=facts.day)
    if heard != meant:
        raise IntegrityError(
            f"parcel {facts.parcel_id}: expected its {facts.kind} in {language} to say {_shown(meant)}, got {text!r};"
            " it was not released"
        )


def _shown(numbers: Numbers) -> str:
    return ", ".join(
        f"{name} {value}" for name in numbers.__slots__ if (value := getattr(numbers, name)) not in {None, ()}
    )
