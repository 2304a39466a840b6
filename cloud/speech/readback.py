"""What a reader would take from a message: days, hours, m3, mm, rows and choices, read back from its text alone."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from cloud.errors import IntegrityError
from cloud.records import Language
from cloud.speech.grammars import GRAMMARS, Grammar

NUMBER: Final = r"(?<![\d.])(\d+(?:\.\d+)?)"
CHOICE: Final = r"(\d+) = ([^=]+?)(?=[,،] \d+ = |\.?$)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """What a correction says that it takes back."""

    day: date
    begin: datetime | None
    volume_m3: float | None


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
    stop: datetime | None = None
    """When the water is closed at the latest."""
    replaced: Replaced | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Every number a reader takes from a notice, each in the order in which it stands there."""

    days: tuple[date, ...] = ()
    clocks: tuple[timedelta, ...] = ()
    """Hours of the clock, since midnight."""
    volume_m3: float | None = None
    depth_mm: float | None = None
    share_percent: float | None = None
    temperature_c: float | None = None
    counted_days: int | None = None
    rows: tuple[int, ...] = ()
    more_rows: int | None = None
    choices: tuple[tuple[str, str], ...] = ()
    phone: str | None = None


def read_back(text: str, language: Language, *, told_on: date) -> Heard:
    """What a message of a language says, its dates taken as those nearest to the day it was told."""
    grammar = _grammar(language)
    body, replaced = _without(_body(text), grammar, grammar.replaces)
    body, stop = _without(body, grammar, grammar.stop)
    named, clocks = _named(body, grammar), _clocks(body, grammar)
    day = _nearest(*named[0], told_on) if named else None
    begin = end = None
    if day is not None and clocks:  # else a later day is that of the next advice, which may lie in another season
        begin = datetime.combine(day, time.min) + clocks[0]
        end = _after(begin, datetime.combine(_nearest(*named[-1], told_on), time.min) + clocks[-1])
    return Heard(
        day=day,
        begin=begin,
        end=end,
        duration_minutes=_minutes(body, grammar),
        volume_m3=_quantity(body, grammar.cubic_metres),
        depth_mm=_quantity(body, grammar.millimetres),
        stop=_stop(stop, end, grammar, told_on),
        replaced=_replaced(replaced, grammar, told_on),
    )


def listen(text: str, language: Language, *, kind: str, told_on: date) -> Numbers:
    """Everything that a notice of a kind and language says in numbers."""
    grammar = _grammar(language)
    body = _body(text)
    phone = re.search(r"(?<!\d)(?:\+|00)\d{7,15}$", body)
    if kind == "which_parcel":  # names of parcels may hold any number: the question itself holds none
        return Numbers(choices=tuple(re.findall(CHOICE, body.removesuffix("."))))
    counted = _quantity(body, grammar.days)
    named = [value for words, value in grammar.day_numerals.items() if words in body]
    rows, more = _rows(body, grammar)
    return Numbers(
        days=_days(body, grammar, told_on, far=True),
        clocks=_clocks(body, grammar),
        volume_m3=_quantity(body, grammar.cubic_metres),
        depth_mm=_quantity(body, grammar.millimetres),
        share_percent=_quantity(body, "%", spaced=False),
        temperature_c=_quantity(body, grammar.degrees),
        counted_days=round(counted) if counted is not None else next(iter(named), None),
        rows=rows,
        more_rows=more,
        phone=phone.group() if phone else None,
    )


def _grammar(language: Language) -> Grammar:
    grammar = GRAMMARS.get(language)
    if grammar is None:
        raise IntegrityError(f"message in {language}: expected a language that can be read back, got none such")
    return grammar


def _body(text: str) -> str:
    """What follows the name, which may hold any number."""
    return text.partition(": ")[2]


def _without(body: str, grammar: Grammar, mark: str) -> tuple[str, str | None]:
    """The text without the sentence that begins with a mark, and that sentence."""
    found = re.search(rf"(?:^|(?<=\. )){mark} (.+?)\.(?= |$)", body)
    if found is None:
        return body, None
    # Without the space behind it: another mark is known by the full stop before it.
    return (
        body[: found.start()] + body[found.end() :].lstrip()
    ).strip(), f"{_before_hours(grammar, mark)}{found.group(1)}"


def _before_hours(grammar: Grammar, mark: str) -> str:
    # Arabic hours are known by the word before them, which here is the last one of the mark.
    return f"{mark.rsplit(maxsplit=1)[-1]} " if "قبل" in grammar.clock else ""


def _named(body: str, grammar: Grammar) -> list[tuple[int, int, int]]:
    """Day, month and weekday of each day named."""
    names = [re.compile(rf"^(?:{spellings})$") for spellings in grammar.weekdays]
    found = re.findall(rf"({'|'.join(grammar.weekdays)}) (\d\d)/(\d\d)(?![\d/])", body)
    return [
        (int(day), int(month), next(place for place, name in enumerate(names) if name.match(weekday)))
        for weekday, day, month in found
    ]


def _days(body: str, grammar: Grammar, told_on: date, *, far: bool = False) -> tuple[date, ...]:
    return tuple(_nearest(*named, told_on, far=far) for named in _named(body, grammar))


def _clocks(body: str, grammar: Grammar) -> tuple[timedelta, ...]:
    return tuple(
        timedelta(hours=int(hour), minutes=int(minute or 0)) for hour, minute in re.findall(grammar.clock, body)
    )


def _stop(sentence: str | None, end: datetime | None, grammar: Grammar, told_on: date) -> datetime | None:
    """The hour named, on the day named or the first time it comes after the last start."""
    if sentence is None or end is None:
        return None
    days, clocks = _days(sentence, grammar, told_on), _clocks(sentence, grammar)
    if len(clocks) != 1:
        return None
    if days:
        return datetime.combine(days[0], time.min) + clocks[0]
    stop = datetime.combine(end.date(), time.min) + clocks[0]
    return stop if stop > end else stop + timedelta(days=1)


def _replaced(sentence: str | None, grammar: Grammar, told_on: date) -> Replaced | None:
    days = () if sentence is None else _days(sentence, grammar, told_on)
    if sentence is None or not days:
        return None
    clocks = _clocks(sentence, grammar)
    begin = datetime.combine(days[0], time.min) + clocks[0] if clocks else None
    return Replaced(day=days[0], begin=begin, volume_m3=_quantity(sentence, grammar.cubic_metres))


def _after(begin: datetime, end: datetime) -> datetime:
    """An hour before the first one is of the next morning."""
    return end + timedelta(days=1) if end < begin else end


def _quantity(body: str, unit: str, *, spaced: bool = True) -> float | None:
    found = re.findall(rf"{NUMBER}{' ' if spaced else ''}(?:{unit})(?!\w)", body)
    return float(found[0]) if len(found) == 1 else None


def _minutes(body: str, grammar: Grammar) -> int | None:
    hours = _quantity(body, grammar.hours)
    minutes = _quantity(body, grammar.minutes)
    named = [value for words, value in grammar.numerals.items() if words in body]
    if hours is None and minutes is None and not named:
        return None
    return round((hours or 0) * 60 + (minutes or 0)) + sum(named)


def _rows(body: str, grammar: Grammar) -> tuple[tuple[int, ...], int | None]:
    found = re.search(rf"(?<!\w){grammar.rows} (\d+(?:[,،] \d+)*)(?: {grammar.more})?(?!\w)", body)
    if found is None:
        return (), None
    more = found.group(2)
    return tuple(int(row) for row in re.findall(r"\d+", found.group(1))), None if more is None else int(more)


def _nearest(day: int, month: int, weekday: int, told_on: date, *, far: bool = False) -> date:
    """The date of that day and month nearest to the day of telling; its name must agree.

    A notice may look more than half a year ahead (``far``): then the name of the day says which year is meant.
    """
    candidates = []
    for year in (told_on.year - 1, told_on.year, told_on.year + 1):
        try:
            candidates.append(date(year, month, day))
        except ValueError:  # 29 February outside a leap year
            continue
    meant = [one for one in candidates if one.weekday() == weekday] if far else candidates
    nearest = min(meant, key=lambda candidate: abs(candidate - told_on), default=None)
    if nearest is None or nearest.weekday() != weekday:
        raise IntegrityError(f"message: the name of the day does not agree with the date {day:02d}/{month:02d}")
    return nearest
