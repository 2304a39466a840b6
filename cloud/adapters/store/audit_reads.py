"""What an auditor reads of the store: the judge's own verdicts, whatever people made of them later."""

from datetime import date

from sqlalchemy import select

from cloud.adapters.store.database import Database
from cloud.adapters.store.tables import VERDICTS
from cloud.records import Verdict


def judged_on(store: Database, day: date) -> tuple[Verdict, ...]:
    """The judge's latest verdict of each parcel on a day, by parcel; not what an agronomist put in its place."""
    statement = select(VERDICTS.c.body).where(VERDICTS.c.day == day).order_by(VERDICTS.c.parcel_id, VERDICTS.c.version)
    with store.reading() as connection:
        verdicts = (Verdict.model_validate_json(body) for body in connection.execute(statement).scalars())
        latest = {one.proposed.parcel_id: one for one in verdicts if one.reviewer == "judge"}
    return tuple(latest.values())
