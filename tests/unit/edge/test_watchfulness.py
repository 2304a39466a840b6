"""The supervision of cameras at work: what is kept between starts, and what is told."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.clock import Clock
from edge.contract import Basis, Detection
from edge.database import Database
from edge.evidence import Sighting
from edge.sun import Place
from edge.timekeeper import Timekeeper
from edge.voice import Voice
from edge.watchfulness import Watchfulness

BEGIN = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
MARRAKECH = Place(latitude=31.6, longitude=-8.0)


class Desk:
    """A gateway's store, a clock that the test moves, and what was told."""

    def __init__(self, tmp_path: Path) -> None:
        self.told: list[str] = []
        self.now, self.wrong_s = BEGIN, 0.0
        self.database = Database(tmp_path / "outbox.sqlite", tell=self.told.append)

    def watchfulness(self, place: Place | None = None) -> Watchfulness:
        clock = Clock(now=lambda: self.now, monotonic_s=lambda: (self.now - BEGIN).total_seconds() + self.wrong_s)
        return Watchfulness(self.database, clock, Voice(self.told.append), place)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.database.close()


def picture(seed: int) -> NDArray[np.uint8]:
    coarse = np.random.default_rng(seed).uniform(0, 255, (30, 40, 3)).astype(np.float32)
    smooth = cv2.resize(coarse, (384, 288), interpolation=cv2.INTER_CUBIC)
    return np.clip(smooth, 0, 255).astype(np.uint8)


def photo(
    taken_at: datetime | None,
    *reasons: str,
    camera: str | None = "north",
    seed: int | None = None,
    basis: Basis = "rgb",
) -> Sighting:
    detection = Detection(
        sha256="a" * 64,
        model=None,
        opinion=not reasons,
        reasons=reasons,
        camera_id=camera,
        taken_at=taken_at,
        basis=(basis,),
    )
    return Sighting(detection=detection, picture=None if seed is None else picture(seed))


def test_what_was_found_outlives_a_restart_and_ends_when_it_is_over(desk: Desk) -> None:
    before = desk.watchfulness()
    for hour in range(3):
        desk.now = BEGIN + timedelta(hours=hour)
        before.saw(photo(desk.now, "frozen_frame"))
    assert desk.told == ["camera north: its last 3 pictures are one and the same; restart it"]
    after = desk.watchfulness()
    assert list(after.stands["north"].troubles) == ["frozen"]
    assert after.stands["north"].last_at == BEGIN + timedelta(hours=2)
    desk.now += timedelta(hours=1)
    after.saw(photo(desk.now))
    assert desk.told[2:] == ["camera north: no longer frozen"]
    assert list(after.stands["north"].troubles) == []


def test_a_camera_turned_away_is_accepted_by_whoever_meant_it(desk: Desk) -> None:
    watch = desk.watchfulness()
    for hour in range(6):
        desk.now = BEGIN + timedelta(hours=hour)
        watch.saw(photo(desk.now, seed=1 if hour < 3 else 2))
    assert list(watch.stands["north"].troubles) == ["turned"]
    watch.accept("north")
    assert list(watch.stands["north"].troubles) == []
    assert desk.told[-1] == "camera north: no longer turned"


def test_the_sun_says_which_darkness_is_night(desk: Desk) -> None:
    knows, midnight = desk.watchfulness(MARRAKECH), datetime(2026, 7, 2, 0, 30, tzinfo=UTC)
    for number in range(4):
        desk.now = midnight + timedelta(minutes=30 * number)
        knows.saw(photo(desk.now, "dark"))
    assert list(knows.stands["north"].troubles) == []
    for number in range(3):
        desk.now = midnight + timedelta(hours=11 + number)
        knows.saw(photo(desk.now, "dark"))
    assert list(knows.stands["north"].troubles) == ["dark"]


@pytest.mark.parametrize(
    "said",
    [
        photo(None, "frozen_frame"),
        photo(BEGIN, "frozen_frame", camera=None),
        photo(BEGIN + timedelta(days=30), "frozen_frame"),
        photo(datetime(1970, 1, 1, tzinfo=UTC), "frozen_frame"),
    ],
)
def test_a_photo_without_a_camera_or_a_moment_says_nothing(desk: Desk, said: Sighting) -> None:
    watch = desk.watchfulness()
    watch.saw(said)
    assert watch.stands == {}


def test_a_thermal_frame_has_no_view_but_counts(desk: Desk) -> None:
    watch = desk.watchfulness()
    watch.saw(photo(BEGIN, seed=1, basis="thermal"))
    assert watch.stands["north"].last_at == BEGIN
    ((body,),) = desk.database.rows("SELECT body FROM camera_watch")
    assert '"row":[]' in body


def test_a_camera_that_gave_none_for_two_days_is_missed(desk: Desk) -> None:
    watch = desk.watchfulness()
    watch.saw(photo(BEGIN))
    watch.miss(["north", "never-seen"])
    assert desk.told == []
    desk.now = BEGIN + timedelta(hours=49)
    watch.miss(["north"])
    watch.miss(["north"])
    assert desk.told == ["camera north: no picture since 2026-07-01 08:00 UTC; go and see"]
    watch.saw(photo(desk.now))
    watch.miss(["north"])
    assert desk.told[1:] == ["camera north: pictures come again"]
    desk.now = datetime(1970, 1, 1, tzinfo=UTC)
    watch.miss(["north"])
    assert len(desk.told) == 2, "a clock that leapt back misses nobody"


def test_a_damaged_memory_is_begun_anew_and_told(desk: Desk) -> None:
    desk.watchfulness().saw(photo(BEGIN))
    with desk.database.transaction() as connection:
        connection.execute("UPDATE camera_watch SET body = '{'")
    watch = desk.watchfulness()
    assert desk.told[0].startswith("camera north: its supervision is begun anew, what was kept is damaged")
    desk.now += timedelta(hours=1)
    watch.saw(photo(desk.now))
    assert watch.stands["north"].last_at == desk.now


def test_a_wrong_wall_clock_that_the_cloud_vouches_against_misses_cameras_by_the_clouds_time(desk: Desk) -> None:
    watch = desk.watchfulness()
    watch.saw(photo(BEGIN))
    desk.now, desk.wrong_s = BEGIN - timedelta(days=90), timedelta(days=93).total_seconds()
    clock = Clock(now=lambda: desk.now, monotonic_s=lambda: timedelta(days=3).total_seconds())
    Timekeeper(desk.database, clock).told_by_cloud(BEGIN + timedelta(days=3), clock.uptime_s())
    watch.saw(photo(BEGIN + timedelta(days=3)))
    assert watch.stands["north"].last_at == BEGIN + timedelta(days=3)
    desk.wrong_s += timedelta(days=3).total_seconds()
    watch.miss(["north"])
    assert desk.told == ["camera north: no picture since 2026-07-04 08:00 UTC; go and see"]
