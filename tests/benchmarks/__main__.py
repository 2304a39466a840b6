"""``make bench``: every speed and size that was promised, measured here, with the machine named.

Processor times bear the load of other programs; wall times do not. Photos are SYNTHETIC scenes.
Exit code 0 whatever the figures are; 1 when something could not be measured, each named on stderr.
"""

import argparse
import importlib
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from tests.benchmarks.figure import Figure, machine

NAMES: Final = (
    "balance",
    "night",
    "district",
    "plan",
    "detector",
    "gateway",
    "gateway_day",
    "demo",
    "messages",
    "measures",
    "outbox",
    "attend",
    "store",
    "updates",
    "install",
)
WIDTHS: Final = (66, 10, 14, 8, 5)


def measure(names: Iterable[str], *, install: bool) -> int:
    """Print each figure as soon as it is known; how many benchmarks could not be run."""
    failed = 0
    for name in names:
        options = {"install": install} if name == "install" else {}
        try:
            module = importlib.import_module(f"tests.benchmarks.bench_{name}")
            for figure in module.figures(**options):
                _tell(_row(figure))
        except Exception as error:  # noqa: BLE001 -- the top of the loop: the other benchmarks still run
            sys.stderr.write(f"{name}: could not be measured: {type(error).__name__}: {error}\n")
            failed += 1
    return failed


def _row(figure: Figure) -> str:
    bar = "-" if figure.bar is None else f"{figure.bar:g}"
    cells = (figure.name, _number(figure.value), figure.unit, bar, figure.outcome)
    left, *middle = (f"{cell:{width}}" for cell, width in zip(cells, WIDTHS, strict=True))
    return "  ".join([left, *middle, figure.note])


def _number(value: float) -> str:
    if value >= 1000.0:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10.0 else f"{value:.3g}"


def _tell(line: str) -> None:
    sys.stdout.write(line.rstrip() + "\n")
    sys.stdout.flush()


def main() -> int:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these of: {', '.join(NAMES)}")
    parser.add_argument("--install", action="store_true", help="install seguia[edge] anew (needs the registry)")
    options = parser.parse_args()
    unknown = set(options.names) - set(NAMES)
    if unknown:
        parser.error(f"expected names of {', '.join(NAMES)}; got {', '.join(sorted(unknown))}")
    _tell(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine()}")
    heads = ("figure", "value", "unit", "bar", "")
    _tell("  ".join(f"{head:{width}}" for head, width in zip(heads, WIDTHS, strict=True)))
    failed = measure(options.names or NAMES, install=options.install)
    _tell(f"afterwards: {machine()}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
