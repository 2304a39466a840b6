"""Memory of the gateway's real daemon: photos in, a real broker and a real ingest behind it."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cloud.adapters.mqtt import Ingest, IngestSettings
from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store
from cloud.config import BrokerConfig
from edge.config_file import write_config
from simulations.demo.broker import LOOPBACK, embedded_broker
from tests.benchmarks.figure import Figure
from tests.benchmarks.scenes import LARGE, write_scenes

PHOTOS: Final = 20
BAR_MB: Final = 200.0
PATIENCE_S: Final = 180.0
KEYS: Final = PersonalKeys(encryption_key=bytes(range(32)), index_key=bytes(range(32, 64)))


def figures() -> Iterator[Figure]:
    """Peak resident memory over photos of two sizes."""
    for name, size_px in (("640x480", (640, 480)), ("12 MP", LARGE)):
        with tempfile.TemporaryDirectory() as folder:
            yield _measured(Path(folder), name, size_px)


def _measured(base: Path, name: str, size_px: tuple[int, int]) -> Figure:
    write_scenes(base / "photos", PHOTOS, size_px)
    with (
        embedded_broker() as port,
        Store.open(f"sqlite:///{base / 'cloud.db'}", KEYS, create=True) as store,
    ):
        (base / "gateway.toml").write_text(_configuration(port), encoding="utf-8")
        broker = BrokerConfig(host=LOOPBACK, port=port, protocol="v3.1.1")
        ingest = Ingest(store, IngestSettings(broker=broker), lambda: datetime.now(UTC))
        ingest.start()
        try:
            peak_mb, took_s = _daemon_peak_mb(base, ingest)
        finally:
            ingest.ask_to_stop()
            ingest.stop()
    return Figure(
        name=f"gateway daemon, peak memory over {PHOTOS} photos of {name}",
        value=peak_mb,
        unit="MB resident",
        bar=BAR_MB,
        note=f"photos and pictures delivered in {took_s:.0f} s; SYNTHETIC scenes",
    )


def _daemon_peak_mb(base: Path, ingest: Ingest) -> tuple[float, float]:
    """Peak memory when everything is delivered, and how long that took [s]."""
    begun = time.monotonic()
    command = [sys.executable, "-m", "seguia", "gateway", "run", "--config", str(base / "gateway.toml")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        while ingest.counts.stored < 2 * PHOTOS:  # a detection and its picture each
            if process.poll() is not None or time.monotonic() - begun > PATIENCE_S:
                process.kill()
                told = json.dumps(process.communicate()[1][-400:])
                raise RuntimeError(f"gateway: expected {2 * PHOTOS} messages, got {ingest.counts.stored}: {told}")
            time.sleep(0.05)
        return _peak_memory_mb(process.pid), time.monotonic() - begun
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _peak_memory_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1000
    raise RuntimeError("this system does not tell the peak memory of a process (VmHWM)")


def _configuration(port: int) -> str:
    return write_config(
        {
            "organisation": "bench",
            "gateway_id": "gw-bench",
            "settle_s": 0.0,
            "poll_interval_s": 0.1,
            "broker": {"host": LOOPBACK, "port": port, "protocol": "v3.1.1"},
            "delivery": {"daily_budget_kb": 100_000},
            "evidence": {"policy": "always"},
            "watch": [{"folder": "photos", "parcel_id": "P1", "crop": "soybean", "camera_id": "cam-1"}],
        }
    )
