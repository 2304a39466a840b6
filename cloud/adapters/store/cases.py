"""What the store holds of one parcel on one day, as it is explained."""

from datetime import date, timedelta
from typing import Final

from cloud.adapters.store.store import Store
from cloud.advice.system import limits_of
from cloud.bounds import is_of_our_time
from cloud.explanation.case import Case

REACH_DAYS: Final = 45
"""Days of soil water that are read: more than a figure shows and an account covers."""


def case_of(store: Store, parcel_id: str, day: date, first: date | None = None) -> Case | None:
    """The case of a parcel; None where the store has neither a verdict nor soil water of that very day."""
    if not is_of_our_time(day) or not is_of_our_time(first or day):
        return None
    verdict = store.verdict_on(parcel_id, day)
    begin = min(first or day, day - timedelta(days=REACH_DAYS)) - timedelta(days=1)
    rows = tuple(row for row in store.water_series(parcel_id, begin) if row.day <= day)
    if verdict is None and (not rows or rows[-1].day != day):
        return None
    parcel = next((one for one in store.parcels() if one.id == parcel_id), None)
    known = None if verdict is None else verdict.proposed
    return Case(
        parcel_id=parcel_id,
        name=known.parcel_name if known else parcel.label if parcel else parcel_id,
        day=day,
        timezone=known.timezone if known else parcel.timezone if parcel else "UTC",
        rows=rows,
        spread=store.spread_of(parcel_id, rows[-1].day) if rows else None,
        verdict=verdict,
        efficiency=limits_of(parcel).efficiency if parcel else None,
        first=first,
    )
