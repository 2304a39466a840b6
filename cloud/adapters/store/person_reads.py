"""What is read of people as a whole: one person's dossier, and what every carrier was given."""

from datetime import datetime

from sqlalchemy import distinct, func, select

from cloud.adapters.store.land import Land, farmer_versions_in
from cloud.adapters.store.sending_tables import MESSAGE_STATE
from cloud.adapters.store.tables import INBOUND, MESSAGES, TRANSITIONS
from cloud.messages import Farmer, Message
from cloud.people.dossier import SentText
from cloud.people.sovereignty import Traffic

_TOOK = ("wired", "sent", "delivered")


class PersonReads(Land):
    """Reports about people."""

    def farmer_versions(self, farmer_id: str) -> tuple[Farmer, ...]:
        """A person as they were over time, oldest first."""
        with self.reading() as connection:
            return farmer_versions_in(connection, self._keys, farmer_id)

    def sent_to(self, farmer_id: str) -> tuple[SentText, ...]:
        """Every text that was made for a person, oldest first."""
        statement = (
            select(MESSAGES, MESSAGE_STATE.c.state)
            .join(MESSAGE_STATE, MESSAGE_STATE.c.message_id == MESSAGES.c.message_id)
            .where(MESSAGES.c.farmer_id == farmer_id)
            .order_by(MESSAGES.c.position)
        )
        with self.reading() as connection:
            return tuple(
                SentText(
                    queued_at=row.queued_at,
                    parcel_id=row.parcel_id,
                    kind=message.kind,
                    text=message.text,
                    state=row.state,
                )
                for row in connection.execute(statement)
                for message in (Message.model_validate_json(row.body),)
            )

    def people_told(self, kind: str) -> frozenset[str]:
        """Who was ever written a message of a kind, whatever became of it."""
        statement = select(MESSAGES.c.farmer_id).distinct().where(MESSAGES.c.body.contains(f'"kind":"{kind}"'))
        with self.reading() as connection:
            return frozenset(connection.execute(statement).scalars())

    def traffic(self, first: datetime, last: datetime) -> tuple[Traffic, ...]:
        """What each carrier was given and gave from one moment until before another."""
        within = (TRANSITIONS.c.at >= first) & (TRANSITIONS.c.at < last) & (TRANSITIONS.c.carrier != "seguia")
        people = func.count(distinct(MESSAGES.c.farmer_id))
        messages = func.count(distinct(TRANSITIONS.c.message_id))
        given = (
            select(TRANSITIONS.c.carrier, messages.label("messages"), people.label("people"))
            .join(MESSAGES, MESSAGES.c.message_id == TRANSITIONS.c.message_id)
            .where(within, TRANSITIONS.c.state.in_(_TOOK))
            .group_by(TRANSITIONS.c.carrier)
        )
        took = select(TRANSITIONS.c.message_id).where(TRANSITIONS.c.state.in_(_TOOK))
        perhaps = (
            select(TRANSITIONS.c.carrier, messages.label("messages"))
            .where(within, TRANSITIONS.c.state == "unknown", TRANSITIONS.c.message_id.not_in(took))
            .group_by(TRANSITIONS.c.carrier)
        )
        heard = (
            select(INBOUND.c.carrier, func.count().label("texts"))
            .where(INBOUND.c.received_at >= first, INBOUND.c.received_at < last)
            .group_by(INBOUND.c.carrier)
        )
        with self.reading() as connection:
            handed = {row.carrier: (row.messages, row.people) for row in connection.execute(given)}
            doubtful = {row.carrier: row.messages for row in connection.execute(perhaps)}
            received = {row.carrier: row.texts for row in connection.execute(heard)}
        return tuple(
            Traffic(
                carrier=carrier,
                handed=handed.get(carrier, (0, 0))[0],
                perhaps=doubtful.get(carrier, 0),
                people=handed.get(carrier, (0, 0))[1],
                received=received.get(carrier, 0),
            )
            for carrier in sorted(handed.keys() | doubtful.keys() | received.keys())
        )
