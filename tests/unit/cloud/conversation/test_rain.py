"""Rain that farmers told of, as the day takes it."""

from datetime import date, timedelta

from cloud.conversation.rain import rain_told
from cloud.weather.told_rain import RainTold
from tests.unit.cloud.conversation.talk import BEGIN, PARCELS, kept, only

LATE = BEGIN + timedelta(days=9)


def test_rain_is_told_of_a_parcels_local_day_and_before_dawn_of_the_day_before() -> None:
    said = [*kept([only("6 P1")]), *kept([only("6 P1", after_h=7.0)], 200), *kept([only("6 P2", after_h=-2.0)], 300)]
    assert rain_told(said, PARCELS, until=LATE) == (
        RainTold(parcel_id="P2", day=date(2026, 7, 14)),
        RainTold(parcel_id="P1", day=date(2026, 7, 15)),
    )


def test_what_was_only_asked_or_told_later_or_of_no_parcel_is_no_rain() -> None:
    assert rain_told(kept([only("6")]), PARCELS, until=LATE) == ()
    assert rain_told(kept([only("6 P1")]), PARCELS, until=BEGIN) == ()
    assert rain_told(kept([only("6 P1")]), {}, until=LATE) == ()
