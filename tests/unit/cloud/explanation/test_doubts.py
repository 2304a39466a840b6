"""What is doubted of a parcel is said as long as it matters."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from cloud.agronomy.assimilation.claims import DoubtedIrrigation, InferredIrrigation
from cloud.agronomy.assimilation.suspicion import SuspectSource
from cloud.agronomy.state import WaterHistory
from cloud.agronomy.water import simulate
from cloud.explanation.account import account_of
from cloud.explanation.diary import last_spreads
from cloud.explanation.doubts import RECENT_DAYS, doubts_of
from cloud.explanation.words import doubt_lines
from cloud.records import Parcel
from cloud.water_day import Spread, WaterDay
from cloud.weather.forcing import Forcing

FIRST, DAYS = date(2024, 5, 1), 10
WITHOUT_TELLING = (
    "from 2024-05-03 to 2024-05-07: probably irrigated without anybody telling, 35 mm at the inlet (25 to 47),"
    " 86 of 100; probe north rose by 0.08"
)
LAST = FIRST + timedelta(days=DAYS - 1)


@pytest.fixture
def history(season: Callable[[int], tuple[tuple[Parcel, ...], Forcing]]) -> WaterHistory:
    parcels, forcing = season(DAYS)
    inferred = InferredIrrigation(
        parcel_id="west",
        first_day=date(2024, 5, 3),
        last_day=date(2024, 5, 7),
        depth_p10_mm=24.6,
        depth_p50_mm=35.2,
        depth_p90_mm=47.1,
        probability=0.861,
        evidence="probe north rose by 0.08",
    )
    doubted = DoubtedIrrigation(
        parcel_id="west",
        first_day=date(2024, 5, 2),
        last_day=date(2024, 5, 2),
        depth_mm=40.0,
        source="reply",
        probability=0.7,
        evidence="the probe did not rise",
    )
    suspect = SuspectSource(
        parcel_id="east",
        kind="soil_water_fraction",
        source="probe",
        fault="stuck",
        since=date(2024, 5, 4),
        until=LAST,
        note="parcel east: soil water of probe does not move; set aside until it agrees again",
    )
    run = simulate(parcels, forcing, [], [])
    return replace(run, inferred=(inferred,), doubted=(doubted,), suspects=(suspect,))


def test_each_doubt_is_one_line_oldest_first(history: WaterHistory) -> None:
    assert doubts_of(history) == {
        "west": (
            "on 2024-05-02: the 40 mm told by reply probably did not come, 70 of 100; the probe did not rise",
            WITHOUT_TELLING,
        ),
        "east": ("soil water of probe does not move; set aside until it agrees again",),
    }


def test_old_doubts_are_history(history: WaterHistory) -> None:
    later = replace(history, state=replace(history.state, day=date(2024, 5, 7) + timedelta(days=RECENT_DAYS)))
    assert [len(lines) for lines in doubts_of(later).values()] == [1, 1]
    much_later = replace(history, state=replace(history.state, day=LAST + timedelta(days=RECENT_DAYS + 1)))
    assert set(doubts_of(much_later).values()) == {()}


def test_doubts_are_kept_with_the_day_and_said(
    history: WaterHistory, make_rows: Callable[..., tuple[WaterDay, ...]]
) -> None:
    east = next(one for one in last_spreads(history, seed=0) if one.parcel_id == "east")
    assert east.doubts == ("soil water of probe does not move; set aside until it agrees again",)
    assert Spread.model_validate_json(east.model_dump_json()) == east
    account = account_of(make_rows(FIRST, 10.0, [{"etc_adj_mm": 4.0}] * DAYS), LAST)
    assert account is not None
    assert list(doubt_lines(account, east)) == [
        "Doubted, or inferred without anybody telling:",
        "  soil water of probe does not move; set aside until it agrees again",
    ]
    assert list(doubt_lines(account, east.model_copy(update={"doubts": ()}))) == []
    assert list(doubt_lines(account, east.model_copy(update={"day": FIRST}))) == []
    assert list(doubt_lines(account, None)) == []
