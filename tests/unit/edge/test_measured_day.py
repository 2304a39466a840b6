"""A gauge, a thermometer, a probe and a meter read as one day of a plan; what was not seen is missing, never zero."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from edge.advice import Measured
from edge.measured_day import measured_by
from edge.outbox import Outbox
from edge.plan import ProbeTable
from edge.reading import Reading
from edge.sensors.book import Kept, SensorBook
from edge.sensors.plausibility import NO_PAST
from tests.unit.edge.test_advice import MIDNIGHT, plan, plan_day

PROBE = ProbeTable(depth_from_m=0.0, depth_to_m=0.6, upto_fraction=(0.3, 0.25, 0.2, 0.15))
OVER = MIDNIGHT + timedelta(days=2)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[SensorBook]:
    outbox = Outbox(tmp_path / "outbox.sqlite", tell=lambda _: None)
    yield SensorBook(outbox)
    outbox.database.close()


def keep(book: SensorBook, quantity: str, value: float, hours: float, **more: object) -> None:
    content = {
        "sensor_id": quantity,
        "parcel_id": "p",
        "quantity": quantity,
        "value": value,
        "at": MIDNIGHT + timedelta(hours=hours),
        **more,
    }
    book.keep([Kept(reading=Reading.model_validate(content), past=NO_PAST)], OVER)


def seen(book: SensorBook, now: datetime = OVER, *, rain: bool = True) -> Measured:
    return measured_by(book, lambda: now, rain=rain)(plan(probe=PROBE), plan_day(0))


def test_nothing_measured_is_nothing_known(book: SensorBook) -> None:
    assert seen(book) == Measured()
    assert seen(book, MIDNIGHT - timedelta(hours=1)) == Measured()


def test_rain_is_what_the_gauge_counted_on_the_day(book: SensorBook) -> None:
    for hours, mm in ((-0.5, 100.0), (6.0, 103.0), (12.0, 103.0), (23.9, 107.0)):
        keep(book, "rain_mm", mm, hours)
    assert seen(book).rain_mm == pytest.approx(7.0)
    assert seen(book, rain=False).rain_mm is None


def test_a_gauge_that_was_away_most_of_the_day_says_nothing(book: SensorBook) -> None:
    for hours, mm in ((0.0, 100.0), (6.0, 100.0)):
        keep(book, "rain_mm", mm, hours)
    assert seen(book).rain_mm is None
    assert seen(book, MIDNIGHT + timedelta(hours=7)).rain_mm == 0.0


def test_over_a_reset_nobody_knows(book: SensorBook) -> None:
    for hours, mm, quality in ((0.0, 50.0, "good"), (12.0, 1.0, "reset"), (23.9, 4.0, "good")):
        keep(book, "rain_mm", mm, hours, quality=quality)
    assert seen(book).rain_mm is None


def test_the_highest_temperature_needs_the_whole_day(book: SensorBook) -> None:
    for hours, degrees in ((3.0, 18.0), (14.0, 36.5), (22.0, 25.0)):
        keep(book, "air_temperature_c", degrees, hours)
    assert seen(book).highest_c == 36.5
    assert seen(book, MIDNIGHT + timedelta(hours=12)).highest_c is None


def test_layers_of_the_root_zone_count_by_how_much_of_it_they_are(book: SensorBook) -> None:
    keep(book, "soil_water_fraction", 0.90, 2.0, sensor_id="a", depth_from_m=0.0, depth_to_m=0.2)
    keep(book, "soil_water_fraction", 0.10, 9.0, sensor_id="a", depth_from_m=0.0, depth_to_m=0.2)
    keep(book, "soil_water_fraction", 0.25, 9.0, sensor_id="b", depth_from_m=0.2, depth_to_m=1.0)
    keep(book, "soil_water_fraction", 0.99, 9.0, sensor_id="c", depth_from_m=0.7, depth_to_m=0.9)
    keep(book, "soil_water_fraction", 0.99, 9.0, sensor_id="d")
    assert seen(book).soil_fraction == pytest.approx((0.2 * 0.10 + 0.4 * 0.25) / 0.6)
    assert measured_by(book, lambda: OVER)(plan(), plan_day(0)).soil_fraction is None


def test_a_meter_tells_the_depth_that_came(book: SensorBook) -> None:
    for hours, volume in ((0.0, 1000.0), (12.0, 1150.0), (23.5, 1300.0)):
        keep(book, "water_m3", volume, hours)
    assert seen(book).water_mm == pytest.approx(30.0)
    assert measured_by(book, lambda: OVER)(plan(steps=()), plan_day(0)).water_mm is None
