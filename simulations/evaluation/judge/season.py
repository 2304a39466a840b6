"""A clean season: every day decided on sound inputs, and farmers who mostly do as they are told."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from cloud.daily import DayDecision, DayInputs, decide
from cloud.judge.novelty import Novelty
from cloud.records import IrrigationEvent, Parcel, Verdict
from simulations.evaluation.judge.district import Climate, parcels_of, pumps
from simulations.evaluation.judge.shelf import MemoryShelf

COMPLIANCE: Final = 0.8
LATE_SHARE: Final = 0.15
LATEST_DAYS: Final = 3
"""This share of the irrigations becomes known one to so many days late."""
HISTORY_DAYS: Final = 14
FIRST_MONTH_DAYS: Final = 30
"""Weather that is there before the first advice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonDay:
    """One day of a season: what went in, and what was decided."""

    inputs: DayInputs
    decision: DayDecision


def season(
    climate: Climate, first: date, last: date, *, copies: int, seed: int, novelty: Novelty | None = None
) -> Iterator[SeasonDay]:
    """Days first..last; SYNTHETIC farmers follow four doses of five, hours late and a tenth off, and skip the fifth.

    Some irrigations become known days late.
    """
    generator = np.random.default_rng(seed)
    parcels = parcels_of(first.year, copies)
    by_id = {parcel.id: parcel for parcel in parcels}
    begins = min((p.planted_on for p in parcels if p.planted_on), default=first)
    begins = min(begins, first - timedelta(days=FIRST_MONTH_DAYS))
    events: list[tuple[date, IrrigationEvent]] = []
    history: list[Verdict] = []
    shelf = MemoryShelf()
    day = first
    while day <= last:
        inputs = DayInputs(
            day=day,
            parcels=parcels,
            weather=climate.upto(day - timedelta(days=1), begins),
            forecast=climate.ahead_of(day),
            code_version="evaluation",
            events=tuple(event for known_on, event in events if known_on <= day),
            pumps=pumps(copies),
            history=tuple(one for one in history if (day - one.proposed.day).days <= HISTORY_DAYS),
            seed=seed,
        )
        shelf.settle(inputs)
        inputs = replace(inputs, kept=shelf.states())
        decision = decide(inputs, novelty=novelty)
        yield SeasonDay(inputs=inputs, decision=replace(decision, history=None, followed=None))
        history.extend(decision.verdicts)
        for verdict in decision.verdicts:
            done = _done(verdict, by_id[verdict.proposed.parcel_id], generator)
            if done is not None:
                late = int(generator.integers(1, LATEST_DAYS + 1)) if generator.random() < LATE_SHARE else 0
                events.append((day + timedelta(days=late), done))
        day += timedelta(days=1)


def _done(verdict: Verdict, parcel: Parcel, generator: np.random.Generator) -> IrrigationEvent | None:
    """What the farmer then did. A person looks at what the judge held, and finds it right: the inputs are sound."""
    told = verdict.recommendation if verdict.decision in {"release", "shrink"} else verdict.proposed
    follows, delay_h, amount = generator.random() < COMPLIANCE, generator.integers(0, 6), generator.normal(1.0, 0.1)
    if told.action != "irrigate" or told.depth_mm is None or not follows:
        return None
    zone = ZoneInfo(parcel.timezone)
    started = datetime.combine(told.day, time(18), tzinfo=zone) if told.start_window is None else told.start_window[0]
    return IrrigationEvent(
        parcel_id=parcel.id,
        started_at=started + timedelta(minutes=10 * int(delay_h)),
        depth_mm=max(float(told.depth_mm.p50 * amount), 1.0),
        source="meter" if parcel.irrigation.method == "drip" else "reply",
    )
