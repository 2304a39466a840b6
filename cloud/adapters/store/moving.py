"""How messages move: each word about them is a record, and only words that lead forward change where they stand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, delete, select, update

from cloud.adapters.store.database import Writer
from cloud.adapters.store.sending_tables import MESSAGE_STATE, WAITING_REPORTS
from cloud.adapters.store.states import moves
from cloud.adapters.store.tables import REPORTS, TRANSITIONS
from cloud.messages import Delivery

OWN: Final = "seguia"
IN_ONE_QUESTION: Final = 400
_KEPT: Final = (
    "state",
    "attempts",
    "next_attempt_at",
    "carrier",
    "carrier_id",
    "reason",
    "updated_at",
    "handed_at",
    "repeated",
    "only_over",
    "not_over",
)
Standing = dict[str, Any]
"""Where one message stands, changed in memory until it is written back."""


@dataclass(frozen=True, slots=True)
class Word:
    """What was said of a message, and what its carrier's word alone does not carry."""

    delivery: Delivery
    retry_at: datetime | None = None
    phone_index: str | None = None
    """Whose telephone a report names, keyed."""
    not_over: str | None = None
    """The carrier that hands it on to the next."""
    only_over: str | None = None
    """The carrier that may have it, and the only one that may be asked again."""


def own_word(message_id: str, state: str, at: datetime, reason: str | None) -> Delivery:
    """What the installation itself says of a message."""
    content = {"message_id": message_id, "state": state, "carrier": OWN, "reason": reason, "at": at}
    return Delivery.model_validate(content)


def apply_words(writer: Writer, words: Sequence[Word]) -> None:
    """Apply words in order; one about a message that is not known yet is kept until it is."""
    board = Board(writer)
    board.open(word.delivery.message_id for word in words)
    for word in words:
        named = board.meant(word.delivery)
        if named is None:
            _keep(writer, word)
        else:
            board.take(word.delivery.model_copy(update={"message_id": named}), word)
    board.take_waiting()
    board.close()


def known_in(writer: Writer, delivery: Delivery) -> bool:
    """Whether a word is about a message of the store, by its own id or by the carrier's."""
    board = Board(writer)
    board.open([delivery.message_id])
    return board.meant(delivery) is not None


class Board:
    """Messages under way in one transaction: read once, moved in memory, written back together."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._held: dict[str, Standing] = {}
        self._changed: set[str] = set()
        self._transitions: list[dict[str, Any]] = []
        self._named: dict[str, set[str]] = {}

    def open(self, message_ids: Iterable[str]) -> None:
        """Read where messages stand."""
        wanted = [one for one in dict.fromkeys(message_ids) if one and one not in self._held]
        for start in range(0, len(wanted), IN_ONE_QUESTION):
            asked = MESSAGE_STATE.c.message_id.in_(wanted[start : start + IN_ONE_QUESTION])
            for row in self._writer.connection.execute(select(MESSAGE_STATE).where(asked)).mappings():
                self._held[row["message_id"]] = dict(row)

    def meant(self, delivery: Delivery) -> str | None:
        """Id of the message that a word is about: by its own id, else by the carrier's."""
        if delivery.message_id in self._held or delivery.carrier_id is None:
            return delivery.message_id if delivery.message_id in self._held else None
        statement = (
            select(TRANSITIONS.c.message_id)
            .where(TRANSITIONS.c.carrier == delivery.carrier, TRANSITIONS.c.carrier_id == delivery.carrier_id)
            .limit(1)
        )
        found = self._writer.connection.execute(statement).scalar_one_or_none()
        if found is not None:
            self.open([found])
        return found

    def take(self, delivery: Delivery, word: Word | None = None) -> None:
        """Move a message by a word, or keep the word beside it where it leads nowhere."""
        held = self._held[delivery.message_id]
        if delivery.carrier_id is not None:
            self._named.setdefault(delivery.carrier, set()).add(plain(delivery.carrier_id) or "")
        if not moves(held["state"], delivery.state):
            if not self._note_once(delivery):
                held["repeated"] += 1
                self._changed.add(delivery.message_id)
            return
        self.note(delivery, state=delivery.state, applied=True)
        changed: Standing = {"state": delivery.state, "reason": plain(delivery.reason), "updated_at": delivery.at}
        if delivery.carrier_id is not None:
            changed |= {"carrier": delivery.carrier, "carrier_id": plain(delivery.carrier_id)}
        if delivery.state == "queued":
            said = word or Word(delivery)
            changed |= {"next_attempt_at": said.retry_at or delivery.at, "not_over": said.not_over}
            changed["only_over"] = said.only_over or held["only_over"]
        self.set(delivery.message_id, changed)

    def note(self, delivery: Delivery, *, state: str, applied: bool) -> None:
        """Keep a word as a record."""
        self._transitions.append(_transition(delivery, state=state, applied=applied))

    def set(self, message_id: str, changed: Mapping[str, Any]) -> None:
        """Change where a message stands."""
        self._held[message_id].update(changed)
        self._changed.add(message_id)

    def take_waiting(self) -> None:
        """Apply the reports that came before the carrier's ids were known."""
        for carrier, carrier_ids in self._named.items():
            named = sorted(carrier_ids)
            for start in range(0, len(named), IN_ONE_QUESTION):
                self._take_waiting(carrier, named[start : start + IN_ONE_QUESTION])
        self._named.clear()

    def close(self) -> None:
        """Write the words and the standings."""
        self._writer.add("transition", self._transitions)
        if self._changed:
            statement = (
                update(MESSAGE_STATE)
                .where(MESSAGE_STATE.c.message_id == bindparam("named"))
                .values({name: bindparam(f"new_{name}") for name in _KEPT})
            )
            rows = [
                {"named": one, **{f"new_{name}": self._held[one][name] for name in _KEPT}}
                for one in sorted(self._changed)
            ]
            self._writer.connection.execute(statement, rows)
        self._transitions, self._changed = [], set()

    def _take_waiting(self, carrier: str, carrier_ids: Sequence[str]) -> None:
        waiting = (WAITING_REPORTS.c.carrier == carrier) & (WAITING_REPORTS.c.carrier_id.in_(carrier_ids))
        statement = (
            select(REPORTS.c.body)
            .join(WAITING_REPORTS, WAITING_REPORTS.c.report == REPORTS.c.position)
            .where(waiting)
            .order_by(REPORTS.c.position)
        )
        bodies = list(self._writer.connection.execute(statement).scalars())
        if not bodies:
            return
        by_id = {held["carrier_id"]: name for name, held in self._held.items() if held["carrier"] == carrier}
        for body in bodies:
            report = Delivery.model_validate_json(body)
            message_id = by_id.get(plain(report.carrier_id)) or self._by_transition(report)
            if message_id is not None:
                self.take(report.model_copy(update={"message_id": message_id}))
        self._writer.connection.execute(delete(WAITING_REPORTS).where(waiting))

    def _by_transition(self, report: Delivery) -> str | None:
        for row in self._transitions:
            if (row["carrier"], row["carrier_id"]) == (report.carrier, plain(report.carrier_id)):
                return str(row["message_id"])
        return self.meant(report)

    def _note_once(self, delivery: Delivery) -> bool:
        """Keep a word that leads nowhere, unless the very same was kept before."""
        content = _transition(delivery, state=delivery.state, applied=False)
        names = ("message_id", "state", "carrier", "carrier_id", "reason")
        if any(all(row[name] == content[name] for name in names) for row in self._transitions):
            return False
        same = select(TRANSITIONS.c.position)
        for name in names:
            same = same.where(TRANSITIONS.c[name] == content[name])
        if self._writer.connection.execute(same.limit(1)).first() is not None:
            return False
        self._transitions.append(content)
        return True


def plain(text: str | None) -> str | None:
    """Text that every database takes: a server refuses the zero byte, which a carrier's text may hold."""
    return None if text is None else text.replace("\x00", "\ufffd")


def _transition(delivery: Delivery, *, state: str, applied: bool) -> dict[str, Any]:
    return {
        "message_id": delivery.message_id,
        "state": state,
        "applied": applied,
        "carrier": delivery.carrier,
        "carrier_id": plain(delivery.carrier_id),
        "reason": plain(delivery.reason),
        "at": delivery.at,
    }


def _keep(writer: Writer, word: Word) -> None:
    delivery = word.delivery
    digest = delivery.digest()
    if writer.connection.execute(select(REPORTS.c.position).where(REPORTS.c.digest == digest)).first() is not None:
        return
    place = {"carrier": delivery.carrier, "carrier_id": plain(delivery.carrier_id)}
    (position,) = writer.add("report", [{**place, "digest": digest, "body": delivery.model_dump_json()}])
    if delivery.carrier_id is not None:
        waiting = {**place, "report": position, "phone_index": word.phone_index, "at": delivery.at}
        writer.put(WAITING_REPORTS, [waiting])
