"""A stand-in GSM modem on a pseudo-terminal: speaks AT, reaches nobody, and fails in the ways modems fail."""

import contextlib
import os
import pty
import re
import select
import threading
import tty
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, Self

from simulations.modem.network import SentPart, delivery, read_submission, status_report

Fault = Literal[
    "no_prompt",
    "refused_before",
    "refused_after",
    "bare_error_after",
    "silent_after",
    "lost_after",
    "reset_after",
    "reset_before",
    "noise",
    "slow_answer",
]
_BODY_END: Final = b"\x1a\x1b"
_NUMBERS: Final = re.compile(r"\d+")


@dataclass(slots=True, kw_only=True)
class Behaviour:
    """How a stand-in modem is; a test changes it while it works."""

    echo: bool = True
    pin: str | None = None
    """The PIN that the SIM asks for; None when it is open."""
    sim: bool = True
    registered: bool = True
    pieces: int = 0
    """Answers come in pieces of so many octets; 0: whole."""
    direct_reports: bool = False
    """Delivery reports come along with their notice (+CDS) instead of being stored (+CDSI)."""
    report_code: int | None = 0
    """Status of the report that follows each part by itself; None: no report."""
    refusal: str = "+CMS ERROR: 38"
    faults: deque[Fault] = field(default_factory=deque)
    """What happens to the next parts, one fault a part."""


def _now() -> datetime:
    return datetime.now(UTC)


class StandInModem:
    """A modem at work in a thread; ``device`` is its line. Use it as a context."""

    def __init__(self, behaviour: Behaviour | None = None, *, now: Callable[[], datetime] = _now) -> None:
        self.behaviour = behaviour or Behaviour()
        self._now = now
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.device = Path(os.ttyname(self._slave))
        self.sent: list[SentPart] = []
        """Parts that reached the network, whatever the modem answered."""
        self.commands: list[str] = []
        self.pins_tried: list[str] = []
        self.hung_up = 0
        self._stored: dict[str, dict[int, str]] = {"SM": {}, "SR": {}}
        self._memory = "SM"
        self._echo = self.behaviour.echo
        self._unlocked = False
        self._reference = 0
        self._body_of: int | None = None
        self._letters = bytearray()
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="stand-in modem", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()

    def unplug(self) -> None:
        """Take the modem away, as when its cable is pulled."""
        self._stop.set()
        self._thread.join(5.0)
        for handle in (self._master, self._slave):
            with contextlib.suppress(OSError):
                os.close(handle)

    def text(self, number: str, text: str, *, reference: int = 1, notice: bool = True) -> None:
        """Let somebody send a text to the SIM."""
        with self._lock:
            for pdu in delivery(number, text, self._now(), reference=reference):
                place = self._store("SM", pdu)
                if notice:
                    self._say(f'+CMTI: "SM",{place}')

    def hold(self, pdu: str) -> None:
        """Let the SIM hold a PDU of the test's own."""
        with self._lock:
            self._say(f'+CMTI: "SM",{self._store("SM", pdu)}')

    def report(self, part: SentPart, code: int = 0) -> None:
        """Let the network tell what became of a part."""
        with self._lock:
            pdu = status_report(part.number, part.reference, code, self._now())
            if self.behaviour.direct_reports:
                self._say(f"+CDS: {len(pdu) // 2 - 8}", pdu)
            else:
                self._say(f'+CDSI: "SR",{self._store("SR", pdu)}')

    def ring(self, number: str, times: int = 2) -> None:
        """Let somebody call."""
        with self._lock:
            kind = 145 if number.startswith("+") else 129
            for _ in range(times):
                self._say("RING", f'+CLIP: "{number}",{kind},"",,"",0')

    def held(self) -> int:
        """Messages that the SIM holds."""
        with self._lock:
            return sum(len(stored) for stored in self._stored.values())

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                ready, _, _ = select.select([self._master], [], [], 0.05)
                octets = os.read(self._master, 4096) if ready else b""
            except OSError:
                return
            with self._lock:
                for octet in octets:
                    self._take(bytes((octet,)))

    def _take(self, octet: bytes) -> None:
        if self._echo and self._body_of is None:
            self._write(octet)
        if self._body_of is not None and octet in (_BODY_END[:1], _BODY_END[1:]):
            body, self._letters = self._letters.decode("ascii", "replace"), bytearray()
            length, self._body_of = self._body_of, None
            if octet == _BODY_END[:1]:
                self._send(body, length)
        elif self._body_of is None and octet == b"\r":
            command, self._letters = self._letters.decode("ascii", "replace").strip(), bytearray()
            if command:
                self.commands.append(command)
                self._obey(command)
        elif octet not in {b"\n", b"\x1b"}:
            self._letters += octet

    def _obey(self, command: str) -> None:
        if "noise" in list(self.behaviour.faults)[:1] and command.startswith("AT+CMGS"):
            self._write(b"\xff\x00~}#\x80\r\n^RSSI:18\r\n")
            self.behaviour.faults.popleft()
        name, _, value = command.removeprefix("AT").partition("=")
        ask: dict[str, Callable[[str], None]] = {
            "E0": self._echo_off,
            "+CPIN?": self._tell_pin,
            "+CPIN": self._try_pin,
            "+CREG?": self._tell_network,
            "+CEREG?": self._know_nothing,
            "+CSQ": self._tell_signal,
            "+CPMS": self._choose,
            "+CMGL": self._list,
            "+CMGD": self._delete,
            "+CMGS": self._prompt,
            "+CHUP": self._hang_up,
            "+CUSD": self._balance,
        }
        ask.get(name, self._agree)(value)

    def _agree(self, _: str) -> None:
        self._answer()

    def _know_nothing(self, _: str) -> None:
        self._say("ERROR")

    def _tell_network(self, _: str) -> None:
        self._answer(f"+CREG: 0,{1 if self.behaviour.registered else 2}")

    def _tell_signal(self, _: str) -> None:
        self._answer("+CSQ: 17,99")

    def _echo_off(self, _: str) -> None:
        self._echo = False
        self._answer()

    def _tell_pin(self, _: str) -> None:
        if not self.behaviour.sim:
            self._say("+CME ERROR: 10")
        elif self.behaviour.pin is not None and not self._unlocked:
            self._answer("+CPIN: SIM PIN")
        else:
            self._answer("+CPIN: READY")

    def _try_pin(self, value: str) -> None:
        self.pins_tried.append(value.strip('"'))
        self._unlocked = self.pins_tried[-1] == self.behaviour.pin
        self._answer() if self._unlocked else self._say("+CME ERROR: 16")

    def _choose(self, value: str) -> None:
        if value == "?":
            self._answer('+CPMS: ("SM","SR"),("SM"),("SM")')
        else:
            self._memory = value.strip('"')
            self._answer("+CPMS: 1,20,1,20,1,20")

    def _list(self, _: str) -> None:
        lines = []
        for place, pdu in sorted(self._stored[self._memory].items()):
            lines += [f"+CMGL: {place},0,,{len(pdu) // 2 - 8}", pdu]
        self._answer(*lines)

    def _delete(self, value: str) -> None:
        self._stored[self._memory].pop(int(value), None)
        self._answer()

    def _hang_up(self, _: str) -> None:
        self.hung_up += 1
        self._answer()

    def _balance(self, _: str) -> None:
        self._answer()
        self._say('+CUSD: 0,"Solde 12.50 DH",15')

    def _prompt(self, value: str) -> None:
        match self._fault("no_prompt", "refused_before", "reset_before"):
            case "no_prompt":
                return
            case "refused_before":
                self._say(self.behaviour.refusal)
            case "reset_before":
                self._reset()
            case _:
                self._body_of = int(value)
                self._write(b"\r\n> ")

    def _send(self, body: str, length: int) -> None:
        assert len(body) == 2 * length + 2, "AT+CMGS names another length than its text has"
        fault = self._fault(
            "refused_after", "bare_error_after", "silent_after", "lost_after", "reset_after", "slow_answer"
        )
        if fault in {"refused_after", "bare_error_after"}:
            self._say(self.behaviour.refusal if fault == "refused_after" else "ERROR")
            return
        if fault == "lost_after":
            return
        self._reference = (self._reference + 1) % 256
        part = read_submission(body, self._reference)
        self.sent.append(part)
        if fault == "reset_after":
            self._reset()
        elif fault != "silent_after":
            self._write(f"\r\n+CMGS: {part.reference}\r\n".encode())
            self._write(b"\r\nOK\r\n")
        if self.behaviour.report_code is not None:
            self.report(part, self.behaviour.report_code)

    def _fault(self, *fits: Fault) -> Fault | None:
        faults = self.behaviour.faults
        return faults.popleft() if faults and faults[0] in fits else None

    def _reset(self) -> None:
        self._echo, self._body_of, self._unlocked = self.behaviour.echo, None, False
        self._write(b"\x00\xf8\r\nRDY\r\n\r\n+CFUN: 1\r\n")

    def _store(self, memory: str, pdu: str) -> int:
        place = next(number for number in range(1, 256) if number not in self._stored[memory])
        self._stored[memory][place] = pdu
        return place

    def _answer(self, *lines: str) -> None:
        self._say(*lines, "OK")

    def _say(self, *lines: str) -> None:
        for line in lines:
            self._write(f"\r\n{line}\r\n".encode("ascii"))

    def _write(self, octets: bytes) -> None:
        step = self.behaviour.pieces or len(octets)
        with contextlib.suppress(OSError):
            for begin in range(0, len(octets), step):
                os.write(self._master, octets[begin : begin + step])
