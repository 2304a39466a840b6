"""The whole system on one machine, from a photo to the first delivered SMS."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Final

from tests.benchmarks.figure import Figure

BAR_S: Final = 20.0
PATIENCE_S: Final = 180.0


def figures() -> Iterator[Figure]:
    """Wall time of the real command."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        command = [sys.executable, "-m", "seguia", "demo", "--until-sms", "--data", f"{folder}/demo"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
        took_s = time.monotonic() - begun
    if done.returncode != 0:
        raise RuntimeError(f"seguia demo: expected exit code 0, got {done.returncode}: {done.stderr[-400:]}")
    delivered = done.stdout.count("[delivered]")
    yield Figure(
        name="seguia demo --until-sms",
        value=took_s,
        unit="s wall",
        bar=BAR_S,
        note=f"{delivered} messages delivered to the stand-in",
    )
