"""Thirty days without the cloud, lived by the whole gateway in minutes, then everything delivered. SYNTHETIC season.

Every part turns as it does in the daemon, half an hour of the day after the other; the clock leaps between. Photos
come all day long, a stand-in looks at them, and the plan that was held advises. Afterwards a real broker and a real
ingest take what was kept.
"""

import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np

from cloud.adapters.store.store import Store
from edge.clock import Clock
from edge.config import GatewayConfig
from edge.evidence import Sighting
from edge.gateway import Gateway
from edge.link import Event, Link, LinkOrder, Lost, PahoLink
from edge.metadata import FrameMetadata
from edge.plan_seal import signing_public
from edge.sources.folder import Drop
from edge.voice import Voice
from simulations.modem.device import StandInModem
from tests.chaos.gateway.cloud import KEYS, Cloud, cloud_at
from tests.chaos.gateway.field import look, told_detections
from tests.plan_world import (
    DAY,
    MADE_AT,
    OPENING_KEY,
    SIGNING_KEY,
    ZONE,
    bundle_of,
    farmer,
    planned,
    signed,
)

STEP: Final = timedelta(minutes=30)
PHOTO_EVERY: Final = timedelta(minutes=15)
CAP_MB: Final = 64.0
DELIVERY_S: Final = 300.0
TELLING_HOURS: Final = range(17, 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthOutcome:
    """What came of a month alone."""

    days: int
    photos: int
    lost: int
    twice: int
    days_advised: int
    advice_doubled: int
    texts_sent: int
    advice_in_cloud: int
    parked: int
    store_mb: float
    """Largest size of the gateway's whole data folder."""
    thinned: dict[str, float]
    alone_s: float
    delivery_s: float

    @property
    def sound(self) -> bool:
        """Whether advice came each day, nothing was lost or doubled, and the store stayed small."""
        whole = self.days_advised == self.days
        clean = not (self.lost or self.twice or self.advice_doubled or self.parked or self.thinned)
        return whole and clean and self.store_mb <= CAP_MB


class _Absent:
    """A broker that cannot be reached."""

    def open(self) -> None:
        """Nothing begins."""

    def turn(self, wait_s: float) -> tuple[Event, ...]:
        """Nobody is there."""
        return (Lost("no route to host", opened=False),) if wait_s >= 0 else ()

    def publish(self, topic: str, payload: bytes) -> bool:
        """Nobody takes anything."""
        return not (topic or payload)

    def close(self) -> None:
        """Nothing ends."""


class Month:
    """The gateway alone, its clock in our hands."""

    def __init__(self, base: Path, cloud: Cloud, device: Path) -> None:
        self.base, self.cloud = base, cloud
        self.online = False
        self.begun_s = time.monotonic()
        self.leapt = timedelta()
        self.dropped: list[str] = []
        self.largest_mb = 0.0
        self._chance = random.Random(7)
        inputs, made = planned()
        self.bundle = bundle_of(made, farmer())
        with Store.open(f"sqlite:///{cloud.database}", KEYS) as store:
            store.save_farmers([farmer()])
            store.save_parcels([inputs.parcels[0].model_copy(update={"farmer": None})])
            store.keep_plan(self.bundle, signed(self.bundle))
        clock = Clock(now=self.now, monotonic_s=self.elapsed_s, synchronised=lambda: True, boot=lambda: "boot")
        self.gateway = Gateway(
            self._config(device), self._look, clock=clock, voice=Voice(self._tell), make_link=self._link
        )
        plan = self.gateway.hands.plan
        assert plan is not None, "a gateway with [fallback] takes plans"
        plan(signed(self.bundle))

    def now(self) -> datetime:
        """The gateway's wall clock."""
        return MADE_AT + timedelta(seconds=self.elapsed_s())

    def elapsed_s(self) -> float:
        """Time since the plans were made [s]: what really passed, and the leaps."""
        return time.monotonic() - self.begun_s + self.leapt.total_seconds()

    def live(self, days: int, tell: Callable[[str], None]) -> None:
        """Live from the eve of the first day until so many days were advised."""
        end = datetime(DAY.year, DAY.month, DAY.day, 23, 45, tzinfo=ZONE) + timedelta(days=days)
        posts = self.gateway._posts()
        while self.now() < end:
            self.leapt += STEP
            local = self.now().astimezone(ZONE)
            if 6 <= local.hour < 18:
                for _ in range(STEP // PHOTO_EVERY):
                    self._drop()
            self.gateway.take_in(threading.Event())
            for post in posts:
                if post.name != "messaging" or local.hour in TELLING_HOURS:
                    post.worker.step()
            self._weigh()
            tell(f"{local:%Y-%m-%d %H:%M}, {len(self.dropped)} photos")
        for post in posts:
            post.worker.close()

    def deliver(self) -> float:
        """The cloud is back; how long everything took [s]."""
        self.online = True
        self.leapt += STEP  # the next attempt to connect is due
        begun_s = time.monotonic()
        while self.gateway.outbox.counts().messages and time.monotonic() - begun_s < DELIVERY_S:
            if not self.gateway.uplink.step():
                time.sleep(0.05)
        self.gateway.uplink.close()
        return time.monotonic() - begun_s

    def _drop(self) -> None:
        content = f"INVENTED photo {len(self.dropped)}\n".encode()
        path = self.base / "photos" / f"{len(self.dropped):05d}.jpg"
        path.write_bytes(content)
        self.dropped.append(path.name)

    def _look(self, drop: Drop, metadata: FrameMetadata | None) -> Sighting:
        """The stand-in's opinion, with a picture that is as hard to compress as any."""
        chance = np.random.default_rng(len(self.dropped))
        sighting = look(drop, metadata)
        picture = chance.integers(0, 255, (480, 640, 3), dtype=np.uint8)
        return Sighting(detection=sighting.detection.model_copy(update={"taken_at": self.now()}), picture=picture)

    def _link(self, order: LinkOrder) -> Link:
        return PahoLink(order) if self.online else _Absent()

    def _tell(self, line: str) -> None:
        with (self.base / "gateway.log").open("a", encoding="utf-8") as log:
            log.write(f"{self.now():%Y-%m-%d %H:%M} {line}\n")

    def _weigh(self) -> None:
        files = [file for file in self.gateway.config.data_dir.rglob("*") if file.is_file()]
        self.largest_mb = max(self.largest_mb, sum(file.stat().st_size for file in files) / 1e6)

    def _config(self, device: Path) -> GatewayConfig:
        (self.base / "photos").mkdir()
        (self.base / "plan-cloud.pub").write_text(signing_public(SIGNING_KEY).hex() + "\n")
        (self.base / "plan.key").write_text(OPENING_KEY.hex() + "\n")
        (self.base / "plan.key").chmod(0o600)
        return GatewayConfig.model_validate(
            {
                "organisation": "coop",
                "gateway_id": "gw-01",
                "data_dir": self.base / "gateway",
                "settle_s": 0.0,
                "broker": {"host": self.cloud.host, "port": self.cloud.port},
                "delivery": {"daily_budget_kb": 1_000_000, "ack_timeout_s": 2.0},
                "fallback": {"plan_key_file": self.base / "plan-cloud.pub", "seal_key_file": self.base / "plan.key"},
                "modem": {"device": device, "seconds_per_part": 0.0},
                "watch": [{"folder": self.base / "photos", "parcel_id": "plot"}],
            }
        )


def live_a_month(base: Path, *, days: int = 30, tell: Callable[[str], None] = lambda _: None) -> MonthOutcome:
    """Live ``days`` days without the cloud, then let it take everything."""
    begun_s = time.monotonic()
    with StandInModem() as device, cloud_at(base, None, clock_from=MADE_AT + timedelta(days=days + 2)) as cloud:
        month = Month(base, cloud, device.device)
        with month.gateway:
            month.live(days, tell)
            alone_s = time.monotonic() - begun_s
            delivery_s = month.deliver()
            advised = month.gateway.outbox.database.rows("SELECT value FROM counter WHERE name LIKE 'thinned%'")
            thinned = {"messages": float(sum(value for (value,) in advised))} if advised else {}
        kept = Counter(told_detections(cloud.detections()))
        advice = [date.fromisoformat(day) for (day,) in _rows(cloud, "SELECT day FROM gateway_advice")]
        wanted = {DAY + timedelta(days=number) for number in range(1, days + 1)}
        return MonthOutcome(
            days=days,
            photos=len(month.dropped),
            lost=len(month.dropped) - len(kept),
            twice=sum(count > 1 for count in kept.values()),
            days_advised=len(wanted & set(advice)),
            advice_doubled=len(advice) - len(set(advice)),
            texts_sent=len({part.text for part in device.sent}),
            advice_in_cloud=len(advice),
            parked=len(cloud.parked()),
            store_mb=round(month.largest_mb, 2),
            thinned=thinned,
            alone_s=round(alone_s, 1),
            delivery_s=round(delivery_s, 1),
        )


def _rows(cloud: Cloud, query: str) -> list[tuple[str]]:
    with closing(sqlite3.connect(cloud.database, timeout=30.0)) as connection:
        return connection.execute(query).fetchall()
