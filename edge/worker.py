"""Those who work beside the capture, each in a thread of its own; one that stumbles stops nobody else."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Protocol

from edge.clock import Clock
from edge.config import GatewayConfig
from edge.errors import StoreUnavailableError
from edge.outbox import Outbox
from edge.progress import Progress
from edge.voice import Voice

_STORE_PAUSE_S: Final = 5.0
_PAUSES_S: Final = (2.0, 10.0, 60.0, 300.0)
_STEADY_S: Final = 60.0
"""Who worked so long stumbles as if for the first time."""


class Worker(Protocol):
    """Whoever does a part of a gateway's work, one short turn at a time."""

    def step(self) -> bool:
        """One turn; False when there is nothing to wait on, so that the thread may rest."""

    def close(self) -> None:
        """Let go of what is held; another turn may come after it, and then begins anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """What every worker of a gateway works with."""

    config: GatewayConfig
    outbox: Outbox
    clock: Clock
    voice: Voice


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A worker at its place in the gateway."""

    name: str
    """What is done here, as the log says it: sending, messaging."""
    worker: Worker
    rest_s: float = 0.5
    """Pause after a turn that had nothing to wait on."""
    patience_s: float = 120.0
    """Longest turn; a longer one starves the watchdog."""
    essential: bool = False
    """Whether a gateway that stumbles here again and again is better started anew."""
    expendable: bool = False
    """Whether a gateway goes on without it, even where a turn never ends: it is told, and starves no watchdog."""


class Patience:
    """Waits out a local queue that cannot be used: a full disk is told once, and nothing is lost."""

    def __init__(self, voice: Voice, progress: Progress) -> None:
        self._voice, self._progress = voice, progress

    def attempt(self, stop: threading.Event, name: str, work: Callable[[], object]) -> bool:
        """Do one turn of work; whether it wants the next one at once."""
        try:
            result = work()
        except StoreUnavailableError as error:
            self._voice.trouble(name, f"{error}; {name} waits, nothing is lost")
            self._progress.rests(name)
            stop.wait(_STORE_PAUSE_S)
            return False
        self._voice.over(name, f"the local queue can be used again; {name} goes on")
        return bool(result)


@dataclass(slots=True, kw_only=True)
class _Shift:
    post: Post
    work: Future[None] | None = None
    begun_at_s: float = 0.0
    failures: int = 0
    again_at_s: float = 0.0


class Crew:
    """All workers of a gateway at work; the thread of the capture looks after them."""

    def __init__(self, posts: Sequence[Post], progress: Progress, clock: Clock, voice: Voice) -> None:
        self._shifts = [_Shift(post=post) for post in posts]
        self._progress, self._patience = progress, Patience(voice, progress)
        self._clock, self._voice = clock, voice
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=max(1, len(posts)), thread_name_prefix="gateway")

    def start(self, stop: threading.Event) -> None:
        """Set all to work until told to stop."""
        self._stop = stop
        for shift in self._shifts:
            post = shift.post
            self._progress.expect(post.name, post.patience_s, expendable=post.expendable)
            self._begin(shift)

    def look_after(self) -> None:
        """Tell of who stumbled, and set them to work again after a pause that grows."""
        for shift in self._shifts:
            if shift.work is not None and shift.work.done():
                self._stumbled(shift, shift.work.exception())
            elif shift.work is None and not self._stop.is_set():
                self._progress.rests(shift.post.name)
                if self._clock.monotonic_s() >= shift.again_at_s:
                    self._begin(shift)

    def join(self) -> None:
        """Wait until all have let go."""
        self._pool.shutdown(wait=True)

    def _begin(self, shift: _Shift) -> None:
        shift.begun_at_s = self._clock.monotonic_s()
        shift.work = self._pool.submit(self._work, shift)

    def _stumbled(self, shift: _Shift, error: BaseException | None) -> None:
        shift.work = None
        if error is None:  # it was told to stop
            return
        now_s = self._clock.monotonic_s()
        if now_s - shift.begun_at_s > _STEADY_S:
            shift.failures = 0
        shift.again_at_s = now_s + _PAUSES_S[min(shift.failures, len(_PAUSES_S) - 1)]
        shift.failures += 1
        name = shift.post.name
        if shift.post.essential:
            self._progress.failed(name)
        self._progress.rests(name)
        self._voice.trouble(f"{name} itself", f"{name} stumbled ({type(error).__name__}: {error}); it is begun again")

    def _work(self, shift: _Shift) -> None:
        post = shift.post
        try:
            while not self._stop.is_set():
                if not self._patience.attempt(self._stop, post.name, lambda: self._turn(shift)):
                    self._stop.wait(post.rest_s)
        finally:
            post.worker.close()

    def _turn(self, shift: _Shift) -> bool:
        name = shift.post.name
        busy = shift.post.worker.step()
        if self._clock.monotonic_s() - shift.begun_at_s > _STEADY_S:
            self._progress.made(name)
        else:
            self._progress.rests(name)
        self._voice.over(f"{name} itself", f"{name} goes on")
        return busy
