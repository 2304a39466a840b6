"""The modem at work beside capture: takes commands over, sends what is due, hears what comes, and never twice.

``take`` is called by the uplink's thread and touches the book alone; everything else belongs to the messenger's thread.
"""

import re
from datetime import datetime
from pathlib import Path
from typing import Final

from edge.belief import Believed
from edge.clock import Clock
from edge.config import GatewayConfig
from edge.contract import Command, topic_of
from edge.errors import ConfigurationError, ContractError, ModemError, ModemRefusalError, UnreadablePduError
from edge.gsm.incoming import IncomingText, read_pdu
from edge.gsm.submit import SHORTEST_VALIDITY, split, submissions
from edge.heartbeat import ModemState
from edge.letters import Letters
from edge.modem import Called, Heard, LineMaker, Modem, serial_line
from edge.outbox import Outbox
from edge.postbox import Postbox
from edge.settings.modem import ModemConfig
from edge.sim_pin import sim_pin
from edge.voice import Voice
from edge.wire import decode_command

_LISTEN_S: Final = 0.5
_LOOK_AGAIN_S: Final = 60.0
_FIRST_PAUSE_S: Final = 5.0
_LONGEST_PAUSE_S: Final = 300.0
_HALT_S: Final = 600.0
"""No credit, no network or a SIM in trouble is not over within a minute."""
_SETTING_UP_S: Final = 120.0
_SETTING_UP: Final = "the modem is being set up"
_KEY: Final = re.compile(r"[0-9a-fA-F]{64}")


class Messenger:
    """A gateway's modem, its book of texts, and the rules by which a command is refused."""

    def __init__(
        self,
        config: GatewayConfig,
        modem: ModemConfig,
        outbox: Outbox,
        *,
        clock: Clock,
        voice: Voice,
        make_line: LineMaker = serial_line,
    ) -> None:
        self._config = modem
        self._topic = topic_of(config.organisation, config.gateway_id, "command")
        self._key = None if modem.command_key_file is None else read_command_key(modem.command_key_file)
        self._pin = sim_pin(modem.pin_file, config.data_dir)
        self._clock, self._voice, self._make_line = clock, voice, make_line
        self._timekeeper = outbox.timekeeper
        self.letters = Letters(outbox)
        self.postbox = Postbox(outbox)
        self._modem: Modem | None = None
        self._failures = 0
        self._next_attempt_s = self._sent_at_s = -float("inf")
        self._looked_at_s = clock.monotonic_s()
        self._halted = False
        self._halted_until_s = -float("inf")
        self.trouble: str | None = _SETTING_UP
        """Why nothing can be sent now, one line; None when nothing is known against it."""
        self.turned_at_s = clock.monotonic_s()
        """When ``step`` was last called [monotonic s]."""
        cut = self.letters.recover(self._now())
        if cut:
            voice.tell(f"{cut} texts were cut short by the last stop and may have left; they are not sent again")

    @property
    def longest_turn_s(self) -> float:
        """What one turn may take: a modem set up anew, and one text given to the network."""
        return _SETTING_UP_S + self._config.send_timeout_s

    def take(self, payload: bytes) -> None:
        """Take a command over, or refuse it with the reason; what is no command of ours is told and ignored."""
        try:
            command = decode_command(self._topic, payload, self._key)
        except ContractError as error:
            self._voice.trouble("command", str(error))
            return
        believed = self._timekeeper.believed_now()
        reason = self._refusal(command, believed)
        self.letters.take(command, believed.at, refusal=reason, halted=reason is not None and self._halted)

    def step(self) -> bool:
        """One turn: listen, read, send one part; False when there is no modem to wait on."""
        self.turned_at_s = self._clock.monotonic_s()
        if self._modem is None and not self._connect():
            return False
        try:
            if self._modem is not None:
                self._work(self._modem)
        except ModemError as error:
            self._give_up(error)
        return self._modem is not None

    def close(self) -> None:
        """Let go of the line; what is under way stays in the book."""
        if self._modem is not None:
            self._modem.close()
        self._modem = None

    def state(self) -> ModemState:
        """How the modem is, for a heartbeat."""
        return ModemState(
            ready=self.trouble is None,
            signal_dbm=None if self._modem is None else self._modem.signal_dbm,
            waiting=self.letters.waiting(),
            sent_today=self.letters.sent_today(self._now()),
            trouble=None if self.trouble is None else self.trouble[:160],
        )

    def _work(self, modem: Modem) -> None:
        for said in modem.listen(_LISTEN_S):
            if isinstance(said, Called):
                self.postbox.called(said.number, self._now())
            else:
                self._read(modem, said)
        if self._clock.monotonic_s() - self._looked_at_s > _LOOK_AGAIN_S:
            self._look_again(modem)
        self._send(modem)

    def _read(self, modem: Modem, heard: Heard) -> None:
        now = self._now()
        try:
            content = read_pdu(heard.pdu)
        except UnreadablePduError as error:
            self.postbox.set_aside(heard.pdu, str(error), now)
            self._voice.trouble("unread", f"{error}; it is kept in the queue's file, table unread")
        else:
            if isinstance(content, IncomingText):
                self.postbox.hear(heard.pdu, content, now)
            else:
                self.letters.report(content, now)
        if heard.place is not None:
            modem.forget(heard.place)

    def _look_again(self, modem: Modem) -> None:
        now, quality = self._timekeeper.believed_now()
        self._looked_at_s = self._clock.monotonic_s()
        self.postbox.tell_incomplete(now)
        if quality != "floor":
            self.letters.forget_old(now)
            self.postbox.forget_old(now)
        try:
            modem.look_again()
        except ModemRefusalError as error:
            self._halt(str(error))
        else:
            self._go_on()

    def _send(self, modem: Modem) -> None:
        now, quality = self._timekeeper.believed_now()
        rested = self._clock.monotonic_s() - self._sent_at_s >= self._config.seconds_per_part
        if self.trouble is not None or not rested or quality == "floor":
            return
        letter = self.letters.next_due(now)
        if letter is None or self.letters.sent_today(now) >= self._config.daily_limit:
            return
        validity = letter.valid_until - now
        parts = submissions(letter.number, letter.text, reference=letter.reference, validity=validity)
        self.letters.claim(letter, now)
        handed = modem.send(parts[letter.place - 1])
        self._sent_at_s = self._clock.monotonic_s()
        self.letters.record(letter, handed, self._now())
        if handed.outcome == "halt":
            self._halted_until_s = self._sent_at_s + _HALT_S
            self._halt(handed.word or "the modem sends nothing")
        if handed.owes_answer:
            self._give_up(ModemError(f"modem: {handed.word}; it is set up again"))

    def _connect(self) -> bool:
        if self._clock.monotonic_s() < self._next_attempt_s:
            return False
        try:
            line = self._make_line(self._config)
            self._modem = Modem(self._config, line, self._clock, self._pin)
        except ModemError as error:
            self._give_up(error)
            return False
        self._failures = 0
        self._looked_at_s = self._clock.monotonic_s()
        self._go_on()
        return True

    def _give_up(self, error: ModemError) -> None:
        self.close()
        pause_s = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2.0**self._failures)
        self._failures = min(self._failures + 1, 8)
        self._next_attempt_s = self._clock.monotonic_s() + pause_s
        self._halt(str(error))

    def _halt(self, reason: str) -> None:
        self.trouble, self._halted = reason, True
        self._voice.trouble("modem", f"{reason}; texts taken over wait, and new ones are refused to the cloud")

    def _go_on(self) -> None:
        if self._clock.monotonic_s() < self._halted_until_s:
            return
        self.trouble, self._halted = None, False
        self._voice.over("modem", "the modem sends and hears again")

    def _now(self) -> datetime:
        return self._timekeeper.believed_now().at

    def _refusal(self, command: Command, believed: Believed) -> str | None:
        now, quality = believed
        parts, waiting = len(split(command.text)), self.letters.waiting_parts()
        left_s, allowed = (command.valid_until - now).total_seconds(), self._config.number_prefixes
        rules: tuple[tuple[bool, str], ...] = (
            (quality == "floor", "the gateway's clock cannot be believed"),
            (left_s < SHORTEST_VALIDITY.total_seconds(), "too late: no five minutes are left"),
            (bool(allowed) and not command.phone_number.startswith(allowed), "number_prefixes allow no such number"),
            (self.trouble is not None, self.trouble or ""),
            (
                self.letters.sent_today(now) + waiting + parts > self._config.daily_limit,
                f"daily limit of {self._config.daily_limit} parts",
            ),
            ((waiting + parts) * self._config.seconds_per_part > left_s, f"{waiting} parts wait before it"),
        )
        return next((reason for applies, reason in rules if applies), None)


def read_command_key(file: Path) -> bytes:
    """Secret that commands are sealed with; ConfigurationError when the file holds none."""
    try:
        text = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file}: the command key cannot be read ({error}); correct the file") from error
    if _KEY.fullmatch(text) is None:
        raise ConfigurationError(f"{file}: expected a command key of 64 hex digits, got another text; copy the cloud's")
    return bytes.fromhex(text)
