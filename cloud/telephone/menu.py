"""The USSD menu: a session is the keys pressed so far, and every screen follows from them alone.

Nothing is remembered between two requests. What a key changes is given back as an effect, named by the keys that led to
it, so that a request repeated by the carrier changes nothing again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cloud.records import Language, Verdict
from cloud.speech import phrases
from cloud.speech.catalogue import Catalogue
from cloud.speech.reply import fold
from cloud.telephone.caller import (
    ANSWERS,
    QUOTA_LEFT,
    STOP_DIGIT,
    Answered,
    Caller,
    Effect,
    LanguageChosen,
    Plot,
    Speaker,
)
from cloud.telephone.pages import BACK, MORE, Footer, one_screen, pages_of_list, pages_of_text
from cloud.telephone.why import why

TITLE: Final = "Seguia"
MOST_KEYS: Final = 60
"""Keys of one session that are still followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What the telephone shows, whether the session ends with it, and what it changes."""

    text: str
    ends: bool
    effect: Effect | None = None
    led_by: str = ""
    """Keys that led to the effect: with the session's id, its name."""

    @property
    def answer(self) -> str:
        """The carrier's form of a screen."""
        return f"{'END' if self.ends else 'CON'} {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A text in pages."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choose:
    """A list in pages; each key opens its place."""

    title: str
    options: Mapping[str, tuple[str, "_Open"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """The end of a session, with what it changes."""

    text: str
    effect: Effect | None = None


_Place = _Read | _Choose | _Done
_Open = Callable[[], _Place]


@dataclass(slots=True)
class _Walk:
    """Where a session stands: the places entered, the page of the last, and whether the last key meant anything."""

    trail: list[_Place]
    page: int = 0
    understood: bool = True
    keys: list[str] = field(default_factory=list)


def screen_of(keys: Sequence[str], caller: Caller, speaker: Speaker) -> Screen:
    """The screen to which the keys of a session lead."""
    words = speaker.words(caller.language)
    menu = _Menu(caller=caller, speaker=speaker, words=words)
    walk = _Walk(trail=[menu.root()])
    for key in keys[:MOST_KEYS]:
        if isinstance(walk.trail[-1], _Done):
            break
        walk.keys.append(key)
        menu.press(walk, key)
    return menu.shown(walk)


def stranger_screen(words: Catalogue) -> Screen:
    """For a number that nobody enrolled: nothing about anybody."""
    return Screen(text=one_screen(words.text("ussd.unknown")), ends=True)


def trouble_screen(words: Catalogue) -> Screen:
    """When no answer can be given."""
    return Screen(text=one_screen(words.text("ussd.trouble")), ends=True)


def keys_of(text: str) -> tuple[str, ...]:
    """Keys of a session as the carrier joins them: nothing at first, then with a star between; digits of any script."""
    return tuple(fold(key) for key in text.split("*")) if text else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Menu:
    caller: Caller
    speaker: Speaker
    words: Catalogue

    def root(self) -> _Place:
        text = self.words.text
        if not self.caller.plots:
            return _Done(text=text("ussd.no_parcel"))
        return _Choose(
            title=TITLE,
            options={
                "1": (text("ussd.advice"), lambda: self._of_parcel(lambda plot: _Read(text=self._advice(plot)))),
                "2": (text("ussd.why"), lambda: self._of_parcel(lambda plot: _Read(text=self._why(plot)))),
                "3": (text("ussd.quota"), lambda: self._of_parcel(lambda plot: _Read(text=self._quota(plot)))),
                "4": (text("ussd.answer"), lambda: self._of_parcel(self._answers)),
                "5": (text("ussd.languages"), self._languages),
                "6": (text("ussd.stop"), self._stop),
            },
        )

    def press(self, walk: _Walk, key: str) -> None:
        place = walk.trail[-1]
        walk.understood = True
        if key == BACK:
            walk.page = 0
            if len(walk.trail) > 1:
                walk.trail.pop()
            else:
                walk.trail.append(_Done(text=self.words.text("ussd.bye")))
        elif key == MORE and walk.page + 1 < len(self._pages(place)):
            walk.page += 1
        elif isinstance(place, _Choose) and key in place.options:
            walk.trail.append(place.options[key][1]())
            walk.page = 0
        else:
            walk.understood = False

    def shown(self, walk: _Walk) -> Screen:
        place = walk.trail[-1]
        if isinstance(place, _Done):
            return Screen(text=one_screen(place.text), ends=True, effect=place.effect, led_by="*".join(walk.keys))
        page = self._pages(place)[walk.page]
        if not walk.understood:
            warned = f"{self.words.text('ussd.wrong')}\n{page}"
            page = warned if one_screen(warned) == warned else page
        return Screen(text=page, ends=False)

    def _pages(self, place: _Place) -> tuple[str, ...]:
        footer = Footer(more=f"{MORE} {self.words.text('ussd.more')}", back=f"{BACK} {self.words.text('ussd.back')}")
        if isinstance(place, _Choose):
            lines = [f"{key} {label}" for key, (label, _) in place.options.items()]
            return pages_of_list(place.title, lines, footer)
        return pages_of_text(place.text, footer)

    def _of_parcel(self, place: Callable[[Plot], _Place]) -> _Place:
        """The place for the caller's one parcel, or the question which one."""
        plots = self.caller.plots
        if len(plots) == 1:
            return place(plots[0])
        # One number a parcel, and never the two keys that turn pages.
        options = {str(number): (_name(plot), _opened(place, plot)) for number, plot in enumerate(plots, start=1)}
        return _Choose(title=self.words.text("ussd.which"), options=options)

    def _advice(self, plot: Plot) -> str:
        if plot.verdict is None:
            return self.words.text("ussd.no_advice", parcel=_name(plot))
        return self.speaker.advice(plot.verdict, self.caller.language)

    def _why(self, plot: Plot) -> str:
        if plot.verdict is None:
            return self.words.text("ussd.no_advice", parcel=_name(plot))
        return self.words.text("ussd.why_of", parcel=_name(plot), reason=why(self.words, plot.verdict))

    def _quota(self, plot: Plot) -> str:
        left_m3 = None if plot.verdict is None else quota_left_m3(plot.verdict)
        if plot.verdict is None or left_m3 is None:
            return self.words.text("ussd.no_quota", parcel=_name(plot))
        day = phrases.day(self.words, plot.verdict.recommendation.day)
        return self.words.text("ussd.quota_left", parcel=_name(plot), volume=phrases.number(round(left_m3)), day=day)

    def _answers(self, plot: Plot) -> _Place:
        def said(digit: str, key: str) -> _Open:
            effect = Answered(digit=digit, parcel_id=plot.parcel_id)
            called = self.words.text("ussd.called")
            noted = self.words.text("ussd.noted", parcel=_name(plot), what=self.words.text(key))
            return lambda: _Done(text=called if key == "ussd.call_me" else noted, effect=effect)

        options = {digit: (self.words.text(key), said(digit, key)) for digit, key in ANSWERS.items()}
        return _Choose(title=_name(plot), options=options)

    def _languages(self) -> _Place:
        def chosen(language: Language) -> _Open:
            words = self.speaker.words(language)
            text = words.text("ussd.language_set", language=words.text("ussd.language"))
            return lambda: _Done(text=text, effect=LanguageChosen(language=language))

        options = {
            str(number): (self.speaker.words(language).text("ussd.language"), chosen(language))
            for number, language in enumerate(self.speaker.languages, start=1)
        }
        return _Choose(title=self.words.text("ussd.languages"), options=options)

    def _stop(self) -> _Place:
        stopped = _Done(text=self.words.text("ussd.stopped"), effect=Answered(digit=STOP_DIGIT))
        options = {"1": (self.words.text("ussd.yes"), lambda: stopped)}
        return _Choose(title=self.words.text("ussd.sure_stop"), options=options)


def quota_left_m3(verdict: Verdict) -> float | None:
    """What is left of the quota that feeds a parcel, by the evidence of its advice [m3]."""
    facts = (*verdict.recommendation.evidence, *verdict.proposed.evidence)
    return next((fact.value for fact in facts if fact.kind == QUOTA_LEFT and fact.value is not None), None)


def _opened(place: Callable[[Plot], _Place], plot: Plot) -> _Open:
    return lambda: place(plot)


def _name(plot: Plot) -> str:
    return phrases.spoken_name(plot.name) or phrases.spoken_name(plot.parcel_id)
