"""What a season teaches the next, on the one field at hand: Maricopa 2018, cut in two.

No data set here has readings of two seasons of one field. The first visits stand for a season that was seen; the others
for the next one, met blind: from priors, from what the first part taught, or with the water itself carried on. Crop,
weather and year are the same on both sides, so that a real second season will show less of a gain; and the priors of
what fields hold were learned from these very plots. The shares kept from season to season were not chosen on them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

import numpy as np

from cloud.agronomy.carrying.carried import CarriedWater, carry
from cloud.agronomy.water import WaterSettings, simulate
from models.job import Job
from simulations.evaluation.water.maricopa import FOLDER, PROFILE_M, Field, field_of, observations_of, series_of
from simulations.evaluation.water.scores import Series, row_of

CUTS: Final = (8, 10, 12)
"""Visits that stand for the first season."""


def cut_after(field: Field, last: date) -> Field:
    """The same field with the readings and irrigation after a day only."""
    return replace(
        field,
        events=tuple(event for event in field.events if event.started_at.date() > last),
        readings={
            name: {day: depths for day, depths in visits.items() if day > last}
            for name, visits in field.readings.items()
        },
    )


def modes_of(field: Field, last: date, settings: WaterSettings) -> dict[str, list[Series]]:
    """Estimates after a day: from priors, from what was learned until then, and with the water carried on."""
    forcing, rest = field.station.forcing(len(field.parcels)), cut_after(field, last)
    seen = [one for parity in (0, 1) for one in observations_of(field, parity) if one.observed_at.date() <= last]
    first = simulate(field.parcels, forcing.until(np.datetime64(last)), field.events, seen, settings=settings)
    carried = carry(first.state, field.parcels, seed=settings.seed, profile_depth_m=settings.profile_depth_m)
    later = forcing.since(np.datetime64(last) + np.timedelta64(1, "D"))

    def blind(state: CarriedWater | None) -> list[Series]:
        return series_of(rest, simulate(field.parcels, later, rest.events, (), settings=settings, carried=state))

    return {
        "from priors": blind(None),
        "from what the first part taught": blind(of_an_earlier_season(carried)),
        "the water itself carried on": blind(carried),
    }


def of_an_earlier_season(carried: CarriedWater) -> CarriedWater:
    """The same state as that of a season before this one: its limits count, its water does not."""
    return replace(carried, parcels=tuple(replace(one, planted_on=None) for one in carried.parcels))


def run(job: Job) -> Mapping[str, Any]:
    """Error, honesty and change of the three ways, for each cut."""
    field = field_of(job.data / FOLDER)
    days = sorted({day for visits in field.readings.values() for day in visits})
    settings = WaterSettings(profile_depth_m=PROFILE_M)
    rows: list[dict[str, Any]] = []
    for cut in CUTS:
        job.told(f"next season: {cut + 1} visits, then blind")
        rows.extend(_rows(days[cut], modes_of(field, days[cut], settings)))
    return {"rows": rows, "not_measured": "a second season of the same field: no data set at hand has one"}


def _rows(last: date, modes: Mapping[str, Sequence[Series]]) -> list[dict[str, Any]]:
    return [{"seen_until": last.isoformat(), **row_of(f"after {last}: {name}", one)} for name, one in modes.items()]
