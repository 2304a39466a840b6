"""What the detector says of a frame, with tiny models whose answers are known by hand."""

import math
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.contract import Detection
from edge.detector import Detector
from edge.errors import ModelRefusedError
from edge.frame import Frame
from edge.weather import FieldWeather

DRY_NOON = FieldWeather(
    air_temperature_c=30.0, relative_humidity_percent=40.0, wind_speed_m_s=2.0, radiation_w_m2=800.0
)


@pytest.fixture(scope="module")
def detector(repository: Path) -> Detector:
    return Detector(repository / "tests" / "fixtures" / "models")


def field(green_share: float, width: int = 320, height: int = 240) -> NDArray[np.uint8]:
    """Synthetic: textured soil with a green band on the left."""
    rng = np.random.default_rng(1)
    tone: NDArray[np.float64] = 120 + rng.normal(0, 42, (height, width, 1))
    image: NDArray[np.float64] = tone * np.array([1.1, 0.95, 0.75])
    columns = round(width * green_share)
    image[:, :columns] = (tone * np.array([0.7, 1.3, 0.55]))[:, :columns]
    return np.clip(image, 0, 255).astype(np.uint8)


def photo_frame(rgb: NDArray[np.uint8], width: int | None = None, height: int | None = None) -> Frame:
    return Frame(
        path=Path("a.jpg"), sha256="a" * 64, width=width or rgb.shape[1], height=height or rgb.shape[0], rgb=rgb
    )


def thermal_frame(
    *, canopy_c: float = 29.0, soil_c: float = 44.0, share: float = 0.5, calibrated: bool = True
) -> Frame:
    scene = np.full((60, 80), soil_c, np.float32) + np.random.default_rng(2).normal(0, 0.3, (60, 80)).astype(np.float32)
    scene[:, : round(80 * share)] += np.float32(canopy_c - soil_c)
    scene[:5] = np.nan
    return Frame(
        path=Path("t.tif"),
        sha256="b" * 64,
        width=80,
        height=60,
        temperature_c=scene,
        radiometric_calibration=calibrated,
    )


def test_a_photo_of_the_evaluated_crop_is_masked_and_scored(detector: Detector) -> None:
    rgb = field(0.5)
    result = detector.detect(photo_frame(rgb, 640, 480), crop="soybean")
    detection = result.detection
    assert detection.opinion
    assert detection.reasons == ("no_stress_calibration", "taken_at_unknown")
    assert result.mask.shape == (480, 640)
    assert set(np.unique(result.mask)) == {0, 255}
    assert detection.canopy_cover_fraction == pytest.approx(np.mean(result.mask == 255), abs=1e-4)
    assert detection.canopy_cover_fraction == pytest.approx(0.5, abs=0.05)
    small = cv2.resize(rgb, (64, 64), interpolation=cv2.INTER_AREA) / 255
    logits = [8 * float(small[..., 0].mean() - small[..., 1].mean()) + 1 - level for level in range(4)]
    exceeds = [1 / (1 + math.exp(-logit)) for logit in logits]
    assert detection.wilting_score == pytest.approx(sum(exceeds), abs=2e-3)
    assert detection.wilting_probability == pytest.approx(exceeds[1], abs=1e-3)
    assert detection.model == detector.models[1]
    assert (detection.stress_index, detection.stress_sigma, detection.cwsi) == (None, None, None)
    assert detection.basis == ("rgb",)


def test_no_crop_is_answered_as_the_evaluated_crop(detector: Detector) -> None:
    told = detector.detect(photo_frame(field(0.5)), crop="soybean").detection
    untold = detector.detect(photo_frame(field(0.5))).detection
    assert untold.wilting_score == told.wilting_score
    assert "crop_unknown" in untold.reasons
    assert "crop_unknown" not in told.reasons


def test_another_crop_gets_its_canopy_only(detector: Detector) -> None:
    detection = detector.detect(photo_frame(field(0.5)), crop="olive").detection
    assert detection.opinion
    assert detection.canopy_cover_fraction is not None
    assert (detection.wilting_score, detection.wilting_probability) == (None, None)
    assert "crop_not_validated" in detection.reasons
    assert detection.model == detector.models[0]


def test_few_leaves_give_cover_but_no_wilting(detector: Detector) -> None:
    rgb = field(0.0)
    rgb[:30, :80] = field(0.5)[:30, :80]
    detection = detector.detect(photo_frame(rgb), crop="soybean").detection
    assert detection.opinion
    assert detection.canopy_cover_fraction is not None
    assert 0.01 < detection.canopy_cover_fraction < 0.05
    assert detection.wilting_score is None
    assert "low_canopy" in detection.reasons


def test_bare_soil_gives_no_opinion(detector: Detector) -> None:
    detection = detector.detect(photo_frame(field(0.0)), crop="soybean").detection
    assert not detection.opinion
    assert detection.canopy_cover_fraction == 0.0
    assert detection.reasons == ("low_canopy", "soil_only", "taken_at_unknown")


def test_a_photo_without_a_crop_says_so_and_how_sure(detector: Detector) -> None:
    rgb = np.clip(field(0.5)[..., [2, 2, 1]].astype(np.int64) + 40, 0, 255).astype(np.uint8)  # bluish all over
    result = detector.detect(photo_frame(rgb), crop="soybean")
    assert not result.detection.opinion
    assert result.detection.reasons == ("not_a_crop_view", "taken_at_unknown")
    assert result.detection.quality is not None
    assert result.detection.quality.crop_view is not None
    assert result.detection.quality.crop_view < 0.35
    assert (result.detection.canopy_cover_fraction, result.detection.wilting_score) == (None, None)
    assert result.mask.shape == (240, 320)


def test_a_field_tells_how_surely_it_is_one(detector: Detector) -> None:
    quality = detector.detect(photo_frame(field(0.5)), crop="soybean").detection.quality
    assert quality is not None
    small = cv2.resize(field(0.5), (64, 64), interpolation=cv2.INTER_AREA).mean(axis=(0, 1)) / 255
    powers = [1.0, math.exp(-2), math.exp(20 * (small[2] - small[1]) - 3)]
    assert quality.crop_view == pytest.approx(1 - powers[2] / sum(powers), abs=1e-3)


def test_a_dark_photo_gives_its_measures_and_a_mask_but_no_opinion(detector: Detector) -> None:
    result = detector.detect(photo_frame((field(0.5) * 0.2).astype(np.uint8)), crop="soybean")
    assert not result.detection.opinion
    assert "dark" in result.detection.reasons
    assert result.detection.canopy_cover_fraction is None
    assert result.detection.wilting_score is None
    assert result.detection.quality is not None
    assert result.detection.quality.exposure is not None
    assert result.mask.shape == (240, 320)


def test_a_thermal_frame_gives_canopy_temperature_and_cwsi(detector: Detector) -> None:
    result = detector.detect(thermal_frame(), crop="soybean", weather=DRY_NOON)
    detection = result.detection
    assert detection.opinion
    assert detection.canopy_temperature_c == pytest.approx(29.0, abs=0.1)
    assert detection.canopy_cover_fraction == pytest.approx(0.5, abs=0.01)
    assert detection.cwsi_method == "empirical"
    lower_k = 2.84 - 2.14 * 0.6 * 4.2431
    upper_k = 2.84 + 2.14 * 0.7370
    assert detection.cwsi == pytest.approx((29 - 30 - lower_k) / (upper_k - lower_k), abs=0.03)
    assert detection.stress_index == detection.cwsi
    assert detection.stress_sigma == pytest.approx(0.43, abs=0.01)
    assert detection.model is not None
    assert (detection.model.name, detection.model.sha256) == ("thermal-split", None)
    assert not result.mask[:5].any()
    assert detection.wilting_score is None


@pytest.mark.parametrize(
    ("crop", "weather", "calibrated", "reason"),
    [
        ("soybean", None, "checked", "no_weather"),
        ("soybean", DRY_NOON, "unchecked", "no_radiometric_calibration"),
        (None, DRY_NOON, "checked", "crop_unknown"),
        ("olive", DRY_NOON, "checked", "no_cwsi_baseline"),
        ("soybean", DRY_NOON.model_copy(update={"radiation_w_m2": 50.0}), "checked", "low_sun"),
        ("soybean", DRY_NOON.model_copy(update={"air_temperature_c": 45.0}), "checked", "implausible_temperature"),
    ],
)
def test_without_what_it_needs_cwsi_is_null_with_the_reason(
    detector: Detector, crop: str | None, weather: FieldWeather | None, calibrated: str, reason: str
) -> None:
    frame = thermal_frame(calibrated=calibrated == "checked")
    detection = detector.detect(frame, crop=crop, weather=weather).detection
    assert detection.opinion
    assert detection.canopy_temperature_c is not None
    assert (detection.cwsi, detection.cwsi_method) == (None, None)
    assert reason in detection.reasons


def test_one_even_surface_gives_no_opinion_and_an_empty_mask(detector: Detector) -> None:
    result = detector.detect(thermal_frame(canopy_c=22.0, soil_c=22.5))
    assert not result.detection.opinion
    assert result.detection.reasons == ("no_canopy_contrast", "taken_at_unknown")
    assert result.detection.canopy_cover_fraction is None
    assert result.mask.shape == (60, 80)
    assert not result.mask.any()


def test_little_canopy_gives_no_temperature(detector: Detector) -> None:
    detection = detector.detect(thermal_frame(share=0.0375), weather=DRY_NOON).detection
    assert detection.canopy_temperature_c is None
    assert detection.reasons == ("low_canopy", "no_stress_calibration", "taken_at_unknown")


def test_bands_give_canopy_by_ndvi(detector: Detector) -> None:
    thermal = thermal_frame()
    red = np.where(np.arange(80) < 40, 0.05, 0.25) * np.ones((60, 1))
    nir = np.where(np.arange(80) < 40, 0.45, 0.30) * np.ones((60, 1))
    bands = {"red": red.astype(np.float32), "nir": nir.astype(np.float32)}
    frame = Frame(path=Path("m.npz"), sha256="c" * 64, width=80, height=60, bands=bands)
    detection = detector.detect(frame).detection
    assert detection.basis == ("multispectral",)
    assert detection.canopy_cover_fraction == pytest.approx(0.5)
    assert detection.canopy_temperature_c is None
    assert detection.model is not None
    assert detection.model.name == "ndvi-split"
    whole = Frame(path=frame.path, sha256=frame.sha256, width=80, height=60, bands=bands, closed_canopy=True)
    assert detector.detect(whole).detection.canopy_cover_fraction == 1.0
    assert thermal.temperature_c is not None
    with_heat = Frame(
        path=frame.path, sha256=frame.sha256, width=80, height=60, bands=bands, temperature_c=thermal.temperature_c
    )
    found = detector.detect(with_heat).detection
    assert found.canopy_temperature_c == pytest.approx(29.0, abs=0.1)
    assert found.basis == ("multispectral", "thermal")


def test_bands_that_show_no_canopy_give_the_reason(detector: Detector) -> None:
    bands = {"green": np.ones((4, 5), np.float32)}
    frame = Frame(path=Path("m.npz"), sha256="c" * 64, width=5, height=4, bands=bands)
    result = detector.detect(frame)
    assert result.detection.reasons == ("bands_unknown", "taken_at_unknown")
    assert result.detection.model is None


def test_a_model_in_the_wrong_place_is_refused(repository: Path, tmp_path: Path) -> None:
    models = repository / "tests" / "fixtures" / "models"
    shutil.copytree(models / "wilting", tmp_path / "wilting")
    shutil.copytree(models / "wilting", tmp_path / "canopy")
    with pytest.raises(ModelRefusedError, match="expected a model for the task canopy, got wilting"):
        Detector(tmp_path)
    with pytest.raises(ModelRefusedError, match=r"card\.toml: expected the card of a model"):
        Detector(tmp_path / "nothing")


def test_scores_that_are_no_numbers_are_refused(detector: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        detector._photos._wilting._network, "answers", lambda _: {"cumulative_logits": np.full(4, np.nan, np.float32)}
    )
    with pytest.raises(ModelRefusedError, match="expected 4 finite cumulative logits"):
        detector.detect(photo_frame(field(0.5)), crop="soybean")


def test_the_installed_models_load_and_answer(repository: Path) -> None:
    detection: Detection = Detector().detect(photo_frame(field(0.5)), crop="soybean").detection
    assert detection.model is not None
    assert detection.model.sha256 is not None
    assert detection.model.name in {"canopy", "wilting"}
