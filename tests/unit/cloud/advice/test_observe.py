from datetime import UTC, date, datetime

import pytest

from cloud.advice.observe import CANOPY_SIGMA, DRIFTED_FACTOR, OLDEST_DAYS, observe
from cloud.records import Parcel
from edge.contract import Detection, ModelReference

DAY = date(2026, 5, 14)
MODEL = ModelReference(name="canopy", version="1.0.0", sha256="c" * 64)


@pytest.fixture
def parcels() -> list[Parcel]:
    return [Parcel(id=name, crop="maize", latitude=32.3, longitude=-6.4) for name in ("plot", "other")]


def detection(**changes: object) -> Detection:
    given: dict[str, object] = {
        "parcel_id": "plot",
        "camera_id": "cam-1",
        "taken_at": datetime(2026, 5, 13, 12, tzinfo=UTC),
        "sha256": "a" * 64,
        "model": MODEL,
        "opinion": True,
        "canopy_cover_fraction": 0.6,
        "looks_down": True,
        **changes,
    }
    return Detection.model_validate(given)


@pytest.mark.parametrize("looks_down", [None, False])
def test_canopy_seen_aslant_is_no_ground_cover(parcels: list[Parcel], looks_down: bool | None) -> None:  # noqa: FBT001 -- a test parameter
    observations, notes = observe([detection(looks_down=looks_down)], parcels, DAY)
    assert observations == ()
    assert "no canopy seen straight down" in notes[0]


def test_canopy_becomes_an_observation_with_its_error(parcels: list[Parcel]) -> None:
    observations, notes = observe([detection()], parcels, DAY)
    assert not notes
    (one,) = observations
    assert (one.parcel_id, one.kind, one.value, one.sigma) == ("plot", "canopy_cover_fraction", 0.6, CANOPY_SIGMA)
    assert one.observed_at == datetime(2026, 5, 13, 12, tzinfo=UTC)
    assert one.source == "cam-1"


def test_stress_counts_only_with_its_sigma(parcels: list[Parcel]) -> None:
    with_sigma = detection(canopy_cover_fraction=None, stress_index=0.4, stress_sigma=0.15)
    without = detection(canopy_cover_fraction=None, stress_index=0.4, sha256="b" * 64)
    observations, notes = observe([with_sigma, without], parcels, DAY)
    assert [(one.kind, one.value, one.sigma) for one in observations] == [("stress_index", 0.4, 0.15)]
    assert len(notes) == 1
    assert "no stress with its sigma" in notes[0]


def test_wilting_alone_is_shown_not_assimilated(parcels: list[Parcel]) -> None:
    only_wilting = detection(canopy_cover_fraction=None, wilting_score=3.1, wilting_probability=0.9)
    observations, notes = observe([only_wilting], parcels, DAY)
    assert not observations
    assert "wilting without a stress calibration" in notes[0]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"taken_at": None}, "taken_at is unknown"),
        ({"taken_at": datetime(2026, 5, 10, 12, tzinfo=UTC)}, "4 days old"),
        ({"taken_at": datetime(2026, 5, 15, 12, tzinfo=UTC)}, "check the camera's clock"),
        ({"opinion": False, "reasons": ("blurred", "dark")}, "no opinion (blurred, dark)"),
        ({"parcel_id": "elsewhere"}, "not among the parcels"),
        ({"parcel_id": None}, "not among the parcels"),
    ],
)
def test_what_cannot_count_is_told(parcels: list[Parcel], changes: dict[str, object], reason: str) -> None:
    observations, notes = observe([detection(**changes)], parcels, DAY)
    assert not observations
    assert len(notes) == 1
    assert "shown, not assimilated" in notes[0]
    assert reason in notes[0]


def test_the_oldest_day_that_counts_is_included(parcels: list[Parcel]) -> None:
    oldest = datetime(2026, 5, 14 - OLDEST_DAYS, 0, 5, tzinfo=UTC)
    observations, _ = observe([detection(taken_at=oldest)], parcels, DAY)
    assert len(observations) == 1


def test_the_day_is_the_parcels_own(parcels: list[Parcel]) -> None:
    # 23:30 UTC on the 14th is half past midnight on the 15th in Casablanca (UTC+1).
    observations, notes = observe([detection(taken_at=datetime(2026, 5, 14, 23, 30, tzinfo=UTC))], parcels, DAY)
    assert not observations
    assert len(notes) == 1


def test_photos_of_one_day_give_one_observation_without_smaller_error(parcels: list[Parcel]) -> None:
    photos = [
        detection(sha256=f"{index:x}" * 64, canopy_cover_fraction=cover, camera_id=f"cam-{index}")
        for index, cover in enumerate((0.5, 0.6, 0.7), start=1)
    ]
    observations, _ = observe(photos, parcels, DAY)
    (one,) = observations
    assert one.value == pytest.approx(0.6)
    assert one.sigma == CANOPY_SIGMA
    assert one.source == "cam-1+cam-2+cam-3"


def test_different_days_and_parcels_stay_apart(parcels: list[Parcel]) -> None:
    photos = [
        detection(),
        detection(sha256="b" * 64, taken_at=datetime(2026, 5, 12, 12, tzinfo=UTC)),
        detection(sha256="d" * 64, parcel_id="other", camera_id=None),
    ]
    observations, notes = observe(photos, parcels, DAY)
    assert not notes
    assert [(one.parcel_id, one.observed_at.day) for one in observations] == [("other", 13), ("plot", 12), ("plot", 13)]
    assert observations[0].source == "camera"


def test_the_same_photo_twice_counts_once(parcels: list[Parcel]) -> None:
    observations, notes = observe([detection(), detection(canopy_cover_fraction=0.1)], parcels, DAY)
    assert [one.value for one in observations] == [0.6]
    assert "the same photo again" in notes[0]


@pytest.mark.parametrize(
    ("changes", "factor"),
    [
        ({"reasons": ("camera_drifted",), "quality": {"drift": 2.5}}, 2.5),
        ({"reasons": ("camera_drifted",)}, DRIFTED_FACTOR),  # the wire carries no quality
        ({"quality": {"drift": 0.4}}, 1.0),
        ({"quality": {"exposure": 0.5}}, 1.0),
        ({"reasons": ("crop_unknown",)}, 1.0),
    ],
)
def test_a_camera_whose_colours_drifted_weighs_less(
    parcels: list[Parcel], changes: dict[str, object], factor: float
) -> None:
    observations, notes = observe([detection(stress_index=0.4, stress_sigma=0.1, **changes)], parcels, DAY)
    assert not notes
    sigmas = {one.kind: one.sigma for one in observations}
    assert sigmas["canopy_cover_fraction"] == pytest.approx(CANOPY_SIGMA * factor)
    assert sigmas["stress_index"] == pytest.approx(0.1 * factor)


def test_the_worst_camera_of_a_day_gives_its_error_to_the_mean(parcels: list[Parcel]) -> None:
    drifted = detection(sha256="b" * 64, camera_id="cam-2", reasons=("camera_drifted",), quality={"drift": 3.0})
    (one,), _ = observe([detection(), drifted], parcels, DAY)
    assert one.sigma == pytest.approx(3 * CANOPY_SIGMA)
    assert one.source == "cam-1+cam-2"
