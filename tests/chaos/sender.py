"""The process that is killed: it queues its texts again and again, and sends what is due, as a timer's runs do."""

from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from cloud.adapters.store.database import system_clock
from cloud.commands.cloud_send import deliver
from cloud.commands.cloud_site import configuration, open_store
from tests.chaos.farm import BATCH, texts


def live(data: str, known: range, ahead_s: float, ready: Connection) -> None:
    """Queue texts and send until nothing is due; the parent may kill it anywhere."""
    settings = configuration(Path(data), None)

    def clock() -> datetime:
        return system_clock() + timedelta(seconds=ahead_s)

    with open_store(settings) as store:
        ready.send("begun")
        for first in range(known.start, known.stop, BATCH):
            batch = texts(range(first, min(first + BATCH, known.stop)))
            store.queue_messages([(text, "d" * 64) for text in batch], now=system_clock())
        deliver(store, settings, clock=clock, limit=100_000)
    ready.send("done")
