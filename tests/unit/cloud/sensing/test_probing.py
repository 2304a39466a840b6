from datetime import UTC, datetime, timedelta

import pytest

from cloud.agronomy.assimilation.readings import merged
from cloud.records import Observation
from cloud.sensing.probing import probe_observations
from cloud.sensing.sensed import Sensed
from tests.instruments import MIDNIGHT, parcel, probe_reading, sensed

LAND = {"p1": parcel()}
TOMORROW = MIDNIGHT + timedelta(days=1)


def at(hour: float, value: float = 0.2, **changed: object) -> Sensed:
    return sensed(probe_reading(value, MIDNIGHT + timedelta(hours=hour), **changed))


def observed(readings: list[Sensed], now: datetime = TOMORROW) -> tuple[Observation, ...]:
    return probe_observations(readings, LAND, now)[0]


def test_a_day_gives_one_observation_a_layer_of_its_evening() -> None:
    readings = [at(hour / 4, 0.30 - hour / 2000) for hour in range(96)]
    (one,) = observed(readings)
    # The twelve quarters from 21:00 on: 0.258 to 0.2525, their middle.
    assert one.value == pytest.approx(0.2552, abs=1e-4)
    assert one.observed_at == MIDNIGHT + timedelta(hours=22, minutes=30)
    assert (one.kind, one.sigma, one.depth_from_m, one.depth_to_m) == ("soil_water_fraction", 0.02, 0.1, 0.3)
    assert one.source == "probe gw-01/soil-a"


def test_its_stated_error_goes_with_it_and_an_unstated_one_is_the_usual() -> None:
    assert observed([at(22, sigma=0.011)])[0].sigma == 0.011
    assert observed([at(22, sigma=None)])[0].sigma == 0.03
    assert observed([at(22, sigma=9.0)])[0].sigma == 0.5


def test_layers_of_an_instrument_become_one_profile_with_one_moment() -> None:
    deep = {"sensor_id": "soil-a/60", "depth_from_m": 0.3, "depth_to_m": 0.9}
    # Its deep layer is silent in the last hours: the best moment is the one at which both speak.
    readings = [at(19, 0.2), at(19, 0.3, **deep), at(22, 0.1)]
    found = observed(readings)
    assert {one.observed_at for one in found} == {MIDNIGHT + timedelta(hours=19, minutes=30)}
    (profile,) = merged(found)
    assert (profile.depth_from_m, profile.depth_to_m) == (0.1, 0.9)
    assert profile.value == pytest.approx((0.2 * 0.2 + 0.3 * 0.6) / 0.8)


def test_a_day_without_an_evening_keeps_its_afternoon_and_a_morning_alone_gives_nothing() -> None:
    assert observed([at(14, 0.25)])[0].observed_at == MIDNIGHT + timedelta(hours=15)
    assert observed([at(6, 0.25)]) == ()


def test_a_day_that_is_not_over_gives_nothing_yet() -> None:
    assert observed([at(22)], now=TOMORROW - timedelta(seconds=1)) == ()
    assert len(observed([at(22)], now=TOMORROW)) == 1


def test_a_day_is_the_parcels_own() -> None:
    casablanca = {"p1": parcel(timezone="Asia/Tokyo")}
    found, _ = probe_observations([at(13)], casablanca, TOMORROW)
    # 13:00 UTC are 22:00 in Tokyo; its day ended at 15:00 UTC.
    assert found[0].observed_at == datetime(2026, 7, 1, 13, 30, tzinfo=UTC)
    assert probe_observations([at(13)], casablanca, MIDNIGHT + timedelta(hours=14, minutes=59))[0] == ()


@pytest.mark.parametrize("quality", ["implausible", "stuck", "jump"])
def test_what_is_not_believed_is_missing_and_never_zero(quality: str) -> None:
    assert observed([at(22, 0.2, quality=quality)]) == ()
    assert observed([at(22, 0.2, quality=quality), at(22.5, 0.3)])[0].value == 0.3


@pytest.mark.parametrize("value", [0.0, -0.1, 0.71, 21.3])
def test_more_or_less_than_a_soil_holds_is_told_and_not_used(value: float) -> None:
    found, notes = probe_observations([at(22, value)], LAND, TOMORROW)
    assert found == ()
    assert "not used" in notes[0]


def test_a_probe_in_a_parcel_that_nobody_knows_is_told() -> None:
    found, notes = probe_observations([at(22, parcel_id="elsewhere"), at(23, parcel_id=None)], LAND, TOMORROW)
    assert found == ()
    assert len(notes) == 2
    assert all("which nobody knows" in note for note in notes)


def test_other_quantities_are_none_of_its_business() -> None:
    assert observed([at(22, 20.0, quantity="soil_temperature_c")]) == ()


def test_two_probes_of_a_parcel_stay_two() -> None:
    other = sensed(probe_reading(0.3, MIDNIGHT + timedelta(hours=22)), gateway="gw-02")
    assert {one.source for one in observed([at(22), other])} == {"probe gw-01/soil-a", "probe gw-02/soil-a"}
