"""What is known of one parcel on one day, gathered to be explained."""

from dataclasses import dataclass
from datetime import date

from cloud.explanation.account import WaterAccount
from cloud.records import Identifier, Record, Verdict
from cloud.water_day import ObservedChange, Spread, WaterDay


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One parcel on the day of its advice; what is not known is None."""

    parcel_id: str
    name: str
    day: date
    timezone: str
    rows: tuple[WaterDay, ...] = ()
    """Soil water day by day, oldest first."""
    spread: Spread | None = None
    """Why the last row up to the day is uncertain."""
    verdict: Verdict | None = None
    efficiency: float | None = None
    """Share of the delivered water that reaches the roots."""
    first: date | None = None
    """First day of the account; None for the usual fortnight."""


class Explanation(Record):
    """How a number came to be, as data and in the words that say it."""

    parcel_id: Identifier
    parcel_name: str
    day: date
    account: WaterAccount | None
    observations: tuple[ObservedChange, ...]
    """What was seen within the account's days, oldest first."""
    spread: Spread | None
    lines: tuple[str, ...]
