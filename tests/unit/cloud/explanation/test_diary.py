"""The days of a real run, kept with what each observation changed."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from cloud.agronomy.state import WaterHistory
from cloud.agronomy.water import simulate
from cloud.explanation.account import account_of
from cloud.explanation.diary import days_of, last_spreads
from cloud.records import Observation, Parcel
from cloud.weather.forcing import Forcing

Two = tuple[tuple[Parcel, ...], Forcing]
Season = Callable[[int], Two]


@pytest.fixture(scope="module")
def two(season: Season) -> Two:
    return season(20)


@pytest.fixture(scope="module")
def history(two: Two) -> WaterHistory:
    parcels, forcing = two
    # 20 h UTC is the next day in Tokyo.
    observations = [
        Observation(
            parcel_id=parcel.id,
            observed_at=datetime(2024, 5, day, 20, tzinfo=UTC),
            kind=kind,
            value=value,
            sigma=0.05,
            source="camera",
        )
        for parcel in parcels
        for day, kind, value in ((10, "stress_index", 0.4), (10, "canopy_cover_fraction", 0.5), (12, "cwsi", 0.3))
    ]
    return simulate(parcels, forcing, [], observations)


def test_an_observation_stands_on_the_local_day_and_its_changes_are_the_correction(
    history: WaterHistory, two: Two
) -> None:
    rows = list(days_of(history, two[0]))
    assert len(rows) == 40
    observed = {
        (row.parcel_id, row.day.day): [one.kind for one in row.observations] for row in rows if row.observations
    }
    assert {place: sorted(kinds) for place, kinds in observed.items()} == {
        ("east", 11): ["canopy_cover_fraction", "stress_index"],
        ("east", 13): ["cwsi"],
        ("west", 10): ["canopy_cover_fraction", "stress_index"],
        ("west", 12): ["cwsi"],
    }
    for row in rows:
        assert sum(one.correction_mm for one in row.observations) == pytest.approx(row.correction_mm, abs=1e-9)
    assert any(abs(row.correction_mm) > 0.1 for row in rows)


def test_an_account_of_real_rows_closes(history: WaterHistory, two: Two) -> None:
    rows = [row for row in days_of(history, two[0]) if row.parcel_id == "west"]
    account = account_of(rows, date(2024, 5, 20))
    assert account is not None
    assert account.moved_mm("unrecorded") == 0.0
    assert account.opening_mm == round(rows[5].depletion_mm, 1)
    moved = sum(round(10 * one.depth_mm) for one in account.movements)
    assert round(10 * account.opening_mm) + moved == round(10 * account.closing_mm) == round(10 * rows[-1].depletion_mm)


def test_parcels_that_nobody_names_keep_their_rows_without_sightings(history: WaterHistory, two: Two) -> None:
    rows = list(days_of(history, two[0][:1]))
    assert len(rows) == 40
    assert {row.parcel_id for row in rows if row.observations} == {"east"}


def test_the_last_day_says_why_it_is_uncertain(history: WaterHistory) -> None:
    told = last_spreads(history, seed=0)
    assert [(one.parcel_id, one.day) for one in told] == [("east", date(2024, 5, 20)), ("west", date(2024, 5, 20))]
    assert all(one.sigma_mm > 0.0 for one in told)
