"""What was observed in a day, taken in turn, and a record of what each observation changed."""

from typing import Final

import numpy as np

from cloud.agronomy.assimilation.assimilate import assimilate
from cloud.agronomy.assimilation.claims import REPORTERS
from cloud.agronomy.assimilation.looking import Looked, Observed, Watcher, believe, look
from cloud.agronomy.assimilation.readings import Batch, batches
from cloud.agronomy.assimilation.suspicion import words_of
from cloud.agronomy.assimilation.unreported import Cause, Sight
from cloud.agronomy.inbox import Inbox
from cloud.agronomy.opening import Run
from cloud.agronomy.plots import Plots
from cloud.agronomy.state import ObservationEffect
from cloud.agronomy.step import Fluxes, Water
from cloud.variables import Indices

_PROBABLE: Final = 0.5
_WORTH_SAYING: Final = 0.3
_WORTH_NAMING: Final = 0.1
_CAUSE_WORDS: Final = {
    Cause.UNREPORTED: "irrigation that nobody told of",
    Cause.UNDONE: "told irrigation that did not come, or not all of it",
    Cause.RETRACTED: "an irrigation inferred before that never was",
}


def observed(
    run: Run, inbox: Inbox, place: int, active: Indices, parts: tuple[Water, Plots, Fluxes]
) -> tuple[Water, list[ObservationEffect]]:
    """Water of the active parcels at the end of a day after its observations, and what each of them did."""
    water, plots, fluxes = parts
    weighs, day = run.inference and run.drawn.count > 1, int(run.forcing.days[place].astype(np.int64))
    position = np.full(len(run.parcel_ids), -1, dtype=np.intp)
    position[active] = np.arange(active.size)
    effects: list[ObservationEffect] = []
    if weighs:
        run.watch.claims.begin(active, day)
        _tell(run, inbox, place, (active, position), (plots, fluxes))
    seen = [(int(position[parcel]), one) for parcel, one in inbox.observations.get(place, ()) if position[parcel] >= 0]
    watcher = Watcher.of(run.watch, day, run.drawn.rain) if weighs and seen else None
    for batch in batches(seen):
        sight = _sight(batch, (water, plots, fluxes))
        parcels = active[batch.index]
        found = Observed(sight=sight, parcels=parcels, names=tuple(run.parcel_ids[parcel] for parcel in parcels))
        looked = None if watcher is None else look(watcher, found)
        if watcher is None or looked is None:
            after = assimilate(sight.water, sight.plots, sight.fluxes, batch)
        else:
            after = believe(watcher, found, looked)
        effects.extend(_effects(found, after, looked))
        water = water.put(batch.index, after)
    return water, effects


def _sight(batch: Batch, parts: tuple[Water, Plots, Fluxes]) -> Sight:
    water, plots, fluxes = parts
    return Sight.of(water.take(batch.index), plots.take(batch.index), fluxes.take(batch.index), batch)


def _tell(run: Run, inbox: Inbox, place: int, where: tuple[Indices, Indices], parts: tuple[Plots, Fluxes]) -> None:
    """Enter the irrigation told for a day as a claim: its net water, less what of it percolated."""
    active, position = where
    plots, fluxes = parts
    parcels = active[inbox.gross_mm[place, active] > 0.0]
    if not parcels.size:
        return
    rows, gross = position[parcels], inbox.gross_mm[place, parcels]
    net = gross * plots.efficiency[rows, 0]
    percolated = np.broadcast_to(fluxes.percolation_mm, fluxes.total_available_mm.shape)[rows].mean(axis=1)
    told = inbox.reporters.get(place, {})
    codes = np.array([REPORTERS.index(told.get(parcel, "meter")) for parcel in parcels.tolist()], dtype=np.float64)
    day = int(run.forcing.days[place].astype(np.int64))
    run.watch.claims.tell(parcels, day, (gross, net, np.maximum(net - percolated, 0.0)), codes)


def _effects(found: Observed, after: Water, looked: Looked | None) -> list[ObservationEffect]:
    sight = found.sight
    batch, spread, middle = sight.batch, np.sqrt(sight.variance_of_members), sight.middle
    correction = (after.depletion_mm - sight.water.depletion_mm).mean(axis=1)
    notes = {} if looked is None else _notes(sight, looked)
    return [
        ObservationEffect(
            parcel_id=parcel_id,
            observed_at=observation.observed_at,
            kind=batch.kind,
            source=observation.source,
            seen=float(batch.value[row, 0]),
            sigma=float(batch.sigma[row, 0]),
            expected=float(middle[row]),
            expected_sigma=float(spread[row]),
            correction_mm=float(correction[row]),
            suspect=looked is not None and bool(looked.faulty[row] > _PROBABLE),
            note=notes.get(row, ""),
        )
        for row, (parcel_id, observation) in enumerate(zip(found.names, batch.observations, strict=True))
    ]


def _notes(sight: Sight, looked: Looked) -> dict[int, str]:
    """What else than chance may explain each surprising reading, by its row."""
    places = {int(row): place for place, row in enumerate(looked.rows)}
    surprising = looked.faulty > _WORTH_SAYING
    if looked.causes is not None:
        water = looked.causes.probability[:, [Cause.UNREPORTED, Cause.UNDONE]].max(axis=1)
        surprising[looked.rows] |= water > _WORTH_SAYING
    return {row: _note(sight, looked, row, places.get(row)) for row in np.flatnonzero(surprising).tolist()}


def _note(sight: Sight, looked: Looked, row: int, place: int | None) -> str:
    batch = sight.batch
    name = words_of(batch.kind, batch.observations[row].source)
    likely = [(float(looked.faulty[row]), f"a fault of the {name}")]
    if looked.causes is not None and place is not None:
        chances = looked.causes.probability[place]
        likely += [(float(chances[cause]), words) for cause, words in _CAUSE_WORDS.items()]
    named = [f"{words} ({chance:.2f})" for chance, words in sorted(likely, reverse=True) if chance >= _WORTH_NAMING]
    return (
        f"{name} says {batch.value[row, 0]:.3g} where {sight.middle[row]:.3g} +-"
        f" {np.sqrt(sight.variance_of_members[row] + sight.error_variance[row]):.2g} is expected: {' or '.join(named)}"
    )
