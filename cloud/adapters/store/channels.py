"""Channels to telephones: which stand still and why, and what a day has cost."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, select

from cloud.adapters.store.database import Database
from cloud.adapters.store.moving import plain
from cloud.adapters.store.sending_tables import CHANNEL_WORDS, MESSAGE_STATE
from cloud.dispatch.carrier import ChannelHalt

COSTS_NOTHING: Final = ("queued", "halted", "expired")
MANY: Final = 3
"""Delivered more often than this: somebody pays once and a farmer is woken often."""


class Channels(Database):
    """What the store knows of channels."""

    def channel_halt(self, carrier: str) -> ChannelHalt | None:
        """Why a channel stands still, or None."""
        with self.reading() as connection:
            return _halt(connection, carrier)

    def halts(self) -> tuple[ChannelHalt, ...]:
        """Every channel that stands still."""
        with self.reading() as connection:
            names = connection.execute(select(CHANNEL_WORDS.c.carrier).distinct()).scalars().all()
            found = (_halt(connection, name) for name in sorted(names))
            return tuple(halt for halt in found if halt is not None)

    def halt_channel(self, halt: ChannelHalt) -> None:
        """Keep that a channel stands still, until it is opened; each refusal counts anew."""
        self._say(halt.carrier, "halted", halt.reason, halt.since)

    def open_channel(self, carrier: str, *, at: datetime, reason: str) -> None:
        """Keep that a channel works again."""
        if self.channel_halt(carrier) is not None:
            self._say(carrier, "open", reason, at)

    def segments_since(self, moment: datetime) -> int:
        """Parts of messages handed over since a moment and not surely refused."""
        statement = (
            select(func.coalesce(func.sum(MESSAGE_STATE.c.segments), 0))
            .where(MESSAGE_STATE.c.handed_at >= moment)
            .where(MESSAGE_STATE.c.state.not_in(COSTS_NOTHING))
        )
        with self.reading() as connection:
            return int(connection.execute(statement).scalar_one())

    def segments_waiting(self) -> int:
        """Parts of the messages that are queued."""
        statement = select(func.coalesce(func.sum(MESSAGE_STATE.c.segments), 0)).where(
            MESSAGE_STATE.c.state == "queued"
        )
        with self.reading() as connection:
            return int(connection.execute(statement).scalar_one())

    def counted(self) -> dict[str, int]:
        """How many messages stand in each state that waits for something."""
        statement = (
            select(MESSAGE_STATE.c.state, func.count())
            .where(MESSAGE_STATE.c.state.in_(("queued", "sending", "unknown")))
            .group_by(MESSAGE_STATE.c.state)
        )
        with self.reading() as connection:
            return {state: int(number) for state, number in connection.execute(statement)}

    def delivered_too_often(self, since: datetime) -> tuple[tuple[str, int], ...]:
        """Messages that their carrier reported delivered again and again, with how often."""
        statement = (
            select(MESSAGE_STATE.c.message_id, MESSAGE_STATE.c.repeated)
            .where(MESSAGE_STATE.c.handed_at >= since, MESSAGE_STATE.c.repeated >= MANY)
            .order_by(MESSAGE_STATE.c.repeated.desc(), MESSAGE_STATE.c.message_id)
        )
        with self.reading() as connection:
            return tuple((row.message_id, row.repeated + 1) for row in connection.execute(statement))

    def _say(self, carrier: str, state: str, reason: str, at: datetime) -> None:
        with self.writing() as writer:
            writer.add("channel", [{"carrier": carrier, "state": state, "reason": plain(reason) or "", "at": at}])


def _halt(connection: Connection, carrier: str) -> ChannelHalt | None:
    statement = (
        select(CHANNEL_WORDS)
        .where(CHANNEL_WORDS.c.carrier == carrier)
        .order_by(CHANNEL_WORDS.c.position.desc())
        .limit(1)
    )
    row = connection.execute(statement).one_or_none()
    if row is None or row.state != "halted":
        return None
    return ChannelHalt(carrier=row.carrier, since=row.at, reason=row.reason)
