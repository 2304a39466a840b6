from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.care import CHORES, Chore, Due, Looked, chores_of, digits_of, due_now, signs_of, wants_reminding
from edge.settings.installer import CareConfig

BEGUN = date(2026, 5, 1)
CARE = CareConfig()


def book(done_on: date = BEGUN, reminded_on: date | None = None) -> dict[Chore, Looked]:
    return {chore: Looked(done_on=done_on, reminded_on=reminded_on) for chore in CHORES}


@pytest.mark.parametrize(
    ("after_days", "expected"),
    [
        (0, ()),
        (13, ()),
        (14, ("lens",)),
        (30, ("lens", "panel", "sim_credit")),
        (60, ("lens", "panel", "sim_credit", "theft")),
        (180, CHORES),
    ],
)
def test_each_chore_is_due_by_its_own_interval(after_days: int, expected: tuple[Chore, ...]) -> None:
    found = due_now(book(), BEGUN + timedelta(days=after_days), CARE)
    assert {each.chore for each in found} == set(expected)
    assert not any(each.seen for each in found)


def test_what_is_seen_to_be_wrong_is_due_at_once_and_again_the_day_after_it_was_ticked() -> None:
    tomorrow = BEGUN + timedelta(days=1)
    assert due_now(book(), BEGUN, CARE, {"lens"}) == (), "it was done today"
    assert due_now(book(), tomorrow, CARE, {"lens"}) == (Due(chore="lens", due_on=tomorrow, seen=True),)


def test_a_chore_that_nobody_began_to_count_is_not_due() -> None:
    assert due_now({}, BEGUN + timedelta(days=999), CARE, {"lens"}) == ()


def test_the_installer_is_told_once_and_then_weekly() -> None:
    due_on = BEGUN + timedelta(days=14)
    due = Due(chore="lens", due_on=due_on)
    assert wants_reminding(due, Looked(done_on=BEGUN), due_on)
    told = Looked(done_on=BEGUN, reminded_on=due_on)
    days = [day for day in range(1, 22) if wants_reminding(due, told, due_on + timedelta(days=day))]
    assert days[0] == 7
    assert wants_reminding(due, told, due_on - timedelta(days=2)), "a clock set back silences nobody"
    assert wants_reminding(due, Looked(done_on=BEGUN, reminded_on=BEGUN), due_on), "that reminder was of another time"


def test_troubles_call_for_chores() -> None:
    troubles = [
        ("camera mast-1 dirty", "the lens is dirty"),
        ("camera mast-1 turned", "turned away"),
        ("camera mast-1 gone", "gone"),
        ("modem", "no credit, or the network bars it"),
        ("camera mast-1 night", "dark"),
        ("power", "battery: low or silent: lean"),
    ]
    assert signs_of(troubles) == {"lens", "theft", "sim_credit", "panel"}
    assert signs_of([("modem", "no network"), ("broker", "no credit")]) == frozenset()


@given(st.lists(st.sampled_from(CHORES), unique=True, min_size=1))
def test_digits_say_which(chores: list[Chore]) -> None:
    assert chores_of(digits_of(chores)) == tuple(chores)
    assert chores_of(digits_of(chores) * 2) == tuple(chores)


@pytest.mark.parametrize("digits", ["", "0", "6", "19", "1a", "٣x"])
def test_digits_that_mean_nothing_tick_nothing(digits: str) -> None:
    assert chores_of(digits) is None


@given(st.dates(date(2026, 1, 1), date(2030, 1, 1)), st.integers(0, 2000))
def test_ticking_what_is_due_leaves_nothing_due(begun: date, days: int) -> None:
    today = begun + timedelta(days=days)
    looked = book(begun)
    for each in due_now(looked, today, CARE):
        looked[each.chore] = Looked(done_on=today)
    assert due_now(looked, today, CARE) == ()
