"""Names for telephone numbers and texts that only this gateway could make: equal for equal things, nothing else."""

import hashlib
import hmac
import secrets
from typing import Final

from edge.database import Database

_KEY: Final = "pseudonym_key"
_COMPARED_DIGITS: Final = 8
"""One network writes a number with its country, another without: their last digits agree."""


class Pseudonyms:
    """Keyed digests; the key is made once and stays in the gateway's own file."""

    def __init__(self, database: Database) -> None:
        with database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO remembered VALUES (?, ?)", (_KEY, secrets.token_hex(32)))
            (value,) = connection.execute("SELECT value FROM remembered WHERE name = ?", (_KEY,)).fetchone()
        self._key = bytes.fromhex(value)

    def of(self, content: str) -> str:
        """Name of a content [64 hex digits]."""
        return hmac.new(self._key, content.encode(), hashlib.sha256).hexdigest()

    def of_number(self, number: str) -> str:
        """Name of a telephone number, however much of its country stands in front [64 hex digits]."""
        digits = "".join(letter for letter in number if letter.isdecimal())
        return self.of(f"number {digits[-_COMPARED_DIGITS:] or number}")

    def small_number(self, content: str) -> int:
        """A number from 0 to 255 that belongs to a content."""
        return int(self.of(content)[:2], 16)
