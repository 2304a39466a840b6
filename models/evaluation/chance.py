"""How large a loss may be before chance no longer explains it: days drawn anew, few days not trusted."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

FLOOR: Final = 0.005
CEILING: Final = 0.1
DRAWS: Final = 200
Rows = NDArray[np.int64]
Strings = NDArray[np.str_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """How chance is measured: whole days (N,) drawn anew, the same for both models."""

    days: Strings
    random: Generator

    def tolerance(self, rows: Rows, difference: Callable[[Rows], float | None], ceiling: float = CEILING) -> float:
        """The loss that chance exceeds once in a hundred, held between FLOOR and ``ceiling``.

        The spread of the paired difference over drawn days is widened as Student's t asks for so few of them.
        """
        days = self.days[rows]
        members = [rows[days == name] for name in np.unique(days)]
        count = len(members)
        found = []
        for _ in range(DRAWS):
            value = difference(np.concatenate([members[i] for i in self.random.integers(count, size=count)]))
            if value is not None:
                found.append(value)
        spread = float(np.std(found)) if found else 0.0
        return float(np.clip(spread * (count / (count - 1)) ** 0.5 * student(count - 1), FLOOR, ceiling))


def student(freedom: int) -> float:
    """The 99th percentile of Student's t, by its expansion about the normal one (Abramowitz & Stegun 26.7.5)."""
    z = 2.3263
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3
