"""Ingest into the store on SQLite: bytes read, committed, chained in the ledger; in batches and one by one."""

import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store
from cloud.ingest import read_arrival
from edge.contract import Detection, ModelReference, topic_of
from edge.wire import encode_detection
from tests.benchmarks.figure import Figure

BATCH: Final = 200
BATCHED: Final = 6_000
SINGLE: Final = 300
TOPIC: Final = topic_of("bench", "gw-bench", "detection")
NOON: Final = datetime(2026, 7, 1, 12, tzinfo=UTC)
KEYS: Final = PersonalKeys(encryption_key=bytes(range(32)), index_key=bytes(range(32, 64)))


def figures() -> Iterator[Figure]:
    """Detections a second, durable when counted."""
    for name, total, batch in ((f"batches of {BATCH}", BATCHED, BATCH), ("one by one", SINGLE, 1)):
        rate = _per_second(total, batch)
        yield Figure(
            name=f"store ingest, SQLite, {name}", value=rate, unit="detections/s", note=f"{total:,} detections"
        )


def _per_second(total: int, batch: int) -> float:
    payloads = [_payload(number) for number in range(total)]
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        with Store.open(url, KEYS, create=True) as store:
            begun = time.perf_counter()
            for first in range(0, total, batch):
                arrivals = [read_arrival(TOPIC, payload, NOON) for payload in payloads[first : first + batch]]
                outcomes = store.receive(arrivals)
                if set(outcomes) != {"stored"}:
                    raise RuntimeError(f"store: expected every detection stored, got {set(outcomes)}")
            return total / (time.perf_counter() - begun)


def _payload(number: int) -> bytes:
    detection = Detection(
        parcel_id=f"parcel-{number % 500}",
        camera_id="cam-1",
        taken_at=NOON - timedelta(minutes=number),
        clock_quality="exif",
        sha256=f"{number:064x}",
        model=ModelReference(name="wilting", version="1.0.0", sha256="cd" * 32),
        opinion=True,
        canopy_cover_fraction=0.5,
        wilting_score=1.25,
        wilting_probability=0.25,
        basis=("rgb",),
    )
    return encode_detection(detection, "b1", number)
