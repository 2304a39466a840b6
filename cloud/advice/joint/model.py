"""A mixed-integer linear programme, put together row by row and solved by HiGHS."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from cloud.variables import Floats

NODES: Final = 500
"""Branches that may be tried: a limit of effort that, unlike one of time, gives the same answer everywhere."""
GAP: Final = 5e-4
"""Share of the optimum that a large plan may miss; a small one (``exact``) misses none."""


@dataclass(slots=True, kw_only=True)
class Model:
    """Variables with bounds and worth, and rows ``sum(coefficient * variable) <= limit``; worth is maximised."""

    worth: list[float] = field(default_factory=list)
    most: list[float] = field(default_factory=list)
    whole: list[int] = field(default_factory=list)
    limits: list[float] = field(default_factory=list)
    _rows: list[int] = field(default_factory=list)
    _columns: list[int] = field(default_factory=list)
    _values: list[float] = field(default_factory=list)

    def variable(self, *, most: float, worth: float = 0.0, whole: bool = False) -> int:
        """A new variable from 0 to ``most``; its number."""
        self.worth.append(worth)
        self.most.append(most)
        self.whole.append(int(whole))
        return len(self.worth) - 1

    def at_most(self, terms: dict[int, float], limit: float) -> int:
        """A new row; its number."""
        row = len(self.limits)
        self.limits.append(limit)
        self._rows.extend([row] * len(terms))
        self._columns.extend(terms)
        self._values.extend(terms.values())
        return row

    def solved(self, *, exact: bool) -> Floats | None:
        """The best values found within NODES branches; None when none was found."""
        from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 -- slow to import; only scarcity asks
        from scipy.sparse import csr_array  # noqa: PLC0415 -- as above

        shape = (len(self.limits), len(self.worth))
        matrix = csr_array((self._values, (self._rows, self._columns)), shape=shape)
        result = milp(
            -np.array(self.worth) / self._scale,
            integrality=np.array(self.whole),
            bounds=Bounds(np.zeros(shape[1]), np.array(self.most)),
            constraints=LinearConstraint(matrix, -np.inf, np.array(self.limits)),
            options={"mip_rel_gap": 0.0 if exact else GAP, "node_limit": NODES, "presolve": True},
        )
        return None if result.x is None else result.x

    def relaxed(self) -> tuple[float, Floats] | None:
        """Worth of the plan without whole numbers, and what one more unit of each row's limit would add to it."""
        from scipy.optimize import linprog  # noqa: PLC0415 -- slow to import; only scarcity asks
        from scipy.sparse import csr_array  # noqa: PLC0415 -- as above

        shape = (len(self.limits), len(self.worth))
        result = linprog(
            -np.array(self.worth) / self._scale,
            A_ub=csr_array((self._values, (self._rows, self._columns)), shape=shape),
            b_ub=np.array(self.limits),
            bounds=np.column_stack([np.zeros(shape[1]), np.array(self.most)]),
            method="highs",
        )
        if result.x is None:
            return None
        return -float(result.fun) * self._scale, -result.ineqlin.marginals * self._scale

    @property
    def _scale(self) -> float:
        """What makes the worths about 1: the solver's tolerances are absolute."""
        return max((abs(value) for value in self.worth), default=0.0) or 1.0
