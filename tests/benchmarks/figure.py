"""What a benchmark hands back: one figure, its bar, and where it was measured."""

import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured number; ``bar`` is the largest value that passes, None where nothing was promised."""

    name: str
    value: float
    unit: str
    bar: float | None = None
    note: str = ""

    @property
    def outcome(self) -> str:
        if self.bar is None:
            return "-"
        return "pass" if self.value <= self.bar else "FAIL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Median of one action [ms]: processor time of this process, and wall clock."""

    processor_ms: float
    wall_ms: float


def timed(action: Callable[[], object], repeats: int) -> Times:
    """Repeat an action, once unmeasured, then measured; only processor time bears other programs' load."""
    action()
    processor, wall = [], []
    for _ in range(repeats):
        wall_begun, begun = time.perf_counter(), time.process_time()
        action()
        processor.append(1000.0 * (time.process_time() - begun))
        wall.append(1000.0 * (time.perf_counter() - wall_begun))
    return Times(processor_ms=median(processor), wall_ms=median(wall))


def machine() -> str:
    """Processor, cores, memory, load and interpreter of this machine."""
    told = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    models = [line.partition(":")[2].strip() for line in told.splitlines() if line.startswith("model name")]
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    return (
        f"{models[0] if models else platform.machine()}, {len(os.sched_getaffinity(0))} cores, {memory_gb:.0f} GB,"
        f" load {load}, {platform.system()} {platform.release()}, Python {platform.python_version()}"
    )
