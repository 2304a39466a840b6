"""Readings of a day as batches: layers joined, the topsoil beside the profile, water that came after the reading."""

from datetime import UTC, datetime

import numpy as np
import pytest

from cloud.agronomy.assimilation.readings import Reading, batches, merged
from cloud.agronomy.inbox import inbox_of
from cloud.records import IrrigationEvent, Observation, Parcel

NOON = datetime(2024, 5, 3, 12, tzinfo=UTC)


def layer(top: float, bottom: float, value: float, sigma: float = 0.03) -> Observation:
    return Observation(
        parcel_id="p",
        observed_at=NOON,
        kind="soil_water_fraction",
        value=value,
        sigma=sigma,
        depth_from_m=top,
        depth_to_m=bottom,
        source="probe",
    )


def only(observations: list[Observation]) -> Reading:
    (one,) = observations
    assert isinstance(one, Reading)
    return one


def test_a_profile_keeps_the_mean_of_its_topsoil() -> None:
    profile = only(merged([layer(0.0, 0.2, 0.20), layer(0.2, 0.4, 0.24), layer(0.4, 1.0, 0.30)]))
    assert profile.value == pytest.approx(0.2 * 0.20 + 0.2 * 0.24 + 0.6 * 0.30)
    assert profile.sigma == pytest.approx(0.03 * np.sqrt(0.2**2 + 0.2**2 + 0.6**2))
    assert profile.topsoil_value == pytest.approx(0.22)
    assert profile.topsoil_to_m == 0.4
    assert (profile.depth_from_m, profile.depth_to_m) == (0.0, 1.0)


def test_a_sensor_a_centimetre_too_deep_still_counts_as_topsoil() -> None:
    profile = only(merged([layer(0.0, 0.41, 0.20), layer(0.41, 1.0, 0.30)]))
    assert profile.topsoil_value == pytest.approx(0.20)
    assert only(merged([layer(0.0, 0.42, 0.20), layer(0.42, 1.0, 0.30)])).topsoil_value is None


@pytest.mark.parametrize("layers", [[(0.0, 0.2), (0.2, 0.4)], [(0.4, 0.6), (0.6, 0.8)], [(0.0, 0.3)]])
def test_what_lies_on_one_side_only_has_no_topsoil_beside_it(layers: list[tuple[float, float]]) -> None:
    profile = only(merged([layer(top, bottom, 0.2) for top, bottom in layers]))
    assert profile.topsoil_value is None


def test_a_reading_knows_the_water_that_came_after_it() -> None:
    watered = [(NOON.replace(hour=6), 10.0), (NOON, 20.0), (NOON.replace(hour=18), 30.0), (NOON.replace(hour=20), 5.0)]
    assert only(merged([layer(0.0, 0.4, 0.2)], watered)).later_mm == 35.0
    point = layer(0.0, 0.4, 0.2).model_copy(update={"depth_from_m": None, "depth_to_m": None})
    assert only(merged([point], watered)).later_mm == 35.0
    assert merged([point]) == [point]
    assert batches([(0, point)])[0].later_mm.tolist() == [[0.0]]


def test_water_of_the_same_day_has_not_spread_when_it_is_read() -> None:
    watered = [(NOON.replace(hour=7), 24.0), (NOON.replace(hour=18), 30.0)]
    (fresh,) = batches([(0, only(merged([layer(0.1, 0.6, 0.2)], watered)))])
    # Half of 24 mm, held against what it would be if spread over 0.6 m.
    assert fresh.doubt[0, 0] == pytest.approx((0.5 * 24.0 / 600.0) ** 2)
    (before,) = batches([(0, only(merged([layer(0.1, 0.6, 0.2)], watered[1:])))])
    assert before.doubt[0, 0] == 0.0
    rooted = layer(0.1, 0.6, 0.2).model_copy(update={"depth_from_m": None, "depth_to_m": None})
    (whole,) = batches([(0, only(merged([rooted], watered)))])
    assert whole.doubt[0, 0] == 0.0


def test_the_inbox_tells_each_reading_what_came_after_it_to_its_own_parcel() -> None:
    parcels = [Parcel(id=name, crop="olive", latitude=32.0, longitude=-6.0, timezone="UTC") for name in ("p", "q")]
    days = np.arange(np.datetime64("2024-05-01"), np.datetime64("2024-05-08"))
    events = [
        IrrigationEvent(parcel_id=name, started_at=NOON.replace(day=day, hour=hour), depth_mm=depth, source="meter")
        for name, day, hour, depth in (("p", 3, 18, 30.0), ("p", 3, 6, 9.0), ("p", 4, 18, 7.0), ("q", 3, 18, 99.0))
    ]
    inbox = inbox_of(parcels, days, events, [layer(0.0, 0.4, 0.2)])
    ((place, seen),) = inbox.observations[2]
    assert place == 0
    assert isinstance(seen, Reading)
    assert seen.later_mm == 30.0
    assert inbox.gross_mm[2].tolist() == [39.0, 99.0]


def test_a_batch_keeps_what_it_was_made_of_and_gives_parts_of_it() -> None:
    profile = only(merged([layer(0.0, 0.4, 0.20), layer(0.4, 1.0, 0.30)]))
    point = layer(0.0, 0.2, 0.25).model_copy(update={"depth_from_m": None, "depth_to_m": None})
    (batch,) = batches([(0, profile), (3, point)])
    assert batch.index.tolist() == [0, 3]
    assert batch.value[:, 0].tolist() == [profile.value, 0.25]
    assert batch.topsoil_value[0, 0] == pytest.approx(0.20)
    assert np.isnan(batch.topsoil_value[1, 0])
    assert np.isnan(batch.to_m[1, 0])
    assert batch.doubt.tolist() == [[0.0], [0.0]]
    part = batch.take(np.array([1]))
    assert part.index.tolist() == [3]
    assert [one.value for one in part.observations] == [0.25]
    assert part.later_mm.shape == (1, 1)
