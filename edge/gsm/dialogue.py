"""Question and answer with a modem (3GPP TS 27.007, 27.005), kept apart from what it says unasked in between.

Letters come in pieces, may be echoed, and may be noise. A command that is answered neither by a result nor by an error
in its time raises ModemSilentError; whoever asked knows whether something may have left by then.
"""

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from edge.errors import ModemAbsentError, ModemRefusalError, ModemSilentError
from edge.gsm.line import Line

ESCAPE: Final = b"\x1b"
END_OF_TEXT: Final = b"\x1a"
_LONGEST_LINE: Final = 4096
_UNASKED: Final = ("+CMTI:", "+CDSI:", "+CDS:", "+CMT:", "+CLIP:", "+CUSD:")
_WITH_PDU: Final = ("+CDS:", "+CMT:")
_RINGS: Final = frozenset({"RING"})
_AWOKEN: Final = ("RDY", "^SYSSTART", "NORMAL POWER DOWN", "POWERED DOWN", "UNDER-VOLTAGE")
_ERRORS: Final = re.compile(r"\+(CM[ES]) ERROR: ?(.*)")
_REFUSED: Final = frozenset({"ERROR", "NO CARRIER", "COMMAND NOT SUPPORT", "TOO MANY PARAMETERS"})
_PROMPT: Final = b">"


@dataclass(frozen=True, slots=True)
class Unasked:
    """What a modem said of itself; a report or text that came along stands in ``pdu``."""

    line: str
    pdu: str | None = None


class Dialogue:
    """One conversation over one line; one thread alone uses it."""

    def __init__(self, line: Line, monotonic_s: Callable[[], float]) -> None:
        self._line = line
        self._now_s = monotonic_s
        self._letters = bytearray()
        self._announced: str | None = None
        self.unasked: deque[Unasked] = deque()

    def ask(self, command: str, wait_s: float = 5.0, *, expect: str = "") -> tuple[str, ...]:
        """Lines of the answer that begin as expected, or any with ``expect`` empty; the final OK is not among them."""
        self._line.write(command.encode("ascii") + b"\r")
        return self._answer(command, self._now_s() + wait_s, expect)

    def prompt(self, command: str, wait_s: float = 10.0) -> None:
        """Ask for the sign that the modem waits for a text; surely nothing has left when this raises."""
        self._line.write(command.encode("ascii") + b"\r")
        until_s = self._now_s() + wait_s
        while True:
            line = self._next(until_s, or_prompt=True)
            if line is None:
                return
            self._must_not_be_final(command, line)

    def hand_over(self, body: str, wait_s: float, *, expect: str) -> tuple[str, ...]:
        """Give the text that a prompt waits for; after this it may have left, whatever comes."""
        self._line.write(body.encode("ascii") + END_OF_TEXT)
        return self._answer(body, self._now_s() + wait_s, expect)

    def give_up(self) -> None:
        """Leave a prompt that may be open without sending anything, and forget what was half said."""
        self._line.write(ESCAPE)
        self._letters.clear()
        self.listen(0.3)

    def listen(self, wait_s: float) -> None:
        """Take in what the modem says unasked, for at most so long."""
        until_s = self._now_s() + wait_s
        try:
            while True:
                self._next(until_s)
        except ModemSilentError:
            return

    def _answer(self, asked: str, until_s: float, expect: str) -> tuple[str, ...]:
        said: list[str] = []
        follows = False
        while True:
            line = self._next(until_s) or ""
            if line == "OK":
                return tuple(said)
            if line == asked or not line:
                continue
            self._must_not_be_final(asked, line)
            if line.startswith(expect) or follows:
                follows = line.startswith(expect) and bool(expect)
                said.append(line)

    def _must_not_be_final(self, asked: str, line: str) -> None:
        name = asked.partition("=")[0][:12]
        known = _ERRORS.fullmatch(line)
        if known is not None:
            code = int(known[2]) if known[2].isdecimal() else None
            raise ModemRefusalError(f"{name}: +{known[1]} ERROR {known[2][:40]}", family=known[1], code=code)
        if line in _REFUSED:
            raise ModemRefusalError(f"{name}: {line}", family="", code=None)

    def _next(self, until_s: float, *, or_prompt: bool = False) -> str | None:
        """Next line that is an answer; None for the prompt. What is said unasked is kept aside."""
        while True:
            while (line := self._cut(or_prompt=or_prompt)) is not None:
                if line == _PROMPT.decode() and or_prompt:
                    return None
                if not self._is_unasked(line):
                    return line
            wait_s = until_s - self._now_s()
            if wait_s <= 0:
                raise ModemSilentError("modem: expected an answer in time, got none; see that it is powered and free")
            self._letters += self._line.read(wait_s)
            if len(self._letters) > _LONGEST_LINE and b"\n" not in self._letters:
                self._letters.clear()

    def _cut(self, *, or_prompt: bool) -> str | None:
        if or_prompt and self._letters.lstrip(b"\r\n").startswith(_PROMPT):
            self._letters.clear()
            return _PROMPT.decode()
        for end in (b"\n", b"\r"):
            head, found, tail = bytes(self._letters).partition(end)
            if found:
                self._letters[:] = tail
                return head.decode("ascii", "replace").strip()
        return None

    def _is_unasked(self, line: str) -> bool:
        if self._announced is not None and line:
            self.unasked.append(Unasked(self._announced, line))
            self._announced = None
            return True
        if line.startswith(_AWOKEN):
            raise ModemAbsentError(f"modem: started anew by itself ({line[:40]}); it is set up again")
        if line.startswith(_WITH_PDU):
            self._announced = line
            return True
        if line.startswith(_UNASKED) or line in _RINGS:
            self.unasked.append(Unasked(line))
            return True
        return False
