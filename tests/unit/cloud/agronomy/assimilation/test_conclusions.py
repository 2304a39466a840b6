"""What days of readings teach of a parcel: how often it is watered without anybody telling, and how much."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import pytest

from cloud.agronomy.assimilation.claims import Claims
from cloud.agronomy.assimilation.conclusions import Calm, Case, conclude, settle
from cloud.agronomy.assimilation.members import draws
from cloud.agronomy.assimilation.readings import batches
from cloud.agronomy.assimilation.unreported import Cause, Footing, Sight, dryness, weighed
from cloud.agronomy.assimilation.watch import Watch
from cloud.records import Observation
from tests.unit.cloud.agronomy.assimilation.made import MEMBERS, evening

DAY: Final = 19_863
"""20 May 2024."""
TRIES: Final = draws(MEMBERS, 0).rain, (np.arange(MEMBERS) + 0.5) / MEMBERS


def sight_of(kind: str = "soil_water_fraction", shift: float = 0.0, given_mm: float = 60.0) -> Sight:
    """A reading of full-grown maize, so much above what is expected of it."""
    water, plots, fluxes = evening(given_mm)

    def seen(value: float) -> Sight:
        fields: dict[str, Any] = {"kind": kind, "value": value, "sigma": 0.02, "source": "probe"}
        at = datetime(2024, 5, 20, 18, tzinfo=UTC)
        one = Observation.model_validate({"parcel_id": "a", "observed_at": at, **fields})
        return Sight.of(water, plots, fluxes, batches([(0, one)])[0])

    return seen(min(max(float(seen(0.0).middle[0]) + shift, 0.0), 1.0))


def footing(offset: float = 0.0) -> Footing:
    return Footing(offset=np.array([offset]), variance=np.array([0.012**2]), telling=np.ones(1), odd=np.full(1, 0.03))


def watch_of(sight: Sight) -> Watch:
    watch = Watch(claims=Claims.none(sight.plots))
    watch.claims.begin(np.array([0]), DAY - 6)
    return watch


def say(watch: Watch, sight: Sight, day: int, unreported: float) -> None:
    """Let a reading of a day mean an irrigation nobody told of with a probability."""
    found = weighed(sight, watch.claims, day, footing(), TRIES)
    probability = np.zeros((1, len(Cause)))
    probability[0, Cause.CHANCE], probability[0, Cause.UNREPORTED] = 1.0 - unreported, unreported
    causes = replace(found, probability=probability)
    none = np.zeros(1)
    conclude(watch, Case(parcels=np.array([0]), parcel_ids=("a",), sight=sight, weighed=causes, gap_mm=none, day=day))


def pass_by(watch: Watch, sight: Sight, day: int) -> None:
    none = np.zeros(1)
    settle(
        watch,
        Calm(
            parcels=np.array([0]),
            parcel_ids=("a",),
            beyond=none,
            variance=np.full(1, 1e-4),
            slope=np.full(1, 1e-3),
            dryness=dryness(sight),
            later_mm=none,
            efficiency=np.full(1, 0.8),
            day=day,
        ),
    )


@pytest.mark.parametrize("ratio", [0.5, 2.0, 2.8])
def test_the_rate_tends_to_how_often_it_is_really_watered_unseen(ratio: float) -> None:
    sight = sight_of()
    watch = watch_of(sight)
    base = float(watch.claims.rate(dryness(sight))[0])
    every, due, day = 5, 0.0, DAY
    for _ in range(600):
        day += every
        due += ratio * base * every
        if due >= 1.0:
            due -= 1.0
            say(watch, sight, day, 1.0)
        else:
            pass_by(watch, sight, day)
    assert float(watch.claims.awaited[0]) == pytest.approx(base * (day - DAY + 7), rel=1e-9)
    assert float(watch.claims.rate(dryness(sight))[0]) / base == pytest.approx(ratio, rel=0.06)


def test_days_are_awaited_once_however_often_a_camera_looks() -> None:
    sight = sight_of("stress_index", given_mm=10.0)
    assert sight.middle[0] < 0.15, "the crop is not thirsty: the soil is not seen"
    watch = watch_of(sight)
    base = float(watch.claims.rate(dryness(sight))[0])
    for day in range(DAY, DAY + 30):
        say(watch, sight, day, 0.0)
    assert watch.claims.seen_on[0] == DAY - 7
    assert watch.claims.awaited[0] == pytest.approx(base * 36)
    say(watch, sight, DAY + 29, 0.0)
    assert watch.claims.awaited[0] == pytest.approx(base * 36), "a second look on one day adds none"


def depths(shift: float, offset: float) -> tuple[float, float, float]:
    sight = sight_of(shift=shift + offset)
    watch = watch_of(sight)
    causes = weighed(sight, watch.claims, DAY, footing(offset), TRIES)
    assert causes.probability[0, Cause.UNREPORTED] > 0.5
    none = np.zeros(1)
    conclude(watch, Case(parcels=np.array([0]), parcel_ids=("a",), sight=sight, weighed=causes, gap_mm=none, day=DAY))
    (found,) = watch.inferred.values()
    return found.depth_p10_mm, found.depth_p50_mm, found.depth_p90_mm


@pytest.mark.parametrize("offset", [-0.02, 0.02])
def test_a_probe_that_always_reads_low_or_high_tells_the_same_depth(offset: float) -> None:
    assert depths(0.045, offset) == pytest.approx(depths(0.045, 0.0), rel=1e-6)
    assert depths(0.06, offset)[1] > depths(0.03, offset)[1], "a larger rise is more water"
