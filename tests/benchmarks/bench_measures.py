"""Measures of a season: 12,000 farmers, 100 messages each, counted by the database. The farmers are INVENTED."""

import hashlib
import json
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.sending_tables import MESSAGE_STATE
from cloud.adapters.store.store import Store
from cloud.adapters.store.tables import EVENTS, MESSAGES
from cloud.outreach.counts import Counts
from cloud.outreach.measures import measures_of
from tests.benchmarks.figure import Figure

FARMERS: Final = 12_000
EACH: Final = 100
SINCE: Final = datetime(2026, 3, 1, 17, tzinfo=UTC)
KEYS: Final = PersonalKeys(encryption_key=bytes(range(32)), index_key=bytes(range(32, 64)))
LANGUAGES: Final = ("ary", "fr", "ar", "ary-Latn")
KINDS: Final = ("irrigate", "wait", "irrigate", "no_irrigation_rain", "alive")
STATES: Final = ("delivered",) * 17 + ("sent", "expired", "failed")
CHUNK: Final = 20_000


def figures() -> Iterator[Figure]:
    """Seconds from a full store to every measure."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        with Store.open(url, KEYS, create=True) as store:
            _fill(store)
            begun = time.perf_counter()
            counts = _counted(store)
            measures = measures_of(counts, {}, days=(date(2026, 3, 1), date(2026, 6, 9)), price=None)
            spent = time.perf_counter() - begun
        if measures.total.messages != FARMERS * EACH or measures.total.followed is None:
            raise RuntimeError(f"measures: expected {FARMERS * EACH} messages counted, got {measures.total.messages}")
        note = f"{measures.total.followed.count:,} told irrigations, SQLite"
        yield Figure(
            name=f"measures of {FARMERS:,} farmers x {EACH} messages", value=spent, unit="s", bar=10.0, note=note
        )


def _counted(store: Store) -> Counts:
    return store.outreach_counts(
        SINCE - timedelta(days=1), SINCE + timedelta(days=200), now=SINCE + timedelta(days=300)
    )


def _fill(store: Store) -> None:
    with store.writing() as writer:
        for table, rows in ((MESSAGES, _messages()), (MESSAGE_STATE, _states()), (EVENTS, _events())):
            while chunk := list(islice(rows, CHUNK)):
                writer.connection.execute(insert(table), chunk)


def _places() -> Iterator[tuple[int, int, int]]:
    for day in range(EACH):
        for farmer in range(FARMERS):
            yield day * FARMERS + farmer + 1, day, farmer


def _messages() -> Iterator[dict[str, Any]]:
    for position, day, farmer in _places():
        body = {
            "parcel_id": f"p{farmer}",
            "kind": KINDS[(farmer + day) % len(KINDS)],
            "language": LANGUAGES[farmer % len(LANGUAGES)],
            "channel": "sms",
            "text": "x" * 150,
            "encoding": "gsm7",
            "segments": 1 + farmer % 2,
            "cost": 0.1,
            "valid_until": (SINCE + timedelta(days=day, hours=20)).isoformat(),
            "reviewed": True,
            "farmer_id": f"f{farmer}",
            "catalogue_sha256": "c" * 64,
        }
        yield {
            "position": position,
            "message_id": f"{position:064x}",
            "farmer_id": f"f{farmer}",
            "parcel_id": f"p{farmer}",
            "verdict_digest": f"{position:064x}",
            "queued_at": SINCE + timedelta(days=day, seconds=farmer % 600),
            "body": json.dumps(body),
        }


def _states() -> Iterator[dict[str, Any]]:
    for position, day, farmer in _places():
        state = STATES[position % len(STATES)]
        handed = SINCE + timedelta(days=day, seconds=600 + farmer % 900)
        taken = state != "expired"
        yield {
            "message_id": f"{position:064x}",
            "state": state,
            "attempts": 1,
            "next_attempt_at": handed,
            "valid_until": SINCE + timedelta(days=day, hours=20),
            "carrier": "africastalking" if taken else "",
            "carrier_id": f"AT{position}" if taken else None,
            "reason": None,
            "updated_at": handed + timedelta(seconds=3 + (farmer * 7 + day) % 240),
            "priority": 1,
            "segments": 1 + farmer % 2,
            "place": position,
            "handed_at": handed if taken else None,
            "repeated": 0,
        }


def _events() -> Iterator[dict[str, Any]]:
    first = FARMERS * EACH + 1
    for position, day, farmer in _places():
        if KINDS[(farmer + day) % len(KINDS)] != "irrigate" or position % 3 == 0:
            continue
        started = SINCE + timedelta(days=day, hours=13)
        body = {
            "parcel_id": f"p{farmer}",
            "started_at": started.isoformat(),
            "depth_mm": 20.0 * (position % 5 != 0),
            "source": "meter" if farmer % 10 == 0 else "reply",
        }
        yield {
            "position": first + position,
            "parcel_id": f"p{farmer}",
            "started_at": started,
            "digest": hashlib.sha256(str(position).encode()).hexdigest(),
            "body": json.dumps(body),
        }
