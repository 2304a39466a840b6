import base64
import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from edge.history import (
    AGREEING_PHOTOS,
    CARRIED_ABOUT_PHOTOS,
    MOST_CANDIDATES,
    CameraMemory,
    LastPhoto,
    Look,
    Place,
    is_elsewhere,
    is_frozen,
    placed,
)
from edge.views import SIGNATURE_BYTES, THUMBNAIL_BYTES

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def look(view: int, minutes: float, *, noise: float = 0.3, grey: int = 100, sha256: str = "") -> Look:
    """A photo of a numbered view: its signature is the view's own random pattern with some noise of the moment."""
    pattern = np.random.default_rng(view).normal(size=SIGNATURE_BYTES)
    moment = np.random.default_rng(round(minutes * 60) + 10_000 * view).normal(size=SIGNATURE_BYTES)
    signature = np.clip(30 * (pattern + noise * moment), -127, 127).astype(np.int8).tobytes()
    return Look(
        taken_at=NOON + timedelta(minutes=minutes),
        sha256=sha256 or f"{abs(hash((view, minutes))) % 16**24:024x}",
        signature=signature,
        thumbnail=bytes([grey]) * THUMBNAIL_BYTES,
    )


def walk(place: Place, *looks: Look) -> tuple[Place, list[str]]:
    standings: list[str] = []
    for one in looks:
        place, standing = placed(place, one)
        standings.append(standing)
    return place, standings


def settled(view: int = 1) -> Place:
    place, standings = walk(Place(), *(look(view, 15 * n) for n in range(AGREEING_PHOTOS)))
    assert standings == ["new"] * (AGREEING_PHOTOS - 1) + ["settled"]
    return place


def test_a_few_like_photos_make_a_view_the_cameras_own() -> None:
    place = settled()
    assert place.settled
    assert not is_elsewhere(place, look(1, 90))
    assert is_elsewhere(place, look(2, 90))


def test_a_burst_by_hand_settles_nothing() -> None:
    place, standings = walk(Place(), *(look(1, n) for n in range(5)))
    assert standings == ["new"] * 5
    assert len(place.candidates) == 1


def test_a_camera_that_is_carried_about_never_settles_and_its_memory_stays_small() -> None:
    place, standings = walk(Place(), *(look(100 + n, 15 * n) for n in range(30)))
    assert set(standings) == {"new"}
    assert len(place.candidates) == MOST_CANDIDATES


def test_a_moved_camera_is_silent_until_its_new_view_agrees() -> None:
    place, standings = walk(settled(1), *(look(2, 100 + 15 * n) for n in range(6)))
    assert standings == ["moved", "moved", "settled", "in_place", "in_place", "in_place"]
    assert is_elsewhere(place, look(1, 300))


def test_someone_before_the_lens_does_not_undo_a_view() -> None:
    place, standings = walk(settled(1), look(2, 100), look(1, 115), look(3, 130), look(1, 145))
    assert standings == ["moved", "in_place", "moved", "in_place"]
    assert (place.away, place.candidates) == (0, ())


def test_a_burst_after_a_move_stays_moved_and_counts_once() -> None:
    place, standings = walk(settled(1), *(look(2, 100 + n / 2) for n in range(5)))
    assert standings == ["moved"] * 5
    assert (place.away, len(place.candidates)) == (1, 1)


def test_a_camera_taken_off_its_post_is_no_longer_judged_by_its_view() -> None:
    place, standings = walk(settled(1), *(look(200 + n, 100 + 15 * n) for n in range(CARRIED_ABOUT_PHOTOS + 1)))
    assert standings == ["moved"] * (CARRIED_ABOUT_PHOTOS - 1) + ["new", "new"]
    assert not place.settled


def test_only_views_that_agree_become_the_reference() -> None:
    place, standings = walk(
        Place(), look(9, 0), look(1, 60), look(8, 120), look(1, 180), look(9, 200), look(1, 240), look(1, 300)
    )
    assert standings == ["new"] * 5 + ["settled", "in_place"]
    assert is_elsewhere(place, look(9, 400))
    assert is_elsewhere(place, look(8, 400))


def test_views_are_kept_one_for_each_hour_and_follow_the_crop() -> None:
    place = settled(1)
    for n in range(200):
        place, standing = placed(place, look(1, 100 + 15 * n))
        assert standing == "in_place"
    assert sorted(view.hour for view in place.views) == list(range(24))


def last(one: Look) -> LastPhoto:
    return LastPhoto(taken_at=one.taken_at, sha256=one.sha256, thumbnail=one.thumbnail)


@pytest.mark.parametrize(
    ("minutes", "grey", "sha256", "frozen"),
    [
        (15, 100, "b" * 24, True),  # another file, the same picture
        (15, 101, "b" * 24, True),
        (15, 103, "b" * 24, False),
        (0.5, 100, "b" * 24, False),  # so soon the same picture is no wonder
        (0.5, 100, "a" * 24, True),  # but the same file under another time is
        (0, 100, "a" * 24, False),  # the very same photo looked at again
        (-15, 100, "b" * 24, True),
    ],
)
def test_frozen_is_the_same_picture_at_another_time(minutes: float, grey: int, sha256: str, frozen: bool) -> None:  # noqa: FBT001 -- a table's column
    before = look(1, 0, sha256="a" * 24)
    assert is_frozen(last(before), look(1, minutes, grey=grey, sha256=sha256)) is frozen


def test_nothing_is_frozen_without_a_past() -> None:
    assert not is_frozen(None, look(1, 0))


def test_a_memory_survives_being_written_down_and_is_small() -> None:
    place = settled(1)
    for n in range(100):
        place, _ = placed(place, look(1, 100 + 15 * n))
    memory = CameraMemory(camera_id="C 1", place=place, last=last(look(1, 0)))
    text = memory.model_dump_json()
    assert CameraMemory.model_validate_json(text) == memory
    assert len(text) < 130_000
    signature = json.loads(text)["place"]["views"][0]["signature"]
    assert len(base64.urlsafe_b64decode(signature)) == SIGNATURE_BYTES


def test_photos_that_agree_only_now_and_then_do_not_settle_a_camera_that_is_carried_about() -> None:
    seen = (look(view, 15 * n) for n, view in enumerate([1, 2, 3, 4, 1, 5, 6, 7, 8, 9, 3, 10, 11, 12, 13, 14, 10]))
    place, standings = walk(Place(), *seen)
    assert set(standings) == {"new"}
    assert not place.settled
