"""The parts of a pilot run side by side, each kept when finished; what cannot be run is named, the rest goes on."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from traceback import extract_tb

from cloud.errors import CloudError
from edge.errors import EdgeError
from simulations.closed_loop.district import DistrictDesign
from simulations.closed_loop.district_run import district_outcomes
from simulations.closed_loop.outcome import Outcome
from simulations.closed_loop.parts_kept import KeptParts
from simulations.closed_loop.pilot import Pilot
from simulations.closed_loop.runs import Part, Setting, outcomes_of, parts_of, setting_of

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What came of a run: outcomes of all finished parts, and what could not be run."""

    outcomes: tuple[Outcome, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    part: Part
    outcomes: tuple[Outcome, ...]
    problem: str | None


def ran(pilot: Pilot, out: Path, *, folders: Sequence[Path], jobs: int, resume: bool) -> Ran:
    """Run every part of a pilot that is not kept yet, ``jobs`` at a time."""
    kept, parts = KeptParts(out, pilot, resume=resume), parts_of(pilot)
    waiting = [part for part in parts if not kept.finished(part)]
    problems, bar = [], _Bar(len(parts), len(parts) - len(waiting))
    for answer in _answers(waiting, pilot, tuple(folders), jobs):
        if answer.problem is None:
            kept.keep(answer.part, answer.outcomes)
        else:
            problems.append(f"{answer.part.name}: {answer.problem}")
        bar.step(answer.part.name)
    bar.close()
    return Ran(outcomes=tuple(kept.outcomes(parts)), problems=tuple(_grouped(problems)))


def _answers(parts: Sequence[Part], pilot: Pilot, folders: tuple[Path, ...], jobs: int) -> Iterator[_Answer]:
    if jobs == 1 or len(parts) < 2:  # noqa: PLR2004 -- one part needs no company
        for part in parts:
            yield _one(part, pilot, folders)
        return
    # Each process computes on one core: more threads would only wait for each other.
    for name in THREADS:
        os.environ.setdefault(name, "1")
    with ProcessPoolExecutor(min(jobs, len(parts)), mp_context=get_context("spawn")) as pool:
        waiting: list[Future[_Answer]] = [pool.submit(_one, part, pilot, folders) for part in parts]
        for future in as_completed(waiting):
            yield future.result()


def _one(part: Part, pilot: Pilot, folders: tuple[Path, ...]) -> _Answer:
    try:
        return _Answer(part=part, outcomes=tuple(_lived(part, _setting(pilot, part, folders))), problem=None)
    except (CloudError, EdgeError) as error:
        return _Answer(part=part, outcomes=(), problem=str(error))
    except Exception as error:  # noqa: BLE001 -- the top of a worker: a defect in one part must not end hours of others
        where = extract_tb(error.__traceback__)[-1]
        problem = f"a defect, {type(error).__name__} in {Path(where.filename).name} line {where.lineno}: {error}"
        return _Answer(part=part, outcomes=(), problem=problem)


def _lived(part: Part, setting: Setting) -> list[Outcome]:
    district = setting.pilot.district
    if part.season is None or district is None:
        return outcomes_of(part, setting)
    design = DistrictDesign(
        climate=part.climate,
        area_ha=district.area_ha,
        sample=district.sample,
        turn_days=district.turn_days,
        seed=setting.pilot.seed,
    )
    return district_outcomes(part.strategy, part.season, setting, design)


def _setting(pilot: Pilot, part: Part, folders: tuple[Path, ...]) -> Setting:
    return _kept_setting(pilot.model_dump_json(), part.climate, folders)


@lru_cache(maxsize=1)
def _kept_setting(pilot: str, climate: str, folders: tuple[Path, ...]) -> Setting:
    """Setting of a climate, made once in each process."""
    whole = Pilot.model_validate_json(pilot)
    return setting_of(whole, next(one for one in whole.climates if one.name == climate), folders)


def _grouped(problems: Sequence[str]) -> list[str]:
    """One line for each cause, with the parts that it keeps from running."""
    causes: dict[str, list[str]] = {}
    for line in problems:
        name, _, cause = line.partition(": ")
        causes.setdefault(cause, []).append(name)
    return [f"{', '.join(names)}: not run: {cause}" for cause, names in causes.items()]


class _Bar:
    """Parts done, of how many, and the time left; only where someone watches."""

    def __init__(self, parts: int, done: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._parts, self._done, self._before, self._clock = parts, done, done, clock
        self._began = clock()

    def step(self, name: str) -> None:
        self._done += 1
        if sys.stderr.isatty():
            took = self._clock() - self._began
            left = took / (self._done - self._before) * (self._parts - self._done)
            width = 30 * self._done // self._parts
            bar = f"[{'#' * width}{'.' * (30 - width)}]"
            sys.stderr.write(f"\r\x1b[K{bar} {self._done} of {self._parts} parts, {left / 60:.0f} min left, {name}")

    def close(self) -> None:
        if sys.stderr.isatty():
            sys.stderr.write("\n")
