"""What was fetched of a carrier's texts: where to go on, and which of them a callback brought before."""

from sqlalchemy import func, select

from cloud.adapters.personal import comparable_number
from cloud.adapters.sms.inbox import FETCHED
from cloud.adapters.store.database import Database
from cloud.adapters.store.inbox import inbound_record_id
from cloud.adapters.store.tables import INBOUND
from cloud.adapters.store.vault import unseal_many
from cloud.messages import Inbound


class FetchedTexts(Database):
    """The side of the store that is asked where the last question for texts ended."""

    def last_fetched(self, carrier: str) -> int:
        """Number of the last text that was fetched from a carrier; 0 for none."""
        newest = select(func.max(INBOUND.c.carrier_id)).where(
            INBOUND.c.carrier == carrier, INBOUND.c.carrier_id.startswith(FETCHED, autoescape=True)
        )
        with self.reading() as connection:
            found = connection.execute(newest).scalar_one_or_none()
        return 0 if found is None else int(found.removeprefix(FETCHED))

    def knows(self, inbound: Inbound) -> bool:
        """Whether the same person's same words of the same moment came in by another door of the carrier."""
        same_moment = select(INBOUND).where(
            INBOUND.c.carrier == inbound.carrier,
            INBOUND.c.received_at == inbound.received_at,
            INBOUND.c.carrier_id != inbound.carrier_id,
        )
        with self.reading() as connection:
            rows = list(connection.execute(same_moment))
            pairs = [(row.sealed, inbound_record_id(row.carrier, row.carrier_id)) for row in rows]
            texts = [text for text in unseal_many(connection, self._keys, pairs) if text is not None]
        return any(_same(Inbound.model_validate_json(text), inbound) for text in texts)


def _same(one: Inbound, other: Inbound) -> bool:
    numbers = {comparable_number(each.phone_number) for each in (one, other)}
    return len(numbers) == 1 and one.text == other.text
