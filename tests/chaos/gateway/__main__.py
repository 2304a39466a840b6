"""``python -m tests.chaos.gateway``: a thousand lives of a gateway under fire; nothing lost, nothing doubled.

The real daemon with a stand-in for its detector, a real queue, a real broker, a real ingest with a real store. Every
life ends by kill -9 or by a power cut, and most have their network, broker, ingest, disk or clock fail as well.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks.figure import machine
from tests.chaos.gateway.rehearsal import rehearse


def main() -> int:
    """Read the options and rehearse."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.gateway", description=__doc__.splitlines()[0])
    parser.add_argument("--cycles", type=int, default=1000, help="how many lives end violently")
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--keep", type=Path, help="folder to work in, kept; default: one that is removed")
    options = parser.parse_args()
    sys.stderr.write(f"{machine()}\n")
    with tempfile.TemporaryDirectory(prefix="seguia-chaos-") as folder:
        base = options.keep or Path(folder)
        base.mkdir(exist_ok=True)
        outcome = rehearse(base, cycles=options.cycles, seed=options.seed, tell=_tell)
    sys.stdout.write(json.dumps(asdict(outcome)) + "\n")
    return int(not outcome.sound)


def _tell(line: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{line}")


if __name__ == "__main__":
    sys.exit(main())
