"""One set of facts of every kind, with the largest values that may be told, shared by tests and benchmarks."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypedDict, get_args

from cloud.speech import facts as told

DAY: Final = date(2026, 9, 23)
VALID_UNTIL: Final = datetime(2026, 9, 30, tzinfo=UTC)
PHONE: Final = "+212612345678"
BEGINS: Final = datetime(2026, 9, 23, 18, 35, tzinfo=UTC)
LONGEST_NAME: Final = "Parcelle de la grande olivette au nord de la ferme des cousins"


class About(TypedDict):
    """What all facts share."""

    parcel_id: str
    parcel_name: str
    day: date


def worst_facts(name: str = LONGEST_NAME) -> Iterator[told.Facts]:
    """Facts of every kind."""
    about = About(parcel_id="p1", parcel_name=name, day=DAY)
    yield told.StressSeen(**about, seen_on=DAY, share_percent=100)
    yield told.StressSeen(**about, seen_on=DAY)
    yield told.Offline(**about, since=DAY - timedelta(days=28), phone=PHONE)
    yield told.Confirm(**about, irrigated_on=DAY)
    for meaning in get_args(told.Noted):
        yield told.Thanks(**about, meaning=meaning, about_day=DAY, depth_mm=123.5)
    yield told.Stop(**about, phone=PHONE)
    yield told.Start(**about)
    yield told.Help(**about, phone=PHONE)
    yield told.Heat(**about, first=DAY, last=DAY, temperature_c=48)
    yield told.Heat(**about, first=DAY, last=DAY + timedelta(days=7), temperature_c=48)
    yield told.BlockedEmitters(**about, rows=tuple(range(101, 125)), seen_on=DAY)
    yield told.QuotaWarning(**about, left_m3=1234567, until=DAY + timedelta(days=112))
    yield told.Alive(**about)
    yield told.Welcome(**about, phone=PHONE)
    fields = (name, "Olivette du sud de la ferme", "Grand verger de l'est", "Jardin", "Nord 2 = 3 m3, 12 mm", "P12")
    yield told.WhichParcel(**about, choices=told.choices_of(fields[:3]))
    yield told.WhichParcel(**about, choices=told.choices_of(fields))
    for state in get_args(told.Swap):
        for hours in (3, 10, 60):
            ends_at = BEGINS + timedelta(hours=hours)
            yield told.TurnSwap(**about, state=state, other_name=name, starts_at=BEGINS, ends_at=ends_at)
    yield told.CallSoon(**about, phone=PHONE)
