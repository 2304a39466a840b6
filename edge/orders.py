"""Orders at a gateway: sealed ones are carried out once, everything else is told and ignored."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from edge.errors import ContractError
from edge.order import SMS, Order, OrderKind, decode_order, kind_of
from edge.outbox import Outbox
from edge.voice import Voice

Handler = Callable[[Order], str | None]
"""Carries an order out; why it could not, in one phrase, or None."""
_KEPT: Final = timedelta(days=400)
_SCHEMA: Final = "CREATE TABLE IF NOT EXISTS order_done (id TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT"


class Orders:
    """Hears the command topic; SMS go to the messenger, which has rules of its own."""

    def __init__(
        self,
        outbox: Outbox,
        topic: str,
        key: bytes | None,
        voice: Voice,
        *,
        sms: Callable[[bytes], None] | None = None,
    ) -> None:
        self._outbox, self._topic, self._key, self._voice, self._sms = outbox, topic, key, voice, sms
        self._handlers: dict[OrderKind, Handler] = {}
        with outbox.database.transaction() as connection:
            connection.execute(_SCHEMA)

    @property
    def wanted(self) -> bool:
        """Whether this gateway has anything to hear on the command topic."""
        return self._key is not None or self._sms is not None

    def on(self, kind: OrderKind, handler: Handler) -> None:
        """Who carries a kind of order out."""
        self._handlers[kind] = handler

    def take(self, payload: bytes) -> None:
        """Take a command over as it came; hostile or broken ones are told once and ignored."""
        try:
            kind = kind_of(payload)
            if kind == SMS:
                self._hand_to_the_messenger(payload)
                return
            order = self._read(payload)
        except ContractError as error:
            self._voice.trouble("command", str(error))
            return
        reason = self._refusal(order) or self._carry_out(order)
        if reason is not None:
            self._voice.tell(f"order {order.id} ({order.kind}): {reason}")

    def _hand_to_the_messenger(self, payload: bytes) -> None:
        if self._sms is None:
            raise ContractError("command: expected no SMS, since this gateway has no modem, got one; it is ignored")
        self._sms(payload)

    def _read(self, payload: bytes) -> Order:
        if self._key is None:
            raise ContractError(
                "order: expected none, since this gateway has no command key to check it with, got one; it is ignored"
            )
        return decode_order(self._topic, payload, self._key)

    def _refusal(self, order: Order) -> str | None:
        now, quality = self._outbox.timekeeper.believed_now()
        if quality != "floor" and order.valid_until <= now:
            return "it came too late and is ignored"
        if order.kind not in self._handlers:
            return "nobody here carries that out"
        if self._outbox.database.rows("SELECT 1 FROM order_done WHERE id = ?", order.id):
            return "it was carried out before"
        return None

    def _carry_out(self, order: Order) -> str | None:
        now = int(self._outbox.timekeeper.believed_now().at.timestamp())
        with self._outbox.database.transaction() as connection:
            connection.execute("INSERT INTO order_done VALUES (?, ?)", (order.id, now))
            connection.execute("DELETE FROM order_done WHERE at < ?", (now - int(_KEPT.total_seconds()),))
            return self._handlers[order.kind](order)
