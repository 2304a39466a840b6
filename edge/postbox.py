"""What came to the gateway's own number, kept durably before the modem forgets it: read twice, it is told once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from edge.clock import clock_doubt
from edge.contract import SmsInbound
from edge.gsm.incoming import IncomingText, Joint
from edge.outbox import Outbox, Priority
from edge.pseudonym import Pseudonyms
from edge.wire import encode_sms

CALL_ME: Final = "3"
"""What a call that was not answered means."""
_LONGEST_TEXT: Final = 4000
_LONGEST_NUMBER: Final = 40
_PARTS_WAIT: Final = timedelta(days=1)
_KEPT: Final = timedelta(days=400)
_NAMED: Final = 24
_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS heard (name TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT",
    """CREATE TABLE IF NOT EXISTS heard_part (
    name TEXT PRIMARY KEY, number TEXT NOT NULL, reference INTEGER NOT NULL, total INTEGER NOT NULL,
    place INTEGER NOT NULL, text TEXT NOT NULL, sent_at TEXT, at INTEGER NOT NULL) STRICT""",
    "CREATE TABLE IF NOT EXISTS unread (pdu TEXT PRIMARY KEY, reason TEXT NOT NULL, at INTEGER NOT NULL) STRICT",
)


Listener = Callable[[SmsInbound, datetime], bool]
"""Hears a text as it becomes known, in the same commit; True keeps it here: the cloud is not told of it."""


class Postbox:
    """The modem's book of incoming texts and calls, in the queue's own file."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._database = outbox.database
        with self._database.transaction() as connection:
            for statement in _SCHEMA:
                connection.execute(statement)
        self._pseudonyms = Pseudonyms(self._database)
        self.listeners: list[Listener] = []
        """Asked in their order; the first that keeps a text is the last that hears it."""

    def hear(self, pdu: str, text: IncomingText, now: datetime) -> None:
        """Keep a text; the parts of a longer one wait for each other."""
        name = self._pseudonyms.of(f"text {pdu}")[:_NAMED]
        with self._database.transaction():
            if not self._is_new(name, now):
                return
            if text.joint is None:
                self._tell(name, text.number, text.text, text.sent_at, now)
            else:
                self._keep_part(name, text, text.joint, now)
                self._join(text.number, text.joint, now)

    def called(self, number: str, now: datetime) -> None:
        """Keep a call that was not answered."""
        name = self._pseudonyms.of(f"call {number} {now.isoformat()}")[:_NAMED]
        with self._database.transaction():
            if self._is_new(name, now):
                word = SmsInbound(name=name, path="call", phone_number=number, text=CALL_ME, received_at=self._at(now))
                self._pass_on(word, now)

    def set_aside(self, pdu: str, reason: str, now: datetime) -> None:
        """Keep what could not be read, for an operator."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO unread VALUES (?, ?, ?)", (pdu[:_LONGEST_TEXT], reason, _s(now)))

    def tell_incomplete(self, now: datetime) -> None:
        """Tell what came of texts whose other parts did not come within a day."""
        query = "SELECT DISTINCT number, reference, total FROM heard_part WHERE at < ?"
        with self._database.transaction():
            for number, reference, total in self._database.rows(query, _s(now - _PARTS_WAIT)):
                self._join(number, Joint(reference=reference, total=total, place=1), now, whole=False)

    def forget_old(self, now: datetime) -> None:
        """Let go of names so old that no modem still holds their text."""
        with self._database.transaction(durable=False) as connection:
            connection.execute("DELETE FROM heard WHERE at < ?", (_s(now - _KEPT),))

    def _is_new(self, name: str, now: datetime) -> bool:
        with self._database.transaction() as connection:
            return connection.execute("INSERT OR IGNORE INTO heard VALUES (?, ?)", (name, _s(now))).rowcount > 0

    def _keep_part(self, name: str, text: IncomingText, joint: Joint, now: datetime) -> None:
        sent_at = None if text.sent_at is None else text.sent_at.isoformat()
        row = (name, text.number, joint.reference, joint.total, joint.place, text.text, sent_at, _s(now))
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO heard_part VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    def _join(self, number: str, joint: Joint, now: datetime, *, whole: bool = True) -> None:
        which = (number, joint.reference, joint.total)
        rows = self._database.rows(
            "SELECT place, text, name, sent_at FROM heard_part WHERE number = ? AND reference = ? AND total = ?"
            " ORDER BY place, at",
            *which,
        )
        parts = {place: text for place, text, _, _ in rows}
        if whole and len(parts) < joint.total:
            return
        missing = " ... " if len(parts) < joint.total else ""
        _, _, name, sent_at = rows[0]
        sent = None if sent_at is None else datetime.fromisoformat(sent_at)
        with self._database.transaction() as connection:
            self._tell(name, number, missing.join(parts.values()), sent, now)
            connection.execute("DELETE FROM heard_part WHERE number = ? AND reference = ? AND total = ?", which)

    def _tell(self, name: str, number: str, text: str, sent_at: datetime | None, now: datetime) -> None:
        sane = sent_at is not None and (self._at(now) is None or sent_at <= now + timedelta(days=1))
        word = SmsInbound(
            name=name,
            phone_number=number[:_LONGEST_NUMBER] or "unknown",
            text=text[:_LONGEST_TEXT],
            received_at=sent_at if sane else self._at(now),
        )
        self._pass_on(word, now)

    def _pass_on(self, word: SmsInbound, now: datetime) -> None:
        if not any(keeps(word, now) for keeps in self.listeners):
            self._queue(word)

    def _at(self, now: datetime) -> datetime | None:
        in_doubt = clock_doubt(now) is not None or self._outbox.timekeeper.believed_now().quality == "floor"
        return None if in_doubt else now

    def _queue(self, word: SmsInbound) -> None:
        self._outbox.put("inbound", lambda boot, sequence: encode_sms(word, boot, sequence), Priority.ONSET)


def _s(moment: datetime) -> int:
    return int(moment.timestamp())
