"""Posts the stand-in's callbacks, each at its time, from one thread of its own."""

import heapq
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

ANSWER_TIMEOUT_S: Final = 5.0
NOT_ANSWERED: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """One callback and the HTTP status it was answered with; 0 = no answer."""

    address: str
    form: dict[str, str]
    status: int


@dataclass(order=True, slots=True)
class _Due:
    at_s: float
    number: int
    address: str = field(compare=False)
    form: dict[str, str] = field(compare=False)


class Postman:
    """A queue of callbacks by time; ``posted`` tells what became of each."""

    def __init__(self) -> None:
        self.posted: list[Posted] = []
        self._due: list[_Due] = []
        self._numbered = 0
        self._busy = False
        self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="stand-in callbacks", daemon=True)
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def start(self) -> None:
        """Begin to post."""
        self._thread.start()

    def close(self) -> None:
        """Stop; what is not due yet is dropped."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout=2 * ANSWER_TIMEOUT_S)

    def post(self, address: str, form: Mapping[str, str], *, after_s: float = 0.0) -> None:
        """Post a form to an address after so many seconds."""
        with self._changed:
            self._numbered += 1
            heapq.heappush(self._due, _Due(time.monotonic() + after_s, self._numbered, address, dict(form)))
            self._changed.notify_all()

    @property
    def left(self) -> int:
        """How many callbacks are not posted yet."""
        with self._changed:
            return len(self._due) + self._busy

    def wait(self, timeout_s: float) -> bool:
        """Wait until nothing is left to post; False when time ran out."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._due and not self._busy, timeout=timeout_s)

    def _run(self) -> None:
        while (due := self._next()) is not None:
            status = self._deliver(due)
            with self._changed:
                self.posted.append(Posted(address=due.address, form=due.form, status=status))
                self._busy = False
                self._changed.notify_all()

    def _next(self) -> _Due | None:
        with self._changed:
            while not self._closing:
                left_s = self._due[0].at_s - time.monotonic() if self._due else None
                if left_s is not None and left_s <= 0.0:
                    self._busy = True
                    return heapq.heappop(self._due)
                self._changed.wait(timeout=left_s)
            return None

    def _deliver(self, due: _Due) -> int:
        request = urllib.request.Request(due.address, data=urlencode(due.form).encode(), method="POST")  # noqa: S310 -- the address comes from the test
        try:
            with self._opener.open(request, timeout=ANSWER_TIMEOUT_S) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return NOT_ANSWERED
