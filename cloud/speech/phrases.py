"""Numbers, hours and days put into words: digits are 0-9, and "tomorrow" never stands without the name of its day."""

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


def day(words: Catalogue, named: date, told_on: date) -> str:
    """A day by its name, after "today" or "tomorrow" as seen from the day of the advice, else before its date."""
    near = {told_on: "day.today", told_on + ONE_DAY: "day.tomorrow"}.get(named)
    return _dated(words, named) if near is None else words.text(near, weekday=_weekday(words, named))


def window(words: Catalogue, spoken: Recommendation) -> str:
    """When to start: one hour, from one hour to another, or between two days when it lasts longer than a day."""
    begin, end = local_window(spoken)
    if begin == end:
        return words.text("when.at", day=day(words, begin.date(), spoken.day), start=clock(words, begin))
    if end - begin >= ONE_DAY:
        return words.text(
            "when.two_days",
            day=_dated(words, begin.date()),
            start=clock(words, begin),
            end_day=_dated(words, end.date()),
            end=clock(words, end),
        )
    return words.text(
        "when.window",
        day=day(words, begin.date(), spoken.day),
        start=clock(words, begin),
        end=clock(words, end),
    )


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


def _weekday(words: Catalogue, named: date) -> str:
    return words.text(f"weekday.{named.weekday()}")


def _dated(words: Catalogue, named: date) -> str:
    return words.text("day.other", weekday=_weekday(words, named), date=f"{named.day:02d}/{named.month:02d}")
