"""The detector on one thread: a small photo and a 12-megapixel frame, file to detection."""

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from edge.contract import Detection
from edge.detector import Detector
from edge.frame import load_frame
from tests.benchmarks.figure import Figure, timed
from tests.benchmarks.scenes import LARGE, SMALL, write_scenes

CROP: Final = "soybean"
LARGE_BAR_MS: Final = 700.0


def figures() -> Iterator[Figure]:
    """Both sizes, with the shipped models."""
    detector = Detector(threads=1)
    with tempfile.TemporaryDirectory() as folder:
        for name, size_px, repeats, bar in (
            ("384x288 photo", SMALL, 40, None),
            ("12 MP frame", LARGE, 5, LARGE_BAR_MS),
        ):
            (file,) = write_scenes(Path(folder) / name, 1, size_px)
            found = _look(detector, file)
            reading = timed(partial(load_frame, file), repeats)
            whole = timed(partial(_look, detector, file), repeats)
            seen = "an opinion" if found.wilting_score is not None else f"no wilting score ({', '.join(found.reasons)})"
            yield Figure(
                name=f"detector, {name}",
                value=whole.processor_ms,
                unit="ms processor",
                bar=bar,
                note=f"reading {reading.processor_ms:.0f} of it; wall {whole.wall_ms:.0f}; SYNTHETIC scene, {seen}",
            )


def _look(detector: Detector, file: Path) -> Detection:
    return detector.detect(load_frame(file), crop=CROP).detection
