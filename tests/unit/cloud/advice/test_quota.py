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


@pytest.mark.parametrize(("carry_over", "left"), [(0.0, 100.0), (0.5, 250.0), (1.0, 400.0)])
def test_a_period_gets_its_share_of_what_the_one_before_left(
    parcel_of: ParcelOf, event_of: EventOf, carry_over: float, left: float
) -> None:
    april = {"valid_from": date(2026, 4, 1), "valid_to": date(2026, 4, 30), "carry_over": carry_over}
    quotas = [quota(100.0, parcel_id="plot"), quota(300.0, parcel_id="plot", **april)]
    book = QuotaBook.of(DAY, quotas, [parcel_of()], [])
    (share,) = book.shares_of(parcel_of())
    assert book.left_m3(share) == left


def test_what_is_carried_over_goes_on_from_period_to_period(parcel_of: ParcelOf) -> None:
    whole = {"parcel_id": "plot", "carry_over": 1.0}
    march = quota(50.0, valid_from=date(2026, 3, 1), valid_to=date(2026, 3, 31), **whole)
    april = quota(70.0, valid_from=date(2026, 4, 1), valid_to=date(2026, 4, 30), **whole)
    given = IrrigationEvent(
        parcel_id="plot", started_at=datetime(2026, 4, 9, 18, tzinfo=UTC), depth_mm=1.0, source="meter"
    )
    book = QuotaBook.of(DAY, [april, quota(10.0, **whole), march], [parcel_of()], [given])
    (share,) = book.shares_of(parcel_of())
    # 50 of March and 70 of April, less 20 m3 (1 mm on two hectares), and 10 of May.
    assert book.left_m3(share) == pytest.approx(110.0)
