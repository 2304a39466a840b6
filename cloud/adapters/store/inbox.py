"""What farmers wrote, encrypted, found again by a keyed index of the number."""

from sqlalchemy import select

from cloud.adapters.personal import comparable_number
from cloud.adapters.store.database import Database
from cloud.adapters.store.land import holdings_in
from cloud.adapters.store.people_tables import FARMER_NUMBERS, INBOUND_INDEX
from cloud.adapters.store.tables import INBOUND
from cloud.adapters.store.vault import data_key_in, ring_of, unseal_many
from cloud.adapters.store.vault import number as number_of
from cloud.messages import Inbound
from cloud.people.numbers import owners


class Inbox(Database):
    """The answering side of the store."""

    def add_inbound(self, inbound: Inbound) -> bool:
        """Keep a farmer's text; False when the carrier had handed it over before."""
        with self.writing() as writer:
            held = select(INBOUND.c.position).where(
                INBOUND.c.carrier == inbound.carrier, INBOUND.c.carrier_id == inbound.carrier_id
            )
            if writer.connection.execute(held).first() is not None:
                return False
            number = comparable_number(inbound.phone_number)
            # By the month in which it was kept: a carrier's own time could put it out of reach of retention.
            key = data_key_in(writer, self._keys, holder=number_of(number), at=writer.now)
            row = {
                "carrier": inbound.carrier,
                "carrier_id": inbound.carrier_id,
                "phone_index": key.index(number),
                "sealed": key.seal(inbound.model_dump_json(), inbound_record_id(inbound.carrier, inbound.carrier_id)),
                "received_at": inbound.received_at,
            }
            (position,) = writer.add("inbound", [row])
            index = ring_of(writer.connection, self._keys).blind_index(number)
            writer.put(INBOUND_INDEX, [{"inbound": position, "phone_index": index}])
            return True

    def inbound_of(self, farmer_id: str) -> tuple[Inbound, ...]:
        """Texts that came from a number while it was a farmer's, oldest first; what was erased is left out."""
        held = select(FARMER_NUMBERS.c.phone_index).where(FARMER_NUMBERS.c.farmer_id == farmer_id)
        statement = (
            select(INBOUND, INBOUND_INDEX.c.phone_index.label("number"))
            .join(INBOUND_INDEX, INBOUND_INDEX.c.inbound == INBOUND.c.position)
            .where(INBOUND_INDEX.c.phone_index.in_(held))
            .order_by(INBOUND.c.received_at, INBOUND.c.position)
        )
        with self.reading() as connection:
            rows = list(connection.execute(statement))
            whose = {one: holdings_in(connection, [one]) for one in {row.number for row in rows}}
            own = [row for row in rows if farmer_id in owners(whose[row.number], row.received_at)]
            pairs = [(row.sealed, inbound_record_id(row.carrier, row.carrier_id)) for row in own]
            texts = unseal_many(connection, self._keys, pairs)
            return tuple(Inbound.model_validate_json(text) for text in texts if text is not None)


def inbound_record_id(carrier: str, carrier_id: str) -> str:
    """Name under which a text is sealed."""
    return f"inbound/{carrier}/{carrier_id}"
