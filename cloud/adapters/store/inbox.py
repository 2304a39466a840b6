"""What farmers wrote, encrypted, found again by a keyed index of the number."""

from sqlalchemy import select

from cloud.adapters.personal import comparable_number
from cloud.adapters.store.database import Database
from cloud.adapters.store.tables import FARMER_STATE, INBOUND
from cloud.messages import Inbound


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
            row = {
                "carrier": inbound.carrier,
                "carrier_id": inbound.carrier_id,
                "phone_index": self._keys.blind_index(comparable_number(inbound.phone_number)),
                "sealed": self._keys.seal(inbound.model_dump_json(), _record_id(inbound.carrier, inbound.carrier_id)),
                "received_at": inbound.received_at,
            }
            writer.add("inbound", [row])
            return True

    def inbound_of(self, farmer_id: str) -> tuple[Inbound, ...]:
        """Texts that came from a farmer's present number, oldest first."""
        statement = (
            select(INBOUND)
            .join(FARMER_STATE, FARMER_STATE.c.phone_index == INBOUND.c.phone_index)
            .where(FARMER_STATE.c.farmer_id == farmer_id)
            .order_by(INBOUND.c.received_at, INBOUND.c.position)
        )
        with self.reading() as connection:
            return tuple(
                Inbound.model_validate_json(self._keys.unseal(row.sealed, _record_id(row.carrier, row.carrier_id)))
                for row in connection.execute(statement)
            )


def _record_id(carrier: str, carrier_id: str) -> str:
    return f"inbound/{carrier}/{carrier_id}"
