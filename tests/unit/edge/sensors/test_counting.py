from datetime import timedelta

import pytest

from edge.reading import Quality, Reading
from edge.sensors.counting import counted
from tests.sensor_site import NOW, sensor


def rain(value: float, minutes: int, quality: Quality = "good", name: str = "rain") -> Reading:
    gauge = sensor(id=name, quantity="rain_mm", depth_from_m=None, depth_to_m=None)
    return gauge.reading(value=value, at=NOW + timedelta(minutes=minutes), quality=quality)


def test_what_a_counter_counted_is_the_sum_of_its_steps() -> None:
    found = counted([rain(100.0, 0), rain(100.4, 15), rain(103.0, 60)])
    assert found is not None
    assert found.amount == pytest.approx(3.0)
    assert (found.seen_s, found.unknown_s) == (3600.0, 0.0)


def test_over_a_reset_nothing_is_known_and_nothing_negative_counted() -> None:
    found = counted([rain(100.0, 0), rain(102.0, 15), rain(0.4, 30, "reset"), rain(1.4, 45)])
    assert found is not None
    assert found.amount == pytest.approx(3.0)
    assert (found.seen_s, found.unknown_s) == (1800.0, 900.0)


def test_two_gauges_are_one_rain_and_not_twice_as_much() -> None:
    found = counted([rain(0.0, 0), rain(4.0, 60), rain(10.0, 0, name="other"), rain(16.0, 60, name="other")])
    assert found is not None
    assert found.amount == pytest.approx(5.0)


def test_doubtful_or_single_readings_count_nothing_and_that_is_not_zero() -> None:
    assert counted([]) is None
    assert counted([rain(5.0, 0)]) is None
    assert counted([rain(5.0, 0), rain(900.0, 15, "jump")]) is None
    undated = rain(7.0, 0).model_copy(update={"at": None})
    assert counted([rain(5.0, 0), undated]) is None
