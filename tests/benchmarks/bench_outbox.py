"""The outbox: thousands of messages over the official SDK to the stand-in, and a morning's run at a carrier's pace.

Farmers and texts are INVENTED. The stand-in runs in a process of its own, as a carrier does.
"""

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.sms.africastalking import AfricasTalkingCarrier, AfricasTalkingSettings
from cloud.adapters.store.store import Store
from cloud.messages import Delivery, Farmer, Message
from cloud.sending import Sender, SendReport, send_over
from tests.benchmarks.figure import Figure
from tests.chaos.carrier import faults, outbox, stand_in

MESSAGES: Final = 10_000
FARMS: Final = 12_000
FAULTS: Final = 0.05
PACE_PER_S: Final = 20.0
BEGIN: Final = datetime(2026, 7, 21, 17, 30, tzinfo=UTC)


class Clock:
    """Real time from a fixed moment on, and what a rest would have taken, without resting."""

    def __init__(self) -> None:
        self._begun = time.perf_counter()
        self.rested_s = 0.0

    def __call__(self) -> datetime:
        return BEGIN + timedelta(seconds=time.perf_counter() - self._begun + self.rested_s)

    def rest(self, seconds: float) -> None:
        self.rested_s += seconds


def figures() -> Iterator[Figure]:
    """Hand-over with failures injected, and the morning of 12,000 farms."""
    yield from _handed_over()
    yield from _morning()


def _handed_over() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder, stand_in() as address, store_in(Path(folder)) as store:
        save_farmers(store, MESSAGES)
        faults(address, share=FAULTS, requests=2 * MESSAGES, seed=20260721)
        clock = Clock()
        begun, worked = time.perf_counter(), time.process_time()
        store.queue_messages([(text(number), "d" * 64) for number in range(MESSAGES)], now=BEGIN)
        queued_s = time.perf_counter() - begun
        report = send_all(store, address, clock)
        yield Figure(
            name=f"{MESSAGES:,} messages queued and handed to the stand-in, 5 % failures",
            value=time.perf_counter() - begun,
            unit="s wall",
            bar=60.0,
            note=f"queued in {queued_s:.1f} s; {report.accepted} accepted, waits of retries skipped",
        )
        worked_s = time.process_time() - worked
        yield Figure(name="processor time of the sender for them", value=worked_s, unit="s processor")
        lost, twice, resolved, asked = settle_doubts(store, address, clock)
    told = f"{resolved} lost answers resolved by delivery report, {asked} by an operator's word"
    yield Figure(name="messages lost", value=lost, unit="messages", bar=0.0, note=told)
    yield Figure(name="messages sent twice", value=twice, unit="messages", bar=0.0)


def _morning() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder, stand_in() as address, store_in(Path(folder)) as store:
        save_farmers(store, FARMS)
        clock = Clock()
        store.queue_messages([(text(number), "d" * 64) for number in range(FARMS)], now=BEGIN)
        begun = clock()
        send_all(store, address, clock, pace_per_s=PACE_PER_S)
        minutes = (clock() - begun).total_seconds() / 60.0
        reached = len(outbox(address))
    yield Figure(
        name=f"{FARMS:,} farms' morning run at 20 messages/s",
        value=minutes if reached == FARMS else float("inf"),
        unit="min",
        bar=15.0,
        note=f"{reached} reached; work in real time, rests of the pace counted and skipped ({clock.rested_s:.0f} s)",
    )


def send_all(store: Store, address: str, clock: Clock, *, pace_per_s: float | None = None) -> SendReport:
    """Send until nothing waits; where only retries wait, time goes on to them."""
    carrier = AfricasTalkingCarrier(AfricasTalkingSettings(username="sandbox", api_key="stand-in", base_url=address))
    sender = Sender(clock=clock, messages_per_s=pace_per_s, sleep=clock.rest)
    total = SendReport()
    while store.waiting():
        report = send_over(store, [carrier], sender, limit=2 * MESSAGES)
        total.accepted += report.accepted
        total.unknown += report.unknown
        if store.waiting():
            clock.rest(300.0)
    return total


def settle_doubts(store: Store, address: str, clock: Clock) -> tuple[int, int, int, int]:
    """What is lost, sent twice, resolved by reports, and left to an operator, once every report has come."""
    doubtful, asked = _unknown(store), 0
    told: set[str] = set()
    while left := _after_reports(store, address, clock, told):
        asked += len(left)
        for message_id in left:
            store.resolve_doubt(message_id, "resend", by="bench", why="no report came", now=clock())
        send_all(store, address, clock)
    texts = Counter(row["text"] for row in outbox(address))
    lost = sum(texts[text(number).text] == 0 for number in range(MESSAGES))
    return lost, sum(count > 1 for count in texts.values()), len(doubtful) - asked, asked


def _after_reports(store: Store, address: str, clock: Clock, told: set[str]) -> frozenset[str]:
    """Messages still in doubt once each accepted text has been reported delivered, as carriers do."""
    for row in outbox(address):
        if row["id"] in told:
            continue
        told.add(row["id"])
        word = {"message_id": "", "state": "delivered", "carrier": "africastalking", "carrier_id": row["id"]}
        store.record_delivery(Delivery.model_validate({**word, "at": clock()}), phone_number=row["to"])
    return _unknown(store)


def _unknown(store: Store) -> frozenset[str]:
    return frozenset(doubt.message_id for doubt in store.doubtful())


def text(number: int) -> Message:
    """One invented advice, different for every farm."""
    return Message(
        parcel_id=f"p{number}",
        kind="irrigate",
        language="fr",
        text=f"Parcelle {number}: irriguez demain de 6 a 8 h pendant 2 h (60 m3, 12 mm). Repondez 1 = fait, 2 = non.",
        encoding="gsm7",
        segments=1,
        valid_until=BEGIN + timedelta(hours=20),
        reviewed=True,
        farmer_id=f"f{number}",
    )


def save_farmers(store: Store, count: int) -> None:
    """Invented people, each with a number of its own."""
    store.save_farmers(
        [Farmer(id=f"f{number}", name=f"Invented {number}", phone_number=phone(number)) for number in range(count)]
    )


def phone(number: int) -> str:
    """A number that a Moroccan mobile could have; it never ends in what the stand-in takes for a code."""
    return f"+2126{10_000_000 + number * 100:08d}"


@contextmanager
def store_in(folder: Path) -> Iterator[Store]:
    """A SQLite store on the disk."""
    with Store.open(f"sqlite:///{folder / 'seguia.db'}", PersonalKeys.generate(), create=True) as store:
        yield store
