"""The bar of a long run."""

import io

from edge.commands.progress import Progress


class Terminal(io.StringIO):
    """A stream that says a person is watching."""

    def isatty(self) -> bool:
        return True


class Clock:
    """Seconds that pass only when told."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_bar_tells_count_rate_and_time_left() -> None:
    terminal, clock = Terminal(), Clock()
    bar = Progress(4, terminal, clock)
    for _ in range(2):
        clock.now_s += 0.5
        bar.step()
    assert terminal.getvalue().split("\r")[-1].startswith("[############............] 2/4  2.0 images/s  1 s left")
    clock.now_s += 1.0
    bar.step()
    bar.step(looked=False)
    bar.close()
    assert terminal.getvalue().endswith("3 images in 2.0 s: 1.5 images/s\033[K\n")


def test_it_is_not_drawn_more_often_than_eyes_can_follow() -> None:
    terminal, clock = Terminal(), Clock()
    bar = Progress(1000, terminal, clock)
    for _ in range(999):
        clock.now_s += 0.001
        bar.step()
    assert terminal.getvalue().count("\r") == 4


def test_nobody_watching_and_a_single_picture_draw_nothing() -> None:
    for stream, total in ((io.StringIO(), 5), (Terminal(), 1)):
        bar = Progress(total, stream, Clock())
        bar.step()
        bar.close()
        assert stream.getvalue() == ""


def test_nothing_looked_at_has_no_rate() -> None:
    terminal = Terminal()
    bar = Progress(2, terminal, Clock())
    bar.step(looked=False)
    bar.step(looked=False)
    assert "2/2  0.0 images/s  ..." in terminal.getvalue()
