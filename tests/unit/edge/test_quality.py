"""The quality gate: real daytime photos pass, spoilt ones are refused with their reason."""

import csv
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.quality import covered_fraction, dark_channel, judge_photo

Photo = NDArray[np.uint8]


def leaves(width: int = 384, height: int = 288) -> Photo:
    """Synthetic: patches of green and brown with fine texture, light as a field photo has it."""
    rng = np.random.default_rng(5)
    coarse = cv2.resize(rng.normal(0, 1, (height // 12, width // 12)), (width, height), interpolation=cv2.INTER_CUBIC)
    tone = 125 + 45 * coarse + rng.normal(0, 22, (height, width))
    return np.clip(np.stack([tone * 0.85, tone * 1.05, tone * 0.6], axis=-1), 0, 255).astype(np.uint8)


def gain(factor: float) -> Callable[[Photo], Photo]:
    return lambda photo: np.asarray(np.clip(photo * factor, 0, 255), dtype=np.uint8)


def blur(sigma: float) -> Callable[[Photo], Photo]:
    return lambda photo: np.asarray(cv2.GaussianBlur(photo, (0, 0), sigma), dtype=np.uint8)


def shake(length: int, kernel: str) -> Callable[[Photo], Photo]:
    line = np.eye(length) if kernel == "diagonal" else np.zeros((length, length))
    if kernel == "across":
        line[length // 2] = 1
    elif kernel == "down":
        line[:, length // 2] = 1
    return lambda photo: np.asarray(cv2.filter2D(photo, -1, (line / line.sum()).astype(np.float32)), dtype=np.uint8)


def fog(share: float) -> Callable[[Photo], Photo]:
    return lambda photo: np.asarray(photo * (1 - share) + 200 * share, dtype=np.uint8)


def glare(reach: float) -> Callable[[Photo], Photo]:
    def spoilt(photo: Photo) -> Photo:
        height, width = photo.shape[:2]
        rows, columns = np.mgrid[:height, :width]
        away = np.hypot(columns - 0.6 * width, rows - 0.3 * height) / width
        lit = photo + 400 * np.exp(-((away / reach) ** 2))[..., None]
        return np.asarray(np.clip(lit, 0, 255), dtype=np.uint8)

    return spoilt


def hidden(share: float) -> Callable[[Photo], Photo]:
    """Something smooth and dark close to the lens, from the left."""

    def spoilt(photo: Photo) -> Photo:
        solid = np.zeros(photo.shape[:2], np.float32)
        solid[:, : round(share * photo.shape[1])] = 1
        soft = cv2.GaussianBlur(solid, (0, 0), 6)[..., None]
        return np.asarray(photo * (1 - soft) + np.array([90, 70, 55]) * soft, dtype=np.uint8)

    return spoilt


SPOILT: dict[str, tuple[Callable[[Photo], Photo], str]] = {
    "dark to 0.4": (gain(0.4), "dark"),
    "dark to 0.1": (gain(0.1), "dark"),
    "overexposed 2": (gain(2.0), "overexposed"),
    "overexposed 3": (gain(3.0), "overexposed"),
    "glare": (glare(0.25), "overexposed"),
    "sun in the lens": (glare(0.25), "glare"),
    "a third of the lens covered": (hidden(0.35), "lens_covered"),
    "most of the lens covered": (hidden(0.7), "lens_covered"),
    "blur 2 px": (blur(2.0), "blurred"),
    "blur 4 px": (blur(4.0), "blurred"),
    "shaken across 11 px": (shake(11, "across"), "blurred"),
    "shaken down 11 px": (shake(11, "down"), "blurred"),
    "shaken diagonally 11 px": (shake(11, "diagonal"), "blurred"),
    "fog 0.5": (fog(0.5), "fog"),
    "fog 0.6": (fog(0.6), "low_contrast"),
    "fog 0.8": (fog(0.8), "fog"),
}


def test_a_plain_field_photo_passes_with_its_measures() -> None:
    report = judge_photo(leaves())
    assert report.reasons == ()
    grey = cv2.cvtColor(leaves(), cv2.COLOR_RGB2GRAY)
    assert report.quality.exposure == pytest.approx(grey.mean() / 255, abs=1e-4)
    assert report.quality.contrast == pytest.approx(grey.std() / 255, abs=1e-4)
    assert report.quality.glare is not None
    assert report.quality.glare < 0.01


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_photo_is_refused_with_its_reason(name: str) -> None:
    spoil, reason = SPOILT[name]
    assert reason in judge_photo(spoil(leaves())).reasons


def test_a_lens_cap_and_a_grey_night_picture_are_refused() -> None:
    assert {"dark", "lens_covered", "low_contrast", "no_colour"} <= set(
        judge_photo(np.zeros((288, 384, 3), np.uint8)).reasons
    )
    grey = np.repeat(cv2.cvtColor(leaves(), cv2.COLOR_RGB2GRAY)[..., np.newaxis], 3, axis=-1)
    assert judge_photo(np.asarray(grey, dtype=np.uint8)).reasons == ("no_colour",)


def test_grain_in_half_light_is_dark_and_grain_in_full_light_is_not() -> None:
    random = np.random.default_rng(4)
    grain = random.normal(0, 40, (288, 384, 3))
    assert "dark" in judge_photo(np.clip(70 + grain, 0, 255).astype(np.uint8)).reasons
    assert "dark" not in judge_photo(np.clip(128 + grain, 0, 255).astype(np.uint8)).reasons


def test_scattered_bright_pixels_are_no_glare() -> None:
    photo = leaves()
    photo[::5, ::5] = 255
    report = judge_photo(photo)
    assert report.quality.glare == pytest.approx(1 / 25, rel=0.2)
    assert "glare" not in report.reasons


def test_dark_channel_by_hand() -> None:
    dimmest = np.full((40, 40), 102, np.uint8)
    assert dark_channel(dimmest) == pytest.approx(0.4)
    dimmest[::8, ::8] = 0
    assert dark_channel(dimmest) == 0.0


def test_covered_share_by_hand_and_sky_does_not_count() -> None:
    random = np.random.default_rng(6)
    photo = np.clip(random.normal(110, 40, (180, 240, 1)), 0, 255).repeat(3, axis=2).astype(np.uint8)

    def share(painted: Photo) -> float:
        return covered_fraction(painted, cv2.cvtColor(painted, cv2.COLOR_RGB2GRAY).astype(np.float32))

    assert share(photo) == 0.0
    for colour, expected in (((60, 50, 40), 1 / 3), ((235, 235, 235), 0.0), ((110, 140, 190), 0.0)):
        painted = photo.copy()
        painted[:60] = colour
        assert share(painted) == pytest.approx(expected)
    assert share(np.full((180, 240, 3), 60, np.uint8)) == 1.0
    assert share(np.full((8, 11, 3), 60, np.uint8)) == 0.0


def test_shares_are_counted_by_hand() -> None:
    photo = np.full((10, 10, 3), 128, np.uint8)
    photo[:3], photo[3:5] = 255, 10
    quality = judge_photo(photo).quality
    assert quality.glare == pytest.approx(0.3)
    assert quality.darkness == pytest.approx(0.2)
    assert quality.exposure == pytest.approx((3 * 255 + 2 * 10 + 5 * 128) / 10 / 255, abs=1e-4)


def test_the_measures_hardly_depend_on_the_size_of_a_photo() -> None:
    small = judge_photo(leaves()).quality
    large = judge_photo(np.asarray(cv2.resize(leaves(), (1536, 1152)), dtype=np.uint8)).quality
    assert large.exposure == pytest.approx(small.exposure, abs=0.01)
    assert large.contrast == pytest.approx(small.contrast, rel=0.15)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 500, 3), (500, 1, 3)])
def test_a_sliver_has_no_sharpness(shape: tuple[int, int, int]) -> None:
    report = judge_photo(np.full(shape, 120, np.uint8))
    assert "blurred" in report.reasons


def real_photos(shared_data: Path) -> dict[str, list[Path]]:
    folder = shared_data / "imagery" / "soybean_wilting"
    with (folder / "labels.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if 7 <= int(row["hour"]) <= 18]
    return {
        "soybean": [folder / "img" / row["file"] for row in rows],
        "peanut": sorted((shared_data / "imagery" / "peanut_seg" / "images").glob("*.jpg")),
    }


def read(path: Path) -> Photo:
    photo = cv2.imread(str(path))
    assert photo is not None
    return np.asarray(cv2.cvtColor(photo, cv2.COLOR_BGR2RGB), dtype=np.uint8)


@pytest.mark.shared_data
def test_at_most_three_percent_of_real_daytime_photos_are_refused(shared_data: Path) -> None:
    """Measured on all: 0 of 1,057 soybean photos and 2 of 315 peanut photos (pale soil, as fog); here every fifth."""
    for name, paths in real_photos(shared_data).items():
        refused = [path.name for path in paths[::5] if judge_photo(read(path)).reasons]
        assert len(refused) <= 0.03 * len(paths[::5]), (name, refused)


@pytest.mark.shared_data
@pytest.mark.parametrize("name", SPOILT)
def test_at_least_95_percent_of_spoilt_real_photos_are_refused(shared_data: Path, name: str) -> None:
    spoil, _ = SPOILT[name]
    for kind, paths in real_photos(shared_data).items():
        some = paths[:: len(paths) // 30]
        refused = sum(bool(judge_photo(spoil(read(path))).reasons) for path in some)
        assert refused >= 0.95 * len(some), (kind, refused, len(some))
