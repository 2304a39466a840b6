from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from cloud.advice.quota import QuotaBook, local_day_of
from cloud.records import IrrigationEvent, Parcel, Quota

DAY = date(2026, 5, 14)
ParcelOf = Callable[..., Parcel]
EventOf = Callable[..., IrrigationEvent]


def quota(volume_m3: float, **changes: object) -> Quota:
    given = {"valid_from": date(2026, 5, 1), "valid_to": date(2026, 5, 31), "volume_m3": volume_m3}
    return Quota.model_validate({**given, **changes})


def test_a_parcels_quota_shrinks_with_its_water(parcel_of: ParcelOf, event_of: EventOf) -> None:
    parcel = parcel_of()
    book = QuotaBook.of(DAY, [quota(1000.0, parcel_id="plot")], [parcel], [event_of(depth_mm=20.0)])
    (share,) = book.shares_of(parcel)
    # 10 * 20 mm * 2 ha = 400 m3.
    assert book.left_m3(share) == pytest.approx(600.0)


def test_water_outside_the_dates_or_after_the_day_does_not_count(parcel_of: ParcelOf, event_of: EventOf) -> None:
    parcel = parcel_of()
    narrow = quota(1000.0, parcel_id="plot", valid_from=date(2026, 5, 10))
    events = [event_of(day=9), event_of(day=10), event_of(day=14), event_of(day=15)]
    book = QuotaBook.of(DAY, [narrow], [parcel], events)
    (share,) = book.shares_of(parcel)
    assert book.left_m3(share) == pytest.approx(200.0)


def test_a_spent_quota_is_zero_never_negative(parcel_of: ParcelOf, event_of: EventOf) -> None:
    parcel = parcel_of()
    book = QuotaBook.of(DAY, [quota(100.0, parcel_id="plot")], [parcel], [event_of(depth_mm=60.0)])
    (share,) = book.shares_of(parcel)
    assert book.left_m3(share) == 0.0


def test_a_canals_quota_counts_all_its_parcels(parcel_of: ParcelOf, event_of: EventOf) -> None:
    one = parcel_of("one", water={"canal": "G1"})
    two = parcel_of("two", water={"canal": "G1"}, area_ha=1.0)
    far = parcel_of("far", water={"canal": "G2"})
    events = [event_of("one", depth_mm=10.0), event_of("two", depth_mm=10.0), event_of("far", depth_mm=90.0)]
    book = QuotaBook.of(DAY, [quota(1000.0, canal="G1")], [one, two, far], events)
    (share,) = book.shares_of(one)
    assert book.left_m3(share) == pytest.approx(1000.0 - 200.0 - 100.0)
    assert [other.name for other in book.shares_of(two)] == [share.name]
    assert not list(book.shares_of(far))


def test_a_quota_of_other_dates_does_not_bind(parcel_of: ParcelOf) -> None:
    parcel = parcel_of()
    later = quota(10.0, parcel_id="plot", valid_from=date(2026, 6, 1), valid_to=date(2026, 6, 30))
    assert not list(QuotaBook.of(DAY, [later], [parcel], []).shares_of(parcel))


def test_the_seasons_quota_counts_from_planting(parcel_of: ParcelOf, event_of: EventOf) -> None:
    parcel = parcel_of(water={"quota_m3": 5000.0})
    book = QuotaBook.of(DAY, [], [parcel], [event_of(day=2), event_of(day=10)])
    (share,) = book.shares_of(parcel)
    assert share.name == "season quota of parcel plot"
    assert book.left_m3(share) == pytest.approx(5000.0 - 800.0)


def test_before_the_season_its_quota_does_not_bind(parcel_of: ParcelOf) -> None:
    parcel = parcel_of(water={"quota_m3": 5000.0}, planted_on=date(2026, 6, 1))
    assert not list(QuotaBook.of(DAY, [], [parcel], []).shares_of(parcel))


def test_an_event_counts_on_the_local_day_of_its_start(parcel_of: ParcelOf, event_of: EventOf) -> None:
    assert local_day_of(event_of(day=13, hour=23), parcel_of()) == DAY


@pytest.mark.parametrize("changes", [{"season_starts_on": date(2024, 3, 1)}, {}], ids=["its own date", "the crop's"])
def test_an_orchards_quota_is_that_of_the_running_year(
    parcel_of: ParcelOf, event_of: EventOf, changes: dict[str, object]
) -> None:
    # Olives start on 1 March; the water of last autumn belongs to the year before.
    olives = parcel_of(crop="olive", planted_on=None, water={"quota_m3": 5000.0}, **changes)
    autumn = event_of(day=2).model_copy(update={"started_at": datetime(2025, 10, 1, 6, tzinfo=UTC)})
    book = QuotaBook.of(DAY, [], [olives], [autumn, event_of(day=2)])
    (share,) = book.shares_of(olives)
    assert share.quota.valid_from == date(2026, 3, 1)
    assert book.left_m3(share) == pytest.approx(5000.0 - 400.0)
