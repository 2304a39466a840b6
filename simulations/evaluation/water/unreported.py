"""Irrigation that nobody told of, and sources that fail: what is found, and what is cried for nothing.

Two SYNTHETIC tables (``twin``; its thresholds were set on seeds 1 to 11, these figures are of other seeds) and one of
real fields: Maricopa 2018 with every fifth irrigation of 10 mm or more left out of what is told. There every irrigation
was measured, so that any other inferred one is a false alarm; no fault of a sensor is known there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final

import numpy as np

from cloud.agronomy.assimilation.claims import InferredIrrigation
from cloud.agronomy.state import WaterHistory
from cloud.agronomy.water import WaterSettings, simulate
from cloud.records import IrrigationEvent, Observation
from models.job import Job
from simulations.evaluation.water import maricopa
from simulations.evaluation.water.scores import root_mean_square, row_of
from simulations.evaluation.water.twin import ILL_FROM_DAY, Ailment, Setting, Twin, twin_of

Hidden = Sequence[tuple[str, date]]
"""Parcel and day of irrigation that nobody told of."""

FIELDS: Final = 48
ILL_FIELDS: Final = 24
SLACK: Final = timedelta(days=2)
"""Days by which a window may miss the irrigation that it is counted for."""

PROBABLE: Final = 0.5
BINS: Final = (0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
LARGE_MM: Final = 40.0
HIDDEN_EVERY: Final = 5
HIDDEN_MM: Final = 10.0
_SETTLED_DAY: Final = 20

SETTINGS: Final[Mapping[str, Setting]] = {
    "a fifth unreported, probe every 2 days and camera": Setting(fields=FIELDS, seed=101, unreported=0.2),
    "a fifth unreported, probe every 7 days and camera": Setting(
        fields=FIELDS, seed=102, unreported=0.2, probe_every=7
    ),
    "a fifth unreported, camera only": Setting(fields=FIELDS, seed=103, unreported=0.2, probe_every=0),
    "a fifth unreported, no sensor": Setting(fields=FIELDS, seed=104, unreported=0.2, probe_every=0, camera_every=0),
    "everything told, probe every 2 days and camera": Setting(fields=FIELDS, seed=105),
    "everything told, camera only": Setting(fields=FIELDS, seed=106, probe_every=0),
}
AILMENTS: Final[Mapping[Ailment, tuple[str, frozenset[tuple[str, str]]]]] = {
    "none": ("nothing", frozenset()),
    "stuck": ("probe that stands still", frozenset({("soil_water_fraction", "stuck")})),
    "out_of_soil": ("probe in air", frozenset({("soil_water_fraction", "out_of_soil")})),
    "drifts": ("probe that drifts by 0.01 a week", frozenset({("soil_water_fraction", "drifts")})),
    "always_stress": ("camera that always says stress", frozenset({("stress_index", "always_stress")})),
    "too_much": ("meter that counts twice", frozenset({("told", "too_much")})),
    "litres": ("meter read as litres", frozenset({("told", "litres")})),
    "not_seen": ("half of the replies 'done' are not", frozenset({("told", "too_much"), ("told", "not_seen")})),
}
"""What is injected, and the kind and fault that count as its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """Inferred irrigations beside those that were hidden."""

    hidden: int
    found: int
    """Hidden ones that lie in the window of an inferred one."""
    right: int
    """Inferred ones whose window holds a hidden one."""
    wrong: int


def hits_of(hidden: Hidden, inferred: Sequence[InferredIrrigation], least: float) -> Hits:
    """What of the hidden irrigations was found with at least a probability."""
    told = [one for one in inferred if one.probability >= least]
    right = sum(any(_holds(one, *other) for other in hidden) for one in told)
    found = sum(any(_holds(one, *other) for one in told) for other in hidden)
    return Hits(hidden=len(hidden), found=found, right=right, wrong=len(told) - right)


def reliability(
    groups: Sequence[tuple[Hidden, Sequence[InferredIrrigation]]],
) -> list[dict[str, Any]]:
    """How often an inferred irrigation was one, by the probability that was said."""
    pairs = [
        (one.probability, any(_holds(one, *other) for other in hidden))
        for hidden, inferred in groups
        for one in inferred
    ]
    rows = []
    for low, high in pairwise(BINS):
        inside = [pair for pair in pairs if low <= pair[0] < high or (high == BINS[-1] and pair[0] == high)]
        if inside:
            said, was = np.array(inside, dtype=np.float64).mean(axis=0)
            rows.append(
                {
                    "probability": f"{low:g} to {high:g}",
                    "inferred": len(inside),
                    "mean_probability": float(said),
                    "observed_fraction": float(was),
                }
            )
    return rows


def _holds(one: InferredIrrigation, parcel_id: str, day: date) -> bool:
    return one.parcel_id == parcel_id and one.first_day - SLACK <= day <= one.last_day + SLACK


def run(job: Job) -> Mapping[str, Any]:
    """Twins with hidden irrigation, twins with faults, and Maricopa with irrigation hidden."""
    rows, groups = [], []
    for name, setting in SETTINGS.items():
        job.told(f"unreported: SYNTHETIC {name}")
        twin = twin_of(setting)
        with_it, without = twin.followed(), twin.followed(WaterSettings(inference=False))
        hidden = [(parcel, day) for parcel, day, _ in twin.unreported]
        groups.append((hidden, with_it.inferred))
        rows.append({"mode": f"SYNTHETIC: {name}", **_hit_columns(hidden, with_it, len(twin.parcels))})
        large = [(parcel, day) for parcel, day, gross in twin.unreported if gross >= LARGE_MM]
        found = hits_of(large, with_it.inferred, PROBABLE).found
        rows[-1] |= {"found_share_from_40_mm": found / len(large) if large else None}
        rows[-1] |= _errors(twin, with_it, without, _SETTLED_DAY)
    faults = []
    for ailment in AILMENTS:
        job.told(f"unreported: SYNTHETIC fault {ailment}")
        faults.append(fault_row(ailment))
    job.told("unreported: maricopa")
    return {
        "told": "SYNTHETIC except for the rows of Maricopa; an irrigation counts as inferred from probability 0.5 on",
        "rows": rows,
        "calibration": reliability(groups),
        "faults": faults,
        "maricopa": maricopa_rows(maricopa.field_of(job.data / maricopa.FOLDER)),
    }


def fault_row(ailment: Ailment, seed: int = 110, fields: int = ILL_FIELDS) -> dict[str, Any]:
    """How many of the fields with an injected fault name it, and how many name anything else."""
    label, names = AILMENTS[ailment]
    twin = twin_of(
        Setting(fields=fields, seed=seed, ailment=ailment, reporter="reply" if ailment == "not_seen" else "meter")
    )
    with_it, without = twin.followed(), twin.followed(WaterSettings(inference=False))
    right = {one.parcel_id for one in with_it.suspects if (one.kind, one.fault) in names}
    other = {one.parcel_id for one in with_it.suspects if (one.kind, one.fault) not in names}
    return {
        "mode": f"SYNTHETIC fault: {label}",
        "fields": fields,
        "named": len(right),
        "something_else_named": len(other),
        **_errors(twin, with_it, without, ILL_FROM_DAY),
    }


def _errors(twin: Twin, with_it: WaterHistory, without: WaterHistory, since: int) -> dict[str, float]:
    truth = twin.truth.columns["depletion_mm"][since:]

    def error(history: WaterHistory) -> float:
        return root_mean_square(history.columns["depletion_mm"][since:] - truth)

    def covered(history: WaterHistory) -> float:
        low, high = (history.columns[f"depletion_{end}_mm"][since:] for end in ("p10", "p90"))
        return float(((low <= truth) & (truth <= high)).mean())

    return {
        "rmse_mm": error(with_it),
        "rmse_without_inference_mm": error(without),
        "coverage_80": covered(with_it),
        "coverage_80_without_inference": covered(without),
    }


def _hit_columns(hidden: Hidden, history: WaterHistory, fields: int) -> dict[str, Any]:
    hits = hits_of(hidden, history.inferred, PROBABLE)
    return {
        "hidden": hits.hidden,
        "found": hits.found,
        "found_share": hits.found / hits.hidden if hits.hidden else None,
        "inferred": hits.right + hits.wrong,
        "false_per_field_and_season": hits.wrong / fields,
    }


def maricopa_rows(field: maricopa.Field) -> list[dict[str, Any]]:
    """Every visit assimilated, and every second, with irrigation hidden and with everything told."""
    hidden = hidden_of(field.events)
    left = [event for event in field.events if event not in hidden]
    every = [one for parity in (0, 1) for one in maricopa.observations_of(field, parity)]
    second = maricopa.observations_of(field, 0)
    rows = []
    for visits, observations in (("every visit", every), ("every second visit", second)):
        for told, events, days in (
            ("every fifth irrigation hidden", left, [(one.parcel_id, one.started_at.date()) for one in hidden]),
            ("everything told", field.events, []),
        ):
            with_it = _followed(field, events, observations, inference=True)
            row = {"mode": f"{visits}, {told}", **_hit_columns(days, with_it, len(field.parcels))}
            if observations is second:
                without = _followed(field, events, observations, inference=False)
                row["rmse_mm"] = row_of("", maricopa.series_of(field, with_it, 0))["rmse_mm"]
                row["rmse_without_inference_mm"] = row_of("", maricopa.series_of(field, without, 0))["rmse_mm"]
            rows.append(row)
    return rows


def hidden_of(events: Sequence[IrrigationEvent]) -> list[IrrigationEvent]:
    """Every fifth irrigation of each parcel, if it is of 10 mm or more."""
    of_parcel: dict[str, list[IrrigationEvent]] = {}
    for event in sorted(events, key=lambda one: one.started_at):
        of_parcel.setdefault(event.parcel_id, []).append(event)
    fifth = [several[HIDDEN_EVERY - 1 :: HIDDEN_EVERY] for several in of_parcel.values()]
    return [event for several in fifth for event in several if event.depth_mm >= HIDDEN_MM]


def _followed(
    field: maricopa.Field, events: Sequence[IrrigationEvent], observations: Sequence[Observation], *, inference: bool
) -> WaterHistory:
    return simulate(
        field.parcels,
        field.station.forcing(len(field.parcels)),
        events,
        observations,
        settings=WaterSettings(profile_depth_m=maricopa.PROFILE_M, inference=inference),
    )
