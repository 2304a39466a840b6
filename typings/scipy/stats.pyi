import numpy as np
from numpy.typing import ArrayLike, NDArray

class _Normal:
    def ppf(self, q: ArrayLike, loc: ArrayLike = ..., scale: ArrayLike = ...) -> NDArray[np.float64]: ...

class _Gamma:
    def ppf(self, q: ArrayLike, a: ArrayLike, loc: ArrayLike = ..., scale: ArrayLike = ...) -> NDArray[np.float64]: ...

norm: _Normal
gamma: _Gamma
