"""The demo's people and irrigation history: invented, and said to be."""

import csv
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from cloud.messages import Farmer
from cloud.people.consent import WORDING
from cloud.records import Parcel

DEMO_DAY: Final = date(2026, 8, 30)
"""Its evening is now: weather and photos end here."""
COMING_DAY: Final = DEMO_DAY + timedelta(days=1)
"""The day that is decided and told this evening."""
EVENING: Final = time(18, 0)
PHOTOGRAPHED_PARCEL: Final = "P01"
CAMERA: Final = "cam-p01"

# Days between irrigations, how many days before the demo's day the last one was, and its gross depth: invented, so that
# some parcels are thirsty and some are not.
_HABITS: Final = {
    "P01": (3, 4, 20.0),
    "P02": (9, 10, 85.0),
    "P03": (2, 1, 15.0),
    "P04": (2, 2, 16.0),
    "P05": (9, 6, 85.0),
    "P06": (3, 2, 20.0),
    "P07": (3, 2, 18.0),
    "P08": (3, 1, 21.0),
    "P09": (3, 1, 24.0),
    "P10": (8, 5, 85.0),
    "P11": (3, 2, 20.0),
}


def camera_of(*, synthetic: bool) -> str:
    """Name of the camera; the map shows pictures of a camera that calls itself synthetic as such.

    Photos from somebody's folder get none: they may come from many cameras, which as one would seem to be moved.
    """
    return f"synthetic-{CAMERA}" if synthetic else ""


def farm_file() -> Path:
    """GeoJSON of the sample farm that comes with the package."""
    return Path(str(files("simulations.demo") / "farm.geojson"))


def farmers(parcels: Sequence[Parcel]) -> tuple[Farmer, ...]:
    """One invented farmer for each parcel, with a telephone number that no real network is asked to reach."""
    people = []
    for number, parcel in enumerate(parcels, start=1):
        if parcel.farmer is not None:
            people.append(
                Farmer(
                    id=parcel.farmer.id,
                    name=f"Demo farmer {number}",
                    phone_number=f"+2126000000{number:02d}",
                    language=parcel.farmer.language,
                )
            )
    return tuple(people)


def write_farmers(people: Sequence[Farmer], path: Path) -> None:
    """Write the farmers file that ``seguia cloud import`` reads, with the consent that each is made to have given."""
    agreed = ["spoken", "the demo (invented)", DEMO_DAY.replace(month=1, day=15).isoformat(), WORDING]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        consent = ["consent_how", "consent_by", "consent_at", "consent_wording"]
        writer.writerow(["id", "name", "phone_number", "language", *consent])
        writer.writerows([person.id, person.name, person.phone_number, person.language, *agreed] for person in people)


def write_events(parcels: Sequence[Parcel], path: Path, *, demo_day: date) -> None:
    """Write each parcel's invented irrigations of the season up to the day before the demo."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["parcel_id", "started_at", "depth_mm", "source"])
        for parcel in parcels:
            if parcel.id not in _HABITS:
                continue
            every_days, last_days_ago, depth_mm = _HABITS[parcel.id]
            day = demo_day - timedelta(days=last_days_ago)
            first = parcel.planted_on or parcel.season_starts_on or date(demo_day.year, 5, 1)
            while day >= max(first, date(demo_day.year, 5, 1)):
                started_at = datetime.combine(day, time(6, 30), tzinfo=ZoneInfo(parcel.timezone))
                writer.writerow([parcel.id, started_at.isoformat(), depth_mm, "meter"])
                day -= timedelta(days=every_days)


def write_turns(path: Path, *, demo_day: date) -> None:
    """Write the invented canal turn of the group that shares canal K12."""
    zone = ZoneInfo("Africa/Casablanca")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["canal", "group", "starts_at", "ends_at", "flow_m3_h"])
        for days_ahead in (1, 13):
            starts_at = datetime.combine(demo_day + timedelta(days=days_ahead), time(5, 0), tzinfo=zone)
            writer.writerow(["K12", "G1", starts_at.isoformat(), (starts_at + timedelta(hours=30)).isoformat(), 110.0])


def write_pumps(path: Path) -> None:
    """Write the four invented pumps of the sample farm."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["pump", "flow_m3_h", "power_kw", "energy", "price_per_kwh", "from_hour", "to_hour"])
        for pump in ("F1", "F2", "F3", "F4"):
            writer.writerow([pump, 60.0, 18.0, "electricity", 1.2, 5, 22])
