"""``make fuzz``: thousands of damaged JPEG, PNG, TIFF, npz and PGM files through the gateway's readers.

Exit code 0 when each was used or refused with a reason, within 2 s and 1 GB; 1 otherwise, each finding named.
"""

import argparse
import json
import queue
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path
from typing import Final

PATIENCE_S: Final = 60.0
"""Silence of a worker after which it hangs, whatever else the machine does meanwhile."""


class Hunt:
    """Workers over all cases; a worker that ends or falls silent is a finding, and another one goes on after it."""

    def __init__(self, folder: Path, seed: int, cases: int) -> None:
        self._folder, self._seed, self._cases = folder, seed, cases
        self._lock = threading.Lock()
        self.counts: Counter[tuple[str, str]] = Counter()
        self.findings: list[str] = []
        self.slowest_s = 0.0

    def run(self, first: int, step: int) -> None:
        """Cases ``first``, ``first + step`` ... until none is left."""
        begin: int | None = first
        while begin is not None and begin < self._cases:
            begin = self._follow(begin, step)

    def _follow(self, first: int, step: int) -> int | None:
        """One worker to its end; the case to go on with when it ended early."""
        arguments = [str(value) for value in (self._folder, self._seed, first, step, self._cases)]
        with subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.worker", *arguments], stdout=subprocess.PIPE, text=True
        ) as worker:
            lines: queue.Queue[str] = queue.Queue()
            threading.Thread(target=_listen, args=(worker, lines), daemon=True).start()
            current: dict[str, str | int | float] = {"number": first - step, "name": "start"}
            while line := _next(lines):
                current = json.loads(line)
                if "outcome" in current:
                    self._note(current)
            hangs = line is None
            worker.kill() if hangs else worker.wait()
        if not hangs and worker.returncode == 0:
            return None
        if current["name"] == "start":
            raise RuntimeError(f"the worker did not start (code {worker.returncode}): see its message above")
        what = "HANG" if hangs else f"CRASH with code {worker.returncode}"
        self._note({**current, "outcome": what, "seconds": PATIENCE_S})
        return int(current["number"]) + step

    def _note(self, case: dict[str, str | int | float]) -> None:
        outcome, kind = str(case["outcome"]), str(case["name"]).rpartition(".")[2]
        with self._lock:
            self.slowest_s = max(self.slowest_s, float(case["seconds"]))
            self.counts[kind, outcome if outcome == "used" or outcome.startswith("refused") else "FINDING"] += 1
            if outcome != "used" and not outcome.startswith("refused"):
                self.findings.append(f"case {case['number']} ({case['name']}): {outcome}")


def _listen(worker: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
    assert worker.stdout is not None
    for line in worker.stdout:
        lines.put(line)
    lines.put("")


def _next(lines: queue.Queue[str]) -> str | None:
    """The worker's next line, empty at its end; None when it fell silent."""
    try:
        return lines.get(timeout=PATIENCE_S)
    except queue.Empty:
        return None


def main() -> int:
    """Read the options, hunt, print what came out."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        hunt = Hunt(Path(folder), options.seed, options.cases)
        threads = [threading.Thread(target=hunt.run, args=(first, options.workers)) for first in range(options.workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for (kind, outcome), count in sorted(hunt.counts.items()):
        sys.stdout.write(f"{kind:4}  {outcome:32}  {count:6}\n")
    told = f"{sum(hunt.counts.values())} cases, slowest {hunt.slowest_s:.2f} s, {len(hunt.findings)} findings\n"
    sys.stdout.write("".join(f"{finding}\n" for finding in hunt.findings) + told)
    return 1 if hunt.findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
