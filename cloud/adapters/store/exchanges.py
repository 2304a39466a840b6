"""A diary of the last hand-overs, for who looks at one message: what was answered, without numbers and keys."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import delete

from cloud.adapters.store.database import Writer
from cloud.adapters.store.moving import plain
from cloud.adapters.store.sending_tables import EXCHANGES
from cloud.dispatch.carrier import Settlement

KEPT: Final = timedelta(days=14)


def keep_exchanges(writer: Writer, settlements: Sequence[Settlement]) -> None:
    """Write down what carriers answered, and forget what is older than two weeks."""
    said = [one for one in settlements if one.said is not None]
    if not said:
        return
    rows = [
        {
            "message_id": one.delivery.message_id,
            "attempt": one.attempt,
            "carrier": one.delivery.carrier,
            "at": one.delivery.at,
            "outcome": one.outcome,
            "said": plain(one.said),
        }
        for one in said
    ]
    writer.put(EXCHANGES, rows)
    newest = max(one.delivery.at for one in said)
    writer.connection.execute(delete(EXCHANGES).where(EXCHANGES.c.at < newest - KEPT))
