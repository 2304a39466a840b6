"""Many parcels taken block by block, so that what is held at once does not grow with their number.

Parcels share nothing but the draws of their members, so that their answers are the same in any block. Blocks are also
the tasks of Dask, on this machine or, where a client of ``distributed`` is at work, on many.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeVar

import numpy as np

from cloud.agronomy.carrying.carried import CarriedWater
from cloud.agronomy.carrying.parting import Asked
from cloud.agronomy.engines.engine_name import EngineName
from cloud.errors import ConfigurationError
from cloud.records import IrrigationEvent, Observation
from cloud.variables import Indices

BLOCK_MEMBERS: Final = 131_072
"""Parcels times members of a block: its arrays pass through the processor's cache, and all of them fill 200 MB."""

A = TypeVar("A")
R = TypeVar("R")
T = TypeVar("T", IrrigationEvent, Observation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Some of the parcels of a run, with all that belongs to them."""

    places: Indices
    """(B,) among all the parcels."""
    asked: Asked
    carried: CarriedWater | None


def places_of(parcels: int, members: int) -> list[Indices]:
    """Places of the parcels of each block, in order."""
    size = max(1, BLOCK_MEMBERS // members)
    return [np.arange(first, min(first + size, parcels), dtype=np.intp) for first in range(0, parcels, size)]


def blocks_of(asked: Asked, carried: CarriedWater | None) -> Iterator[Block]:
    """A run in blocks, each made when it is asked for.

    What belongs to no parcel of the run, and what the weather said, goes to the first.
    """
    members = 1 if asked.settings.fixed_parameters else asked.settings.members
    places = places_of(len(asked.parcels), members)
    if len(places) == 1:
        yield Block(places=places[0], asked=asked, carried=carried)
        return
    of = {asked.parcels[place].id: block for block, own in enumerate(places) for place in own.tolist()}
    events, seen = _dealt(asked.events, of, len(places)), _dealt(asked.observations, of, len(places))
    rows = _rows_of(carried, of, len(places))
    for block, own in enumerate(places):
        yield Block(
            places=own,
            asked=replace(
                asked,
                parcels=tuple(asked.parcels[place] for place in own.tolist()),
                forcing=replace(asked.forcing.at(own), notes=() if block else asked.forcing.notes),
                events=events[block],
                observations=seen[block],
            ),
            carried=None if carried is None else carried.take(np.array(rows[block], dtype=np.intp)),
        )


def each(work: Callable[[A], R], parts: Iterable[A], engine: EngineName) -> list[R]:
    """What some work makes of each part, in their order; as tasks of Dask where that is the engine."""
    if engine != "dask":
        return [work(part) for part in parts]
    try:
        import dask  # noqa: PLC0415 -- of the extra [cluster], which few install
    except ImportError as error:
        raise ConfigurationError(
            "engine dask: expected dask, got none; try: pip install '.[cluster]' in a checkout, or use numba"
        ) from error
    # A part is carried whole: looking into it for other tasks would take longer than its work.
    tasks = [dask.delayed(partial(work, part), pure=False, traverse=False)() for part in parts]
    return list(dask.compute(*tasks))


def _dealt(records: Sequence[T], of: Mapping[str, int], blocks: int) -> list[list[T]]:
    dealt: list[list[T]] = [[] for _ in range(blocks)]
    for record in records:
        dealt[of.get(record.parcel_id, 0)].append(record)
    return dealt


def _rows_of(carried: CarriedWater | None, of: Mapping[str, int], blocks: int) -> list[list[int]]:
    rows: list[list[int]] = [[] for _ in range(blocks)]
    for row, one in enumerate(() if carried is None else carried.parcels):
        rows[of.get(one.parcel_id, 0)].append(row)
    return rows
