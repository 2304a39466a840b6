"""The closed loop itself: a strategy wishes, farmers do, the world lives the day, and what is told goes back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cloud.variables import Floats
from simulations.closed_loop.farmers import Done, Farmers
from simulations.closed_loop.fields import FieldSeason
from simulations.closed_loop.world import Harvest, Truth, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Morning:
    """What is there before a day is decided; arrays (F,).

    ``world`` and ``truth`` are for sensors, and for those strategies that may know everything; a strategy that stands
    for something real reads ``done`` (what farmers and meters told of yesterday) and its own sensors only.
    """

    day: date
    growing: NDArray[np.bool_]
    world: World
    truth: Truth | None
    """Yesterday; None on the first morning."""
    done: Done | None


class Strategy(Protocol):
    """Decides the gross depths (F,) [mm] of the day; 0 where none is wished."""

    def decide(self, morning: Morning) -> Floats:
        """Gross depths (F,) of the day [mm]."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """A loop that came to its end."""

    harvest: Harvest
    wished_mm: Floats
    """Sum (F,) of what the strategy wished [mm gross]."""
    stress_days: Floats
    """Days (F,) on which lack of water took more than a tenth of the transpiration."""


_STRESSED = 0.1


def run(
    strategy: Strategy,
    world: World,
    farmers: Farmers,
    *,
    told: Callable[[date, Sequence[FieldSeason]], None] | None = None,
) -> Lived:
    """Run a strategy until every field of the world is ripe; ``told`` hears of every day."""
    wished, stressed = np.zeros(len(world.fields)), np.zeros(len(world.fields))
    truth: Truth | None = None
    done: Done | None = None
    while not world.finished:
        growing = world.growing
        morning = Morning(day=world.day, growing=growing, world=world, truth=truth, done=done)
        wish = np.where(growing, strategy.decide(morning), 0.0)
        done = farmers.act(world.day, wish, growing)
        truth = world.step(done.gross_mm)
        wished += wish
        stressed += np.where(growing, truth.stress, 0.0) > _STRESSED
        if told is not None:
            told(truth.day, world.fields)
    return Lived(harvest=world.harvest(), wished_mm=wished, stress_days=stressed)
