from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")

__version__: str

class Dispatcher(Generic[_P, _R]):
    py_func: Callable[_P, _R]
    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> _R: ...

def njit(
    *,
    cache: bool = ...,
    nogil: bool = ...,
    error_model: str = ...,
    forceinline: bool = ...,
    fastmath: set[str] = ...,
) -> Callable[[Callable[_P, _R]], Dispatcher[_P, _R]]: ...
def __getattr__(name: str) -> Any: ...
