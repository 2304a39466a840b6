"""Calls that the service makes: claimed durably before a telephone rings, each step of each in the ledger."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, select

from cloud.adapters.store.call_tables import CALLS
from cloud.adapters.store.database import Writer
from cloud.adapters.store.land import Land
from cloud.adapters.store.sending_tables import MESSAGE_STATE
from cloud.adapters.store.tables import MESSAGES
from cloud.calling import Written
from cloud.messages import Farmer, Message

ON_THE_TELEPHONE: Final = frozenset({"wired", "sent", "delivered"})
ENDS: Final = frozenset({"taken", "missed"})


class Calls(Land):
    """The side of the store that rings telephones."""

    def callees(self) -> tuple[Farmer, ...]:
        """People who want to be called, by id."""
        return tuple(farmer for farmer in self.farmers() if farmer.voice)

    def uncalled(self, farmer_id: str, now: datetime, written_before: datetime) -> tuple[Written, ...]:
        """Valid texts that reached a person before a moment and that no call has told yet, oldest first."""
        statement = (
            select(MESSAGES.c.message_id, MESSAGES.c.body)
            .join(MESSAGE_STATE, MESSAGE_STATE.c.message_id == MESSAGES.c.message_id)
            .where(
                MESSAGES.c.farmer_id == farmer_id,
                MESSAGE_STATE.c.state.in_(sorted(ON_THE_TELEPHONE)),
                MESSAGE_STATE.c.updated_at <= written_before,
                MESSAGE_STATE.c.valid_until > now,
            )
            .order_by(MESSAGES.c.position)
        )
        with self.reading() as connection:
            rows = list(connection.execute(statement))
            return tuple(
                Written(message_id=row.message_id, message=Message.model_validate_json(row.body))
                for row in rows
                if _state(connection, row.message_id) in {None, "returned"}
            )

    def claim_call(self, message_ids: Sequence[str], now: datetime) -> bool:
        """Mark texts as being told by a call; False when one of them is claimed already."""
        with self.writing() as writer:
            if any(_state(writer.connection, one) not in {None, "returned"} for one in message_ids):
                return False
            _add(writer, message_ids, "claimed", now)
            return True

    def keep_call(
        self, message_ids: Sequence[str], state: str, now: datetime, *, session: str | None, reason: str | None
    ) -> None:
        """Keep what became of a call."""
        with self.writing() as writer:
            _add(writer, message_ids, state, now, session=session, reason=reason)

    def call_ended(self, session: str, now: datetime, *, taken: bool) -> None:
        """Keep whether a call was taken; once, and nothing for a call that the service did not make."""
        with self.writing() as writer:
            told = select(CALLS.c.message_id, CALLS.c.state).where(CALLS.c.session == session)
            rows = list(writer.connection.execute(told))
            if not any(row.state in ENDS for row in rows):
                ids = sorted({row.message_id for row in rows})
                _add(writer, ids, "taken" if taken else "missed", now, session=session)

    def recover_calls(self, now: datetime) -> int:
        """Mark calls whose making was cut short as unknown: the telephone may have rung, so they are not made again."""
        with self.writing() as writer:
            claimed = select(CALLS.c.message_id).where(CALLS.c.state == "claimed").distinct()
            ids = sorted(writer.connection.execute(claimed).scalars())
            cut = [one for one in ids if _state(writer.connection, one) == "claimed"]
            _add(writer, cut, "unknown", now, reason="the caller stopped while the call was being made")
            return len(cut)


def _state(connection: Connection, message_id: str) -> str | None:
    """The last thing that became of a text's call."""
    last = select(func.max(CALLS.c.position)).where(CALLS.c.message_id == message_id).scalar_subquery()
    return connection.execute(select(CALLS.c.state).where(CALLS.c.position == last)).scalar_one_or_none()


def _add(
    writer: Writer,
    message_ids: Sequence[str],
    state: str,
    now: datetime,
    *,
    session: str | None = None,
    reason: str | None = None,
) -> None:
    rows = [{"message_id": one, "state": state, "session": session, "reason": reason, "at": now} for one in message_ids]
    writer.add("call", rows)
