"""How far a long run is: a bar on a terminal, silence elsewhere."""

import sys
import time
from collections.abc import Callable
from typing import Final, TextIO

_WIDTH: Final = 24
_EVERY_S: Final = 0.2


class Progress:
    """A bar with count, pictures a second and time left; drawn only where somebody watches and there is more than one.

    ``clock`` gives monotonic seconds.
    """

    def __init__(self, total: int, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._shown = total > 1 and self._stream.isatty()
        self._total, self._clock = total, clock
        self._started_s = self._drawn_s = clock()
        self._done = self._looked = 0

    def step(self, *, looked: bool = True) -> None:
        """One more picture is done; ``looked`` is false for one whose answer stood there before."""
        self._done += 1
        self._looked += looked
        now_s = self._clock()
        if self._shown and (now_s - self._drawn_s >= _EVERY_S or self._done == self._total):
            self._drawn_s = now_s
            self._stream.write(f"\r{self._line(now_s)}\033[K")
            self._stream.flush()

    def close(self) -> None:
        """End the bar with what the run took."""
        if self._shown:
            seconds = self._clock() - self._started_s
            self._stream.write(
                f"\r{self._looked} images in {seconds:.1f} s: {self._rate(seconds):.1f} images/s\033[K\n"
            )
            self._stream.flush()

    def _rate(self, seconds: float) -> float:
        return self._looked / seconds if seconds > 0 else 0.0

    def _line(self, now_s: float) -> str:
        filled = _WIDTH * self._done // self._total
        rate = self._rate(now_s - self._started_s)
        left = f"{(self._total - self._done) / rate:.0f} s left" if rate else "..."
        return f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {self._done}/{self._total}  {rate:.1f} images/s  {left}"
