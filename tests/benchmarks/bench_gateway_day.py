"""A gateway's start, its rest and its day on a metered line: the real command, real models, broker, ingest and cable.

Gateway and cloud live in network namespaces of their own (root is needed), so that the kernel counts every byte that
an operator would bill: IP packets both ways, acknowledgements and keepalives too. Photos are SYNTHETIC scenes.
"""

import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from edge.config import GatewayConfig
from edge.config_file import write_config
from tests.benchmarks.figure import Figure
from tests.benchmarks.scenes import write_scenes
from tests.chaos.gateway.cloud import Cloud, cloud_at
from tests.chaos.gateway.network import FieldNetwork, field_network, missing

PHOTOS: Final = 12
IDLE_S: Final = 100.0
PINGED_EVERY_S: Final = 10
"""Oftener than by default, so that pings enough are measured; a day is computed with the default."""
HEARTBEATS: Final = 10
DAY_S: Final = 86_400.0
DAYLIGHT_S: Final = 43_200.0
PHOTO_EVERY_S: Final = 900.0
ETHERNET_BYTES: Final = 14
PATIENCE_S: Final = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What one thing costs on the line [bytes of IP packets, both ways]."""

    detection: float
    evidence: float
    heartbeat: float
    ping: float


@dataclass(slots=True, kw_only=True)
class _Stage:
    base: Path
    network: FieldNetwork
    cloud: Cloud

    def line_bytes(self) -> int:
        """IP bytes that crossed the cable so far."""
        command = ["ip", "netns", "exec", self.network.field, "cat"]
        counts = [f"/sys/class/net/field/statistics/{way}" for way in ("rx_bytes", "tx_bytes")]
        packets = [f"/sys/class/net/field/statistics/{way}" for way in ("rx_packets", "tx_packets")]
        read = subprocess.run([*command, *counts, *packets], check=True, capture_output=True, text=True)
        received, sent, *frames = (int(each) for each in read.stdout.split())
        return received + sent - ETHERNET_BYTES * sum(frames)

    def stored(self, table: str) -> int:
        """How many of a kind the cloud keeps."""
        with closing(sqlite3.connect(self.cloud.database, timeout=30.0)) as connection:
            return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    def has(self, table: str, count: int) -> bool:
        """Whether the cloud keeps so many."""
        return self.stored(table) == count

    @contextmanager
    def daemon(self, name: str, **tables: object) -> Iterator[subprocess.Popen[bytes]]:
        """The command at work, by the defaults but for what is given."""
        content = {
            "organisation": "bench",
            "gateway_id": "gw-bench",
            "data_dir": str(self.base / f"data-{name}"),
            "broker": {"host": self.cloud.host, "port": self.cloud.port},
            "watch": [{"folder": str(self.base / "photos"), "parcel_id": "P1", "crop": "soybean", "camera_id": "c1"}],
            **tables,
        }
        path = self.base / f"{name}.toml"
        path.write_text(write_config(content), encoding="utf-8")
        command = ["ip", "netns", "exec", self.network.field, sys.executable, "-m", "seguia", "gateway", "run"]
        with (self.base / f"{name}.log").open("wb") as log:
            process = subprocess.Popen([*command, "--config", str(path)], stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=30)


def figures() -> Iterator[Figure]:
    """Start, memory, rest and bytes."""
    lacking = missing()
    if lacking is not None:
        raise RuntimeError(f"a metered cable needs network namespaces: {lacking}")
    with tempfile.TemporaryDirectory() as folder, field_network() as network:
        base = Path(folder)
        with cloud_at(base, network.cloud) as cloud:
            stage = _Stage(base=base, network=network, cloud=cloud)
            yield from _measured(stage)


def _measured(stage: _Stage) -> Iterator[Figure]:
    scenes = list(write_scenes(stage.base / "scenes", PHOTOS + 2, (640, 480)))
    (stage.base / "photos").mkdir()
    _drop(stage, scenes.pop())
    pictured = scenes.pop()
    begun_s = time.monotonic()
    broker = {"host": stage.cloud.host, "port": stage.cloud.port, "keepalive_s": PINGED_EVERY_S}
    with stage.daemon("day", evidence={"policy": "never"}, broker=broker) as process:
        _wait(lambda: stage.stored("detections") == 1, process)
        yield Figure(
            name="gateway, start to its first detection in the cloud",
            value=time.monotonic() - begun_s,
            unit="s",
            bar=15.0,
            note="the command with its models, one photo of 640x480 waiting; SYNTHETIC scene",
        )
        detection = _each(stage, process, scenes)
        settled = stage.line_bytes()
        before_s, since_s = _processor_s(process.pid), time.monotonic()
        time.sleep(IDLE_S)
        spent_s = time.monotonic() - since_s
        ping = (stage.line_bytes() - settled) / spent_s * PINGED_EVERY_S
        yield Figure(
            name="gateway at rest, connected",
            value=100.0 * (_processor_s(process.pid) - before_s) / spent_s,
            unit="% of a core",
            bar=1.0,
            note=f"over {spent_s:.0f} s, pinged every {PINGED_EVERY_S} s",
        )
        yield Figure(name="gateway, memory", value=_peak_mb(process.pid), unit="MB resident", bar=200.0, note="peak")
    yield Figure(
        name="gateway, a detection as it is sent, mean", value=_payload_bytes(stage), unit="bytes", bar=512.0,
        note="topic and payload",
    )  # fmt: skip
    heartbeat, evidence = _heartbeat(stage), _evidence(stage, pictured, detection)
    yield _day(Bill(detection=detection, evidence=evidence, heartbeat=heartbeat, ping=ping))


def _day(bill: Bill) -> Figure:
    usual = GatewayConfig(organisation="bench", gateway_id="gw-bench")
    photos = DAYLIGHT_S / PHOTO_EVERY_S
    heartbeats = DAY_S / usual.delivery.heartbeat_interval_s
    pings = DAY_S / usual.broker.keepalive_s
    total = photos * bill.detection + bill.evidence + heartbeats * bill.heartbeat + pings * bill.ping
    return Figure(
        name="gateway, a day by the defaults, all IP bytes both ways",
        value=total / 1000.0,
        unit="kB a day",
        bar=300.0,
        note=(
            f"computed of measured parts: {photos:.0f} detections of {bill.detection:.0f} B, one picture of"
            f" {bill.evidence:.0f} B, {heartbeats:.0f} heartbeats of {bill.heartbeat:.0f} B,"
            f" {pings:.0f} pings of {bill.ping:.0f} B; no TLS"
        ),
    )


def _each(stage: _Stage, process: subprocess.Popen[bytes], scenes: list[Path]) -> float:
    """Bytes of a detection that comes alone, its share of the connection's beginning left out."""
    costs = []
    for number, scene in enumerate(scenes, start=2):
        before = stage.line_bytes()
        _drop(stage, scene)
        _wait(partial(stage.has, "detections", number), process)
        time.sleep(1.0)
        costs.append(stage.line_bytes() - before)
    return float(sorted(costs)[len(costs) // 2])


def _heartbeat(stage: _Stage) -> float:
    with stage.daemon("beats", delivery={"heartbeat_interval_s": 1.0}, watch=[]) as process:
        time.sleep(5.0)
        assert process.poll() is None, "the daemon ended"
        before, since_s = stage.line_bytes(), time.monotonic()
        time.sleep(HEARTBEATS)
        spent_s = time.monotonic() - since_s
        return (stage.line_bytes() - before) / spent_s


def _evidence(stage: _Stage, scene: Path, detection: float) -> float:
    """Bytes of a picture, sent with a detection."""
    for photo in (stage.base / "photos").iterdir():
        if photo.is_file():
            photo.unlink()
    with stage.daemon("picture", evidence={"policy": "always"}) as process:
        time.sleep(5.0)
        before = stage.line_bytes()
        content = scene.read_bytes()
        (stage.base / "photos" / "again.part").write_bytes(content)
        (stage.base / "photos" / "again.part").rename(stage.base / "photos" / "again.jpg")
        _wait(lambda: stage.stored("evidence") == 1, process)
        time.sleep(1.0)
        return stage.line_bytes() - before - detection


def _payload_bytes(stage: _Stage) -> float:
    """Topic and payload of a detection on its way, by the uplink's own count, mean of all."""
    with closing(sqlite3.connect(stage.base / "data-day" / "outbox.sqlite")) as connection:
        counters = dict(connection.execute("SELECT name, value FROM counter").fetchall())
    return float(counters["bytes_sent"] / counters["messages_sent"])


def _drop(stage: _Stage, scene: Path) -> None:
    scene.rename(stage.base / "photos" / scene.name)


def _wait(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        if process.poll() is not None or time.monotonic() > end_s:
            raise RuntimeError("the gateway did not deliver in time")
        time.sleep(0.02)


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100.0


def _peak_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1000
    raise RuntimeError("this system does not tell the peak memory of a process (VmHWM)")
