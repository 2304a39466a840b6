"""From a farmer's text to changed water and thanks: SYNTHETIC parcels in an installation, attended by a real process.

The text is put into the store as the carrier's callback does; the clock stops when the parcel's verdict is another one
and the thanks are with the (spooling) carrier. The night that decides the day first is not counted.
"""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cloud.adapters.store.store import Store
from cloud.messages import Farmer, Inbound
from cloud.records import FarmerReference, IrrigationEvent, IrrigationSystem, Parcel, Soil, WaterSource
from tests.benchmarks.figure import Figure
from tests.office import DAY, change, cloud, new_office, store_of
from tests.synthetic_season import write_ahead, write_past

PARCELS: Final = 2_000
EVENTS_EACH: Final = 30
PER_CANAL: Final = 60
REPLIES: Final = 5
BAR_S: Final = 60.0
PATIENCE_S: Final = 180.0
EVE: Final = datetime(DAY.year, DAY.month, DAY.day, 17, tzinfo=UTC) - timedelta(days=1)


def figures(parcels: int = PARCELS) -> Iterator[Figure]:
    """Seconds from text to thanks and to changed water, the first one apart: it reads the weather."""
    with tempfile.TemporaryDirectory() as folder:
        data = new_office(Path(folder))
        begun = time.perf_counter()
        _furnish(data, parcels)
        note = f"{parcels:,} parcels, {parcels * EVENTS_EACH:,} irrigations, canals of {PER_CANAL}"
        yield Figure(name="night before, to compare", value=time.perf_counter() - begun, unit="s wall", note=note)
        with store_of(data) as store, _attending(data):
            for number in range(REPLIES):
                thanked, changed = _reply(store, f"p{number * PER_CANAL * 2:05d}", number * PER_CANAL * 2)
                which = "first text" if not number else f"text {number + 1}"
                yield Figure(name=f"{which} to thanks sent", value=thanked, unit="s wall", bar=BAR_S)
                yield Figure(name=f"{which} to changed state", value=changed, unit="s wall", bar=BAR_S)


def _furnish(data: Path, parcels: int) -> None:
    write_past(data / "past.csv", DAY - timedelta(days=1))
    write_ahead(data / "ahead.csv", DAY)
    change(data, "[weather]\n", '[weather]\npast_path = "past.csv"\nforecast_path = "ahead.csv"\n')
    path = data / "seguia-cloud.toml"
    path.write_text(f"clock_offset_s = 0\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    _at(data, EVE)
    with store_of(data) as store:
        store.save_parcels([_parcel(number) for number in range(parcels)])
        store.save_farmers([_farmer(number) for number in range(parcels)])
        store.add_events([event for number in range(parcels) for event in _events(number)])
    for command in (("nightly", "--day", str(DAY)), ("send", "--limit", str(parcels))):
        done = cloud(*command, "--data", data)
        if done.exit_code not in {0, 1}:
            raise RuntimeError(f"{command[0]}: expected to end, got {done.exception}")


def _at(data: Path, moment: datetime) -> None:
    path = data / "seguia-cloud.toml"
    offset = round((moment - datetime.now(UTC)).total_seconds())
    content = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"clock_offset_s = -?\d+", f"clock_offset_s = {offset}", content), encoding="utf-8")


def _parcel(number: int) -> Parcel:
    every = number % PER_CANAL == 0
    return Parcel(
        id=f"p{number:05d}",
        crop="maize",
        planted_on=DAY - timedelta(days=75),
        latitude=32.3 + 0.001 * (number % 50),
        longitude=-6.4 + 0.001 * (number // 50),
        soil=Soil(texture="loam"),
        irrigation=IrrigationSystem(method="sprinkler", flow_m3_h=30.0),
        water=WaterSource(pump=None if every else f"W{number // PER_CANAL}"),
        farmer=FarmerReference(id=f"f{number:05d}", language="en"),
    )


def _farmer(number: int) -> Farmer:
    return Farmer(id=f"f{number:05d}", name="Somebody invented", phone_number=_number(number), language="en")


def _number(number: int) -> str:
    return f"+2126{12000000 + number:08d}"


def _events(number: int) -> Iterator[IrrigationEvent]:
    for back in range(EVENTS_EACH):
        at = EVE - timedelta(days=8 + 2 * back, hours=number % 12)
        yield IrrigationEvent(parcel_id=f"p{number:05d}", started_at=at, depth_mm=12.0, source="reply")


@contextmanager
def _attending(data: Path) -> Iterator[None]:
    _at(data, EVE + timedelta(hours=18))
    command = [sys.executable, "-m", "seguia", "cloud", "attend", "--data", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(8.0)
        yield
    finally:
        process.terminate()
        process.wait(30.0)


def _reply(store: Store, parcel_id: str, number: int) -> tuple[float, float]:
    """Seconds until the thanks are handed over, and until the verdict is another one."""
    before = store.verdict_on(parcel_id, DAY)
    if before is None or before.recommendation.start_window is None:
        raise RuntimeError(
            f"parcel {parcel_id}: expected an irrigation told for {DAY}, got {before and before.decision}"
        )
    at = before.recommendation.start_window[0] + timedelta(hours=3)
    text = Inbound(carrier="bench", carrier_id=parcel_id, phone_number=_number(number), text="1", received_at=at)
    store.add_inbound(text)
    begun, thanked = time.perf_counter(), None
    while time.perf_counter() - begun < PATIENCE_S:
        if thanked is None:
            log = store.message_log(parcel_id)
            thanked = (
                time.perf_counter() - begun
                if any(one.message.kind == "thanks" and one.state == "wired" for one in log)
                else None
            )
        after = store.verdict_on(parcel_id, DAY)
        if after is not None and after.digest() != before.digest() and thanked is not None:
            return thanked, time.perf_counter() - begun
        time.sleep(0.1)
    raise RuntimeError(f"parcel {parcel_id}: expected thanks and another verdict in {PATIENCE_S:g} s, got none such")
