"""Ten cards a language: real messages about invented parcels, by which people show what they understand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cloud.records import Evidence, Language, Quantiles
from cloud.speech.catalogue import PACKAGED, Wording
from cloud.speech.facts import BlockedEmitters, Confirm
from cloud.speech.notices import speak
from cloud.speech.render import Earlier, compose
from cloud.speech.voice import Voice
from cloud.wording.invented import PARCEL, TIMEZONE, invented_verdict, names_of, window
from cloud.wording.sheet import Question

WHEN: Final[tuple[Question, ...]] = ("act", "when")
ALL: Final[tuple[Question, ...]] = ("act", "when", "how_much")
Teller = Callable[["Telling"], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """In which words a card is told, and about which day."""

    language: Language
    day: date
    voice: Voice

    @property
    def name(self) -> str:
        """The invented parcel's name in the language's own script."""
        return names_of(self.language)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One card: what it shows, what is asked of it, and the same message in English and French for the interviewer."""

    number: int
    text: str
    questions: tuple[Question, ...]
    english: str
    french: str


def cards_of(language: Language, wording: Wording, *, day: date) -> tuple[Card, ...]:
    """The ten cards of a language, about days from ``day`` on."""
    own = Telling(language=language, day=day, voice=Voice(draft=True, wording=wording))
    plain = Voice(draft=True, wording=PACKAGED)
    english = Telling(language="en", day=day, voice=plain)
    french = Telling(language="fr", day=day, voice=plain)
    return tuple(
        Card(number=number, text=tell(own), questions=questions, english=tell(english), french=tell(french))
        for number, (tell, questions) in enumerate(_CARDS, start=1)
    )


def questions_of_cards() -> Mapping[int, tuple[Question, ...]]:
    """What is asked of each card."""
    return {number: questions for number, (_, questions) in enumerate(_CARDS, start=1)}


def _advice(telling: Telling, **changed: object) -> str:
    verdict = invented_verdict(telling.name, telling.day, **changed)
    return compose(verdict, language=telling.language, voice=telling.voice).message.text


def _at_six(telling: Telling) -> str:
    return _advice(telling)


def _between_hours(telling: Telling) -> str:
    starts = window(telling.day, time(18, 30), 3.0)
    dose = Quantiles(p10=4.0, p50=5.0, p90=6.0)
    return _advice(telling, start_window=starts, duration_h=0.75, volume_m3=25.0, depth_mm=dose)


def _by_volume(telling: Telling) -> str:
    dose = Quantiles(p10=33.0, p50=40.0, p90=47.0)
    return _advice(telling, duration_h=None, volume_m3=240.0, depth_mm=dose)


def _wait(telling: Telling) -> str:
    return _advice(telling, action="wait", reason_code="soil_has_water", next_check_day=telling.day + timedelta(days=3))


def _rain(telling: Telling) -> str:
    evidence = (Evidence(kind="forecast_rain_mm", value=14.0),)
    return _advice(telling, action="wait", reason_code="rain_expected", evidence=evidence)


def _skip_turn(telling: Telling) -> str:
    return _advice(telling, action="skip_turn", reason_code="soil_has_water")


def _ask_agronomist(telling: Telling) -> str:
    return _advice(telling, action="hold", reason_code="uncertain")


def _corrected(telling: Telling) -> str:
    verdict = invented_verdict(telling.name, telling.day, action="wait", reason_code="rain_expected")
    before = Earlier(day=telling.day, begin=datetime.combine(telling.day, time(6)), volume_m3=105.0)
    return compose(verdict, language=telling.language, voice=telling.voice, replaces=before).message.text


def _did_you(telling: Telling) -> str:
    facts = Confirm(parcel_id=PARCEL, parcel_name=telling.name, day=telling.day, irrigated_on=telling.day)
    return speak(facts, language=telling.language, valid_until=_late(telling), voice=telling.voice).text


def _dry_rows(telling: Telling) -> str:
    facts = BlockedEmitters(
        parcel_id=PARCEL, parcel_name=telling.name, day=telling.day, rows=(4, 5), seen_on=telling.day
    )
    return speak(facts, language=telling.language, valid_until=_late(telling), voice=telling.voice).text


def _late(telling: Telling) -> datetime:
    return datetime.combine(telling.day, time(23), ZoneInfo(TIMEZONE))


_CARDS: Final[tuple[tuple[Teller, tuple[Question, ...]], ...]] = (
    (_at_six, ALL),
    (_wait, WHEN),
    (_between_hours, ALL),
    (_rain, WHEN),
    (_by_volume, ALL),
    (_corrected, WHEN),
    (_skip_turn, WHEN),
    (_did_you, WHEN),
    (_ask_agronomist, WHEN),
    (_dry_rows, ALL),
)
"""Irrigating and waiting take turns, so that nobody guesses the next from the last; the third question of the last
card is which rows."""
