"""A call as a flow: tell the advice of a parcel, ask for one key, take the answer, go on to the next parcel.

A call is as stateless as the menu: its place stands in the address to which the carrier posts the next key.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from cloud.messages import Spoken
from cloud.records import Language
from cloud.speech import phrases
from cloud.telephone.call_xml import Action, GetDigits, Play, Reject, Say
from cloud.telephone.caller import ANSWERS, CALL_ME_DIGIT, STOP_DIGIT, Answered, Caller, Plot, Speaker
from cloud.telephone.clips import clip_of_parcel, clips_of_advice, number_clips

AGAIN: Final = "9"
NEXT: Final = "8"
MOST_TRIES: Final = 3
TONGUES: Final[Mapping[Language, Spoken]] = {
    "fr": "french",
    "en": "english",
    "ar": "arabic",
    "ary": "darija",
    "ary-Latn": "darija",
}
"""What who reads a language is taken to speak; of Tamazight the variant has to be known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio:
    """What can be heard: recordings by tongue, and the languages that the carrier itself reads out."""

    clips: Mapping[Spoken, frozenset[str]] = field(default_factory=dict)
    """Names of the clips at hand that somebody has listened to and signed."""
    address: Callable[[Spoken, str], str] = lambda tongue, clip: f"{tongue}/{clip}"
    """Where the carrier finds a clip."""
    voices: Mapping[Language, str] = field(default_factory=dict)
    """The carrier's voice for each language that it speaks."""
    instead: Language | None = None
    """Language to speak where neither clips nor a voice serve; None: the call is refused, and that is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPlace:
    """Where a call stands: which of the caller's parcels, and how often no meaning was found."""

    plot: int = 0
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTurn:
    """What the call does next, what the key changed, and what an operator should know."""

    actions: tuple[Action, ...]
    effect: Answered | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One thing to be heard, as clips and as words of a language."""

    clips: tuple[str, ...]
    text: Callable[[Language], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """What answers calls: recordings and voices, words, and where keys are posted."""

    studio: Studio
    speaker: Speaker
    keys_url: Callable[[CallPlace], str]


def tell(caller: Caller, switch: Switch, place: CallPlace) -> CallTurn:
    """The advice of a parcel and the question for a key."""
    return _turn(caller, switch, place, ())


def refusal_of(caller: Caller, studio: Studio, speaker: Speaker) -> str | None:
    """Why a person could not be told by a call, before one is made; None when all can be said."""
    switch = Switch(studio=studio, speaker=speaker, keys_url=lambda _: "")
    notes = (tell(caller, switch, CallPlace(plot=number)).note for number in range(max(1, len(caller.plots))))
    return next((note for note in notes if note is not None), None)


def press(caller: Caller, switch: Switch, place: CallPlace, digits: str) -> CallTurn:
    """What follows a key."""
    plot = _plot(caller, place)
    key = digits.strip(" #*")[:1]
    if key == AGAIN:
        return tell(caller, switch, place)
    if key == NEXT and place.plot + 1 < len(caller.plots):
        return tell(caller, switch, CallPlace(plot=place.plot + 1))
    if key == STOP_DIGIT:
        return replace(_said(caller, switch, (_fixed(switch, "stopped", "voice.stopped"),)), effect=Answered(digit=key))
    if key in ANSWERS:
        return _answered(caller, switch, place, Answered(digit=key, parcel_id=None if plot is None else plot.parcel_id))
    if place.tries + 1 >= MOST_TRIES:
        return _said(caller, switch, (_fixed(switch, "goodbye", "ussd.bye"),))
    again = replace(place, tries=place.tries + 1)
    return _turn(caller, switch, again, (_fixed(switch, "wrong", "ussd.wrong"),))


def _answered(caller: Caller, switch: Switch, place: CallPlace, effect: Answered) -> CallTurn:
    called = effect.digit == CALL_ME_DIGIT
    thanks = _fixed(switch, "called", "ussd.called") if called else _fixed(switch, "thanks", "voice.thanks")
    if place.plot + 1 < len(caller.plots):
        return replace(_turn(caller, switch, CallPlace(plot=place.plot + 1), (thanks,)), effect=effect)
    return replace(_said(caller, switch, (thanks, _fixed(switch, "goodbye", "ussd.bye"))), effect=effect)


def _turn(caller: Caller, switch: Switch, place: CallPlace, before: tuple[_Line, ...]) -> CallTurn:
    plot = _plot(caller, place)
    if plot is None:
        return _said(caller, switch, (*before, _Line(clips=("no-advice",), text=_words(switch, "ussd.no_parcel"))))
    several = len(caller.plots) > 1
    told = (*before, *((_name(caller, switch, plot),) if several else ()), _advice(caller, switch, plot))
    last = place.plot + 1 >= len(caller.plots)
    asks = _fixed(switch, "ask", "voice.ask", done="1", not_done="2", call=CALL_ME_DIGIT, again=AGAIN)
    more = () if last else (_fixed(switch, "ask-next", "voice.next", next=NEXT),)
    turn = _said(caller, switch, (*told, *more, asks, _fixed(switch, "goodbye", "ussd.bye")))
    if turn.note is not None:
        return turn
    *heard, question, goodbye = turn.actions
    assert isinstance(question, Say | Play), "each line becomes words or recordings"
    asked = GetDigits(asks=question, callback_url=switch.keys_url(place))
    return CallTurn(actions=(*heard, asked, goodbye))


def _said(caller: Caller, switch: Switch, lines: tuple[_Line, ...]) -> CallTurn:
    """Lines as recordings when every one is at hand, else read out by the carrier, else not at all."""
    studio, tongue = switch.studio, tongue_of(caller)
    have = studio.clips.get(tongue, frozenset()) if tongue is not None else frozenset()
    missing = sorted({clip for line in lines for clip in line.clips} - have)
    if tongue is not None and not missing:
        clips = (clip for line in lines for clip in line.clips)
        return CallTurn(actions=tuple(Play(url=studio.address(tongue, clip)) for clip in clips))
    for language in (caller.language, studio.instead):
        if language is not None and (voice := studio.voices.get(language)) is not None:
            return CallTurn(actions=tuple(Say(text=line.text(language), voice=voice) for line in lines))
    what = f"recordings {', '.join(missing)}" if tongue is not None else "a spoken tongue"
    note = (
        f"call: expected {what} of {tongue or 'the person'}, got none, and no voice of the carrier for"
        f" {caller.language}; nothing was said: record them, or name a language in voice.instead"
    )
    return CallTurn(actions=(Reject(),), note=note)


def tongue_of(caller: Caller) -> Spoken | None:
    """What a person speaks, as recorded, else by what they read."""
    return caller.spoken or TONGUES.get(caller.language)


def _have(caller: Caller, switch: Switch) -> frozenset[str]:
    tongue = tongue_of(caller)
    return switch.studio.clips.get(tongue, frozenset()) if tongue is not None else frozenset()


def _advice(caller: Caller, switch: Switch, plot: Plot) -> _Line:
    verdict, words = plot.verdict, switch.speaker.words
    clips = clips_of_advice(verdict, _have(caller, switch))
    if verdict is None:
        return _Line(clips=clips, text=lambda language: words(language).text("ussd.no_advice", parcel=_spoken(plot)))
    return _Line(clips=clips, text=lambda language: switch.speaker.advice(verdict, language))


def _name(caller: Caller, switch: Switch, plot: Plot) -> _Line:
    """A parcel by its own clip where there is one, else by its number among the caller's."""
    own, have = clip_of_parcel(plot.parcel_id), _have(caller, switch)
    number = caller.plots.index(plot) + 1
    clips = (own,) if own is not None and own in have else ("parcel", *number_clips(number, have))
    return _Line(clips=clips, text=_words(switch, "voice.parcel", parcel=_spoken(plot)))


def _fixed(switch: Switch, clip: str, key: str, **fields: str) -> _Line:
    return _Line(clips=(clip,), text=_words(switch, key, **fields))


def _words(switch: Switch, key: str, **fields: str) -> Callable[[Language], str]:
    return lambda language: switch.speaker.words(language).text(key, **fields)


def _plot(caller: Caller, place: CallPlace) -> Plot | None:
    return caller.plots[place.plot] if place.plot < len(caller.plots) else None


def _spoken(plot: Plot) -> str:
    return phrases.spoken_name(plot.name) or phrases.spoken_name(plot.parcel_id)
