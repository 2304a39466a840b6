"""Work begun anew in the same process when the store was found damaged."""

import threading

import pytest

from edge.errors import StoreDamagedError, StoreUnavailableError
from edge.turns import RENEWALS, Turns


def test_work_that_ends_by_itself_is_done_once() -> None:
    told: list[str] = []
    assert Turns(told.append).run(lambda stop: int(stop.is_set())) == 0
    assert told == []


def test_a_damaged_store_begins_the_work_anew_with_another_event() -> None:
    told: list[str] = []
    events: list[threading.Event] = []

    def work(stop: threading.Event) -> str:
        events.append(stop)
        stop.set()
        if len(events) == 1:
            raise StoreDamagedError("q.sqlite: damaged")
        return "done"

    assert Turns(told.append).run(work) == "done"
    assert events[0] is not events[1]
    assert told == ["q.sqlite: damaged; the gateway begins anew"]


def test_who_was_told_to_end_ends_in_the_next_turn_too() -> None:
    turns = Turns(lambda _: None)
    seen: list[bool] = []

    def work(stop: threading.Event) -> None:
        seen.append(stop.is_set())
        if len(seen) == 1:
            turns.end()
            assert stop.is_set()
            raise StoreDamagedError("x")

    turns.run(work)
    assert seen == [False, True]


def test_a_store_that_breaks_again_and_again_ends_it_and_other_errors_end_it_at_once() -> None:
    attempts = []

    def broken(_stop: threading.Event) -> None:
        attempts.append(1)
        raise StoreDamagedError("x")

    with pytest.raises(StoreDamagedError):
        Turns(lambda _: None).run(broken)
    assert len(attempts) == RENEWALS + 1

    def full(_stop: threading.Event) -> None:
        raise StoreUnavailableError("disk full")

    with pytest.raises(StoreUnavailableError, match="full"):
        Turns(lambda _: None).run(full)
