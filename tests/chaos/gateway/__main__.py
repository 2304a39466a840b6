"""``python -m tests.chaos.gateway``: a thousand lives of a gateway under fire, then a month alone; nothing lost.

The real daemon with a stand-in for its detector, a real queue, a real broker, a real ingest with a real store. Every
life ends by kill -9 or by a power cut, and most have their network, broker, ingest, disk or clock fail as well. Then
thirty days without the cloud are lived in minutes: advice each day by the plan it holds, and all of it delivered after.
"""

import argparse
import json
import signal
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks.figure import machine
from tests.chaos.gateway.month import MonthOutcome, live_a_month
from tests.chaos.gateway.rehearsal import Outcome, rehearse


def main() -> int:
    """Read the options and rehearse."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.gateway", description=__doc__.splitlines()[0])
    parser.add_argument("--cycles", type=int, default=1000, help="how many lives end violently")
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--days", type=int, default=30, help="how long the gateway is alone afterwards; 0: not at all")
    parser.add_argument("--keep", type=Path, help="folder to work in, kept; default: one that is removed")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that namespaces and mounts go too
    sys.stderr.write(f"{machine()}\n")
    with tempfile.TemporaryDirectory(prefix="seguia-chaos-") as folder:
        base = options.keep or Path(folder)
        base.mkdir(exist_ok=True)
        outcomes: list[Outcome | MonthOutcome] = []
        if options.cycles:
            outcomes.append(rehearse(base, cycles=options.cycles, seed=options.seed, tell=_tell))
            _show(outcomes[-1])
        if options.days:
            (base / "month").mkdir()
            outcomes.append(live_a_month(base / "month", days=options.days, tell=_tell))
            _show(outcomes[-1])
    return int(not all(outcome.sound for outcome in outcomes))


def _show(outcome: Outcome | MonthOutcome) -> None:
    sys.stdout.write(json.dumps(asdict(outcome)) + "\n")
    sys.stdout.flush()


def _tell(line: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{line}")


if __name__ == "__main__":
    sys.exit(main())
