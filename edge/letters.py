"""What a gateway's modem has to send and has sent, durably: no text is sent twice.

A part is marked as being sent before the modem gets it. Who starts again and finds such a mark knows that the part may
have left; the text is then unknown and never sent again. Numbers and texts are wiped once nothing is left to be sent.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from sqlite3 import Connection
from typing import Any, Final

from edge.clock import clock_doubt
from edge.contract import Command, SmsReport, SmsState
from edge.gateway_advice import ADVICE_PREFIX, SAID_ALREADY
from edge.gsm.incoming import StatusReport
from edge.gsm.submit import SHORTEST_VALIDITY
from edge.letter import COLUMNS, SCHEMA, Letter, Origin, new_row, seconds
from edge.modem import Handed
from edge.outbox import Outbox, Priority
from edge.pseudonym import Pseudonyms
from edge.wire import encode_sms

_REPORTS_WITHIN: Final = timedelta(days=7)
_KEPT: Final = timedelta(days=400)
_FIRST_PAUSE: Final = timedelta(seconds=30)
_LONGEST_PAUSE: Final = timedelta(minutes=10)
_MOST_TRIES: Final = 12


class Letters:
    """The modem's book of outgoing texts, in the queue's own file: a text's state and its report commit together."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._database = outbox.database
        with self._database.transaction() as connection:
            for statement in SCHEMA:
                connection.execute(statement)
        self._pseudonyms = Pseudonyms(self._database)

    def take(
        self,
        command: Command,
        now: datetime,
        *,
        refusal: str | None = None,
        halted: bool = False,
        origin: Origin = "cloud",
    ) -> SmsState:
        """Take a command over durably and queue the word of it; one known already is told again, never done again.

        ``refusal``: why the gateway does not take it now; this attempt is then refused for good. ``halted``: the modem
        sends nothing at all. ``origin`` is ``gateway`` for what a gateway says of itself.
        """
        with self._database.transaction() as connection:
            known = self._row(command.id)
            if known is not None and (known["state"] != "refused" or command.attempt <= known["attempt"]):
                state: SmsState = known["state"]
                self._tell(known, state, now, known["reason"])
                return state
            reason = refusal or self._said_already(command, origin)
            row = new_row(command, now, origin, reason, self._pseudonyms)
            names = ", ".join(COLUMNS)
            marks = ", ".join("?" * len(COLUMNS))
            values = [row[name] for name in COLUMNS]
            connection.execute(f"INSERT OR REPLACE INTO letter ({names}) VALUES ({marks})", values)  # noqa: S608 -- names of our own columns
            self._tell(row, row["state"], now, reason, halted=halted)
            taken: SmsState = row["state"]
            return taken

    def knows(self, letter_id: str) -> bool:
        """Whether a text was taken over, whatever became of it."""
        return self._row(letter_id) is not None

    def next_due(self, now: datetime) -> Letter | None:
        """Text whose next part may be sent now, the one that ends first; those that would come late are dropped."""
        self._drop_late(now)
        rows = self._letters("state = 'taken' AND next_at <= ? ORDER BY valid_until, rowid LIMIT 1", seconds(now))
        if not rows:
            return None
        row = rows[0]
        ((sent,),) = self._database.rows("SELECT count(*) FROM letter_part WHERE id = ?", row["id"])
        return Letter(
            id=row["id"],
            number=row["number"],
            text=row["text"],
            parts=row["parts"],
            valid_until=datetime.fromtimestamp(row["valid_until"], UTC),
            reference=row["reference"],
            tries=row["tries"],
            place=sent + 1,
        )

    def claim(self, letter: Letter, now: datetime) -> None:
        """Mark a text's next part as being sent, durably, before the modem gets it."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO letter_part VALUES (?, ?, 'sending', NULL, ?)", (letter.id, letter.place, seconds(now))
            )

    def record(self, letter: Letter, handed: Handed, now: datetime) -> None:
        """Keep what became of a claimed part."""
        with self._database.transaction() as connection:
            match handed.outcome:
                case "sent":
                    self._set_part(connection, letter, "sent", handed.reference)
                    if letter.place == letter.parts:
                        self._settle(letter.id, "sent", now, None)
                case "unknown":
                    self._set_part(connection, letter, "unknown", None)
                    self._settle(letter.id, "unknown", now, handed.word)
                case "rejected":
                    self._unclaim(connection, letter)
                    self._settle(letter.id, "failed", now, handed.word)
                case _:
                    self._unclaim(connection, letter)
                    self._put_off(connection, letter, handed, now)

    def recover(self, now: datetime) -> int:
        """Call texts unknown whose sending was cut short; how many there were."""
        with self._database.transaction() as connection:
            cut = connection.execute("SELECT id, place FROM letter_part WHERE state = 'sending'").fetchall()
            for letter_id, place in cut:
                connection.execute(
                    "UPDATE letter_part SET state = 'unknown' WHERE id = ? AND place = ?", (letter_id, place)
                )
                self._settle(letter_id, "unknown", now, "the gateway stopped while it was being sent")
            return len(cut)

    def report(self, report: StatusReport, now: datetime) -> bool:
        """Apply a delivery report; False when no text waits for it, as when it comes a second time."""
        if report.fate == "trying":
            return False
        with self._database.transaction() as connection:
            part = self._part_meant(report, now)
            if part is None:
                return False
            connection.execute("UPDATE letter_part SET state = ? WHERE id = ? AND place = ?", (report.fate, *part))
            self._conclude(part[0], now)
            return True

    def waiting_parts(self) -> int:
        """Parts taken and not sent yet."""
        (((parts, sent),)) = self._database.rows(
            "SELECT coalesce(sum(parts), 0), (SELECT count(*) FROM letter_part JOIN letter USING (id)"
            " WHERE letter.state = 'taken') FROM letter WHERE state = 'taken'"
        )
        return int(parts) - int(sent)

    def waiting(self) -> int:
        """Texts taken and not sent yet."""
        return int(self._database.rows("SELECT count(*) FROM letter WHERE state = 'taken'")[0][0])

    def sent_today(self, now: datetime) -> int:
        """Parts that left, or may have left, since midnight UTC."""
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return int(self._database.rows("SELECT count(*) FROM letter_part WHERE sent_at >= ?", seconds(midnight))[0][0])

    def forget_old(self, now: datetime) -> None:
        """Let go of texts whose validity ended long ago: a command for one would be too late anyway."""
        before = seconds(now - _KEPT)
        with self._database.transaction(durable=False) as connection:
            connection.execute(
                "DELETE FROM letter_part WHERE id IN (SELECT id FROM letter WHERE valid_until < ?)", (before,)
            )
            connection.execute("DELETE FROM letter WHERE valid_until < ?", (before,))

    def _said_already(self, command: Command, origin: Origin) -> str | None:
        rows = self._database.rows(
            "SELECT 1 FROM letter WHERE about = ? AND recipient = ? AND origin != ?"
            " AND state NOT IN ('refused', 'expired', 'failed') LIMIT 1",
            command.about,
            self._pseudonyms.of_number(command.phone_number),
            origin,
        )
        return f"{SAID_ALREADY}, by the gateway itself or for the cloud" if rows else None

    def _drop_late(self, now: datetime) -> None:
        late = self._letters("state = 'taken' AND valid_until < ?", seconds(now + SHORTEST_VALIDITY))
        if not late:
            return
        with self._database.transaction():
            for row in late:
                waited = f": {row['reason']}" if row["reason"] else ""
                self._settle(row["id"], "expired", now, f"too late to be sent{waited}")

    def _put_off(self, connection: Connection, letter: Letter, handed: Handed, now: datetime) -> None:
        tries = letter.tries + (handed.outcome == "retry")
        if tries >= _MOST_TRIES:
            self._settle(letter.id, "failed", now, f"gave up after {tries} tries: {handed.word}")
            return
        pause = min(_FIRST_PAUSE * 2.0 ** max(0, tries - 1), _LONGEST_PAUSE)
        connection.execute(
            "UPDATE letter SET tries = ?, next_at = ?, reason = ? WHERE id = ?",
            (tries, seconds(now + pause), handed.word, letter.id),
        )

    def _settle(self, letter_id: str, state: SmsState, now: datetime, reason: str | None) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE letter SET state = ?, reason = ?, number = '', text = '' WHERE id = ?",
                (state, reason, letter_id),
            )
            row = self._row(letter_id)
            assert row is not None, "a text that is settled is in the book"
            self._tell(row, state, now, reason)

    def _conclude(self, letter_id: str, now: datetime) -> None:
        row = self._row(letter_id)
        assert row is not None, "a part belongs to a text in the book"
        states = [state for (state,) in self._database.rows("SELECT state FROM letter_part WHERE id = ?", letter_id)]
        if "failed" in states or "expired" in states:
            fate: SmsState = "failed" if "failed" in states else "expired"
            self._settle(letter_id, fate, now, "by the network's delivery report")
        elif states.count("delivered") == row["parts"]:
            self._settle(letter_id, "delivered", now, None)

    def _part_meant(self, report: StatusReport, now: datetime) -> tuple[str, int] | None:
        """Part that a report is about: by the network's number, else the one part whose number was never heard."""
        of_number = "SELECT id, place FROM letter_part JOIN letter USING (id) WHERE recipient = ? AND sent_at >= ? AND "
        given = (self._pseudonyms.of_number(report.number), seconds(now - _REPORTS_WITHIN))
        named = self._database.rows(
            f"{of_number} letter_part.state = 'sent' AND letter_part.reference = ? ORDER BY sent_at DESC LIMIT 1",
            *given,
            report.reference,
        )
        if named:
            return named[0][0], named[0][1]
        lost = self._database.rows(
            f"{of_number} letter_part.state IN ('unknown', 'sent') AND letter_part.reference IS NULL", *given
        )
        return (lost[0][0], lost[0][1]) if len(lost) == 1 else None

    def _tell(
        self, row: Mapping[str, Any], state: SmsState, now: datetime, reason: str | None, *, halted: bool = False
    ) -> None:
        word = SmsReport(
            id=row["id"],
            state=state,
            attempt=row["attempt"],
            at=None if self._is_in_doubt(now) else now,
            parts=row["parts"],
            reason=None if reason is None else reason[:160],
            halted=halted,
        )
        # A planned advice is a message of the cloud too, once it has heard of it; other words of a gateway are not.
        if row["origin"] == "cloud" or row["id"].startswith(ADVICE_PREFIX):
            self._outbox.put("report", lambda boot, sequence: encode_sms(word, boot, sequence), Priority.ONSET)

    def _is_in_doubt(self, now: datetime) -> bool:
        return clock_doubt(now) is not None or self._outbox.timekeeper.believed_now().quality == "floor"

    def _row(self, letter_id: str) -> dict[str, Any] | None:
        rows = self._letters("id = ?", letter_id)
        return rows[0] if rows else None

    def _letters(self, condition: str, *values: object) -> list[dict[str, Any]]:
        query = f"SELECT {', '.join(COLUMNS)} FROM letter WHERE {condition}"  # noqa: S608 -- conditions of this module
        return [dict(zip(COLUMNS, row, strict=True)) for row in self._database.rows(query, *values)]

    def _set_part(self, connection: Connection, letter: Letter, state: str, reference: int | None) -> None:
        connection.execute(
            "UPDATE letter_part SET state = ?, reference = ? WHERE id = ? AND place = ?",
            (state, reference, letter.id, letter.place),
        )

    def _unclaim(self, connection: Connection, letter: Letter) -> None:
        connection.execute("DELETE FROM letter_part WHERE id = ? AND place = ?", (letter.id, letter.place))
