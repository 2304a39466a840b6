"""Lives of a gateway under fire: each begins where the last was cut off, and none may lose or double a detection."""

import multiprocessing
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

from tests.chaos.gateway.cloud import Cloud, cloud_at
from tests.chaos.gateway.field import Field, live, told_detections
from tests.chaos.gateway.network import FieldNetwork, field_network, missing
from tests.chaos.gateway.power import SyncMark, cut_power, halt

DISK_MB: Final = 12
PHOTOS_A_LIFE: Final = 3
LONGEST_LIFE_S: Final = 0.6
YEAR_S: Final = 365 * 86_400.0
DAY_S: Final = 86_400.0
LAST_LIFE_S: Final = 120.0
_BEGIN_S: Final = 60.0
_MIB: Final = 1 << 20


@dataclass(slots=True, kw_only=True)
class Faults:
    """What was done to the gateway, how often each."""

    kills: int = 0
    power_cuts: int = 0
    network_cuts: int = 0
    losses_of_30_percent: int = 0
    slow_as_2g: int = 0
    broker_restarts: int = 0
    ingest_kills: int = 0
    disks_full: int = 0
    clock_jumps: int = 0

    def add(self, name: str) -> None:
        """Count one."""
        setattr(self, name, getattr(self, name) + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it."""

    cycles: int
    faults: dict[str, int]
    photos: int
    lost: int
    twice: int
    foreign: int
    """Detections of no photo that was dropped."""
    parked: int
    rejected: int
    damaged: int
    """Times the gateway found its queue's file damaged: never, when only a power cut was at work."""
    without: tuple[str, ...]
    """What could not be done here, and why."""
    wall_s: float

    @property
    def sound(self) -> bool:
        """Whether nothing was lost, doubled, damaged or set aside."""
        return not (self.lost or self.twice or self.foreign or self.parked or self.rejected or self.damaged)


@dataclass(slots=True, kw_only=True)
class Rehearsal:
    """One gateway, one cloud, and the faults between them."""

    place: Field
    cloud: Cloud
    network: FieldNetwork | None
    small_disk: bool
    chance: random.Random
    faults: Faults = field(default_factory=Faults)
    dropped: list[str] = field(default_factory=list)
    ahead_s: Any = None
    torn: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Without a lock: a gateway killed while it reads its clock would keep it for ever.
        self.ahead_s = multiprocessing.get_context("forkserver").RawValue("d", 0.0)
        self.mark = SyncMark(self.place.base / "synced")

    mark: SyncMark = field(init=False)

    def cycle(self) -> None:
        """One life: photos come, something goes wrong, and the gateway is cut off at any instant."""
        self._drop()
        with self._gateway() as process:
            self._wait()
            for fault in self._chosen():
                fault()
            self._drop()
            self._wait()
            assert process.pid is not None, "a process that began has a number"
            if self.chance.random() < 0.5:
                os.kill(process.pid, signal.SIGKILL)
                self.faults.add("kills")
            else:
                halt(process.pid)
                self.torn.append(cut_power(self.place.database, self.mark, self.chance))
                os.kill(process.pid, signal.SIGKILL)
                self.faults.add("power_cuts")
        self._relieve()

    def end(self) -> bool:
        """A life in peace, until everything is delivered; whether it was in time."""
        if self.network is not None:
            self.network.whole()
        self.ahead_s.value = 0.0
        end_s = time.monotonic() + LAST_LIFE_S
        with self._gateway() as process:
            while time.monotonic() < end_s and not self._delivered():
                assert process.is_alive(), f"the last gateway ended by itself ({process.exitcode})"
                time.sleep(0.2)
            process.kill()
        return self._delivered()

    def _drop(self) -> None:
        for _ in range(self.chance.randint(0, PHOTOS_A_LIFE)):
            self.dropped.append(self.place.drop(len(self.dropped)))

    def _wait(self) -> None:
        time.sleep(self.chance.uniform(0.0, LONGEST_LIFE_S / 2))

    def _chosen(self) -> list[Callable[[], None]]:
        """What goes wrong in this life besides its end: nothing, or one thing or two."""
        possible: list[Callable[[], None]] = [self._jump, self._broker, self._ingest]
        if self.network is not None:
            possible += [self._cut, self._lose, self._slow]
        if self.small_disk:
            possible.append(self._fill)
        return self.chance.sample(possible, self.chance.choice((0, 1, 1, 1, 2)))

    def _jump(self) -> None:
        self.ahead_s.value = self.chance.uniform(-YEAR_S, DAY_S)
        self.faults.add("clock_jumps")

    def _broker(self) -> None:
        self.cloud.restart_broker()
        self.faults.add("broker_restarts")

    def _ingest(self) -> None:
        self.cloud.restart_ingest()
        self.faults.add("ingest_kills")

    def _cut(self) -> None:
        assert self.network is not None
        self.network.cut()
        self.faults.add("network_cuts")

    def _lose(self) -> None:
        assert self.network is not None
        self.network.lossy()
        self.faults.add("losses_of_30_percent")

    def _slow(self) -> None:
        assert self.network is not None
        self.network.slow()
        self.faults.add("slow_as_2g")

    def _fill(self) -> None:
        """Fill the gateway's disk to the last byte."""
        with (self.place.data / "ballast").open("wb", buffering=0) as ballast:
            try:
                while ballast.write(bytes(_MIB // 4)):
                    pass
            except OSError:
                self.faults.add("disks_full")

    def _relieve(self) -> None:
        """Some troubles end with a life, others last into the next."""
        (self.place.data / "ballast").unlink(missing_ok=True)
        if self.network is not None and self.chance.random() < 0.7:
            self.network.whole()
        if self.chance.random() < 0.5:
            self.ahead_s.value = 0.0

    @contextmanager
    def _gateway(self) -> Iterator[BaseProcess]:
        context = multiprocessing.get_context("forkserver")
        here, there = context.Pipe()
        process = context.Process(
            target=live, args=(self.place, self.ahead_s, f"boot-{self.faults.power_cuts}", there), daemon=True
        )
        process.start()
        there.close()
        if not here.poll(_BEGIN_S) or not process.is_alive():
            raise RuntimeError("the gateway did not begin; see gateway.log")
        here.recv()
        try:
            yield process
        finally:
            process.kill()
            process.join()
            here.close()

    def _delivered(self) -> bool:
        with closing(sqlite3.connect(f"file:{self.place.database}?mode=ro", uri=True, timeout=10.0)) as connection:
            (waiting,) = connection.execute("SELECT count(*) FROM outbox").fetchone()
            (seen,) = connection.execute("SELECT count(*) FROM seen").fetchone()
        return bool(waiting == 0 and seen + self.place.rejected() >= len(self.dropped))


def rehearse(base: Path, *, cycles: int, seed: int, tell: Callable[[str], None] = lambda _: None) -> Outcome:
    """Live ``cycles`` lives under fire and one in peace, then ask the cloud what it has; ``tell`` hears of progress."""
    begun_s = time.perf_counter()
    without: list[str] = []
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.chaos.gateway.field", "tests.chaos.gateway.cloud"])
    with ExitStack() as stack:
        network = None
        if (lacking := missing()) is None:
            network = stack.enter_context(field_network())
        else:
            without.append(f"network: {lacking}")
        place = Field(base=base, network=None if network is None else network.field)
        cloud = stack.enter_context(cloud_at(base, None if network is None else network.cloud))
        place.write(cloud.host, cloud.port)
        small_disk = stack.enter_context(_small_disk(place.data))
        if not small_disk:
            without.append("disk full: no small disk can be mounted here")
        rehearsal = Rehearsal(
            place=place, cloud=cloud, network=network, small_disk=small_disk, chance=random.Random(seed)
        )
        for number in range(cycles):
            rehearsal.cycle()
            tell(f"{number + 1} of {cycles} lives, {len(rehearsal.dropped)} photos")
        if not rehearsal.end():
            for part in place.data.glob("outbox.sqlite*"):  # for who looks into it: the small disk goes
                shutil.copy(part, base / f"undelivered-{part.name}")
        return _outcome(rehearsal, cycles, tuple(without), time.perf_counter() - begun_s)


def _outcome(rehearsal: Rehearsal, cycles: int, without: tuple[str, ...], wall_s: float) -> Outcome:
    kept = Counter(told_detections(rehearsal.cloud.detections()))
    place, dropped = rehearsal.place, set(rehearsal.dropped)
    return Outcome(
        cycles=cycles,
        faults=asdict(rehearsal.faults),
        photos=len(rehearsal.dropped),
        lost=sum(kept[name] == 0 for name in dropped),
        twice=sum(kept[name] > 1 for name in dropped),
        foreign=len(kept.keys() - dropped),
        parked=len(rehearsal.cloud.parked()),
        rejected=place.rejected(),
        damaged=len(list(place.data.glob("*.corrupt-*[0-9]"))),
        without=without,
        wall_s=round(wall_s, 1),
    )


@contextmanager
def _small_disk(folder: Path) -> Iterator[bool]:
    """A disk of few megabytes at a folder; False where none can be mounted."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=False, capture_output=True)
