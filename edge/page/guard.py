"""Who may use the installer's page: one code that is good once, then one telephone; and how often it may ask."""

import hmac
import secrets
import threading
from collections.abc import Callable
from typing import Final, Literal

CODE_DIGITS: Final = 8
MOST_WRONG: Final = 10
"""After so many wrong codes nobody gets in any more: the page has to be started again."""
FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0
IDLE_S: Final = 1800.0
"""A telephone that was silent so long is let in no more."""
REQUESTS_PER_S: Final = 10.0
MOST_AT_ONCE: Final = 60.0

Entry = Literal["wrong", "wait", "closed"]


def new_code() -> str:
    """A code nobody can guess in ten tries."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


class Guard:
    """At the door of one page, for as long as that is open; may be asked from several threads."""

    def __init__(self, code: str, monotonic_s: Callable[[], float]) -> None:
        self._code: str | None = code
        self._now_s = monotonic_s
        self._lock = threading.Lock()
        self._wrong = 0
        self._again_at_s = -float("inf")
        self._token: str | None = None
        self._seen_at_s = -float("inf")
        self._left = MOST_AT_ONCE
        self._counted_at_s = monotonic_s()

    def enter(self, code: str) -> tuple[str | None, Entry | None]:
        """Token of a session for the right code, which is thereby used up; else why not."""
        with self._lock:
            if self._code is None:
                return None, "closed"
            now_s = self._now_s()
            if now_s < self._again_at_s:
                return None, "wait"
            given = "".join(letter for letter in code if not letter.isspace())
            if not hmac.compare_digest(given.encode(), self._code.encode()):
                return None, self._count_wrong(now_s)
            self._code = None
            self._token = secrets.token_urlsafe(32)
            self._seen_at_s = now_s
            return self._token, None

    def knows(self, token: str | None) -> bool:
        """Whether a token is that of the telephone that entered, and it was not silent for half an hour."""
        with self._lock:
            if token is None or self._token is None or not hmac.compare_digest(token.encode(), self._token.encode()):
                return False
            now_s = self._now_s()
            if now_s - self._seen_at_s > IDLE_S:
                self._token = None
                return False
            self._seen_at_s = now_s
            return True

    def may_ask(self) -> bool:
        """Whether one more request is answered now."""
        with self._lock:
            now_s = self._now_s()
            self._left = min(MOST_AT_ONCE, self._left + (now_s - self._counted_at_s) * REQUESTS_PER_S)
            self._counted_at_s = now_s
            if self._left < 1:
                return False
            self._left -= 1
            return True

    def _count_wrong(self, now_s: float) -> Entry:
        self._wrong += 1
        if self._wrong >= MOST_WRONG:
            self._code = None
            return "closed"
        self._again_at_s = now_s + min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (self._wrong - 1))
        return "wrong"
