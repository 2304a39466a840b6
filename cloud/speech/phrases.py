"""Numbers, hours and days put into words: digits are 0-9, and a day is its name and date, never "today".

Messages leave the evening before the day they are about, and are read whenever the telephone is looked at.
"""

import unicodedata
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cloud.errors import InputError
from cloud.records import Recommendation
from cloud.speech.catalogue import Catalogue
from cloud.speech.segments import GSM7_BASIC, GSM7_EXTENSION

MINUTES_PER_HOUR: Final = 60
ONE_DAY: Final = timedelta(days=1)
SHORTEST_WINDOW: Final = timedelta(minutes=30)


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
    try:
        zone = ZoneInfo(spoken.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise InputError(
            f"parcel {spoken.parcel_id}: expected a timezone such as Africa/Casablanca, got {spoken.timezone!r};"
            " correct the parcel file"
        ) from None
    first, last = spoken.start_window
    if last < first:
        raise InputError(
            f"parcel {spoken.parcel_id}: expected a start_window that ends after it begins, got {first} to {last};"
            " advise it again"
        )
    begin, end = (moment.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0) for moment in (first, last))
    return begin, max(begin, end)  # the clock may go back between the two


def spoken_name(name: str) -> str:
    """A parcel's name as it can stand before a colon: one line, no direction marks, accents kept only if cheap."""
    plain = "".join(
        " " if character in ":\n\r\t" else character
        for character in unicodedata.normalize("NFC", name)
        if character in "\n\r\t" or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    cheap = "".join(_cheap(character) for character in plain)
    return " ".join(cheap.split())


def _cheap(character: str) -> str:
    """A Latin letter whose accent would turn the text into UCS-2 loses it; other scripts stay as they are."""
    if character in GSM7_BASIC or character in GSM7_EXTENSION:
        return character
    bare = unicodedata.normalize("NFKD", character)[0]
    return bare if bare in GSM7_BASIC else character
