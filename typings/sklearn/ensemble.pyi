from typing import Self

import numpy as np
from numpy.typing import NDArray

class HistGradientBoostingRegressor:
    def __init__(
        self,
        *,
        loss: str = ...,
        quantile: float | None = ...,
        learning_rate: float = ...,
        max_iter: int = ...,
        max_leaf_nodes: int | None = ...,
        min_samples_leaf: int = ...,
        max_features: float = ...,
        early_stopping: bool | str = ...,
        random_state: int | None = ...,
    ) -> None: ...
    def fit(self, X: NDArray[np.float64], y: NDArray[np.float64]) -> Self: ...
    def predict(self, X: NDArray[np.float64]) -> NDArray[np.float64]: ...
