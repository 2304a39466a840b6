"""What a reader would take from a message: the day, the hours, the m3 and the mm, read back from its text alone.

Written apart from the catalogues on purpose: a translator who swaps two fields is found out here.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from cloud.errors import IntegrityError
from cloud.records import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The day and the numbers a reader takes from a message; None = the message does not say."""

    day: date | None
    """The day it is about: the first that it names."""
    begin: datetime | None
    end: datetime | None
    duration_minutes: int | None
    volume_m3: float | None
    depth_mm: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """How one language writes units, hours and the names of the days."""

    cubic_metres: str
    millimetres: str
    hours: str
    minutes: str
    numerals: dict[str, int]
    clock: str
    weekdays: tuple[str, ...]


LATIN_CLOCK: Final = r"(?<![\d/])(\d{1,2})h(\d{2})?\b"
ARABIC_CLOCK: Final = r"(?<!\w)(?:الساعة|بين|و|على|مع) (\d{1,2})(?::(\d{2}))?(?![\d/])"
ARABIC_VOLUME: Final = "م3"

GRAMMARS: Final[dict[Language, Grammar]] = {
    "en": Grammar(
        cubic_metres="m3",
        millimetres="mm",
        hours="hours?",
        minutes="minutes?",
        numerals={},
        clock=r"(?<![\d/])(\d{1,2}):(\d{2})\b",
        weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    ),
    "fr": Grammar(
        cubic_metres="m3",
        millimetres="mm",
        hours="heures?",
        minutes="minutes?",
        numerals={},
        clock=LATIN_CLOCK,
        weekdays=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    ),
    "ar": Grammar(
        cubic_metres=ARABIC_VOLUME,
        millimetres="مم",
        hours="ساعات|ساعة",
        minutes="دقائق|دقيقة",
        numerals={"ساعة واحدة": 60, "ساعتين": 120, "دقيقة واحدة": 1, "دقيقتين": 2},
        clock=ARABIC_CLOCK,
        weekdays=("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"),
    ),
    "ary": Grammar(
        cubic_metres=ARABIC_VOLUME,
        millimetres="مم",
        hours="سوايع|ساعة",
        minutes="دقايق|دقيقة",
        numerals={"ساعة وحدة": 60, "ساعتين": 120, "دقيقة وحدة": 1, "جوج دقايق": 2},
        clock=ARABIC_CLOCK,
        weekdays=("التنين", "التلات", "لاربع", "لخميس", "الجمعة", "السبت", "الحد"),
    ),
    "ary-Latn": Grammar(
        cubic_metres="m3",
        millimetres="mm",
        hours="swaye3|sa3a",
        minutes="d9aye9|d9i9a",
        numerals={"sa3a we7da": 60, "sa3tayn": 120, "d9i9a we7da": 1, "jouj d9aye9": 2},
        clock=LATIN_CLOCK,
        weekdays=("tnin", "tlat", "larb3a", "lkhmis", "jem3a", "sebt", "7edd"),
    ),
}


def read_back(text: str, language: Language, *, told_on: date) -> Heard:
    """What a message of a language says, its dates taken as those nearest to the day it was told."""
    grammar = GRAMMARS.get(language)
    if grammar is None:
        raise IntegrityError(f"message in {language}: expected a language that can be read back, got none such")
    body = text.partition(": ")[2]
    named = re.findall(rf"({'|'.join(grammar.weekdays)}) (\d\d)/(\d\d)(?![\d/])", body)
    hours = [timedelta(hours=int(hour), minutes=int(minute or 0)) for hour, minute in re.findall(grammar.clock, body)]

    def date_of(place: int) -> date:
        weekday, day, month = named[place]
        return _nearest(int(day), int(month), grammar.weekdays.index(weekday), told_on)

    begin = end = None
    if named and hours:
        begin = datetime.combine(date_of(0), time.min) + hours[0]
        end = datetime.combine(date_of(-1), time.min) + hours[-1]
    return Heard(
        day=date_of(0) if named else None,
        begin=begin,
        end=_after(begin, end),
        duration_minutes=_minutes(body, grammar),
        volume_m3=_quantity(body, grammar.cubic_metres),
        depth_mm=_quantity(body, grammar.millimetres),
    )


def _after(begin: datetime | None, end: datetime | None) -> datetime | None:
    """An hour before the first one is of the next morning."""
    return end + timedelta(days=1) if begin is not None and end is not None and end < begin else end


def _quantity(body: str, unit: str) -> float | None:
    found = re.findall(rf"(?<![\d.])(\d+(?:\.\d+)?) (?:{unit})(?!\w)", body)
    return float(found[0]) if len(found) == 1 else None


def _minutes(body: str, grammar: Grammar) -> int | None:
    hours = _quantity(body, grammar.hours)
    minutes = _quantity(body, grammar.minutes)
    named = [value for words, value in grammar.numerals.items() if words in body]
    if hours is None and minutes is None and not named:
        return None
    return round((hours or 0) * 60 + (minutes or 0)) + sum(named)


def _nearest(day: int, month: int, weekday: int, told_on: date) -> date:
    """The date of that day and month nearest to the day of telling; its name must agree."""
    candidates = []
    for year in (told_on.year - 1, told_on.year, told_on.year + 1):
        try:
            candidates.append(date(year, month, day))
        except ValueError:  # 29 February outside a leap year
            continue
    nearest = min(candidates, key=lambda candidate: abs(candidate - told_on), default=None)
    if nearest is None or nearest.weekday() != weekday:
        raise IntegrityError(f"message: the name of the day does not agree with the date {day:02d}/{month:02d}")
    return nearest
