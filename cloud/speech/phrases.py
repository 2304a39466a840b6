"""Numbers, hours and days put into words: digits are 0-9, and a day is its name and date, never "today".

Messages leave the evening before the day they are about, and are read whenever the telephone is looked at.
"""

import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cloud.errors import InputError
from cloud.records import Recommendation
from cloud.speech.catalogue import Catalogue
from cloud.speech.fitting import OTHER_SCRIPT
from cloud.speech.segments import GSM7_BASIC, GSM7_EXTENSION

MINUTES_PER_HOUR: Final = 60
ONE_DAY: Final = timedelta(days=1)
HALF_A_DAY: Final = timedelta(hours=12)
"""Until then an hour of the next day is understood as that of the night or morning that follows."""
SHORTEST_WINDOW: Final = timedelta(minutes=30)
STRONG: Final = frozenset({"L", "R", "AL"})
FROM_THE_RIGHT: Final = frozenset({"R", "AL"})
NOT_SPOKEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "So", "Sk", "Me"})
"""Categories of characters that no name needs: controls, direction marks, pictures and what changes their look."""
PICTURE_MARKS: Final = frozenset(chr(code) for code in range(0xFE00, 0xFE10))


def number(value: float) -> str:
    """A quantity with up to two decimals, a point, and no thousands separator."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def duration(words: Catalogue, hours: float) -> str:
    """Pump time in hours and minutes."""
    whole, minutes = divmod(round(hours * MINUTES_PER_HOUR), MINUTES_PER_HOUR)
    if not minutes:
        return words.count("hours", whole)
    if not whole:
        return words.count("minutes", minutes)
    return words.text("duration.both", hours=words.count("hours", whole), minutes=words.count("minutes", minutes))


def clock(words: Catalogue, moment: datetime) -> str:
    """An hour of the day on the 24-hour clock."""
    if moment.minute:
        return words.text("time.minute", hour=str(moment.hour), minute=f"{moment.minute:02d}")
    return words.text("time.hour", hour=str(moment.hour))


def hour(words: Catalogue, since_midnight: timedelta) -> str:
    """An hour of the day on the 24-hour clock, of any day."""
    return clock(words, datetime.combine(date.min, time.min) + since_midnight)


def day(words: Catalogue, named: date) -> str:
    """A day by its name and date, which mean the same whenever they are read."""
    weekday = words.text(f"weekday.{named.weekday()}")
    return words.text("day.dated", weekday=weekday, date=f"{named.day:02d}/{named.month:02d}")


def window(words: Catalogue, spoken: Recommendation) -> str:
    """When to start: one hour, between one hour and another, or between two days when it lasts longer than a day."""
    begin, end = told_window(spoken)
    named, start = day(words, begin.date()), clock(words, begin)
    if begin == end:
        return words.text("when.at", day=named, start=start)
    last = clock(words, end)
    if end - begin >= ONE_DAY:
        return words.text("when.two_days", day=named, start=start, end_day=day(words, end.date()), end=last)
    return words.text("when.window", day=named, start=start, end=last)


def told_window(spoken: Recommendation) -> tuple[datetime, datetime]:
    """The start window as it is told: one too short to choose in is its first hour alone."""
    begin, end = local_window(spoken)
    return (begin, begin) if end - begin < SHORTEST_WINDOW else (begin, end)


def local_window(spoken: Recommendation) -> tuple[datetime, datetime]:
    """The start window to the minute on the parcel's own clock."""
    if spoken.start_window is None:
        raise InputError(f"parcel {spoken.parcel_id}: expected a start_window to speak of, got none; advise it again")
    zone = _zone(spoken)
    first, last = spoken.start_window
    if last < first:
        raise InputError(
            f"parcel {spoken.parcel_id}: expected a start_window that ends after it begins, got {first} to {last};"
            " advise it again"
        )
    begin, end = (_on_clock(moment, zone) for moment in (first, last))
    return begin, max(begin, end)  # the clock may go back between the two


def _local(moment: datetime, spoken: Recommendation) -> datetime:
    return _on_clock(moment, _zone(spoken))


def _on_clock(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)


def _zone(spoken: Recommendation) -> ZoneInfo:
    try:
        return ZoneInfo(spoken.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise InputError(
            f"parcel {spoken.parcel_id}: expected a timezone such as Africa/Casablanca, got {spoken.timezone!r};"
            " correct the parcel file"
        ) from None


def stop(words: Catalogue, spoken: Recommendation) -> tuple[str, datetime] | None:
    """When the water is closed at the latest, in words and by the parcel's clock; with its day when that is far.

    None where the advice does not tell, or where the clock goes back in between, so that an hour would mean two.
    """
    if spoken.stop_at is None or spoken.start_window is None:
        return None
    _, end = told_window(spoken)
    closes = _local(spoken.stop_at, spoken)
    if closes <= end:
        return None
    if closes.date() == end.date() or closes - end < HALF_A_DAY:
        return clock(words, closes), closes
    return words.text("stop.day", day=day(words, closes.date()), stop=clock(words, closes)), closes


def span(words: Catalogue, begin: datetime, end: datetime) -> str:
    """From one moment of a clock to another, with both days when it is longer than a night."""
    fields = {"day": day(words, begin.date()), "start": clock(words, begin), "end": clock(words, end)}
    if one_night(begin, end):
        return words.text("turn.span", **fields)
    return words.text("turn.span_days", end_day=day(words, end.date()), **fields)


def one_night(begin: datetime, end: datetime) -> bool:
    """Whether the end needs no day of its own: it is the first time of its hour after the begin."""
    return timedelta() < end - begin < ONE_DAY


def listed(words: Catalogue, items: Sequence[str]) -> str:
    """Items one after the other, as the language separates them."""
    said = items[0]
    for item in items[1:]:
        said = words.text("list.two", one=said, other=item)
    return said


def phone(words: Catalogue, number_: str) -> str:
    """A telephone number that may be dialled as it stands; a sign before it would move to its end in Arabic text."""
    return number_.replace("+", "00", 1) if words.language in {"ar", "ary"} else number_


def called(name: str, otherwise: str) -> str:
    """A name as it can be spoken, or another one when nothing of it can."""
    return spoken_name(name) or spoken_name(otherwise)


def name_entries(words: Catalogue, name: str) -> tuple[str, ...]:
    """The entries that keep a sentence from turning round when its name is written from the right."""
    first = next((unicodedata.bidirectional(one) for one in name if unicodedata.bidirectional(one) in STRONG), "L")
    return (OTHER_SCRIPT,) if first in FROM_THE_RIGHT and words.language not in {"ar", "ary"} else ()


def spoken_name(name: str) -> str:
    """A parcel's name as it can stand before a colon: one line, no direction marks, accents kept only if cheap.

    Pictures are left out: one of them would halve what a message holds, and old telephones show a box.
    """
    plain = "".join(
        " " if character in ":\n\r\t" else character
        for character in unicodedata.normalize("NFC", name)
        if character in "\n\r\t" or _may_be_spoken(character)
    )
    cheap = "".join(_cheap(character) for character in plain)
    return " ".join(cheap.split())


def _may_be_spoken(character: str) -> bool:
    if character in GSM7_BASIC or character in GSM7_EXTENSION:
        return True
    return unicodedata.category(character) not in NOT_SPOKEN and character not in PICTURE_MARKS


def _cheap(character: str) -> str:
    """A Latin letter whose accent would turn the text into UCS-2 loses it; other scripts stay as they are."""
    if character in GSM7_BASIC or character in GSM7_EXTENSION:
        return character
    bare = unicodedata.normalize("NFKD", character)[0]
    return bare if bare in GSM7_BASIC else character
