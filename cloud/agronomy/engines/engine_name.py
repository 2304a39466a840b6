"""Names of the engines of the balance, and how an operator or an environment chooses one."""

from collections.abc import Mapping
from typing import Final, Literal, get_args

from cloud.errors import ConfigurationError

EngineName = Literal["auto", "numpy", "numba", "dask"]
"""How the balance is computed; ``dask`` is the compiled kernel in tasks of many parcels each."""

ENGINE_VARIABLE: Final = "SEGUIA_ENGINE"


def engine_named(environment: Mapping[str, str], configured: EngineName = "auto") -> EngineName:
    """The engine that the environment names, else the configured one."""
    name = environment.get(ENGINE_VARIABLE, "").strip() or configured
    known: tuple[EngineName, ...] = get_args(EngineName)
    for one in known:
        if name == one:
            return one
    raise ConfigurationError(
        f"{ENGINE_VARIABLE}: expected one of {', '.join(known)}, got {name!r}; correct or unset it"
    )
