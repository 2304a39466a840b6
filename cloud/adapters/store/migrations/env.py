"""How a migration runs: on the connection that the store hands over, inside its transaction."""

from alembic import context

from cloud.adapters.ledger import METADATA
from cloud.adapters.store import rows

# Importing the tables fills the schema that migrations are compared with.
assert all(record.table.metadata is METADATA for record in rows.RECORDS.values())

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
