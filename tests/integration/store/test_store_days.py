"""Each day's water and verdicts are kept in versions; the latest one counts."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from cloud.adapters.ledger import verify
from cloud.adapters.store.store import Store
from cloud.errors import InputError
from cloud.records import Recommendation, Verdict
from cloud.water_day import ObservedChange, Spread, WaterDay

DAY = date(2026, 5, 1)


def water(parcel: str, day: date, depletion_mm: float = 20.0) -> WaterDay:
    content = dict.fromkeys(WaterDay.model_fields, 0.5)
    for name in ("profile_water_mm", "profile_water_p10_mm", "profile_water_p90_mm", "observations"):
        del content[name]
    return WaterDay.model_validate({**content, "parcel_id": parcel, "day": day, "depletion_mm": depletion_mm})


def verdict(parcel: str, day: date, explanation: str = "fits") -> Verdict:
    advice = Recommendation(
        parcel_id=parcel,
        parcel_name=parcel,
        timezone="Africa/Casablanca",
        day=day,
        action="wait",
        reason_code="soil_has_water",
        code_version="0.1.0",
    )
    return Verdict(
        proposed=advice,
        recommendation=advice,
        decision="release",
        checks=(),
        explanation=explanation,
        valid_until=datetime(day.year, day.month, day.day, 23, tzinfo=UTC),
    )


def test_a_day_comes_back_as_it_was_saved(store: Store) -> None:
    store.save_day(DAY, [water("p1", DAY), water("p2", DAY)], [verdict("p2", DAY), verdict("p1", DAY)])
    assert store.verdicts(DAY) == (verdict("p1", DAY), verdict("p2", DAY))
    assert store.verdicts(DAY + timedelta(days=1)) == ()
    assert store.latest_water() == (water("p1", DAY), water("p2", DAY))
    assert store.verdict_of("p1") == verdict("p1", DAY)
    assert store.verdict_of("p3") is None


def test_the_same_day_again_changes_nothing(store: Store) -> None:
    for _ in range(2):
        store.save_day(DAY, iter([water("p1", DAY)]), [verdict("p1", DAY)])
    assert verify(store).entries == 2


def test_another_word_for_the_same_day_counts_and_the_first_is_kept(store: Store) -> None:
    store.save_day(DAY, [water("p1", DAY, 20.0)], [verdict("p1", DAY, "first")])
    store.save_day(DAY, [water("p1", DAY, 25.0)], [verdict("p1", DAY, "second")])
    store.save_day(DAY, [water("p1", DAY, 20.0)], [])
    assert [row.depletion_mm for row in store.water_series("p1")] == [20.0]
    assert [row.depletion_mm for row in store.latest_water()] == [20.0]
    assert [one.explanation for one in store.verdicts(DAY)] == ["second"]
    assert verify(store).entries == 5


def test_a_parcel_has_one_verdict_a_day(store: Store) -> None:
    store.save_day(DAY, [], [verdict("p1", DAY, "first"), verdict("p2", DAY)])
    store.save_day(DAY, [], [verdict("p1", DAY, "second")])
    assert store.verdict_on("p1", DAY) == verdict("p1", DAY, "second")
    assert store.verdict_on("p1", DAY + timedelta(days=1)) is None
    assert store.verdict_on("p3", DAY) is None


def test_the_days_of_a_parcel_are_known_in_order_and_once(store: Store) -> None:
    before = DAY - timedelta(days=2)
    for day, word in ((DAY, "first"), (DAY, "second"), (before, "before")):
        store.save_day(day, [], [verdict("p1", day, word)])
    assert store.verdict_days("p1") == (before, DAY)
    assert store.verdict_days("p2") == ()


def test_an_older_day_saved_later_does_not_become_the_latest(store: Store) -> None:
    store.save_day(DAY, [water("p1", DAY, 9.0)], [verdict("p1", DAY, "today")])
    before = DAY - timedelta(days=2)
    store.save_day(before, [water("p1", before, 5.0)], [verdict("p1", before, "before")])
    assert [row.day for row in store.latest_water()] == [DAY]
    assert [one.explanation for one in store.verdicts(None)] == ["today"]
    assert [one.explanation for one in store.verdicts(before)] == ["before"]


def test_each_parcel_has_its_own_latest_verdict(store: Store) -> None:
    tomorrow = DAY + timedelta(days=1)
    store.save_day(DAY, [], [verdict("p1", DAY), verdict("p2", DAY)])
    store.save_day(tomorrow, [], [verdict("p2", tomorrow)])
    assert [(v.recommendation.parcel_id, v.recommendation.day) for v in store.verdicts(None)] == [
        ("p1", DAY),
        ("p2", tomorrow),
    ]


def test_a_season_is_a_series_from_any_day(store: Store) -> None:
    days = [DAY - timedelta(days=n) for n in range(450)]
    store.save_day(DAY, [water("p1", day, float(n)) for n, day in enumerate(days)], [])
    assert [row.day for row in store.water_series("p1")] == sorted(days)
    assert [row.day for row in store.water_series("p1", DAY - timedelta(days=1))] == sorted(days[:2])
    assert store.latest_water()[0].day == DAY
    assert store.water_series("p2") == ()


def test_a_verdict_under_another_day_is_refused_and_nothing_is_saved(store: Store) -> None:
    with pytest.raises(InputError, match="expected day 2026-05-02, got 2026-05-01"):
        store.save_day(DAY + timedelta(days=1), [water("p1", DAY)], [verdict("p1", DAY)])
    assert store.latest_water() == ()


def spread(day: date, soil: float) -> Spread:
    return Spread(parcel_id="p1", day=day, sigma_mm=5.0, shares={"soil": soil, "rest": 1.0 - soil})


def test_why_a_day_is_uncertain_is_kept_as_it_was_told(store: Store) -> None:
    store.save_spreads([spread(DAY, 0.25), spread(DAY - timedelta(days=1), 0.5)])
    store.save_spreads(iter([spread(DAY, 0.25)]))
    assert store.spread_of("p1", DAY) == spread(DAY, 0.25)
    assert store.spread_of("p1", DAY + timedelta(days=1)) is None
    assert store.spread_of("p2", DAY) is None
    store.save_spreads([spread(DAY, 0.75)])
    assert store.spread_of("p1", DAY) == spread(DAY, 0.75)
    report = verify(store)
    assert (report.entries, report.intact) == (3, True)


def test_what_each_observation_changed_is_kept_with_its_day(store: Store) -> None:
    change = ObservedChange(
        observed_at=datetime(2026, 5, 1, 11, tzinfo=UTC),
        kind="stress_index",
        source="camera north",
        seen=0.4,
        sigma=0.1,
        expected=0.2,
        expected_sigma=0.05,
        correction_mm=3.5,
        suspect=True,
        note="the probe says otherwise",
    )
    observed = water("p1", DAY).model_copy(update={"observations": (change,)})
    store.save_day(DAY, [observed], [])
    assert store.water_series("p1") == (observed,)
    store.save_day(DAY, [water("p1", DAY)], [])
    assert store.water_series("p1") == (water("p1", DAY),)


def test_a_day_of_an_earlier_version_is_read_without_observations(store: Store) -> None:
    before = json.loads(water("p1", DAY).model_dump_json())
    del before["observations"]
    row = {"parcel_id": "p1", "day": DAY, "digest": "0" * 64, "body": json.dumps(before), "version": 1}
    with store.writing() as writer:
        writer.add("water", [row])
    assert store.water_series("p1") == (water("p1", DAY),)
