"""What this machine can do, measured on it here and now: pictures a second, energy, memory, durable writes, heat."""

import os
import resource
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.card import packaged_models

_PICTURES: Final = 5
_WIDTH: Final = 1600
_HEIGHT: Final = 1200
_QUALITY: Final = 85
_COMMITS: Final = 20
_COMMIT_BYTES: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """How fast every installed model answers the same picture, its decoding included."""

    models: tuple[str, ...]
    pictures: int
    elapsed_s: float
    processor_s: float
    joules: float | None
    """Energy of the whole processor meanwhile [J]; None where the machine does not count it."""

    @property
    def pictures_per_s(self) -> float:
        """Pictures a second."""
        return self.pictures / self.elapsed_s


def speed(models_dir: Path | None, powercap: Path = Path("/sys/class/powercap")) -> Speed:
    """Decode a synthetic golden picture of 1600 x 1200 and let each installed model answer it, five times over."""
    import cv2  # noqa: PLC0415 -- the command line starts without it
    import numpy as np  # noqa: PLC0415 -- as above

    from edge.network import Network  # noqa: PLC0415 -- as above
    from edge.updates.golden import drawn_tile, model_names  # noqa: PLC0415 -- as above

    folder = models_dir or packaged_models()
    networks = {name: Network(folder / name) for name in model_names(folder)}
    large = cv2.resize(drawn_tile("drawn-1"), (_WIDTH, _HEIGHT), interpolation=cv2.INTER_CUBIC)
    packed = cv2.imencode(".jpg", large, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1]
    for network in networks.values():
        network.run(drawn_tile("drawn-2"))  # the first answer of a model also prepares it
    before, begun_s, begun_processor_s = energy_counts(powercap), time.monotonic(), time.process_time()
    for _ in range(_PICTURES):
        picture = cv2.imdecode(packed, cv2.IMREAD_COLOR_RGB)
        assert picture is not None, "it was packed above"
        for network in networks.values():
            network.run(picture.astype(np.uint8, copy=False))
    return Speed(
        models=tuple(networks),
        pictures=_PICTURES,
        elapsed_s=time.monotonic() - begun_s,
        processor_s=time.process_time() - begun_processor_s,
        joules=joules_between(before, energy_counts(powercap)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyCount:
    """A processor package's own count of energy, and where the count begins anew [microjoule]."""

    microjoules: int
    range_microjoules: int


def energy_counts(powercap: Path = Path("/sys/class/powercap")) -> Mapping[str, EnergyCount]:
    """Counts of the packages of this machine; empty where there are none that may be read."""
    counts: dict[str, EnergyCount] = {}
    for zone in sorted(powercap.glob("*-rapl:[0-9]")):
        try:
            counts[zone.name] = EnergyCount(
                microjoules=int((zone / "energy_uj").read_text(encoding="ascii")),
                range_microjoules=int((zone / "max_energy_range_uj").read_text(encoding="ascii")),
            )
        except (OSError, ValueError):
            continue
    return counts


def joules_between(before: Mapping[str, EnergyCount], after: Mapping[str, EnergyCount]) -> float | None:
    """Energy used between two looks at the same packages [J]; None without any."""
    if not before or before.keys() != after.keys():
        return None
    used = 0
    for name, first in before.items():
        step = after[name].microjoules - first.microjoules
        used += step if step >= 0 else step + first.range_microjoules
    return used / 1e6


def peak_memory_mb() -> float:
    """Most memory that this process ever held [MB]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def commit_ms(folder: Path) -> float | None:
    """Median time of a small durable write in a folder [ms]; None where it cannot be written."""
    path = folder / f".receipt-{os.getpid()}"
    taken: list[float] = []
    try:
        with path.open("wb", buffering=0) as stream:
            for _ in range(_COMMITS):
                begun_s = time.monotonic()
                stream.write(bytes(_COMMIT_BYTES))
                os.fsync(stream.fileno())
                taken.append((time.monotonic() - begun_s) * 1000)
    except OSError:
        return None
    finally:
        path.unlink(missing_ok=True)
    return statistics.median(taken)


def heat_c(thermal: Path = Path("/sys/class/thermal")) -> float | None:
    """Temperature of the hottest part that the machine measures [deg C]; None where it measures none."""
    found: list[float] = []
    for zone in thermal.glob("thermal_zone*/temp"):
        try:
            found.append(int(zone.read_text(encoding="ascii")) / 1000)
        except (OSError, ValueError):
            continue
    return max(found, default=None)
