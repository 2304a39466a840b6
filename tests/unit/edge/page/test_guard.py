import pytest

from edge.page.guard import IDLE_S, LONGEST_PAUSE_S, MOST_AT_ONCE, MOST_WRONG, Guard, new_code


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def guard(clock: Clock) -> Guard:
    return Guard("12345678", clock)


def test_a_code_is_good_once(guard: Guard) -> None:
    token, refused = guard.enter(" 1234 5678 ")
    assert refused is None
    assert guard.knows(token)
    assert guard.enter("12345678") == (None, "closed")
    assert not guard.knows(None)
    assert not guard.knows(f"{token}x")
    assert not guard.knows("é")


def test_nobody_is_known_before_the_code(guard: Guard) -> None:
    assert not guard.knows("")
    assert not guard.knows("None")


def test_each_wrong_code_costs_twice_the_wait(guard: Guard, clock: Clock) -> None:
    for pause_s in (1.0, 2.0, 4.0):
        assert guard.enter("0") == (None, "wrong")
        clock.now_s += pause_s - 0.1
        assert guard.enter("0") == (None, "wait")
        clock.now_s += 0.2


def test_ten_wrong_codes_close_the_page_for_good(guard: Guard, clock: Clock) -> None:
    answers = []
    for _ in range(MOST_WRONG):
        answers.append(guard.enter("0")[1])
        clock.now_s += LONGEST_PAUSE_S
    assert answers == ["wrong"] * (MOST_WRONG - 1) + ["closed"]
    clock.now_s += 1e6
    assert guard.enter("12345678") == (None, "closed")


def test_the_right_code_waits_too_after_a_wrong_one(guard: Guard, clock: Clock) -> None:
    guard.enter("0")
    assert guard.enter("12345678") == (None, "wait")
    clock.now_s += 1.0
    assert guard.enter("12345678")[0] is not None


def test_a_telephone_that_was_silent_for_long_is_let_in_no_more(guard: Guard, clock: Clock) -> None:
    token, _ = guard.enter("12345678")
    clock.now_s += IDLE_S - 1
    assert guard.knows(token)
    clock.now_s += IDLE_S - 1
    assert guard.knows(token), "it spoke meanwhile"
    clock.now_s += IDLE_S + 1
    assert not guard.knows(token)
    assert not guard.knows(token)


def test_so_many_requests_at_once_and_then_so_many_a_second(guard: Guard, clock: Clock) -> None:
    assert sum(guard.may_ask() for _ in range(200)) == int(MOST_AT_ONCE)
    clock.now_s += 0.5
    assert sum(guard.may_ask() for _ in range(200)) == 5
    clock.now_s += 1e9
    assert sum(guard.may_ask() for _ in range(200)) == int(MOST_AT_ONCE)


def test_codes_are_eight_digits_and_differ() -> None:
    codes = {new_code() for _ in range(50)}
    assert all(len(code) == 8 and code.isdecimal() for code in codes)
    assert len(codes) > 45
