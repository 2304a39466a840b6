"""SYNTHETIC farmers: what is done with a wish, what the pipe really gives, and what is told of it.

No published record gives all of these shares for one place. The mean compliance of 0.8 is the project's assumption;
every other share is assumed too, and stands here by name so that a pilot can change it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from cloud.variables import Floats
from simulations.closed_loop.fields import FieldSeason

Reply = Literal["none", "done", "not_done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How farmers behave; shares in 0..1."""

    compliance: float = 0.8
    """Mean share of the wishes that are done as wished."""
    persistence: float = 6.0
    """How much farmers differ: a + b of the Beta distribution of compliance; large means that all are alike."""
    missed: float = 0.4
    """Of the wishes not done as wished: never done."""
    delayed: float = 0.3
    """Done one to three days late."""
    partial: float = 0.2
    """Done for 0.4 to 0.8 of the depth; what is left of the four is done too generously, 1.2 to 1.5 times."""
    unasked: float = 0.004
    """Chance a day of an irrigation that nobody wished, as deep as the last one."""
    depth_cv: float = 0.10
    """Spread of the depth of one event about what was meant."""
    farm_cv: float = 0.08
    """Lasting error of a farm's flow: it always gives more, or less, than it believes."""
    answers: float = 0.7
    """Mean share of the irrigations that the farmer answers a message about."""
    false_answers: float = 0.05
    """Of the answers: says that it was done though it was not, or the other way round."""
    metered: float = 0.3
    """Share of the fields whose water a meter tells of."""
    meter_cv: float = 0.03
    meter_silent: float = 0.05
    """Chance a day that the meter tells nothing."""


EXACT: Final = Habits(
    compliance=1.0, unasked=0.0, depth_cv=0.0, farm_cv=0.0, answers=0.0, metered=0.0, meter_cv=0.0, persistence=1e9
)
"""Everything is done as wished and nothing is told: for baselines that are practices already, and for bounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What happened on a day and what was told of it, every array (F,)."""

    day: date
    gross_mm: Floats
    """The truth."""
    metered_mm: Floats
    """Told by the meter; NaN where there is none or it was silent."""
    answered: NDArray[np.int8]
    """Answer to the advice of the day: 1 done, -1 not done, 0 none."""
    answered_mm: Floats
    """Depth that a farmer who answers believes to have given; NaN without such an answer."""


class Farmers:
    """The farmers of the fields; every farmer draws from a stream of its own, whatever the others do.

    ``deliver`` turns what is meant on a day into what canals and pumps bring; without it everything comes.
    """

    def __init__(
        self,
        fields: Sequence[FieldSeason],
        habits: Habits,
        seed: int,
        *,
        deliver: Callable[[date, Floats], Floats] | None = None,
    ) -> None:
        self._habits = habits
        self._deliver = deliver
        self._streams = [np.random.default_rng([seed, one.seed, 11]) for one in fields]
        count = len(fields)
        a, b = habits.compliance * habits.persistence, (1.0 - habits.compliance) * habits.persistence
        draw = [self._first(stream, a, b) for stream in self._streams]
        self.compliance = np.array([one[0] for one in draw])
        """Share of the wishes (F,) that each farmer does as wished."""
        self.meter = np.array([one[1] for one in draw]) < habits.metered
        """Fields (F,) with a meter."""
        self.answering = np.array([one[2] for one in draw])
        """Share of the messages (F,) that each farmer answers."""
        self._bias = np.array([one[3] for one in draw])
        self._late_day = np.full(count, np.datetime64("NaT", "D"))
        self._late_mm = np.zeros(count)
        self._usual_mm = np.zeros(count)

    def _first(self, stream: np.random.Generator, a: float, b: float) -> tuple[float, float, float, float]:
        habits = self._habits
        compliance = 1.0 if b <= 0.0 else float(stream.beta(a, b))
        answering = float(np.clip(stream.normal(habits.answers, 0.2), 0.0, 1.0)) if habits.answers > 0.0 else 0.0
        bias = float(np.exp(habits.farm_cv * stream.standard_normal()))
        return compliance, float(stream.random()), answering, bias

    def act(self, day: date, wish_mm: Floats, growing: NDArray[np.bool_]) -> Done:
        """What is given (F,) on a day on which ``wish_mm`` is wished, and what is told of it."""
        chance = np.array([stream.random(8) for stream in self._streams])
        noise = np.array([stream.standard_normal(2) for stream in self._streams])
        meant = self._meant(day, wish_mm, chance, growing)
        given = meant * self._bias * np.maximum(1.0 + self._habits.depth_cv * noise[:, 0], 0.2)
        if self._deliver is not None:
            given = self._deliver(day, given)
        self._usual_mm = np.where(wish_mm > 0.0, wish_mm, self._usual_mm)
        return self._told(day, wish_mm, meant, given, (chance, noise))

    def _meant(self, day: date, wish_mm: Floats, chance: Floats, growing: NDArray[np.bool_]) -> Floats:
        habits, asked = self._habits, wish_mm > 0.0
        follows = chance[:, 0] < self.compliance
        way, size = chance[:, 1], chance[:, 2]
        meant = np.where(asked & follows, wish_mm, 0.0)
        partial = (way >= habits.missed + habits.delayed) & (way < habits.missed + habits.delayed + habits.partial)
        generous = way >= habits.missed + habits.delayed + habits.partial
        other = asked & ~follows
        meant = np.where(other & partial, wish_mm * (0.4 + 0.4 * size), meant)
        meant = np.where(other & generous, wish_mm * (1.2 + 0.3 * size), meant)
        due = (self._late_day == np.datetime64(day, "D")) & ~asked
        meant = np.where(due, self._late_mm, meant)
        waits = other & (way >= habits.missed) & (way < habits.missed + habits.delayed)
        self._late_day[waits] = np.datetime64(day, "D") + 1 + (3.0 * size[waits]).astype(int)
        self._late_mm[waits] = wish_mm[waits]
        # Whoever is asked again acts on the new wish, not on the old one.
        self._late_day[asked & follows] = np.datetime64("NaT")
        unasked = ~asked & ~due & growing & (chance[:, 3] < habits.unasked)
        meant = np.where(unasked, self._usual_mm, meant)
        return np.where(growing, meant, 0.0)

    def _told(self, day: date, wish_mm: Floats, meant: Floats, given: Floats, drawn: tuple[Floats, Floats]) -> Done:
        habits, (chance, noise) = self._habits, drawn
        asked, came = wish_mm > 0.0, given > 0.0
        speaks = (asked | came) & (chance[:, 4] < self.answering)
        honest = np.where(came, 1, -1) * np.where(chance[:, 5] < habits.false_answers, -1, 1)
        answered = np.where(speaks, honest, 0).astype(np.int8)
        believed = np.where(meant > 0.0, meant, wish_mm)
        silent = ~self.meter | (chance[:, 6] < habits.meter_silent)
        return Done(
            day=day,
            gross_mm=given,
            metered_mm=np.where(silent, np.nan, given * np.maximum(1.0 + habits.meter_cv * noise[:, 1], 0.0)),
            answered=answered,
            answered_mm=np.where(answered > 0, believed, np.nan),
        )
