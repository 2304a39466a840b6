"""Which machinery is chosen for work of a size, and what is said where the chosen one is missing."""

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable

import numba
import numpy as np
import pytest

from cloud.agronomy import engines
from cloud.agronomy.engines.engine import WORTH_COMPILING, cores, kernel_threads, settled
from cloud.agronomy.engines.engine_name import EngineName
from cloud.agronomy.engines.kernel_arrays import PLOT_COLUMNS, RISE_INTERCEPT, Days, Land, Outcome, Physics, Stores
from cloud.errors import ConfigurationError


@pytest.mark.parametrize(
    ("engine", "members", "work", "threads"),
    [
        ("numpy", 64, 10 * WORTH_COMPILING, 0),
        ("numba", 64, 1, 3),
        ("dask", 64, 1, 1),
        ("auto", 64, WORTH_COMPILING, 3),
        ("auto", 64, WORTH_COMPILING - 1, 0),
        ("numba", 1, 10 * WORTH_COMPILING, 0),
    ],
)
def test_work_that_is_worth_it_is_compiled(
    monkeypatch: pytest.MonkeyPatch, engine: EngineName, members: int, work: int, threads: int
) -> None:
    monkeypatch.setattr("cloud.agronomy.engines.engine.cores", lambda: 3)
    assert kernel_threads(engine, members, work) == threads


def test_without_numba_auto_is_numpy_and_a_wish_for_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert not kernel_threads("auto", 64, 10 * WORTH_COMPILING)
    with pytest.raises(ConfigurationError, match=r"engine numba: expected numba, got none; .* or use numpy"):
        kernel_threads("numba", 64, 1)


def test_threads_are_the_cores_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cores() == len(os.sched_getaffinity(0))
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 5)
    assert cores() == 5


def test_every_column_of_a_plot_has_its_place() -> None:
    assert PLOT_COLUMNS == RISE_INTERCEPT + 1


def test_where_nothing_can_be_kept_on_disk_the_kernel_compiles_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    importlib.import_module("cloud.agronomy.engines.kernel")
    wishes = []

    def compiler(**options: object) -> Callable[[object], object]:
        wishes.append(options.get("cache", False))
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(numba, "njit", compiler)
    for name in ("kernel_math", "kernel_stores", "kernel"):
        monkeypatch.delitem(sys.modules, f"cloud.agronomy.engines.{name}")
        monkeypatch.setattr(engines, name, getattr(engines, name))
    kernel = importlib.import_module("cloud.agronomy.engines.kernel")
    assert wishes.count(True) == 1
    nothing = np.empty((1, 0, 1))
    kernel.advance_days(
        Stores(*[nothing] * 10),
        Land(*[np.empty((0, 1))] * 4),
        Days(*[nothing] * 7),
        Physics(*[1.0] * 10),
        Outcome(np.empty(0, dtype=np.intp), np.empty((0, 1, 0, 1))),
        np.array([0, 0], dtype=np.intp),
    )


def test_auto_is_settled_once_for_work_that_is_taken_in_parts() -> None:
    assert settled("auto", 64, WORTH_COMPILING) == "numba"
    assert settled("auto", 64, 1) == "numpy"
    assert settled("dask", 64, 1) == "dask"
