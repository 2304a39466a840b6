"""What was observed in a day, taken in turn, and a record of what each observation changed."""

import numpy as np

from cloud.agronomy.assimilate import Batch, assimilate, batches, expected
from cloud.agronomy.inbox import Inbox
from cloud.agronomy.opening import Run
from cloud.agronomy.plots import Plots
from cloud.agronomy.state import ObservationEffect
from cloud.agronomy.step import Fluxes, Water
from cloud.variables import Indices


def observed(
    run: Run, inbox: Inbox, place: int, active: Indices, parts: tuple[Water, Plots, Fluxes]
) -> tuple[Water, list[ObservationEffect]]:
    """Water of the active parcels at the end of a day after its observations, and what each of them did."""
    water, plots, fluxes = parts
    position = {int(parcel): row for row, parcel in enumerate(active)}
    seen = [(position[parcel], one) for parcel, one in inbox.observations.get(place, ()) if parcel in position]
    effects: list[ObservationEffect] = []
    for batch in batches(seen):
        chosen = batch.index
        before, own, did = water.take(chosen), plots.take(chosen), fluxes.take(chosen)
        after = assimilate(before, own, did, batch)
        names = [run.parcel_ids[active[row]] for row in chosen]
        effects.extend(_effects(names, batch, (before, after), (own, did)))
        water = water.put(chosen, after)
    return water, effects


def _effects(
    parcel_ids: list[str], batch: Batch, waters: tuple[Water, Water], parts: tuple[Plots, Fluxes]
) -> list[ObservationEffect]:
    before, after = waters
    predicted = expected(before, *parts, batch)
    spread = predicted.std(axis=1, ddof=1) if predicted.shape[1] > 1 else np.zeros(len(parcel_ids))
    correction = (after.depletion_mm - before.depletion_mm).mean(axis=1)
    return [
        ObservationEffect(
            parcel_id=parcel_id,
            observed_at=observation.observed_at,
            kind=batch.kind,
            source=observation.source,
            seen=float(batch.value[row, 0]),
            sigma=float(batch.sigma[row, 0]),
            expected=float(predicted[row].mean()),
            expected_sigma=float(spread[row]),
            correction_mm=float(correction[row]),
        )
        for row, (parcel_id, observation) in enumerate(zip(parcel_ids, batch.observations, strict=True))
    ]
