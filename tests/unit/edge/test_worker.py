"""Workers beside the capture: each turns on its own, waits a full disk out, and stumbles alone."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from edge.clock import Clock
from edge.errors import StoreUnavailableError
from edge.progress import Progress
from edge.voice import Voice
from edge.worker import Crew, Post


class Hand:
    """A worker that does what it is told, turn by turn, and then rests."""

    def __init__(self, *turns: Exception | str) -> None:
        self.turns = list(turns)
        self.steps = self.closed = 0

    def step(self) -> bool:
        self.steps += 1
        turn = self.turns.pop(0) if self.turns else "idle"
        if isinstance(turn, Exception):
            raise turn
        return turn == "busy"

    def close(self) -> None:
        self.closed += 1


class Floor:
    """A crew at work, looked after as the daemon does it."""

    def __init__(self, *posts: Post) -> None:
        self.ahead_s = 0.0
        self.told: list[str] = []
        clock = Clock(monotonic_s=lambda: time.monotonic() + self.ahead_s)
        self.progress = Progress(clock.monotonic_s)
        self.crew = Crew(posts, self.progress, clock, Voice(self.told.append))
        self.stop = threading.Event()

    def until(self, condition: Callable[[], bool]) -> None:
        deadline_s = time.monotonic() + 10.0
        while not condition():
            assert time.monotonic() < deadline_s, self.told
            self.crew.look_after()
            time.sleep(0.005)

    def end(self) -> None:
        self.stop.set()
        self.crew.join()


@pytest.fixture
def floor_of() -> Iterator[Callable[..., Floor]]:
    made: list[Floor] = []

    def make(*posts: Post) -> Floor:
        floor = Floor(*posts)
        made.append(floor)
        floor.crew.start(floor.stop)
        return floor

    yield make
    for floor in made:
        floor.end()


def test_every_worker_turns_in_a_thread_of_its_own_and_lets_go_at_the_end(floor_of: Callable[..., Floor]) -> None:
    one, other = Hand("busy", "busy"), Hand()
    floor = floor_of(Post(name="one", worker=one, rest_s=0.01), Post(name="other", worker=other, rest_s=0.01))
    floor.until(lambda: one.steps > 3 and other.steps > 1)
    floor.end()
    assert (one.closed, other.closed) == (1, 1)
    assert floor.told == []


def test_a_full_disk_is_told_once_and_waited_out(
    floor_of: Callable[..., Floor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.worker._STORE_PAUSE_S", 0.01)
    hand = Hand(StoreUnavailableError("disk full"), StoreUnavailableError("disk full"), "busy")
    floor = floor_of(Post(name="counting", worker=hand, rest_s=0.01))
    floor.until(lambda: hand.steps > 3)
    assert floor.told == [
        "disk full; counting waits, nothing is lost",
        "the local queue can be used again; counting goes on",
    ]
    assert floor.progress.late() == ()


def test_who_stumbles_stops_nobody_else_and_begins_again(
    floor_of: Callable[..., Floor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.worker._PAUSES_S", (0.02, 0.02))
    hand, other = Hand(ValueError("odd"), ValueError("odd")), Hand()
    floor = floor_of(Post(name="counting", worker=hand, rest_s=0.01), Post(name="other", worker=other, rest_s=0.01))
    floor.until(lambda: hand.steps > 3)
    assert floor.told == ["counting stumbled (ValueError: odd); it is begun again", "counting goes on"]
    assert hand.closed == 2, "it lets go each time before it begins again"
    before = other.steps
    floor.until(lambda: other.steps > before)


def test_the_pause_before_a_new_beginning_grows(floor_of: Callable[..., Floor]) -> None:
    hand = Hand(ValueError("odd"), ValueError("odd"))
    floor = floor_of(Post(name="counting", worker=hand, rest_s=0.01))
    floor.until(lambda: len(floor.told) == 1)
    floor.crew.look_after()
    assert hand.steps == 1
    floor.ahead_s += 2.1
    floor.until(lambda: hand.steps == 2)
    floor.until(lambda: floor.crew._shifts[0].work is None)
    floor.ahead_s += 2.1
    floor.crew.look_after()
    assert floor.crew._shifts[0].work is None, "ten seconds after the second stumble"
    floor.ahead_s += 8.0
    floor.until(lambda: hand.steps > 2)


@pytest.mark.parametrize("essential", [True, False])
def test_only_an_essential_part_that_stumbles_without_end_wants_a_new_start(
    floor_of: Callable[..., Floor], monkeypatch: pytest.MonkeyPatch, *, essential: bool
) -> None:
    monkeypatch.setattr("edge.worker._PAUSES_S", (0.0,))
    hand = Hand(*[ValueError("odd")] * 40)
    floor = floor_of(Post(name="sending", worker=hand, rest_s=0.01, essential=essential, patience_s=100.0))
    floor.until(lambda: hand.steps > 5)
    floor.ahead_s += 101.0
    before = hand.steps
    floor.until(lambda: hand.steps > before + 5)
    assert floor.progress.late() == (("sending",) if essential else ())


def test_steady_work_forgives_old_stumbles(floor_of: Callable[..., Floor], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.worker._PAUSES_S", (0.0, 1e9))
    hand = Hand(ValueError("odd"))
    floor = floor_of(Post(name="sending", worker=hand, rest_s=0.01, essential=True))
    floor.until(lambda: hand.steps > 2)
    floor.ahead_s += 61.0
    hand.turns.append(ValueError("odd"))
    floor.until(lambda: len(floor.told) == 3)
    floor.until(lambda: len(floor.told) == 4)
    assert floor.told[-1] == "sending goes on", "without steady work between, the second pause is endless here"


def test_a_turn_without_an_end_is_late(floor_of: Callable[..., Floor]) -> None:
    go_on = threading.Event()

    class Stuck(Hand):
        def step(self) -> bool:
            super().step()
            go_on.wait(20.0)
            return False

    floor = floor_of(Post(name="updating", worker=Stuck(), patience_s=30.0))
    try:
        floor.crew.look_after()
        assert floor.progress.late() == ()
        floor.ahead_s += 31.0
        floor.crew.look_after()
        assert floor.progress.late() == ("updating",)
    finally:
        go_on.set()


def test_an_expendable_worker_without_an_end_is_told_and_starves_nobody(floor_of: Callable[..., Floor]) -> None:
    go_on = threading.Event()

    class Stuck(Hand):
        def step(self) -> bool:
            super().step()
            go_on.wait(20.0)
            return False

    floor = floor_of(Post(name="metrics", worker=Stuck(), patience_s=30.0, expendable=True))
    try:
        floor.ahead_s += 31.0
        assert floor.progress.late() == ()
        assert floor.progress.late(expendable=True) == ("metrics",)
    finally:
        go_on.set()
