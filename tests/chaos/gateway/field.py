"""INVENTED photos, a stand-in for the detector, and the gateway under fire: the real daemon in a process of its own.

The stand-in reads the file and answers at once, since thousands of lives are wanted: what is rehearsed here is the
queue, the uplink and the daemon, not the models. The photo's name of its content is what the cloud is asked for later.
"""

import hashlib
import json
import os
import threading
from ctypes import c_double
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import numpy as np

from edge.clock import Clock
from edge.config_file import read_config, write_config
from edge.contract import Detection
from edge.evidence import Sighting
from edge.gateway import Gateway
from edge.metadata import FrameMetadata
from edge.sources.folder import Drop
from edge.turns import Turns
from edge.voice import Voice
from edge.wire import HASH_PREFIX_BYTES
from tests.chaos.gateway.network import enter
from tests.chaos.gateway.power import SyncMark, record_syncs

PARCELS: Final = 3
_PICTURE: Final = np.full((12, 16, 3), 90, dtype=np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Where everything of the gateway under fire lies."""

    base: Path
    network: str | None = None
    """Network namespace of the field; None: this machine's own loopback."""

    @property
    def config(self) -> Path:
        """The gateway's configuration."""
        return self.base / "gateway.toml"

    @property
    def data(self) -> Path:
        """The gateway's data folder; a small disk of its own where one can be mounted."""
        return self.base / "data"

    @property
    def database(self) -> Path:
        """The gateway's queue."""
        return self.data / "outbox.sqlite"

    def photos(self, number: int) -> Path:
        """Folder watched for a parcel."""
        return self.base / "photos" / f"P{number % PARCELS}"

    def rejected(self) -> int:
        """Photos the gateway set aside: none here deserves it."""
        return len(list(self.base.glob("photos/rejected/*.jpg")))

    def write(self, host: str, port: int, **tables: Any) -> None:  # noqa: ANN401 -- whatever a configuration holds
        """Write the configuration and make its folders."""
        for number in range(PARCELS):
            self.photos(number).mkdir(parents=True)
        self.data.mkdir(exist_ok=True)
        content = {
            "organisation": "chaos",
            "gateway_id": "gw-chaos",
            "data_dir": str(self.data),
            "settle_s": 0.0,
            "poll_interval_s": 0.05,
            "broker": {"host": host, "port": port},
            "delivery": {"ack_timeout_s": 1.0, "daily_budget_kb": 1_000_000, "heartbeat_interval_s": 5.0},
            "evidence": {"policy": "onset"},
            "watch": [
                {"folder": str(self.photos(number)), "parcel_id": f"P{number}", "live": True}
                for number in range(PARCELS)
            ],
            **tables,
        }
        self.config.write_text(write_config(content), encoding="utf-8")

    def drop(self, number: int) -> str:
        """Let a photo arrive, complete at once; the name of its content that the cloud should hear."""
        content = f"INVENTED photo {number}\n".encode() * (1 + number % 7)
        path = self.photos(number) / f"{number:06d}.jpg"
        part = path.with_suffix(".part")
        part.write_bytes(content)
        part.rename(path)
        return hashlib.sha256(content).hexdigest()[: 2 * HASH_PREFIX_BYTES]


def look(drop: Drop, metadata: FrameMetadata | None) -> Sighting:
    """What the stand-in says: stressed or not by the photo's own content."""
    content = drop.path.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    detection = Detection(
        sha256=sha256,
        model=None,
        opinion=True,
        wilting_probability=int(sha256[:2], 16) / 255,
        taken_at=None if metadata is None else metadata.taken_at,
    )
    return Sighting(detection=detection, picture=_PICTURE)


def live(field: Field, ahead_s: c_double, boot: str, ready: Connection) -> None:
    """Be the gateway until killed; its clock shows what the parent wants, and its machine began anew where it says."""
    if field.network is not None:
        enter(field.network)
    record_syncs(field.database, SyncMark(field.base / "synced"))
    log = (field.base / "gateway.log").open("a", encoding="utf-8")

    def tell(line: str) -> None:
        log.write(f"{os.getpid()} {line}\n")
        log.flush()

    clock = Clock(now=lambda: datetime.now(UTC) + timedelta(seconds=ahead_s.value), boot=lambda: boot)

    def work(stop: threading.Event) -> int:
        with Gateway(read_config(field.config), look, clock=clock, voice=Voice(tell)) as gateway:
            ready.send("begun")
            gateway.run(stop)
        return 0

    Turns(tell).run(work)


def told_detections(rows: list[tuple[str]]) -> list[str]:
    """Content names of detections as the cloud keeps them."""
    return [str(json.loads(body)["sha256"]) for (body,) in rows]
