"""When a plan's day is advised, until when it is worth anything, and when people are left in peace; pure."""

from datetime import datetime, timedelta
from typing import Final

from edge.plan import Plan, PlanDay, PlanRecipient

EVENING_BEFORE: Final = timedelta(hours=7)
"""A day is advised from five in the afternoon before it, by local time."""
LEAST_LEFT: Final = timedelta(minutes=30)
"""With less time left to the last start a day is over."""
LAST_HOURS: Final = timedelta(hours=2)
"""So long before its end a day is decided, even where nobody may be woken."""
WHOLE_DAY: Final = timedelta(days=1)


def due_day(plan: Plan, now: datetime) -> PlanDay | None:
    """The day to be advised at a moment: the coming one from the evening before, else today while it can be kept."""
    coming = [one for one in plan.days if one.begins_at - EVENING_BEFORE <= now]
    return coming[-1] if coming and now < ends_at(coming[-1]) - LEAST_LEFT else None


def ends_at(today: PlanDay) -> datetime:
    """From when on an advice of the day is worth nothing."""
    return today.begins_at + WHOLE_DAY if today.starts_to is None else today.starts_to


def last_look_at(today: PlanDay) -> datetime:
    """Until when a day is looked at: its own end, or the evening on which the next one is."""
    return min(ends_at(today) - LEAST_LEFT, today.begins_at + WHOLE_DAY - EVENING_BEFORE)


def is_quiet(person: PlanRecipient, today: PlanDay, now: datetime) -> bool:
    """Whether a person is to be left in peace at a moment."""
    minute = int((now - today.begins_at).total_seconds() // 60) % 1440
    first, last = person.quiet_from_minute % 1440, person.quiet_until_minute % 1440
    if first == last:
        return False
    return first <= minute < last if first < last else minute >= first or minute < last
