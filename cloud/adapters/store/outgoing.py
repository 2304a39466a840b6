"""Messages on their way: queued once, claimed durably before any network call, moved by what the carrier says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, func, or_, select

from cloud.adapters.personal import comparable_number
from cloud.adapters.store.database import Writer
from cloud.adapters.store.doubts import Doubts, settle_doubts
from cloud.adapters.store.exchanges import keep_exchanges
from cloud.adapters.store.land import farmers_in
from cloud.adapters.store.moving import Board, Word, apply_words, known_in, own_word
from cloud.adapters.store.queueing import (
    bring_back_in,
    held_in,
    message_identity,
    queue_in,
    queue_rows,
    refusal_of,
    selected,
)
from cloud.adapters.store.sending_tables import MESSAGE_STATE
from cloud.adapters.store.tables import FARMER_STATE, MESSAGES
from cloud.adapters.store.vault import ring_of
from cloud.adapters.store.views import MessageLog, message_log_of
from cloud.dispatch.carrier import Settlement
from cloud.dispatch.priority import Priority
from cloud.dispatch.refusals import refuses_all
from cloud.dispatch.timing import Leave
from cloud.errors import IntegrityError
from cloud.messages import Delivery, Farmer, Message, QueuedMessage

Leaves = Callable[[datetime, Farmer, Message], Leave]
"""When a message may leave at the earliest, for a farmer, as of now."""

_LOOKED_AT: Final = 200
"""Messages looked at in one transaction, of which most may have to wait for their hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """Ids of texts queued together, in order, None where one could not be; and why, each."""

    message_ids: tuple[str | None, ...]
    problems: tuple[str, ...]


class Outgoing(Doubts):
    """The sending side of the store."""

    def queue_message(self, message: Message, *, verdict_digest: str, now: datetime) -> str:
        """Queue a text for its farmer; the same text queued again is the same message."""
        with self.writing() as writer:
            return queue_in(writer, self._keys, message, verdict_digest=verdict_digest, now=now)

    def queue_messages(self, messages: Sequence[tuple[Message, str]], *, now: datetime) -> Queued:
        """Queue many texts, each with its verdict's digest, in one go; one that cannot be keeps no other waiting."""
        with self.writing() as writer:
            known = frozenset(writer.connection.execute(select(FARMER_STATE.c.farmer_id)).scalars())
            refused = [refusal_of(message, known) for message, _ in messages]
            names = [
                message_identity(message) if problem is None else None
                for (message, _), problem in zip(messages, refused, strict=True)
            ]
            held = held_in(writer, [name for name in names if name is not None])
            bring_back_in(writer, sorted(held), now)
            fresh = {
                name: one for name, one in zip(names, messages, strict=True) if name is not None and name not in held
            }
            texts = {name: message for name, (message, _) in fresh.items()}
            queue_rows(writer, texts, {name: digest for name, (_, digest) in fresh.items()}, now)
        problems = tuple(str(problem) for problem in refused if problem is not None)
        return Queued(message_ids=tuple(names), problems=problems)

    def claim_due(
        self, now: datetime, limit: int, *, carrier: str = "", leaves: Leaves | None = None, handing_on: bool = False
    ) -> tuple[QueuedMessage, ...]:
        """Messages to send now, durably marked as being sent; those too old are marked expired and not returned.

        ``leaves`` says when a message may leave for its farmer: one whose hour has not come waits for it. A carrier
        that is ``handing_on`` to another is not given again what it has handed on.
        """
        claim = _Claim(now=now, carrier=carrier, leaves=leaves, handing_on=handing_on)
        while limit > 0:
            with self.writing() as writer:
                rows = _due(writer, claim, _LOOKED_AT if leaves is not None else limit)
                taken = self._claim(writer, rows, limit, claim)
            if taken or not rows:
                return taken
        return ()

    def record_delivery(
        self, delivery: Delivery, *, retry_at: datetime | None = None, phone_number: str | None = None
    ) -> None:
        """Apply what a carrier said of a message; a word about a message not known yet is kept until it is.

        ``queued`` means that the carrier surely refused this attempt: the message is due again at ``retry_at``. The
        number that a report names may tell what became of a message whose answer was lost.
        """
        if delivery.state == "failed" and refuses_all(delivery.reason):
            self._hear_opt_out(delivery)
        with self.writing() as writer:
            orphan = phone_number is not None and not known_in(writer, delivery)
            index = self._index(writer, phone_number) if orphan and phone_number is not None else None
            apply_words(writer, [Word(delivery, retry_at, index)])
            if index is not None:
                settle_doubts(writer, index)

    def settle(self, settlements: Sequence[Settlement]) -> None:
        """Keep what became of attempts, in order, all or nothing."""
        with self.writing() as writer:
            apply_words(
                writer,
                [
                    Word(
                        one.delivery,
                        one.retry_at,
                        not_over=one.delivery.carrier if one.handed_on else None,
                        only_over=one.only_over,
                    )
                    for one in settlements
                ],
            )
            keep_exchanges(writer, settlements)

    def expire(self, now: datetime) -> int:
        """Mark queued messages whose validity has ended as expired; how many there were."""
        with self.writing() as writer:
            late = selected(writer, (MESSAGE_STATE.c.state == "queued") & (MESSAGE_STATE.c.valid_until <= now))
            apply_words(writer, [_expired(row.message_id, now) for row in late])
            return len(late)

    def recover_claims(self, now: datetime, *, repeatable: frozenset[str] = frozenset()) -> int:
        """Mark messages whose sending was cut short as unknown: they may have left, so they are never sent again.

        ``repeatable`` carriers take a message once however often they get it; only they are asked again. How many
        messages are unknown from now on; reports that came meanwhile have told what became of the others.
        """
        with self.writing() as writer:
            rows = selected(writer, MESSAGE_STATE.c.state == "sending")
            words = [_cut_short(row, now, again=row.carrier in repeatable) for row in rows]
            apply_words(writer, words)
            settle_doubts(writer)
            return sum(row.carrier not in repeatable for row in rows)

    def doubt_waiting(self, now: datetime, reason: str) -> int:
        """Mark every message that waits as unknown: where this store was brought back, others may have sent it since.

        How many there were; an operator or a delivery report decides each of them.
        """
        with self.writing() as writer:
            rows = selected(writer, MESSAGE_STATE.c.state.in_(("queued", "sending")))
            apply_words(writer, [Word(own_word(row.message_id, "unknown", now, reason)) for row in rows])
            settle_doubts(writer)
            return len(rows)

    def message_log(self, parcel_id: str | None = None) -> tuple[MessageLog, ...]:
        """Every message, or those of one parcel, with where it stands; newest first."""
        statement = select(MESSAGES, MESSAGE_STATE).join(
            MESSAGE_STATE, MESSAGES.c.message_id == MESSAGE_STATE.c.message_id
        )
        if parcel_id is not None:
            statement = statement.where(MESSAGES.c.parcel_id == parcel_id)
        with self.reading() as connection:
            return tuple(
                message_log_of(row) for row in connection.execute(statement.order_by(MESSAGES.c.position.desc()))
            )

    def waiting(self) -> int:
        """How many messages are queued, whenever they are due."""
        with self.reading() as connection:
            counted = select(func.count()).select_from(MESSAGE_STATE).where(MESSAGE_STATE.c.state == "queued")
            return int(connection.execute(counted).scalar_one())

    def opted_out(self, farmer_id: str, *, by: str, at: datetime) -> None:
        """What is to be kept of a farmer to whom a carrier passes nothing on any more, at the farmer's own wish."""

    def _hear_opt_out(self, delivery: Delivery) -> None:
        with self.writing() as writer:
            board = Board(writer)
            board.open([delivery.message_id])
            name = board.meant(delivery)
            asked = select(MESSAGES.c.farmer_id).where(MESSAGES.c.message_id == name)
            farmer_id = None if name is None else writer.connection.execute(asked).scalar_one()
        if farmer_id is not None:
            self.opted_out(farmer_id, by=delivery.carrier, at=delivery.at)

    def _index(self, writer: Writer, phone_number: str) -> str:
        """Keyed index of a telephone, as the states of farmers have it."""
        return ring_of(writer.connection, self._keys).blind_index(comparable_number(phone_number))

    def _claim(
        self, writer: Writer, rows: Sequence[Row[Any]], limit: int, claim: "_Claim"
    ) -> tuple[QueuedMessage, ...]:
        board = Board(writer)
        board.open(row.message_id for row in rows)
        people = self._people(writer, sorted({row.farmer_id for row in rows}))
        taken: list[QueuedMessage] = []
        for row in rows:
            if len(taken) == limit:
                break
            queued = self._look(board, row, claim, people)
            if queued is not None:
                taken.append(queued)
        board.close()
        return tuple(taken)

    def _people(self, writer: Writer, farmer_ids: Sequence[str]) -> Mapping[str, Farmer | IntegrityError]:
        """The farmers of some messages; one unreadable number must not keep every other farmer waiting."""
        try:
            return farmers_in(writer.connection, self._keys, farmer_ids)
        except IntegrityError:
            found: dict[str, Farmer | IntegrityError] = {}
            for farmer_id in farmer_ids:
                try:
                    found |= farmers_in(writer.connection, self._keys, [farmer_id])
                except IntegrityError as error:
                    found[farmer_id] = error
            return found

    def _look(
        self, board: Board, row: Row[Any], claim: "_Claim", people: Mapping[str, Farmer | IntegrityError]
    ) -> QueuedMessage | None:
        if row.valid_until <= claim.now:
            board.take(_expired(row.message_id, claim.now).delivery)
            return None
        farmer = people.get(row.farmer_id)
        if isinstance(farmer, IntegrityError):
            board.take(own_word(row.message_id, "halted", claim.now, str(farmer)))
            return None
        if farmer is None:
            board.take(own_word(row.message_id, "halted", claim.now, "its farmer's data were erased"))
            return None
        message = Message.model_validate_json(row.body)
        leave = Leave(at=claim.now) if claim.leaves is None else claim.leaves(claim.now, farmer, message)
        if leave.at > claim.now:
            _wait(board, row, leave, claim.now)
            return None
        board.note(own_word(row.message_id, "unknown", claim.now, None), state="sending", applied=True)
        changed = {"state": "sending", "attempts": row.attempts + 1, "updated_at": claim.now, "handed_at": claim.now}
        board.set(row.message_id, {**changed, "carrier": claim.carrier})
        return QueuedMessage(
            message_id=row.message_id, message=message, phone_number=farmer.phone_number, attempts=row.attempts
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    now: datetime
    carrier: str
    leaves: Leaves | None
    handing_on: bool


def _due(writer: Writer, claim: _Claim, limit: int) -> list[Row[Any]]:
    """Messages whose turn it is: one priority after the other, so that an index alone finds them."""
    found: list[Row[Any]] = []
    held = MESSAGE_STATE.c
    over = or_(held.only_over.is_(None), held.only_over == claim.carrier)
    if claim.handing_on:
        over &= or_(held.not_over.is_(None), held.not_over != claim.carrier)
    for priority in Priority:
        if len(found) < limit:
            turn = (held.state == "queued") & (held.priority == int(priority)) & (held.next_attempt_at <= claim.now)
            found += selected(writer, turn & over, limit - len(found))
    return found


def _wait(board: Board, row: Row[Any], leave: Leave, now: datetime) -> None:
    if leave.at >= row.valid_until:
        reason = f"waiting for {leave.why} leaves no time before its validity ends at {row.valid_until.isoformat()}"
        board.take(own_word(row.message_id, "expired", now, reason))
    else:
        board.set(row.message_id, {"next_attempt_at": leave.at, "reason": f"waits for {leave.why}"})


def _expired(message_id: str, now: datetime) -> Word:
    return Word(own_word(message_id, "expired", now, "no longer valid when its turn came"))


def _cut_short(row: Row[Any], now: datetime, *, again: bool) -> Word:
    state = "queued" if again else "unknown"
    word = own_word(row.message_id, state, now, "the sender stopped while it was being sent")
    return Word(word, only_over=row.carrier if again else None)
