"""When a message may leave: every hour here is local to Casablanca unless it says otherwise."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.dispatch.ramadan import Fast
from cloud.dispatch.timing import Hours, earliest
from cloud.messages import Farmer, Message

CASABLANCA = ZoneInfo("Africa/Casablanca")
MONDAY, FRIDAY = date(2026, 7, 20), date(2026, 7, 24)
FASTING = date(2026, 3, 4)
"""A Wednesday in Ramadan, when the clock stands at UTC."""


@dataclass(frozen=True)
class Person:
    quiet_from: time = time(20)
    quiet_until: time = time(7)
    market_day: int | None = None
    friday_prayer: bool = True
    ramadan: bool = True
    timezone: str = "Africa/Casablanca"


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=CASABLANCA).astimezone(UTC)


def text(kind: str = "irrigate", *, until: datetime, about: date | None = None) -> Message:
    return Message(
        parcel_id="p1",
        kind=kind,
        language="en",
        text="x",
        encoding="gsm7",
        segments=1,
        valid_until=until,
        reviewed=True,
        farmer_id="f1",
        day=about,
    )


def leaves(now: datetime, message: Message, person: Person | None = None, hours: Hours | None = None) -> datetime:
    found = earliest(now, person or Person(), message, hours or Hours())
    assert found.at >= now
    assert found.at.tzinfo is UTC
    return found.at


def for_tomorrow(day: date, kind: str = "irrigate", until_hour: int = 10) -> Message:
    tomorrow = day + timedelta(days=1)
    return text(kind, until=at(tomorrow, until_hour), about=tomorrow)


def test_a_farmer_is_what_the_hours_ask_for() -> None:
    farmer = Farmer(id="f1", name="Zineb", phone_number="+212612345678")
    assert earliest(at(MONDAY, 12), farmer, for_tomorrow(MONDAY)).at == at(MONDAY, 17, 30)


@pytest.mark.parametrize(
    ("hour", "minute", "leaves_at"),
    [(9, 0, (17, 30)), (17, 29, (17, 30)), (17, 30, (17, 30)), (18, 15, (18, 15)), (19, 45, (19, 45))],
)
def test_advice_for_tomorrow_waits_for_the_evening_and_goes_at_once_in_it(
    hour: int, minute: int, leaves_at: tuple[int, int]
) -> None:
    assert leaves(at(MONDAY, hour, minute), for_tomorrow(MONDAY)) == at(MONDAY, *leaves_at)


def test_advice_for_today_goes_at_once() -> None:
    assert leaves(at(MONDAY, 9), text(until=at(MONDAY, 15), about=MONDAY)) == at(MONDAY, 9)


def test_a_text_that_does_not_tell_its_day_is_of_the_day_on_which_its_use_ends() -> None:
    midnight = at(MONDAY + timedelta(days=1), 0)
    assert leaves(at(MONDAY, 9), text("wait", until=midnight)) == at(MONDAY, 9)
    assert leaves(at(MONDAY, 9), text("wait", until=midnight + timedelta(hours=5))) == at(MONDAY, 17, 30)


@pytest.mark.parametrize("kind", ["thanks", "which_parcel", "stop", "start", "help", "turn_swap", "call_soon"])
def test_an_answer_leaves_at_any_hour(kind: str) -> None:
    for hour in (2, 6, 12, 21, 23):
        assert leaves(at(FRIDAY, hour), text(kind, until=at(FRIDAY, 23, 59))) == at(FRIDAY, hour)


@pytest.mark.parametrize(("hour", "day_after"), [(20, 1), (23, 1), (3, 0), (6, 0)])
def test_nothing_else_leaves_in_quiet_hours(hour: int, day_after: int) -> None:
    message = text("heat", until=at(MONDAY + timedelta(days=2), 0))
    assert leaves(at(MONDAY, hour), message) == at(MONDAY + timedelta(days=day_after), 7)


def test_quiet_hours_are_the_farmers_own_and_may_be_none() -> None:
    message = text("heat", until=at(MONDAY + timedelta(days=2), 0))
    by_day = Person(quiet_from=time(9), quiet_until=time(15))
    assert leaves(at(MONDAY, 22), message, by_day) == at(MONDAY, 22)
    assert leaves(at(MONDAY, 11), message, by_day) == at(MONDAY, 15)
    never = Person(quiet_from=time(0), quiet_until=time(0))
    assert leaves(at(MONDAY, 3), message, never) == at(MONDAY, 3)


def test_who_sleeps_early_gets_the_evening_text_two_hours_before() -> None:
    early = Person(quiet_from=time(17), quiet_until=time(4))
    assert leaves(at(MONDAY, 10), for_tomorrow(MONDAY), early) == at(MONDAY, 15)


def test_quiet_hours_are_firm_even_where_the_text_is_then_useless() -> None:
    message = text(until=at(MONDAY + timedelta(days=1), 6), about=MONDAY + timedelta(days=1))
    found = earliest(at(MONDAY, 21), Person(), message)
    assert found.at > message.valid_until
    assert found.why == "the end of the quiet hours"


def test_the_friday_prayer_is_waited_for() -> None:
    message = text("heat", until=at(FRIDAY, 23))
    assert leaves(at(FRIDAY, 12, 30), message) == at(FRIDAY, 14, 45)
    assert leaves(at(FRIDAY, 11, 59), message) == at(FRIDAY, 11, 59)
    assert leaves(at(MONDAY, 12, 30), text("heat", until=at(MONDAY, 23))) == at(MONDAY, 12, 30)
    assert leaves(at(FRIDAY, 12, 30), message, Person(friday_prayer=False)) == at(FRIDAY, 12, 30)


def test_the_market_is_waited_for_unless_the_text_would_lose_its_use() -> None:
    trader = Person(market_day=0)
    assert leaves(at(MONDAY, 9), text("heat", until=at(MONDAY, 18)), trader) == at(MONDAY, 13)
    assert leaves(at(MONDAY, 9), text(until=at(MONDAY, 13, 30), about=MONDAY), trader) == at(MONDAY, 9)
    assert leaves(at(MONDAY, 9), text("heat", until=at(MONDAY, 18)), Person(market_day=2)) == at(MONDAY, 9)


def test_pauses_that_follow_each_other_are_waited_out_together() -> None:
    trader = Person(market_day=4)
    assert leaves(at(FRIDAY, 8), text("heat", until=at(FRIDAY, 23)), trader) == at(FRIDAY, 14, 45)


def test_the_evening_is_not_waited_for_where_no_time_would_be_left() -> None:
    soon = text(until=at(MONDAY, 18), about=MONDAY + timedelta(days=1))
    assert leaves(at(MONDAY, 9), soon) == at(MONDAY, 9)


def test_in_ramadan_the_evening_comes_after_the_fast_is_broken() -> None:
    assert leaves(at(FASTING, 12), for_tomorrow(FASTING, until_hour=14)) == at(FASTING, 20, 30)
    assert leaves(at(FASTING, 12), for_tomorrow(FASTING), Person(ramadan=False)) == at(FASTING, 17, 30)


def test_in_ramadan_the_table_is_not_disturbed_and_the_morning_begins_late() -> None:
    message = text("heat", until=at(FASTING + timedelta(days=2), 0))
    assert leaves(at(FASTING, 18), message) == at(FASTING, 20)
    assert leaves(at(FASTING, 22), message) == at(FASTING, 22)
    assert leaves(at(FASTING, 23, 30), message) == at(FASTING + timedelta(days=1), 9)
    assert leaves(at(FASTING, 8), message) == at(FASTING, 9)


def test_quiet_hours_that_a_farmer_chose_hold_in_ramadan_too() -> None:
    chosen = Person(quiet_from=time(20, 15), quiet_until=time(6))
    assert leaves(at(FASTING, 12), for_tomorrow(FASTING), chosen) == at(FASTING, 15)
    assert leaves(at(FASTING, 7), text("heat", until=at(FASTING, 23)), chosen) == at(FASTING, 7)


def test_the_clock_of_ramadan_is_the_countrys_own() -> None:
    assert leaves(at(FASTING, 12), for_tomorrow(FASTING, until_hour=14)) == datetime(2026, 3, 4, 20, 30, tzinfo=UTC)
    assert leaves(at(MONDAY, 12), for_tomorrow(MONDAY)) == datetime(2026, 7, 20, 16, 30, tzinfo=UTC)


def test_dates_that_the_country_announced_count() -> None:
    hours = Hours(fast=Fast(told=((date(2026, 3, 10), date(2026, 3, 12)),)))
    assert leaves(at(FASTING, 12), for_tomorrow(FASTING), hours=hours) == at(FASTING, 17, 30)
    announced = date(2026, 3, 11)
    assert leaves(at(announced, 12), for_tomorrow(announced, until_hour=14), hours=hours) == at(announced, 20, 30)


@settings(max_examples=200, deadline=None)
@given(
    minute=st.integers(min_value=0, max_value=400 * 24 * 60),
    useful_min=st.integers(min_value=1, max_value=4 * 24 * 60),
    kind=st.sampled_from(["irrigate", "wait", "heat", "alive", "thanks", "correction"]),
    person=st.builds(
        Person,
        quiet_from=st.times(),
        quiet_until=st.times(),
        market_day=st.none() | st.integers(min_value=0, max_value=6),
        friday_prayer=st.booleans(),
        ramadan=st.booleans(),
    ),
)
def test_asking_again_ends_soon_and_never_in_quiet_hours(
    minute: int, useful_min: int, kind: str, person: Person
) -> None:
    """Asked again at each moment it gave, the answer soon is that moment, or the text's use is over by then."""
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    message = text(kind, until=now + timedelta(minutes=useful_min))
    asked = [now]
    while len(asked) < 20:
        asked.append(leaves(asked[-1], message, person))
        if asked[-1] == asked[-2] or asked[-1] >= message.valid_until:
            break
    assert len(asked) < 20
    local = asked[-1].astimezone(CASABLANCA)
    if kind != "thanks" and not Fast().on(local.date()):
        begins, ends = person.quiet_from, person.quiet_until
        asleep = begins <= local.time() < ends if begins <= ends else local.time() >= begins or local.time() < ends
        assert not asleep
