from typing import Self

import numpy as np
from numpy.typing import NDArray

class SVR:
    support_: NDArray[np.int32]
    dual_coef_: NDArray[np.float64]
    intercept_: NDArray[np.float64]
    def __init__(self, *, C: float, gamma: float, epsilon: float) -> None: ...
    def fit(
        self, figures: NDArray[np.float64], scores: NDArray[np.float64], *, sample_weight: NDArray[np.float64]
    ) -> Self: ...
