"""A GSM modem spoken to by AT commands: set up, texts out in PDU mode, texts, reports and calls in.

It decides nothing about a text: it tells what became of each part, above all whether it may have left.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal, Self

from edge.clock import Clock
from edge.errors import ModemAbsentError, ModemError, ModemRefusalError, ModemSilentError
from edge.gsm.dialogue import Dialogue
from edge.gsm.line import Line, SerialLine
from edge.gsm.refusals import Meaning, refusal_of
from edge.gsm.submit import Submission
from edge.settings.modem import ModemConfig

Outcome = Literal["sent", "rejected", "retry", "halt", "unknown"]
LineMaker = Callable[[ModemConfig], Line]

_GREETINGS: Final = 5
_MEMORIES: Final = ("SM", "ME", "SR")
_NOTICES: Final = ("AT+CNMI=2,1,0,2,0", "AT+CNMI=2,1,0,1,0", "AT+CNMI=1,1,0,1,0")
_REGISTERED: Final = frozenset({1, 5})
_UNKNOWN_SIGNAL: Final = 99
_USSD_PATIENCE_S: Final = 15.0
_STORED_BY_US: Final = frozenset({"2", "3"})
_SAME_CALL: Final = timedelta(seconds=30)
_QUOTED: Final = re.compile(r'"([^"]*)"')
_NUMBERS: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What became of one part that the modem was given."""

    outcome: Outcome
    reference: int | None = None
    """The network's number of the part, which its delivery report will bear."""
    word: str | None = None
    owes_answer: bool = False
    """The modem may still answer, so that it has to be set up anew before it is asked again."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a modem keeps a message."""

    memory: str
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message as the network handed it over; to be forgotten in its place once it is kept elsewhere."""

    pdu: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Called:
    """A call that was hung up unanswered, so that it cost the caller nothing."""

    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """The SIM's PIN; ``read`` gives none that was refused before, for a third wrong one would lock the SIM."""

    read: Callable[[], str | None]
    accepted: Callable[[], None]


def serial_line(config: ModemConfig) -> Line:
    """The line of a configured modem."""
    return SerialLine(config.device, config.baud_rate)


class Modem:
    """A modem that is set up; use it as a context, so that its line is let go of."""

    def __init__(self, config: ModemConfig, line: Line, clock: Clock, pin: Pin) -> None:
        self._config = config
        self._line = line
        self._clock = clock
        self._talk = Dialogue(line, clock.monotonic_s)
        self._memories: tuple[str, ...] = ("SM",)
        self._last_calls: dict[str, float] = {}
        self._must_sweep = True
        self.signal_dbm: int | None = None
        try:
            self._set_up(pin)
        except BaseException:
            line.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the line."""
        self._line.close()

    def send(self, part: Submission) -> Handed:
        """Hand a part to the network; ``unknown`` when it may have left and nobody can tell."""
        try:
            self._talk.prompt(f"AT+CMGS={part.length}")
        except ModemRefusalError as error:
            return _refused(error, handed_over=False)
        except ModemSilentError:
            self._talk.give_up()
            return Handed(outcome="retry", word="the modem did not ask for the text", owes_answer=True)
        except ModemAbsentError:
            return Handed(outcome="retry", word="the modem has gone", owes_answer=True)
        try:
            lines = self._talk.hand_over(part.pdu, self._config.send_timeout_s, expect="+CMGS:")
        except ModemRefusalError as error:
            return _refused(error, handed_over=True)
        except ModemError:
            return Handed(outcome="unknown", word="no answer after the text was given to the modem", owes_answer=True)
        numbers = _NUMBERS.findall(lines[0].partition(":")[2]) if lines else []
        return Handed(outcome="sent", reference=int(numbers[0]) % 256 if numbers else None)

    def listen(self, wait_s: float) -> Iterator[Heard | Called]:
        """What came in, waiting for it at most so long; a message stays in its place until it is forgotten."""
        self._talk.listen(wait_s)
        while self._talk.unasked:
            said = self._talk.unasked.popleft()
            if said.pdu is not None:
                yield Heard(pdu=said.pdu)
            elif said.line.startswith(("+CMTI:", "+CDSI:")):
                self._must_sweep = True
            elif said.line.startswith("+CLIP:"):
                yield from self._hang_up(said.line)
        if self._must_sweep:
            self._must_sweep = False
            yield from self._stored()

    def look_again(self) -> None:
        """Read all memories at the next ``listen``: a notice may have been lost. Asks for the network too."""
        self._must_sweep = True
        self.must_have_network()
        self.signal_dbm = self._signal()

    def forget(self, place: Place) -> None:
        """Delete a message that is kept elsewhere now."""
        self._talk.ask(f'AT+CPMS="{place.memory}"')
        self._talk.ask(f"AT+CMGD={place.index}")

    def must_have_network(self) -> None:
        """Nothing when a network took the SIM in; ModemRefusalError, which halts, when none did."""
        states = [self._registration(command) for command in ("CREG", "CEREG")]
        if not _REGISTERED.intersection(states):
            raise ModemRefusalError(
                "modem: no network has taken the SIM in; see antenna and SIM", family="CME", code=30
            )

    def balance(self, code: str) -> str | None:
        """What the operator answers to a USSD code such as *555#; None when it says nothing."""
        self._talk.ask(f'AT+CUSD=1,"{code}",15', 10.0)
        until_s = self._clock.monotonic_s() + _USSD_PATIENCE_S
        while self._clock.monotonic_s() < until_s:
            self._talk.listen(0.2)
            for said in self._talk.unasked:
                if said.line.startswith("+CUSD:"):
                    self._talk.unasked.remove(said)
                    found = _QUOTED.search(said.line)
                    return found[1] if found is not None else None
        return None

    def _set_up(self, pin: Pin) -> None:
        self._greet()
        self._talk.ask("ATE0")
        self._talk.ask("AT+CMEE=1")
        self._open_sim(pin)
        for command in ("AT+CREG=0", "AT+CLIP=1", 'AT+CSCS="GSM"'):
            self._if_it_can(command)
        self._talk.ask("AT+CMGF=0")
        if not any(self._if_it_can(command) for command in _NOTICES):
            raise ModemRefusalError("AT+CNMI: refused in every form; use another modem", family="CMS", code=303)
        if self._config.smsc is not None:
            self._talk.ask(f'AT+CSCA="{self._config.smsc}",145')
        self._memories = self._known_memories()
        self.must_have_network()
        self.signal_dbm = self._signal()

    def _greet(self) -> None:
        """Get an answer from a modem that may sleep, be half way through something, or measure the line's rate."""
        for attempt in range(_GREETINGS):
            try:
                self._talk.give_up()
                self._talk.ask("AT", 1.0)
            except (ModemSilentError, ModemRefusalError):
                if attempt == _GREETINGS - 1:
                    raise ModemSilentError(
                        f"modem {self._config.device}: expected an answer to AT, got none; see that it is powered,"
                        " that device is its port for AT commands, and baud_rate"
                    ) from None
            else:
                return

    def _open_sim(self, pin: Pin) -> None:
        answer = " ".join(self._talk.ask("AT+CPIN?", 10.0, expect="+CPIN:"))
        if "READY" in answer:
            return
        secret = pin.read() if "SIM PIN" in answer and "2" not in answer else None
        if secret is None:
            wish = answer.removeprefix("+CPIN:").strip()[:20]
            raise ModemRefusalError(
                f"modem: the SIM asks for {wish or 'a secret'}; put its PIN into [modem] pin_file, or unlock it in a"
                " telephone: a PIN it refused is never tried again",
                family="CME",
                code=11,
            )
        try:
            self._talk.ask(f'AT+CPIN="{secret}"', 10.0)
        except ModemRefusalError as error:
            raise ModemRefusalError(
                "modem: the SIM refused its PIN, which is not tried again; correct [modem] pin_file",
                family="CME",
                code=error.code,
            ) from None
        pin.accepted()

    def _if_it_can(self, command: str) -> bool:
        try:
            self._talk.ask(command)
        except ModemRefusalError:
            return False
        return True

    def _known_memories(self) -> tuple[str, ...]:
        try:
            (answer, *_) = self._talk.ask("AT+CPMS=?", expect="+CPMS:") or ("",)
        except ModemRefusalError:
            return ("SM",)
        first = set(_QUOTED.findall(answer.partition(")")[0]))
        return tuple(memory for memory in _MEMORIES if memory in first) or ("SM",)

    def _registration(self, command: str) -> int | None:
        try:
            lines = self._talk.ask(f"AT+{command}?", expect=f"+{command}:")
        except ModemRefusalError:
            return None
        numbers = _NUMBERS.findall(lines[0].partition(":")[2]) if lines else []
        return int(numbers[1]) if len(numbers) > 1 else None

    def _signal(self) -> int | None:
        try:
            lines = self._talk.ask("AT+CSQ", expect="+CSQ:")
        except ModemRefusalError:
            return None
        numbers = _NUMBERS.findall(lines[0].partition(":")[2]) if lines else []
        level = int(numbers[0]) if numbers else _UNKNOWN_SIGNAL
        return None if level >= _UNKNOWN_SIGNAL else -113 + 2 * min(level, 31)

    def _stored(self) -> Iterator[Heard]:
        for memory in self._memories:
            if not self._if_it_can(f'AT+CPMS="{memory}"'):
                continue
            lines = self._talk.ask("AT+CMGL=4", 20.0, expect="+CMGL:")
            for head, pdu in zip(lines[::2], lines[1::2], strict=False):
                index, _, rest = head.partition(":")[2].strip().partition(",")
                if index.isdecimal() and rest.partition(",")[0] not in _STORED_BY_US:
                    yield Heard(pdu=pdu, place=Place(memory, int(index)))

    def _hang_up(self, line: str) -> Iterator[Called]:
        self._if_it_can("AT+CHUP")
        found = _QUOTED.search(line)
        number = found[1] if found is not None else ""
        now_s = self._clock.monotonic_s()
        before_s = self._last_calls.get(number)
        self._last_calls = {number: now_s}
        if number and (before_s is None or now_s - before_s > _SAME_CALL.total_seconds()):
            international = line.partition('",')[2].startswith("145") and not number.startswith("+")
            yield Called(f"+{number}" if international else number)


def _refused(error: ModemRefusalError, *, handed_over: bool) -> Handed:
    refusal = refusal_of(error.family, error.code, handed_over=handed_over)
    meaning: Meaning = refusal.meaning
    return Handed(outcome=meaning, word=refusal.word)
