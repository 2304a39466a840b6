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

class _Tree:
    node_count: int
    children_left: NDArray[np.int64]
    children_right: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    n_node_samples: NDArray[np.int64]

class _Grown:
    tree_: _Tree

class IsolationForest:
    estimators_: list[_Grown]
    estimators_features_: list[NDArray[np.int64]]
    def __init__(
        self,
        *,
        n_estimators: int = ...,
        max_samples: int | float | str = ...,
        random_state: int | None = ...,
        n_jobs: int | None = ...,
    ) -> None: ...
    def fit(self, X: NDArray[np.float64]) -> Self: ...
    def score_samples(self, X: NDArray[np.float64]) -> NDArray[np.float64]: ...
