"""The days of a run as they are kept: the water of each parcel, with what each observation of the day changed."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from cloud.agronomy.assimilation.members import draws
from cloud.agronomy.assimilation.spread import spreads_of
from cloud.agronomy.state import ObservationEffect, WaterHistory
from cloud.explanation.doubts import doubts_of
from cloud.records import Parcel
from cloud.water_day import ObservedChange, Spread, WaterDay


def days_of(history: WaterHistory, parcels: Sequence[Parcel]) -> Iterator[WaterDay]:
    """Every row of every parcel of a run; an observation stands on its local day.

    ``parcels`` are those of the history, in any order; others are passed over.
    """
    zones = {parcel.id: ZoneInfo(parcel.timezone) for parcel in parcels}
    changes = _changes(history.effects, zones)
    for place, parcel_id in enumerate(history.parcel_ids):
        for row in history.rows(place):
            own = changes.get((parcel_id, row.day))
            yield row if own is None else row.model_copy(update={"observations": tuple(own)})


def last_spreads(history: WaterHistory, seed: int) -> list[Spread]:
    """How unsure each parcel's last day is and why, with what is doubted of it; ``seed`` is that of the run."""
    doubts = doubts_of(history)
    spreads = spreads_of(history.state, draws(history.state.depletion_mm.shape[1], seed), history.parcel_ids)
    return [one.model_copy(update={"doubts": doubts.get(one.parcel_id, ())}) for one in spreads]


def _changes(
    effects: Sequence[ObservationEffect], zones: Mapping[str, ZoneInfo]
) -> dict[tuple[str, date], list[ObservedChange]]:
    found: dict[tuple[str, date], list[ObservedChange]] = defaultdict(list)
    for effect in effects:
        if effect.parcel_id in zones:
            content = {name: getattr(effect, name) for name in ObservedChange.model_fields}
            day = effect.observed_at.astimezone(zones[effect.parcel_id]).date()
            found[effect.parcel_id, day].append(ObservedChange(**content))
    return found
