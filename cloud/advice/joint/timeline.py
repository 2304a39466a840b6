"""The day of a turn or a pump in steps of five minutes, and the what each of them costs."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from cloud.advice.access import ONE_DAY, Access, at
from cloud.advice.dose import STEPS_PER_HOUR
from cloud.records import Parcel
from cloud.variables import Floats, Indices

STEP: Final = timedelta(minutes=5)
STEPS: Final = 49 * STEPS_PER_HOUR
"""A day of 25 hours, and one after it."""
HOT_HOURS: Final = (10, 17)
"""Water given between these hours evaporates most; other hours are preferred where the price is equal."""
_HOT: Final = 1.0
_LATE: Final = 1e-4
BELOW_MONEY: Final = 1e-7
"""What decides between steps that cost the same, over what they cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Steps in which water can be taken, from local midnight on, and what each of them costs."""

    midnight: datetime
    """Of the day, in UTC."""
    is_open: NDArray[np.bool_]
    money: Floats
    """(N,) what the energy of each step costs beyond that of the cheapest, which the parcel's own plan counts."""
    cheapest: float
    """Energy of the cheapest step [money]."""
    dislike: Floats
    """(N,) what decides where energy costs the same: the heat of the day, then waiting."""
    starts: int
    """Number of steps before the next midnight: later starts are for tomorrow's advice to give."""
    pieces: tuple[tuple[int, int], ...]
    """First step and end of each stretch of open steps."""
    is_priced: bool
    """Whether some steps cost more than others."""
    closed_before: Indices = field(init=False, repr=False)
    """(N + 1,) closed steps before each."""
    cost_before: Floats = field(init=False, repr=False)
    """(N + 1,) cost of all steps before each, dislike counted."""

    def __post_init__(self) -> None:
        closed = np.concatenate([[0], np.cumsum(~self.is_open)])
        scale = BELOW_MONEY * max(1.0, float(self.money.max()))
        cost = np.concatenate([[0.0], np.cumsum(self.money + scale * self.dislike)])
        object.__setattr__(self, "closed_before", closed)
        object.__setattr__(self, "cost_before", cost)

    @classmethod
    def of(cls, access: Access, parcel: Parcel) -> Self:
        """The timeline of the place that an access names; the same for every parcel that shares it."""
        spans = access.spans
        day = spans[0].opens_at.date()
        midnight = at(day, time(0), parcel).astimezone(UTC)
        money = np.full(STEPS, np.inf)
        for window in spans:
            first = -((midnight - window.opens_at.astimezone(UTC)) // STEP)
            last = (window.closes_at.astimezone(UTC) - midnight) // STEP
            inside = money[max(0, first) : max(0, last)]
            np.minimum(inside, window.money_per_h / STEPS_PER_HOUR, out=inside)
        is_open = np.isfinite(money)
        least = float(money.min())
        edges = np.flatnonzero(np.diff(np.concatenate([[0], is_open.astype(np.int8), [0]]))).tolist()
        return cls(
            midnight=midnight,
            is_open=is_open,
            money=np.where(is_open, money - least, 0.0) if np.isfinite(least) else np.zeros(STEPS),
            cheapest=least if np.isfinite(least) else 0.0,
            dislike=_dislike(access, midnight),
            pieces=tuple(zip(edges[::2], edges[1::2], strict=True)),
            is_priced=bool(np.any(money[is_open] > least)),
            starts=(at(day + ONE_DAY, time(0), parcel).astimezone(UTC) - midnight) // STEP,
        )

    def moment(self, step: int) -> datetime:
        """Beginning of a step, in UTC."""
        return self.midnight + step * STEP

    @property
    def is_plain(self) -> bool:
        """Whether all open steps lie in one piece, cost the same and end before midnight: then only lengths count."""
        return len(self.pieces) <= 1 and not self.ends_late and not self.is_priced

    @property
    def ends_late(self) -> bool:
        """Whether a run may end after midnight."""
        return bool(self.pieces) and self.pieces[-1][1] > self.starts

    def energy(self, start: int, steps: int) -> float:
        """Energy of a run beyond that of the cheapest hours [money]."""
        return float(self.money[start : start + steps].sum())


def _dislike(access: Access, midnight: datetime) -> Floats:
    late: Floats = _LATE * np.arange(STEPS, dtype=np.float64)
    if access.by_turn or access.opens_at is None:
        # Water of a turn that is not taken at once is lost.
        return late
    local = access.opens_at.tzinfo
    hours = np.array([(midnight + step * STEP).astimezone(local).hour for step in range(0, STEPS, STEPS_PER_HOUR)])
    hot = np.repeat((hours >= HOT_HOURS[0]) & (hours < HOT_HOURS[1]), STEPS_PER_HOUR)[:STEPS]
    late[hot] += _HOT
    return late
