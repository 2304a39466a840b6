"""``make chaos``: kill -9 the sender at random instants; nothing may be lost, nothing sent twice.

A real process, a real SQLite file and the stand-in carrier with 5 % of its answers failing. Exit code 0 when every
text reached the carrier once; 1 otherwise, each count named.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks.figure import machine
from tests.chaos.rehearsal import rehearse


def main() -> int:
    """Read the options and rehearse."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200, help="how many senders are killed at work")
    parser.add_argument("--seed", type=int, default=20260721)
    options = parser.parse_args()
    sys.stderr.write(f"{machine()}\n")
    with tempfile.TemporaryDirectory(prefix="seguia-chaos-") as folder:
        outcome = rehearse(Path(folder), kills=options.kills, seed=options.seed, tell=_tell)
    sys.stdout.write(json.dumps(asdict(outcome)) + "\n")
    return int(bool(outcome.lost or outcome.twice or outcome.undecided or not outcome.intact))


def _tell(line: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{line}")


if __name__ == "__main__":
    sys.exit(main())
