"""SMS through the GSM modems of the gateways: a command to a gateway, and its own word that it holds it durably.

A broker's receipt says nothing of the gateway. Only the gateway's word counts: it keeps what it was told in a book, so
that the same message may be commanded again and leaves once. Nobody listening, or a refusal, is surely not sent.
"""

import math
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cloud.adapters.broker import BrokerLink, Heard, to_stderr
from cloud.config import BrokerConfig, CloudConfig, Secrets
from cloud.dispatch.carrier import Outcome, OutcomeKind
from cloud.errors import ConfigurationError, ServiceUnavailableError
from cloud.messages import QueuedMessage
from cloud.modem_config import ModemConfig
from cloud.ordering import NO_LISTENER
from cloud.secrets import read_secret
from edge.contract import Command, SmsReport, parse_topic, topic_of
from edge.errors import ContractError
from edge.gateway_advice import SAID_ALREADY
from edge.wire import decode_report, encode_command

NAME: Final = "modem"
COMMAND_AGAIN_S: Final = 5.0
_LOOK_S: Final = 0.02
_CONNECT_S: Final = 10.0
_HALTED_RETRY_S: Final = 900.0
_KEY: Final = re.compile(r"[0-9a-fA-F]{64}")
_MEANINGS: Final[Mapping[str, OutcomeKind]] = {
    "taken": "accepted",
    "sent": "accepted",
    "delivered": "accepted",
    "failed": "rejected",
    "expired": "rejected",
    "unknown": "unknown",
    "refused": "retry",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModemSettings:
    """Where the gateways are reached, and which of them serves whom."""

    organisation: str
    broker: BrokerConfig
    modem: ModemConfig
    password: str | None = None
    command_key: bytes | None = None


@dataclass(slots=True)
class _Order:
    """A command under way."""

    gateway: str
    command: Command
    receipts: list[int]
    commanded_at_s: float = -float("inf")


class ModemCarrier:
    """Hands messages to gateways; every message gets exactly one outcome."""

    name: Final = NAME
    live: Final = True
    takes_once: Final = True
    """A gateway sends a message once, however often it is commanded."""

    def __init__(
        self,
        settings: ModemSettings,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
        tell: Callable[[str], None] = to_stderr,
    ) -> None:
        self._settings = settings
        self._now_s = monotonic_s
        self._words: dict[tuple[str, str], list[SmsReport]] = {}
        """By the gateway that was commanded, whose word alone counts, and the message."""
        self._heard = threading.Condition()
        topics = [self._topic(gateway, "report") for gateway in sorted(settings.modem.gateways)]
        self._link = BrokerLink(settings.broker, settings.password, hear=self._hear, tell=tell, topics=topics)
        self._open = False

    def check(self) -> None:
        """Connect; ServiceUnavailableError when the broker cannot be reached."""
        if not self._open:
            self._link.open(_CONNECT_S)
            self._open = True

    def close(self) -> None:
        """Leave the broker."""
        self._link.close()
        self._open = False

    def send(self, batch: Sequence[QueuedMessage]) -> tuple[Outcome, ...]:
        """One outcome a message, in the order of the batch."""
        try:
            self.check()
        except ServiceUnavailableError as error:
            return (Outcome(kind="retry", reason=str(error)),) * len(batch)
        orders = {queued.message_id: self._order(queued) for queued in batch}
        outcomes = self._carry_out({name: order for name, order in orders.items() if order is not None})
        unserved = Outcome(kind="retry", reason="no gateway serves this parcel; name one in [sms.modem]")
        return tuple(outcomes.get(queued.message_id, unserved) for queued in batch)

    def _order(self, queued: QueuedMessage) -> _Order | None:
        message = queued.message
        gateway = self._settings.modem.gateway_of(message.parcel_id)
        if gateway is None:
            return None
        command = Command(
            id=queued.message_id,
            about=about(queued),
            attempt=queued.attempts,
            phone_number=queued.phone_number,
            text=message.text,
            valid_until=message.valid_until,
        )
        return _Order(gateway, command, [])

    def _carry_out(self, orders: Mapping[str, _Order]) -> dict[str, Outcome]:
        """Command, wait for the gateways' words, command again in between what nobody has answered."""
        with self._heard:
            self._words = {(order.gateway, name): [] for name, order in orders.items()}
        outcomes: dict[str, Outcome] = {}
        until_s = self._now_s() + self._settings.modem.patience_s
        while len(outcomes) < len(orders) and self._now_s() < until_s:
            for name, order in orders.items():
                if name not in outcomes and self._now_s() - order.commanded_at_s >= COMMAND_AGAIN_S:
                    self._command(order)
            with self._heard:
                self._heard.wait(_LOOK_S)
            outcomes.update(self._answered(orders, outcomes))
        silent = {name: _silence(order, self._link) for name, order in orders.items() if name not in outcomes}
        return outcomes | silent

    def _command(self, order: _Order) -> None:
        if not self._link.connected:
            return
        topic = self._topic(order.gateway, "command")
        # What nobody took while its answer is waited for is commanded again, and must not be taken twice as late.
        receipt = self._link.publish(
            topic,
            encode_command(order.command, topic, self._settings.command_key),
            lasts_s=max(1, math.ceil(self._settings.modem.patience_s)),
        )
        order.commanded_at_s = self._now_s()
        if receipt is not None:
            order.receipts.append(receipt)

    def _answered(self, orders: Mapping[str, _Order], known: Iterable[str]) -> dict[str, Outcome]:
        answered: dict[str, Outcome] = {}
        for name in set(orders).difference(known):
            with self._heard:
                words = tuple(self._words[orders[name].gateway, name])
            outcome = _meant(orders[name], words, alone=len(self._settings.modem.gateways) == 1)
            if outcome is None and _nobody_listens(orders[name], self._link):
                outcome = _away(orders[name])
            if outcome is not None:
                answered[name] = outcome
        return answered

    def _hear(self, heard: Heard) -> bool:
        """Keep a word about a message under way; the ingest keeps all of them, so that none is needed here."""
        try:
            _, gateway, _ = parse_topic(heard.topic)
            _, report = decode_report(gateway, heard.payload)
        except ContractError:
            return False
        with self._heard:
            if (gateway, report.id) in self._words:
                self._words[gateway, report.id].append(report)
                self._heard.notify_all()
        return False

    def _topic(self, gateway: str, kind: str) -> str:
        return topic_of(self._settings.organisation, gateway, "command" if kind == "command" else "report")


def about(queued: QueuedMessage) -> str:
    """What a message says, as parcel-day-kind: a gateway that said it of itself does not say it again."""
    message = queued.message
    day = message.day or message.valid_until.date()
    return f"{message.parcel_id}-{day.isoformat()}-{message.kind}"[:200]


def command_key(file: Path | None) -> bytes | None:
    """Secret that commands are sealed with; ConfigurationError when the file holds none."""
    if file is None:
        return None
    text = read_secret(file, "command key").strip()
    if _KEY.fullmatch(text) is None:
        raise ConfigurationError(
            f"{file}: expected a command key of 64 hex digits, got another text; make one with: openssl rand -hex 32"
        )
    return bytes.fromhex(text)


def modem_carrier(config: CloudConfig) -> ModemCarrier:
    """The carrier of an installation whose gateways have modems."""
    assert config.sms.modem is not None, "the configuration refuses this carrier without its section"
    settings = ModemSettings(
        organisation=config.organisation,
        broker=config.broker,
        modem=config.sms.modem,
        password=Secrets(config).broker_password(),
        command_key=command_key(config.sms.modem.command_key_file),
    )
    return ModemCarrier(settings)


def _meant(order: _Order, words: Sequence[SmsReport], *, alone: bool) -> Outcome | None:
    """What the words of a gateway mean for this attempt; None while there is none."""
    for word in words:
        if word.state == "refused" and word.attempt != order.command.attempt:
            continue
        kind = _MEANINGS[word.state]
        if word.state == "refused" and (word.reason or "").startswith(SAID_ALREADY):
            kind = "rejected"  # its person has it: no other carrier may say it once more
        if word.state == "refused" and word.halted and alone:
            kind = "halt"
        return Outcome(
            kind=kind,
            carrier_id=f"{order.gateway}/{word.id}" if kind == "accepted" else None,
            reason=None if kind == "accepted" else f"gateway {order.gateway}: {word.reason or word.state}",
            retry_after_s=_HALTED_RETRY_S if word.halted else None,
            said=f"gateway {order.gateway}: {word.state}",
        )
    return None


def _nobody_listens(order: _Order, link: BrokerLink) -> bool:
    """Whether the broker had nobody to give any copy of a command to: surely not sent."""
    said = [link.receipt(number) for number in order.receipts]
    return bool(said) and all(code == NO_LISTENER for code in said)


def _away(order: _Order) -> Outcome:
    return Outcome(kind="retry", reason=f"gateway {order.gateway} is not connected, or has no modem")


def _silence(order: _Order, link: BrokerLink) -> Outcome:
    if not order.receipts:
        return Outcome(kind="retry", reason="the broker could not be reached; the command did not leave")
    if _nobody_listens(order, link):
        return _away(order)
    return Outcome(kind="unknown", reason=f"gateway {order.gateway} did not say whether it took the message")
