import numpy as np
from numpy.typing import NDArray

class LogisticRegression:
    coef_: NDArray[np.float64]
    intercept_: NDArray[np.float64]
    classes_: NDArray[np.int64]
    def __init__(self, *, C: float = ..., max_iter: int = ...) -> None: ...
    def fit(
        self, X: NDArray[np.float64], y: NDArray[np.int64], sample_weight: NDArray[np.float64] | None = ...
    ) -> LogisticRegression: ...
