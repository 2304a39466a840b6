from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

class OptimizeResult:
    x: NDArray[np.float64]
    fun: float
    success: bool

class _Marginals:
    marginals: NDArray[np.float64]

class LinearResult:
    x: NDArray[np.float64] | None
    fun: float
    ineqlin: _Marginals

class Bounds:
    def __init__(self, lb: ArrayLike, ub: ArrayLike) -> None: ...

class LinearConstraint:
    def __init__(self, A: csr_array, lb: ArrayLike, ub: ArrayLike) -> None: ...

def milp(
    c: ArrayLike,
    *,
    integrality: ArrayLike | None = ...,
    bounds: Bounds | None = ...,
    constraints: LinearConstraint | None = ...,
    options: dict[str, float | bool] | None = ...,
) -> LinearResult: ...
def linprog(
    c: ArrayLike,
    *,
    A_ub: csr_array | None = ...,
    b_ub: ArrayLike | None = ...,
    bounds: ArrayLike | None = ...,
    method: str = ...,
) -> LinearResult: ...
def minimize(
    fun: Callable[[NDArray[np.float64]], Any],
    x0: NDArray[np.float64],
    *,
    jac: bool = ...,
    method: str = ...,
) -> OptimizeResult: ...
