"""The cloud's side of the rehearsal: the real broker and the real ingest, each in a process that can be killed."""

import multiprocessing
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

from cloud.adapters.mqtt import Ingest, IngestSettings
from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store
from cloud.config import BrokerConfig
from cloud.errors import ServiceUnavailableError
from tests.chaos.gateway.network import CLOUD_ADDRESS, enter

KEYS: Final = PersonalKeys(encryption_key=bytes(range(32)), index_key=bytes(range(32, 64)))
_NETWORK_PORT: Final = 1883


@dataclass(slots=True, kw_only=True)
class Cloud:
    """Broker and ingest, as long as they run."""

    base: Path
    network: str | None
    clock_from: datetime | None = None
    """What the ingest's clock showed when it began; None: the machine's own time."""
    host: str = "127.0.0.1"
    port: int = 0
    _broker: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _ingest: BaseProcess | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.host = "127.0.0.1" if self.network is None else CLOUD_ADDRESS
        self.port = _free_port() if self.network is None else _NETWORK_PORT
        (self.base / "mosquitto.conf").write_text(
            f"listener {self.port} {self.host}\npersistence false\nallow_anonymous true\nuser root\n", encoding="utf-8"
        )
        with Store.open(f"sqlite:///{self.database}", KEYS, create=True):
            pass

    @property
    def database(self) -> Path:
        """The cloud's store."""
        return self.base / "cloud.db"

    def restart_broker(self) -> None:
        """Kill the broker, if it runs, and start another that remembers nothing."""
        self._end_broker()
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        place = () if self.network is None else ("ip", "netns", "exec", self.network)
        self._broker = subprocess.Popen(
            [*place, program, "-c", str(self.base / "mosquitto.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def restart_ingest(self) -> None:
        """Kill the ingest, if it runs, and start another on the same store."""
        self._end_ingest()
        context = multiprocessing.get_context("forkserver")
        ahead = timedelta() if self.clock_from is None else self.clock_from - datetime.now(UTC)
        order = (self.network, BrokerConfig(host=self.host, port=self.port), str(self.database), ahead)
        self._ingest = context.Process(target=_ingest, args=order, daemon=True)
        self._ingest.start()

    def end(self) -> None:
        """Let both go."""
        self._end_ingest()
        self._end_broker()

    def detections(self) -> list[tuple[str]]:
        """Bodies of all detections kept."""
        return self._rows("SELECT body FROM detections")

    def parked(self) -> list[tuple[str]]:
        """Reasons of all payloads set aside."""
        return self._rows("SELECT reason FROM parked")

    def _rows(self, query: str) -> list[tuple[str]]:
        with closing(sqlite3.connect(self.database, timeout=30.0)) as connection:
            return connection.execute(query).fetchall()

    def _end_broker(self) -> None:
        if self._broker is not None:
            self._broker.send_signal(signal.SIGKILL)
            self._broker.wait()
            self._broker = None

    def _end_ingest(self) -> None:
        if self._ingest is not None:
            self._ingest.kill()
            self._ingest.join()
            self._ingest = None


@contextmanager
def cloud_at(base: Path, network: str | None, *, clock_from: datetime | None = None) -> Iterator[Cloud]:
    """Broker and ingest at work."""
    cloud = Cloud(base=base, network=network, clock_from=clock_from)
    try:
        cloud.restart_broker()
        cloud.restart_ingest()
        yield cloud
    finally:
        cloud.end()


def _ingest(network: str | None, broker: BrokerConfig, database: str, ahead: timedelta) -> None:
    if network is not None:
        enter(network)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Store.open(f"sqlite:///{database}", KEYS) as store:
        while True:
            settings = IngestSettings(broker=broker)
            ingest = Ingest(store, settings, lambda: datetime.now(UTC) + ahead, tell=lambda _: None)
            with suppress(ServiceUnavailableError):
                ingest.run_forever()
            time.sleep(0.1)


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
