"""When a plan's day is advised, until when it is worth anything, and when people are left in peace; pure."""

from datetime import UTC, datetime, time, timedelta
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


def is_quiet(person: PlanRecipient, plan: Plan, now: datetime) -> bool:
    """Whether a person is to be left in peace at a moment.

    On a day on which the clocks are changed nobody here knows from when: it is quiet where either hour says so.
    """
    first, last = person.quiet_from_minute % 1440, person.quiet_until_minute % 1440
    minutes = [wall.hour * 60 + wall.minute for wall in (now.astimezone(UTC) + ahead for ahead in _ahead(plan, now))]
    if first == last:
        return False
    return any(first <= minute < last if first < last else minute >= first or minute < last for minute in minutes)


def _ahead(plan: Plan, now: datetime) -> set[timedelta]:
    """How far local time is ahead of UTC around a moment, by the midnights before and after it."""
    before = [one for one in plan.days if one.begins_at <= now][-1:]
    after = [one for one in plan.days if one.begins_at > now][:1]
    return {datetime.combine(one.day, time(0), tzinfo=UTC) - one.begins_at for one in (*before, *after)}
