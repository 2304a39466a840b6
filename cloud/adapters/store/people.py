"""People in the store: what they agreed to, whom they speak for, and who looked at them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from cloud.adapters.store.database import Database, Writer
from cloud.adapters.store.land import Land
from cloud.adapters.store.people_checks import people_problems
from cloud.adapters.store.people_tables import (
    CONSENTS,
    ERASURES,
    LOOKS,
    TIES,
)
from cloud.adapters.store.tables import FARMER_STATE
from cloud.adapters.store.vault import person, seal_in, unseal_many
from cloud.adapters.store.versions import save_versions
from cloud.errors import InputError
from cloud.people.consent import Consent
from cloud.people.looks import Look
from cloud.people.ties import Recipient, Tie, recipients_of


class People(Land, Database):
    """What is recorded of people beside their names and numbers."""

    def set_consent(  # noqa: PLR0913 -- a word has as many parts; each is named
        self,
        farmer_id: str,
        *,
        given: bool,
        how: str,
        by: str,
        at: datetime,
        wording: str | None = None,
        note: str = "",
    ) -> bool:
        """Keep a person's word on messages; False when that very word was kept before. InputError: nobody has the id.

        The last word said counts, of two at one moment the no; a word that arrives late takes nothing back.
        """
        content = {"farmer_id": farmer_id, "given": given, "how": how, "by": by, "at": at}
        consent = Consent.model_validate({**content, "wording": wording, "note": note})
        with self.writing() as writer:
            must_be_known(writer.connection, farmer_id)
            same = select(CONSENTS.c.position).where(
                CONSENTS.c.farmer_id == farmer_id, CONSENTS.c.at == at, CONSENTS.c.given == given, CONSENTS.c.how == how
            )
            if writer.connection.execute(same.limit(1)).first() is not None:
                return False
            self._add_consent(writer, consent)
            return True

    def _add_consent(self, writer: Writer, consent: Consent) -> None:
        plain = json.dumps({"by": consent.by, "note": consent.note}, ensure_ascii=False)
        holder, record_id = person(consent.farmer_id), _consent_id(consent.farmer_id, consent.at)
        row: dict[str, Any] = {
            **consent.model_dump(include={"farmer_id", "given", "how", "wording", "at"}),
            "sealed": seal_in(writer, self._keys, holder=holder, at=None, plain=plain, record_id=record_id),
        }
        writer.add("consent", [row])

    def consents(self, farmer_id: str) -> tuple[Consent, ...]:
        """Every word of a person on messages, in the order in which they were kept; none after an erasure."""
        statement = select(CONSENTS).where(CONSENTS.c.farmer_id == farmer_id).order_by(CONSENTS.c.position)
        with self.reading() as connection:
            rows = list(connection.execute(statement))
            pairs = [(row.sealed, _consent_id(farmer_id, row.at)) for row in rows]
            texts = unseal_many(connection, self._keys, pairs)
            return tuple(_consent(row, text) for row, text in zip(rows, texts, strict=True) if text is not None)

    def consented(self, now: datetime) -> frozenset[str]:
        """Who wants messages at a moment; whoever never said so does not."""
        return self._said(now, given=True)

    def refused(self, now: datetime) -> frozenset[str]:
        """Whose last word at a moment is that they want none."""
        return self._said(now, given=False)

    def _said(self, now: datetime, *, given: bool) -> frozenset[str]:
        # A word dated ahead of the clock is not said yet, and the one before it still counts.
        statement = (
            select(CONSENTS.c.farmer_id, CONSENTS.c.given)
            .where(CONSENTS.c.at <= now, _is_not_erased(CONSENTS.c.farmer_id))
            .order_by(CONSENTS.c.at, CONSENTS.c.given.desc(), CONSENTS.c.position)
        )
        with self.reading() as connection:
            last = {row.farmer_id: row.given for row in connection.execute(statement)}
        return frozenset(who for who, word in last.items() if word == given)

    def save_ties(self, ties: Sequence[Tie]) -> None:
        """Keep ties; one that changed becomes a new version, none is ever removed."""
        rows = [
            {
                "tie": f"{tie.farmer_id}/{tie.parcel_id}",
                "farmer_id": tie.farmer_id,
                "parcel_id": tie.parcel_id,
                "digest": tie.digest(),
                "body": tie.model_dump_json(),
            }
            for tie in ties
        ]
        with self.writing() as writer:
            for tie in ties:
                must_be_known(writer.connection, tie.farmer_id)
            save_versions(writer, "tie", ("tie",), rows)

    def ties(self, farmer_id: str | None = None) -> tuple[Tie, ...]:
        """Ties in their latest version, all or one person's; those of people whose data were erased are left out."""
        with self.reading() as connection:
            erased = _erased(connection)
            words = select(TIES.c.tie, TIES.c.body).order_by(TIES.c.tie, TIES.c.version)
            last = {row.tie: row.body for row in connection.execute(words)}
        found = (Tie.model_validate_json(body) for body in last.values())
        return tuple(tie for tie in found if tie.farmer_id not in erased and farmer_id in {None, tie.farmer_id})

    def untie(self, farmer_id: str, parcel_id: str, day: date) -> Tie:
        """End a tie, so that it holds no more from a day on; InputError when there is none."""
        held = [tie for tie in self.ties(farmer_id) if tie.parcel_id == parcel_id]
        if not held:
            raise InputError(f"farmer {farmer_id}: expected a tie to parcel {parcel_id}, got none; see: farmer show")
        until = max(day, held[0].since) - timedelta(days=1)
        tie = held[0].model_copy(update={"until": until})
        self.save_ties([tie])
        return tie

    def recipients(self, day: date) -> Mapping[str, tuple[Recipient, ...]]:
        """Who is told about each parcel on a day, and in which language: its own farmer and those tied to it."""
        languages = {farmer.id: farmer.language for farmer in self.farmers()}
        with self.reading() as connection:
            erased = _erased(connection)
        return recipients_of(self.parcels(), self.ties(), languages, day=day, erased=erased)

    def parcels_of(self, farmer_id: str, day: date) -> tuple[str, ...]:
        """Parcels about which a person is told on a day, by id."""
        told = self.recipients(day)
        return tuple(sorted(parcel for parcel, some in told.items() if farmer_id in {one.farmer_id for one in some}))

    def keep_look(self, look: Look) -> None:
        """Keep that somebody saw a person's data."""
        with self.writing() as writer:
            record_id = _look_id(look.farmer_id, look.at)
            holder = person(look.farmer_id)
            sealed = seal_in(writer, self._keys, holder=holder, at=None, plain=look.by, record_id=record_id)
            row = {"farmer_id": look.farmer_id, "what": look.what, "at": look.at, "sealed": sealed}
            writer.add("look", [row])

    def looks(self, farmer_id: str) -> tuple[Look, ...]:
        """Who saw a person's data, oldest first; none after an erasure."""
        statement = select(LOOKS).where(LOOKS.c.farmer_id == farmer_id).order_by(LOOKS.c.position)
        with self.reading() as connection:
            rows = list(connection.execute(statement))
            pairs = [(row.sealed, _look_id(farmer_id, row.at)) for row in rows]
            names = unseal_many(connection, self._keys, pairs)
        return tuple(
            Look(farmer_id=farmer_id, what=row.what, at=row.at, by=name)
            for row, name in zip(rows, names, strict=True)
            if name is not None
        )

    def state_problems(self, connection: Connection) -> Iterator[str]:
        """Each derived state that its records do not lead to, people's included."""
        yield from super().state_problems(connection)
        yield from people_problems(connection, self._keys)


def must_be_known(connection: Connection, farmer_id: str) -> None:
    """InputError when nobody has an id, or their data were erased."""
    known = select(FARMER_STATE.c.farmer_id).where(
        FARMER_STATE.c.farmer_id == farmer_id, _is_not_erased(FARMER_STATE.c.farmer_id)
    )
    if connection.execute(known).first() is None:
        raise InputError(
            f"farmer {farmer_id}: expected the id of an enrolled person, got one that nobody has or that was erased;"
            " see: seguia cloud farmer list"
        )


def _is_not_erased(column: Any) -> Any:  # noqa: ANN401 -- SQLAlchemy's columns and conditions
    return ~select(ERASURES.c.position).where(ERASURES.c.farmer_id == column).exists()


def _erased(connection: Connection) -> frozenset[str]:
    statement = select(ERASURES.c.farmer_id).where(ERASURES.c.farmer_id.is_not(None))
    return frozenset(connection.execute(statement).scalars())


def _consent(row: Row[Any], text: str) -> Consent:
    content = json.loads(text)
    return Consent(
        farmer_id=row.farmer_id,
        given=row.given,
        how=row.how,
        by=content["by"],
        at=row.at,
        wording=row.wording,
        note=content["note"],
    )


def _consent_id(farmer_id: str, at: datetime) -> str:
    return f"consent/{farmer_id}/{at.timestamp():.6f}"


def _look_id(farmer_id: str, at: datetime) -> str:
    return f"look/{farmer_id}/{at.timestamp():.6f}"
