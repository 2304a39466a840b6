"""Who is behind a telephone number and what may be told to them, read for one call and not for the whole district."""

import json
from datetime import date, datetime

from sqlalchemy import Select, or_, select

from cloud.adapters.personal import comparable_number
from cloud.adapters.store.store import Store
from cloud.adapters.store.tables import PARCEL_STATE, PARCELS
from cloud.messages import Farmer, Inbound
from cloud.people.ties import recipients_of
from cloud.records import Language, Parcel, Verdict


class Callers:
    """The store as the telephone knows it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def present_farmers(self, number: str) -> tuple[Farmer, ...]:
        """People whose number it is at present; who had it until lately may answer, and is told nothing."""
        wanted = comparable_number(number)
        found = (self._store.farmer(farmer_id) for farmer_id in self._store.farmers_of_number(number))
        return tuple(farmer for farmer in found if farmer is not None and farmer.phone_number == wanted)

    def parcels_of(self, farmer_id: str, day: date) -> tuple[str, ...]:
        """Parcels about which a person is told on a day: their own, and those they are tied to."""
        ties = self._store.ties(farmer_id)
        own = _own_parcels(farmer_id)
        tied = _latest().where(PARCELS.c.parcel_id.in_([tie.parcel_id for tie in ties]))
        with self._store.reading() as connection:
            bodies = {row.parcel_id: row.body for which in (own, tied) for row in connection.execute(which)}
        parcels = [Parcel.model_validate_json(body) for body in bodies.values()]
        told = recipients_of(parcels, ties, {}, day=day)
        return tuple(sorted(parcel for parcel, some in told.items() if farmer_id in {one.farmer_id for one in some}))

    def parcel(self, parcel_id: str) -> Parcel | None:
        """One parcel in its latest version."""
        with self._store.reading() as connection:
            row = connection.execute(_latest().where(PARCELS.c.parcel_id == parcel_id)).one_or_none()
        return None if row is None else Parcel.model_validate_json(row.body)

    def verdict_of(self, parcel_id: str) -> Verdict | None:
        """Latest verdict of one parcel."""
        return self._store.verdict_of(parcel_id)

    def add_inbound(self, inbound: Inbound) -> bool:
        """Keep an answer; False when it was there already."""
        return self._store.add_inbound(inbound)

    def choose_language(self, farmer_id: str, language: Language) -> None:
        """A person reads another language from now on."""
        self._store.change_language(farmer_id, language)

    def call_ended(self, session: str, now: datetime, *, taken: bool) -> None:
        """Keep whether a call that the service made was taken."""
        self._store.call_ended(session, now, taken=taken)


def _latest() -> Select[tuple[str, str]]:
    return select(PARCELS.c.parcel_id, PARCELS.c.body).join_from(
        PARCEL_STATE, PARCELS, PARCEL_STATE.c.parcel == PARCELS.c.position
    )


def _own_parcels(farmer_id: str) -> Select[tuple[str, str]]:
    """Parcels whose file names the person; most are not even parsed."""
    forms = {json.dumps(farmer_id, ensure_ascii=ascii_only) for ascii_only in (True, False)}
    return _latest().where(
        or_(*(PARCELS.c.body.contains(f'"farmer":{{"id":{form}', autoescape=True) for form in sorted(forms)))
    )
