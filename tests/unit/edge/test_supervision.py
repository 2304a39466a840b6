"""A camera over days, on SYNTHETIC fields of noise and on real photos where the data are."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.contract import Detection, Quality
from edge.displacement import displacement, light_of
from edge.supervision import (
    DAYS_IN_A_ROW,
    SETTLES_AFTER,
    CameraLook,
    CameraWatch,
    HomeView,
    accepted,
    troubles_of,
    watched,
)
from edge.views import view_signature

BEGIN = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)
Picture = NDArray[np.uint8]


def synthetic_field(seed: int) -> Picture:
    """A picture (288, 384, 3) of blobs, larger than what is cut from it."""
    random = np.random.default_rng(seed)
    coarse = random.uniform(0, 255, (30, 40, 3)).astype(np.float32)
    fine = cv2.resize(coarse, (560, 420), interpolation=cv2.INTER_CUBIC)
    return np.clip(fine, 0, 255).astype(np.uint8)


def seen(scene: Picture, right: float = 0.0, down: float = 0.0, turn_deg: float = 0.0) -> Picture:
    """What a camera sees that aims so far [share of its picture] from the middle, turned clockwise."""
    height, width = scene.shape[:2]
    middle = (width / 2 + right * 384, height / 2 + down * 288)
    around = cv2.getRotationMatrix2D(middle, turn_deg, 1.0)
    around[:, 2] += (192 - middle[0], 144 - middle[1])
    return np.asarray(cv2.warpAffine(scene, around, (384, 288)), dtype=np.uint8)


@dataclass
class Camera:
    """A camera whose photos the test describes one by one."""

    watch: CameraWatch = field(default_factory=lambda: CameraWatch(camera_id="north"))
    at: datetime = BEGIN
    noise: int = 0

    def look(
        self,
        picture: Picture | None,
        reasons: Sequence[str] = (),
        *,
        sun_up: bool | None = True,
        sharpness: float | None = None,
        after: timedelta = timedelta(hours=1),
    ) -> dict[str, str]:
        self.at += after
        self.noise += 1
        view = None
        if picture is not None:
            grain = np.random.default_rng(self.noise).integers(-6, 7, picture.shape)
            noisy = np.clip(picture.astype(np.int16) + grain, 0, 255).astype(np.uint8)
            view = HomeView(hour=self.at.hour, signature=view_signature(noisy), light=light_of(noisy))
        detection = Detection(
            sha256="a" * 64,
            model=None,
            opinion=not reasons,
            reasons=tuple(reasons),
            quality=Quality(sharpness=sharpness),
            taken_at=self.at,
        )
        look = CameraLook(taken_at=self.at, day=self.at.date(), sun_up=sun_up, detection=detection, view=view)
        self.watch = watched(self.watch, look)
        return {str(kind): text for kind, text in troubles_of(self.watch).items()}

    def day(self, reasons: Sequence[str], *, bad: int, of: int = 6, sharpness: float | None = None) -> dict[str, str]:
        """A day of looks of which so many are bad."""
        self.at = self.at.replace(hour=6) + timedelta(days=1)
        found: dict[str, str] = {}
        for number in range(of):
            found = self.look(None, reasons if number < bad else (), sharpness=sharpness)
        return found


@pytest.fixture
def settled() -> Camera:
    camera = Camera()
    for _ in range(3):
        assert camera.look(seen(synthetic_field(1))) == {}
    assert len(camera.watch.home) == 3
    return camera


def test_a_camera_in_its_place_has_no_trouble(settled: Camera) -> None:
    for _ in range(10):
        assert settled.look(seen(synthetic_field(1))) == {}
    assert len(settled.watch.home) <= 12


def test_pictures_that_are_one_and_the_same_are_told_until_another_comes(settled: Camera) -> None:
    picture = seen(synthetic_field(1))
    assert settled.look(picture, ["frozen_frame"]) == {}
    assert settled.look(picture, ["frozen_frame"]) == {}
    assert settled.look(picture, ["frozen_frame"]) == {"frozen": "its last 3 pictures are one and the same; restart it"}
    assert settled.look(picture) == {}


@pytest.mark.parametrize(("right", "down", "turn_deg"), [(0.12, 0.0, 0.0), (0.0, -0.1, 0.0), (-0.08, 0.05, 9.0)])
def test_a_mount_that_slipped_is_told_with_how_far(settled: Camera, right: float, down: float, turn_deg: float) -> None:
    slipped = seen(synthetic_field(1), right, down, turn_deg)
    assert settled.look(slipped, ["moved_camera"]) == {}
    assert settled.look(slipped, ["moved_camera"]) == {}
    found = settled.look(slipped)  # its memory has taken the new view for its own by then
    assert list(found) == ["tilted"]
    assert found["tilted"].endswith("seen first 2026-07-01 10:00 UTC; set it back and fasten it")
    measured = displacement(light_of(slipped), [home.light for home in settled.watch.home])
    assert measured.right_fraction == pytest.approx(right, abs=0.03)
    assert measured.down_fraction == pytest.approx(down, abs=0.03)
    assert measured.turned_deg == pytest.approx(turn_deg, abs=3.0)
    assert settled.look(seen(synthetic_field(1))) == {}, "set back"


def test_a_camera_turned_away_is_told_until_somebody_says_that_it_is_meant(settled: Camera) -> None:
    away, found = seen(synthetic_field(2)), {}
    for _ in range(3):
        found = settled.look(away)
    assert found == {"turned": "it shows another view since 2026-07-01 10:00 UTC: turned away, or taken; go and see"}
    settled.watch = accepted(settled.watch)
    assert troubles_of(settled.watch) == {}
    assert settled.look(away) == {}
    for _ in range(3):
        found = settled.look(seen(synthetic_field(1)))
    assert list(found) == ["turned"], "its old view is another's now"


def test_a_new_view_that_stays_for_a_week_is_meant(settled: Camera) -> None:
    away = seen(synthetic_field(2))
    for _ in range(3):
        assert not settled.look(away) or settled.watch.away == 3
    assert "turned" in settled.look(away, after=SETTLES_AFTER - timedelta(hours=4))
    assert settled.look(away, after=timedelta(hours=5)) == {}
    assert settled.look(away) == {}


def test_a_burst_by_hand_is_one_look(settled: Camera) -> None:
    for _ in range(6):
        assert settled.look(seen(synthetic_field(2)), after=timedelta(seconds=20)) == {}
    assert settled.watch.away == 1


def test_a_camera_carried_about_has_no_view_of_its_own() -> None:
    camera = Camera()
    for seed in range(12):
        assert camera.look(seen(synthetic_field(100 + seed))) == {}
    assert camera.watch.home == ()


def test_a_photo_that_is_no_picture_of_its_view_moves_no_camera(settled: Camera) -> None:
    for reason in ("dark", "fog", "lens_covered", "blurred", "overexposed"):
        settled.look(seen(synthetic_field(2)), [reason])
    assert settled.watch.away == 0


def test_night_is_no_trouble_and_darkness_by_day_is() -> None:
    camera = Camera()
    for _ in range(8):
        assert camera.look(None, ["dark"], sun_up=False) == {}
    assert camera.watch.days == ()
    for _ in range(2):
        assert camera.look(None, ["dark"]) == {}
    assert camera.look(None, ["dark"]) == {
        "dark": "its last 3 pictures are dark though the sun is up; see what covers it"
    }
    assert camera.look(None) == {}


def test_where_nobody_knows_the_sun_a_whole_dark_day_tells() -> None:
    camera = Camera()
    for _ in range(24):
        assert camera.look(None, ["dark"], sun_up=None) == {} or camera.at.date() > BEGIN.date()
    camera.at = BEGIN + timedelta(days=1)
    found = camera.look(None, ["dark"], sun_up=None)
    assert found["dark"].startswith("all its 17 pictures of 2026-07-01 are dark")
    for _ in range(12):
        camera.look(None, [], sun_up=None)
    camera.at = BEGIN + timedelta(days=2)
    assert camera.look(None, ["dark"], sun_up=None) == {}


@pytest.mark.parametrize(
    ("reasons", "trouble"),
    [
        (["lens_covered"], "dirty"),
        (["fog"], "dirty"),
        (["overexposed"], "overexposed"),
        (["glare"], "overexposed"),
        (["blurred"], "blurred"),
        (["camera_drifted"], "drifted"),
    ],
)
def test_what_most_pictures_of_two_days_show_is_the_cameras(reasons: list[str], trouble: str) -> None:
    camera = Camera()
    assert camera.day(reasons, bad=5) == {}, "one bad day is weather"
    assert list(camera.day(reasons, bad=3)) == [trouble]
    assert camera.day(reasons, bad=2) == {}, "better now"
    camera.day(reasons, bad=6)
    assert list(camera.day(reasons, bad=6)) == [trouble]
    assert camera.day((), bad=0, of=3) == {trouble: troubles_of(camera.watch)[trouble]}, "too few looks to say more"  # type: ignore[index]
    assert DAYS_IN_A_ROW == 2


def test_a_lens_that_grows_dull_is_told_by_its_sharpness() -> None:
    camera = Camera()
    for _ in range(8):
        assert camera.day((), bad=0, sharpness=4.0) == {}
    assert camera.day((), bad=0, sharpness=2.2) == {}
    found = camera.day((), bad=0, sharpness=2.2)
    assert found == {"dirty": "its pictures are 45% less sharp than in its first days; clean its lens"}
    camera.day((), bad=0, sharpness=3.9)
    assert camera.day((), bad=0, sharpness=3.9) == {}
    for _ in range(20):
        camera.day((), bad=0, sharpness=3.9)
    assert camera.watch.first_sharpness == (4.0,) * 5
    assert len(camera.watch.days) <= 14


def test_a_late_photo_changes_nothing(settled: Camera) -> None:
    before = settled.watch
    settled.at -= timedelta(hours=5)
    settled.look(seen(synthetic_field(2)), ["frozen_frame"])
    assert settled.watch is before


def test_a_watch_is_kept_as_text_and_stays_small(settled: Camera) -> None:
    for _ in range(30):
        settled.look(seen(synthetic_field(1)), sharpness=3.0)
    text = settled.watch.model_dump_json()
    assert CameraWatch.model_validate_json(text) == settled.watch
    assert len(text) < 120_000


def test_real_cameras_are_told_from_each_other_and_from_themselves(shared_data: Path) -> None:
    folder = shared_data / "imagery" / "soybean_wilting"
    lines = (folder / "labels.csv").read_text(encoding="utf-8").splitlines()[1:]
    chains: dict[tuple[str, str], list[str]] = {}
    for line in lines:
        name, _, _, day, _, _, chain = line.split(",")
        chains.setdefault((chain, day), []).append(name)
    pairs = [sorted(names) for names in chains.values() if len(names) >= 4][:40]

    def photo(name: str) -> Picture:
        stored = cv2.imread(str(folder / "img" / name))
        assert stored is not None
        return np.asarray(cv2.cvtColor(stored, cv2.COLOR_BGR2RGB), dtype=np.uint8)

    def cut(rgb: Picture, right: float, turn_deg: float) -> Picture:
        around = cv2.getRotationMatrix2D((192 + right * 384, 144), turn_deg, 1 / 0.7)
        around[0, 2] -= right * 384
        return np.asarray(cv2.warpAffine(rgb, around, (384, 288)), dtype=np.uint8)

    slipped = others = 0
    for place, names in enumerate(pairs):
        home = light_of(cut(photo(names[0]), 0.0, 0.0))
        slipped += displacement(light_of(cut(photo(names[3]), 0.1, 5.0)), [home]).same_field
        others += displacement(light_of(cut(photo(pairs[place - 9][0]), 0.0, 0.0)), [home]).same_field
    assert slipped >= 0.8 * len(pairs)
    assert others <= 0.05 * len(pairs)
