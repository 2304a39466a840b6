"""The field cut in two: what its first visits teach is worth something in the blind rest."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from cloud.agronomy.water import WaterSettings
from simulations.evaluation.water.maricopa import FOLDER, PROFILE_M, Field, field_of
from simulations.evaluation.water.next_season import cut_after, modes_of
from simulations.evaluation.water.scores import row_of

LAST = date(2018, 7, 2)


@pytest.fixture(scope="module")
def field(shared_data: Path) -> Field:
    return field_of(shared_data / FOLDER)


def test_nothing_of_the_first_part_stands_in_the_rest(field: Field) -> None:
    rest = cut_after(field, LAST)
    assert all(event.started_at.date() > LAST for event in rest.events)
    assert all(day > LAST for visits in rest.readings.values() for day in visits)
    assert 0 < len(rest.events) < len(field.events)
    assert rest.readings.keys() == field.readings.keys()


def test_what_was_learned_meets_the_rest_better_than_priors(field: Field) -> None:
    modes = modes_of(field, LAST, WaterSettings(members=32, profile_depth_m=PROFILE_M))
    errors = [float(row_of(name, several)["rmse_mm"]) for name, several in modes.items()]
    prior, learned, carried = errors
    assert learned < 0.95 * prior
    assert carried < learned
    widths = [float(np.mean([np.mean(one.high - one.low) for one in several])) for several in modes.values()]
    assert widths[0] > widths[1] > widths[2]
