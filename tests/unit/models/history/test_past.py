import numpy as np
import pytest

from models.history.past import RECENT_S, Times, camera_days, dawn_rows, recent_mean, share_of_dawn

H = 3600.0


def times(*photos: tuple[int, str, float]) -> Times:
    """Times of photos given as camera, day, local hour."""
    hours = np.array([hour for *_, hour in photos])
    days = np.array([day for _, day, _ in photos])
    return Times(
        cameras=np.array([camera for camera, *_ in photos]),
        days=days,
        moments_s=hours * H + 86400.0 * (days == "b"),
        hours=hours,
    )


def test_the_recent_mean_looks_back_only_and_only_at_its_own_camera() -> None:
    given = times((1, "a", 12.0), (1, "a", 12.25), (1, "a", 12.5), (1, "a", 13.5), (2, "a", 12.3), (1, "b", 12.0))
    values = np.array([1.0, 2.0, 6.0, 5.0, 9.0, 4.0])
    assert recent_mean(values, given).tolist() == [1.0, 1.5, 3.0, 5.0, 9.0, 4.0]
    assert RECENT_S > 2 * 900  # three photos of a camera that takes one every quarter of an hour


def test_the_dawn_is_the_earliest_of_its_hours_and_serves_later_photos_of_its_day() -> None:
    given = times((1, "a", 5.0), (1, "a", 8.0), (1, "a", 6.5), (1, "a", 13.0), (2, "a", 13.0), (1, "b", 13.0))
    assert dawn_rows(given).tolist() == [-1, 2, -1, 2, -1, -1]


def test_camera_days_hold_every_photo_once() -> None:
    given = times((1, "a", 5.0), (2, "a", 8.0), (1, "b", 6.5), (1, "a", 13.0))
    assert sorted(row for rows in camera_days(given) for row in rows.tolist()) == [0, 1, 2, 3]
    assert len(camera_days(given)) == 3


def test_the_share_of_a_departure_that_lasts_is_found_again() -> None:
    random = np.random.default_rng(1)
    truth, departure = random.uniform(0, 4, 500), random.normal(0, 1, 500)
    share = share_of_dawn(truth + 0.6 * departure, departure, truth)
    assert share == pytest.approx(0.6, abs=0.01)


def test_a_share_is_bounded_and_none_where_the_value_says_nothing() -> None:
    random = np.random.default_rng(2)
    truth, departure = random.uniform(0, 4, 500), random.normal(0, 1, 500)
    assert share_of_dawn(truth - 2.0 * departure, departure, truth) == 0.0
    assert share_of_dawn(truth + 3.0 * departure, departure, truth) == 1.0
    assert share_of_dawn(-truth, departure, truth) == 0.0
