"""The book of what was taken from cards and folders that are left as they are: each file once."""

from typing import Final

from edge.database import Database

# Made beside the queue's own tables, which a gateway in the field may have had before.
_SCHEMA: Final = """CREATE TABLE IF NOT EXISTS taken_in (
    camera_id TEXT NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL, modified_ns INTEGER NOT NULL,
    PRIMARY KEY (camera_id, path, size, modified_ns)) STRICT, WITHOUT ROWID"""


class TakenIn:
    """What one camera's card or folder has given already."""

    def __init__(self, database: Database, camera_id: str) -> None:
        self._database = database
        self._camera_id = camera_id
        with database.transaction(durable=False) as connection:
            connection.execute(_SCHEMA)

    def knows(self, path: str, size: int, modified_ns: int) -> bool:
        """Whether this very version of a file was taken in; ``path`` from the top of the card."""
        found = self._database.rows(
            "SELECT 1 FROM taken_in WHERE camera_id = ? AND path = ? AND size = ? AND modified_ns = ?",
            self._camera_id,
            path,
            size,
            modified_ns,
        )
        return bool(found)

    def remember(self, path: str, size: int, modified_ns: int) -> None:
        """Write down that a file lies in the spool now, or never can."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO taken_in VALUES (?, ?, ?, ?)", (self._camera_id, path, size, modified_ns)
            )
