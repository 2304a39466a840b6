"""Whether a reader takes from a message what its verdict means: worked out apart from the room that made it."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cloud.messages import Message
from cloud.records import Recommendation, Verdict
from cloud.speech.advice_words import Earlier
from cloud.speech.readback import Heard, Replaced, read_back
from cloud.speech.segments import segments

CHOICE: Final = timedelta(minutes=30)
"""A start window shorter than this is told as its first hour."""


def complaint(message: Message, verdict: Verdict, replaces: Earlier | None) -> str | None:
    """What a reader would take wrongly, or what does not keep to the budget; None when all is right."""
    spoken = verdict.recommendation
    found = segments(message.text)
    if found.segments > (1 if found.encoding == "gsm7" else 2) or message.segments != found.segments:
        return "budget"
    heard = read_back(message.text, message.language, told_on=spoken.day)
    if not _takes_back(heard.replaced, replaces):
        return "what it replaces"
    if verdict.decision in {"hold", "block"} or spoken.action != "irrigate":
        numbers = (heard.begin, heard.end, heard.duration_minutes, heard.volume_m3, heard.stop)
        return None if (heard.day, *numbers) == (spoken.day, *[None] * 5) else "a dose where there is none"
    return _dose(heard, spoken)


def _takes_back(heard: Replaced | None, meant: Earlier | None) -> bool:
    if heard is None or meant is None:
        return heard is None and meant is None
    day = meant.day if meant.begin is None else meant.begin.date()
    # For want of room a correction may name only the day of what it replaces, never another hour.
    return heard.day == day and heard.begin in {None, meant.begin} and heard.volume_m3 in {None, meant.volume_m3}


def _dose(heard: Heard, spoken: Recommendation) -> str | None:
    assert spoken.start_window is not None
    assert spoken.depth_mm is not None
    begin, end = (_local(moment, spoken.timezone) for moment in spoken.start_window)
    end = begin if max(begin, end) - begin < CHOICE else end
    minutes = None if spoken.duration_h is None else round(spoken.duration_h * 60)
    if (heard.begin, heard.end, heard.duration_minutes) != (begin, end, minutes):
        return "when"
    if heard.stop is not None and (spoken.stop_at is None or heard.stop != _local(spoken.stop_at, spoken.timezone)):
        return "stop"
    right = (heard.volume_m3, heard.depth_mm) == (round(spoken.volume_m3 or 0.0, 2), round(spoken.depth_mm.p50, 2))
    return None if right else "volume or depth"


def _local(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, second=0, microsecond=0)
