"""When a message may leave for its farmer: pure, by the farmer's own clock, asked again before every attempt.

Answers leave at any hour. Nothing else leaves in quiet hours. Prayer, market, and the breaking of the fast are waited
for where enough time is left to act on the text; advice for a later day waits for the evening, when the day is planned
(access was best at six in the evening in a trial with 40,000 farmers; the hours here are by judgement around it).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from cloud.dispatch.priority import BULK, EVENING, Priority, priority_of
from cloud.dispatch.ramadan import Fast
from cloud.messages import Message

COMPUTED_FAST: Final = Fast()
FRIDAY: Final = 4
USUAL_QUIET: Final = (time(20), time(7))
INSTANT: Final = timedelta(seconds=1)
"""A validity that ends at midnight is of the day before."""
MOST_PAUSES: Final = 10
BEFORE_QUIET: Final = timedelta(hours=2)
Span = tuple[time, time]
"""From and until, local; one that ends before it begins passes midnight."""


class Preferences(Protocol):
    """What a farmer asked of the hours."""

    @property
    def quiet_from(self) -> time:
        """Local time from which only answers leave."""
        ...

    @property
    def quiet_until(self) -> time:
        """Local time until which only answers leave."""
        ...

    @property
    def market_day(self) -> int | None:
        """Weekday of the market, 0 = Monday."""
        ...

    @property
    def friday_prayer(self) -> bool:
        """Whether nothing leaves around the Friday prayer."""
        ...

    @property
    def ramadan(self) -> bool:
        """Whether Ramadan has its own hours."""
        ...

    @property
    def timezone(self) -> str:
        """Where the farmer's clock hangs."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """The hours of an installation, local; those of Ramadan fit the fasts of 2026 to 2036, sunset 17 to 19 o'clock."""

    evening: Span = (time(17, 30), time(19, 30))
    friday: Span = (time(12), time(14, 45))
    """Around the prayer: noon stands at 12:20 to 12:50 UTC, the clock one hour ahead of it but in Ramadan."""
    market: Span = (time(8), time(13))
    fast_evening: Span = (time(20, 30), time(22, 30))
    fast_break: Span = (time(17), time(20))
    fast_quiet: Span = (time(23), time(9))
    """For who keeps the usual quiet hours; chosen ones hold in Ramadan too."""
    fast: Fast = COMPUTED_FAST
    notice: timedelta = timedelta(hours=1)
    """What must be left of a text's validity where its farmer's comfort lets it wait."""


USUAL_HOURS: Final = Hours()


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """When a message may leave at the earliest, and what it waits for."""

    at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pause:
    span: Span
    why: str
    firm: bool = False


def earliest(now: datetime, farmer: Preferences, message: Message, hours: Hours = USUAL_HOURS) -> Leave:
    """The first moment, now or later, at which a message may leave; later than its validity where none is left."""
    if priority_of(message.kind) is Priority.REPLY:
        return Leave(at=now)
    zone = ZoneInfo(farmer.timezone)
    latest = message.valid_until - hours.notice
    leave = _for_the_evening(now.astimezone(zone), farmer, message, hours)
    if leave.at > latest:
        leave = Leave(at=now.astimezone(zone))
    for _ in range(MOST_PAUSES):
        after = _after_pause(leave, farmer, hours, latest)
        if after is None:
            break
        leave = after
    return Leave(at=max(leave.at.astimezone(now.tzinfo), now), why=leave.why)


def _for_the_evening(local: datetime, farmer: Preferences, message: Message, hours: Hours) -> Leave:
    """The evening's beginning for what speaks of a later day; now for everything else, and once it has begun."""
    if message.kind not in EVENING or not (message.kind in BULK or _day_of(message, local.tzinfo) > local.date()):
        return Leave(at=local)
    fasting = farmer.ramadan and hours.fast.on(local.date())
    usual = hours.fast_evening if fasting else hours.evening
    quiet_from = _at(local, farmer.quiet_from)
    wished = (_at(local, usual[0]), quiet_from - BEFORE_QUIET, _at(local, hours.fast_break[0]) - BEFORE_QUIET)
    free = (one for one in wished if not any(_within(one, pause.span) for pause in _pauses(one, farmer, hours)))
    begins = next(free, local)
    return Leave(at=begins, why="the evening") if begins > local else Leave(at=local)


def _after_pause(leave: Leave, farmer: Preferences, hours: Hours, latest: datetime) -> Leave | None:
    """The end of a pause that holds at a moment, or None; who would lose the text's use is not made to wait."""
    for pause in _pauses(leave.at, farmer, hours):
        if not _within(leave.at, pause.span):
            continue
        ends = _at(leave.at, pause.span[1])
        ends = ends if ends > leave.at else _at(leave.at + timedelta(days=1), pause.span[1])
        if pause.firm or ends <= latest:
            return Leave(at=ends, why=pause.why)
    return None


def _pauses(local: datetime, farmer: Preferences, hours: Hours) -> Iterator[_Pause]:
    fasting = farmer.ramadan and hours.fast.on(local.date())
    quiet = (farmer.quiet_from, farmer.quiet_until)
    if fasting and quiet == USUAL_QUIET:
        quiet = hours.fast_quiet
    yield _Pause(span=quiet, why="the end of the quiet hours", firm=True)
    if fasting:
        yield _Pause(span=hours.fast_break, why="the breaking of the fast to be over")
    if farmer.friday_prayer and local.weekday() == FRIDAY:
        yield _Pause(span=hours.friday, why="the Friday prayer to be over")
    if farmer.market_day == local.weekday():
        yield _Pause(span=hours.market, why="the farmer to be back from the market")


def _within(local: datetime, span: Span) -> bool:
    begins, ends = span
    moment = local.time()
    return begins <= moment < ends if begins <= ends else moment >= begins or moment < ends


def _at(local: datetime, moment: time) -> datetime:
    """A time of day on a local day, in its zone."""
    return datetime.combine(local.date(), moment, local.tzinfo)


def _day_of(message: Message, zone: object) -> date:
    """The local day that a text speaks of; where it does not tell, the day on which it ends to be of use."""
    day = getattr(message, "day", None)
    if isinstance(day, date):
        return day
    assert isinstance(zone, ZoneInfo), "a local moment carries its zone"
    return (message.valid_until - INSTANT).astimezone(zone).date()
