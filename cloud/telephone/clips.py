"""Which recordings say an advice: one clip an act, a day, an hour, a duration; numbers are put together by code.

A call to somebody who does not read tells the act, the day, the hour to begin and how long the pump runs; cubic metres
only where no duration is known. What the clips say is read back from their names before a call is made of them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cloud.errors import IntegrityError
from cloud.records import Recommendation, Verdict
from cloud.speech.catalogue import Catalogue
from cloud.speech.phrases import MINUTES_PER_HOUR, told_window
from cloud.telephone.why import WITHHELD

NO_SEASON: Final = frozenset({"not_planted", "season_over"})
ROUND_CLIPS: Final = (1000, 100)
_NAME: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
FIXED_CLIPS: Final = {
    "irrigate": "Irrigate",
    "wait": "Do not irrigate on",
    "no-season": "There is no irrigation advice for",
    "skip-turn": "Do not take the water turn of",
    "wait-agronomist": "Do as usual until an agronomist has checked, for",
    "no-advice": "No advice is waiting for you.",
    "ask": "Press 1 for done, 2 for not done, 3 to be called, 9 to hear it again.",
    "ask-next": "Press 8 for the next parcel.",
    "thanks": "Noted. Thank you.",
    "stopped": "You get no more messages.",
    "called": "An agronomist will call you.",
    "wrong": "That key has no meaning.",
    "goodbye": "Goodbye.",
    "parcel": "Parcel number",
    "past": "and, before minutes past the hour",
    "for": "for, before how long",
    "hours": "hours, after a number",
    "minutes": "minutes, after a number",
    "m3": "cubic metres",
}
"""Clips that every tongue needs beside days, hours, durations and numbers, and what each says in English."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardCall:
    """What a listener takes from the clips of an irrigation; None = they do not say."""

    weekday: int | None
    day_of_month: int | None
    hour: int | None
    minute: int
    duration_minutes: int | None
    volume_m3: int | None


def clips_of_advice(verdict: Verdict | None, have: frozenset[str]) -> tuple[str, ...]:
    """Names of the clips that say an advice, those that are missing too; numbers as the clips at hand allow."""
    if verdict is None:
        return ("no-advice",)
    spoken = verdict.recommendation
    if verdict.decision in WITHHELD or spoken.action == "hold":
        return ("wait-agronomist", *_day(spoken.day.weekday(), spoken.day.day, have))
    if spoken.action == "irrigate":
        return _irrigation(spoken, have)
    act = "skip-turn" if spoken.action == "skip_turn" else "no-season" if spoken.reason_code in NO_SEASON else "wait"
    return (act, *_day(spoken.day.weekday(), spoken.day.day, have))


def needed_clips() -> tuple[str, ...]:
    """Clips without which some advice cannot be said, for a list of what to record."""
    digits = [f"n-{digit}" for digit in range(32)]
    hours = [f"clock-{hour}" for hour in range(24)] + [f"hours-{hours}" for hours in range(1, 25)]
    minutes = [f"{kind}-{minute}" for kind in ("past", "minutes") for minute in range(5, 60, 5)]
    return (*FIXED_CLIPS, *(f"day-{weekday}" for weekday in range(7)), *digits, *hours, *minutes)


def script(words: Catalogue) -> Iterator[tuple[str, str]]:
    """What a speaker has to say for each clip: fixed sentences in English, the rest in the words of a language."""
    for clip in needed_clips():
        kind, _, number = clip.rpartition("-")
        if clip in FIXED_CLIPS:
            yield clip, FIXED_CLIPS[clip]
        elif kind == "day":
            yield clip, words.text(f"weekday.{number}")
        elif kind == "clock":
            yield clip, words.text("time.hour", hour=number)
        elif kind in {"hours", "minutes"}:
            yield clip, words.count(kind, int(number))
        else:
            yield clip, f"{number} (minutes past the hour)" if kind == "past" else number


def number_clips(number: int, have: frozenset[str]) -> tuple[str, ...]:
    """A whole number: its own clip, else a round one and the rest, else digit by digit."""
    if f"n-{number}" in have:
        return (f"n-{number}",)
    for unit in ROUND_CLIPS:
        whole, rest = number - number % unit, number % unit
        if whole and rest and f"n-{whole}" in have and f"n-{rest}" in have:
            return (f"n-{whole}", f"n-{rest}")
    return tuple(f"n-{digit}" for digit in str(number))


def number_heard(clips: Sequence[str]) -> int | None:
    """The number that clips say, as a listener would take it."""
    values = [int(clip.removeprefix("n-")) for clip in clips]
    if not values:
        return None
    if len(values) == 1:
        return values[0]
    first, rest = values[0], values[1:]
    if len(rest) == 1 and any(first and first % unit == 0 and rest[0] < unit for unit in ROUND_CLIPS):
        return first + rest[0]
    return int("".join(str(value) for value in values)) if all(value < 10 for value in values) else None  # noqa: PLR2004 -- a digit


def clips_heard(clips: Sequence[str]) -> HeardCall:
    """An irrigation read back from the names of its clips alone."""
    day = next((place for place, clip in enumerate(clips) if clip.startswith("day-")), None)
    return HeardCall(
        weekday=None if day is None else int(clips[day].removeprefix("day-")),
        day_of_month=None if day is None else number_heard(_run(clips[day + 1 :])),
        hour=_named(clips, "clock-"),
        minute=_minute_heard(clips),
        duration_minutes=_duration_heard(clips),
        volume_m3=_number_before(clips, "m3"),
    )


def clip_of_parcel(parcel_id: str) -> str | None:
    """Name of the clip that holds a parcel's name; None where its id makes no file name."""
    name = f"parcel-{parcel_id.casefold()}"
    return name if _NAME.fullmatch(name) else None


def _irrigation(spoken: Recommendation, have: frozenset[str]) -> tuple[str, ...]:
    begin, _ = told_window(spoken)
    assert spoken.volume_m3 is not None, "the record refuses an irrigation without a volume"
    minutes = None if spoken.duration_h is None else round(spoken.duration_h * MINUTES_PER_HOUR)
    volume_m3 = round(spoken.volume_m3)
    amount = (*number_clips(volume_m3, have), "m3") if minutes is None else _duration(minutes, have)
    day = _day(begin.weekday(), begin.day, have)
    clips = ("irrigate", *day, *_clock(begin.hour, begin.minute, have), "for", *amount)
    meant = HeardCall(
        weekday=begin.weekday(),
        day_of_month=begin.day,
        hour=begin.hour,
        minute=begin.minute,
        duration_minutes=minutes,
        volume_m3=volume_m3 if minutes is None else None,
    )
    if clips_heard(clips) != meant:
        raise IntegrityError(
            f"parcel {spoken.parcel_id}: expected recordings that say {meant}, got {' '.join(clips)}; nobody was called"
        )
    return clips


def _day(weekday: int, day_of_month: int, have: frozenset[str]) -> tuple[str, ...]:
    return (f"day-{weekday}", *number_clips(day_of_month, have))


def _clock(hour: int, minute: int, have: frozenset[str]) -> tuple[str, ...]:
    if not minute:
        return (f"clock-{hour}",)
    whole = f"past-{minute}"
    spelt = whole not in have and "past" in have
    return (f"clock-{hour}", *(("past", *number_clips(minute, have)) if spelt else (whole,)))


def _duration(minutes: int, have: frozenset[str]) -> tuple[str, ...]:
    hours, rest = divmod(minutes, MINUTES_PER_HOUR)
    whole = _counted(hours, "hours", have) if hours else ()
    return (*whole, *_counted(rest, "minutes", have)) if rest or not hours else whole


def _counted(number: int, noun: str, have: frozenset[str]) -> tuple[str, ...]:
    """A counted noun by its own clip, else as a number and the noun, where these are at hand."""
    own = f"{noun}-{number}"
    return (*number_clips(number, have), noun) if own not in have and noun in have else (own,)


def _duration_heard(clips: Sequence[str]) -> int | None:
    hours, minutes = (_counted_heard(clips, noun) for noun in ("hours", "minutes"))
    return None if hours is None and minutes is None else (hours or 0) * MINUTES_PER_HOUR + (minutes or 0)


def _counted_heard(clips: Sequence[str], noun: str) -> int | None:
    own = _named(clips, f"{noun}-")
    return own if own is not None else _number_before(clips, noun)


def _minute_heard(clips: Sequence[str]) -> int:
    own = _named(clips, "past-")
    spelt = number_heard(_run(clips[clips.index("past") + 1 :])) if "past" in clips else None
    return own or spelt or 0


def _number_before(clips: Sequence[str], noun: str) -> int | None:
    """The number whose clips end where a noun stands."""
    if noun not in clips:
        return None
    before = list(reversed(clips[: clips.index(noun)]))
    return number_heard(tuple(reversed(_run(before))))


def _run(clips: Sequence[str]) -> tuple[str, ...]:
    """The numbers with which some clips begin."""
    length = next((place for place, clip in enumerate(clips) if not clip.startswith("n-")), len(clips))
    return tuple(clips[:length])


def _named(clips: Sequence[str], prefix: str) -> int | None:
    found = [int(clip.removeprefix(prefix)) for clip in clips if clip.startswith(prefix)]
    return found[0] if len(found) == 1 else None
