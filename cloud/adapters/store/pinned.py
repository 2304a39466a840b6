"""The store as it stood at one entry of its ledger: what was written later, however late it tells of, is not there.

Records are only ever added, and the ledger counts them: "everything up to entry N" is a state of the store that can be
read again for as long as it lives. Views of the connection's own stand before the tables, so that every reading of the
store reads the past without knowing it, and nothing can be written.
"""

from typing import Any, Final, Self

from sqlalchemy import event, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from cloud.adapters.ledger import ENTRIES, GENESIS, HEAD
from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.database import Database, open_engine, system_clock
from cloud.adapters.store.rows import RECORDS
from cloud.adapters.store.store import Store
from cloud.adapters.store.tables import PARCEL_STATE, PARCELS

# A server database would write through views as simple as these.
_READ_ONLY: Final = {"sqlite": "PRAGMA query_only = ON", "postgresql": "SET default_transaction_read_only = on"}


class PinnedStore(Store):
    """A store up to one entry of its ledger; it reads and never writes."""

    @classmethod
    def at(cls, url: str, keys: PersonalKeys, position: int) -> Self:
        """A store of its own on a database that exists, pinned to an entry of its ledger."""
        engine = open_engine(url)
        record_tables = [record.table for record in RECORDS.values()]
        columns = [_column(name) for name in PARCEL_STATE.columns.keys()]  # noqa: SIM118 -- names, not columns

        def set_up(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
            cursor = connection.cursor()
            schema = _schema(cursor, engine.dialect.name)
            for table in record_tables:
                cursor.execute(
                    f"CREATE TEMP VIEW {table.name} AS"  # noqa: S608 -- names of our own tables and a number
                    f" SELECT * FROM {schema}.{table.name} WHERE position <= {int(position)}"
                )
            cursor.execute(
                f"CREATE TEMP VIEW {PARCEL_STATE.name} AS SELECT {', '.join(columns)}"  # noqa: S608 -- as above
                f" FROM {schema}.{PARCELS.name} WHERE position <= {int(position)} GROUP BY parcel_id"
            )
            cursor.execute(_READ_ONLY[engine.dialect.name])
            cursor.close()
            connection.commit()

        event.listen(engine, "connect", set_up)
        return cls(engine, keys, system_clock)


def _column(name: str) -> str:
    """A column of the latest states: only which version of a parcel counts is known of the past."""
    if name == "parcel_id":
        return name
    return "max(position) AS parcel" if name == "parcel" else f"NULL AS {name}"


def _schema(cursor: Any, dialect: str) -> str:  # noqa: ANN401 -- the driver's own cursor
    if dialect == "sqlite":
        return "main"
    cursor.execute("SELECT current_schema()")
    return str(cursor.fetchone()[0])


def ledger_end(store: Database) -> tuple[int, str]:
    """Position and hash of the last entry of a store's ledger; 0 and the chain's beginning for an empty one."""
    with store.reading() as connection:
        head = connection.execute(select(HEAD.c.position, HEAD.c.hash)).one_or_none()
        return (0, GENESIS) if head is None else (head.position, head.hash)


def hash_at(store: Database, position: int) -> str | None:
    """Hash of one entry of a store's ledger; None where it has none there."""
    if not position:
        return GENESIS
    with store.reading() as connection:
        return connection.execute(select(ENTRIES.c.hash).where(ENTRIES.c.position == position)).scalar_one_or_none()
