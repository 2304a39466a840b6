"""Who chooses the engine of the balance: the environment first, then the configuration."""

import pytest

from cloud.agronomy.engines.engine_name import engine_named
from cloud.errors import ConfigurationError


def test_without_a_word_in_the_environment_the_configured_engine_counts() -> None:
    assert engine_named({}) == "auto"
    assert engine_named({"SEGUIA_ENGINE": " "}, "dask") == "dask"


@pytest.mark.parametrize("name", ["auto", "numpy", "numba", "dask"])
def test_the_environment_wins(name: str) -> None:
    assert engine_named({"SEGUIA_ENGINE": name}, "numpy") == name


def test_an_unknown_engine_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        ConfigurationError, match=r"SEGUIA_ENGINE: expected one of auto, numpy, numba, dask, got 'cuda'"
    ):
        engine_named({"SEGUIA_ENGINE": "cuda"})
