"""Only real work, or rest with a good reason, keeps a part well; monotonic seconds throughout."""

import pytest

from edge.progress import FAILURES_EXCUSED, Progress


class Seconds:
    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def progress(seconds: Seconds) -> Progress:
    made = Progress(seconds)
    made.expect("taking in", 60.0)
    made.expect("queueing", 600.0)
    return made


def test_a_part_that_neither_works_nor_rests_is_late(progress: Progress, seconds: Seconds) -> None:
    assert progress.late() == ()
    seconds.now_s += 60.0
    assert progress.late() == ()
    seconds.now_s += 0.1
    assert progress.late() == ("taking in",)
    seconds.now_s += 600.0
    assert progress.late() == ("taking in", "queueing")


def test_work_done_and_rest_keep_a_part_well(progress: Progress, seconds: Seconds) -> None:
    for _ in range(10):
        seconds.now_s += 50.0
        progress.made("taking in")
        seconds.now_s += 50.0
        progress.rests("taking in")
        progress.rests("queueing")
        assert progress.late() == ()


def test_one_part_speaks_for_no_other(progress: Progress, seconds: Seconds) -> None:
    for _ in range(13):
        seconds.now_s += 50.0
        progress.made("taking in")
    assert progress.late() == ("queueing",)


def test_resting_is_no_excuse_for_who_fails_again_and_again(progress: Progress, seconds: Seconds) -> None:
    for _ in range(FAILURES_EXCUSED - 1):
        progress.failed("taking in")
    seconds.now_s += 61.0
    progress.rests("taking in")
    assert progress.late() == ()
    progress.failed("taking in")
    seconds.now_s += 61.0
    progress.rests("taking in")
    assert progress.late() == ("taking in",)
    progress.made("taking in")
    assert progress.late() == ()
    seconds.now_s += 61.0
    progress.rests("taking in")
    assert progress.late() == (), "a success forgives what went before"
