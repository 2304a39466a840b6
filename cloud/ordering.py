"""Orders to gateways other than SMS: made, sealed and sent; whoever is not there is told so."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol

from edge.contract import MessageId, topic_of
from edge.order import Order, encode_order

NO_LISTENER: Final = 16
"""The broker took a message and has nobody to give it to (MQTT v5 alone says so)."""
EVIDENCE_VALID: Final = timedelta(days=1)
Handed = Literal["taken", "nobody", "unsent"]


class Line(Protocol):
    """What an order needs of the line to the broker."""

    def publish(self, topic: str, payload: bytes, *, lasts_s: int | None = None) -> int | None:
        """Send one message; its number, or None if it surely does not leave."""
        ...

    def receipt(self, number: int) -> int | None:
        """What the broker said of it; None while it has said nothing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Whom an order goes to, and the key that seals it."""

    organisation: str
    gateway: str
    key: bytes

    @property
    def topic(self) -> str:
        """Where the gateway hears orders."""
        return topic_of(self.organisation, self.gateway, "command")


def evidence_order(detection: MessageId, now: datetime) -> Order:
    """Order for the picture behind a detection; asking again is another order."""
    return Order(
        kind="send_evidence",
        id=f"evidence-{secrets.token_hex(8)}",
        valid_until=now + EVIDENCE_VALID,
        boot=detection.boot,
        sequence=detection.sequence,
    )


def update_order(now: datetime) -> Order:
    """Order to look for releases at once."""
    return Order(kind="update_now", id=f"update-{secrets.token_hex(8)}", valid_until=now + timedelta(hours=1))


def hand_over(line: Line, address: Address, order: Order, now: datetime) -> int | None:
    """Send an order; the number of its message, None if it surely did not leave."""
    lasts_s = max(1, int((order.valid_until - now).total_seconds()))
    return line.publish(address.topic, encode_order(order, address.topic, address.key), lasts_s=lasts_s)


def fate_of(line: Line, number: int | None) -> Handed | None:
    """What became of an order at the broker; None while it has said nothing."""
    if number is None:
        return "unsent"
    said = line.receipt(number)
    return None if said is None else "nobody" if said == NO_LISTENER else "taken"
