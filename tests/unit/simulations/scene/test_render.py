"""A rendered parcel: reproducible, labelled, of the asked cover, and drier where it was told to be."""

from dataclasses import replace

import numpy as np
import pytest

from simulations.scene.render import BAND_NAMES, Scene, render_parcel
from simulations.scene.settings import Camera, Crop, Fault, Rows, Shot, Sun

SMALL = Camera(height_m=5.0, width_px=240, height_px=180)
FAR = Camera(height_m=60.0, field_of_view_deg=7.0, width_px=240, height_px=180)


def taken(shot: Shot, seed: int = 1) -> Scene:
    return render_parcel(shot, np.random.default_rng(seed))


def test_the_same_state_gives_the_same_scene_and_another_another() -> None:
    first, second, other = taken(Shot(camera=SMALL)), taken(Shot(camera=SMALL)), taken(Shot(camera=SMALL), 2)
    assert np.array_equal(first.rgb, second.rgb)
    assert np.array_equal(first.temperature_c, second.temperature_c)
    assert not np.array_equal(first.rgb, other.rgb)


def test_every_array_has_the_camera_size_and_its_type() -> None:
    scene = taken(Shot(camera=SMALL))
    assert scene.rgb.shape == (180, 240, 3)
    assert scene.rgb.dtype == np.uint8
    assert tuple(scene.bands) == BAND_NAMES
    for image in (*scene.bands.values(), scene.temperature_c, scene.truth.stress):
        assert image.shape == (180, 240)
        assert image.dtype == np.float32
    assert np.isfinite(scene.temperature_c).all()
    assert np.array_equal(np.isfinite(scene.truth.stress), scene.truth.canopy)


def test_the_picture_carries_the_word_synthetic() -> None:
    scene = taken(Shot(camera=SMALL, crop=Crop(cover_fraction=0.9)))
    assert scene.label == "SYNTHETIC SCENE"
    assert np.count_nonzero(scene.rgb[4:22, 6:150].min(axis=2) > 240) > 60


@pytest.mark.parametrize("cover", [0.0, 0.2, 0.5, 0.8])
def test_a_fresh_crop_covers_what_was_asked(cover: float) -> None:
    scene = taken(Shot(camera=FAR, crop=Crop(cover_fraction=cover, stress=0.0)))
    assert float(scene.truth.canopy.mean()) == pytest.approx(cover, abs=0.06)
    assert (scene.truth.canopy_temperature_c is None) == (cover == 0.0)


def test_stress_shrinks_warms_and_pales_the_canopy() -> None:
    fresh, dry = (taken(Shot(camera=FAR, crop=Crop(stress=stress))) for stress in (0.0, 0.9))
    assert dry.truth.canopy.mean() < 0.85 * fresh.truth.canopy.mean()
    assert fresh.truth.canopy_temperature_c is not None
    assert dry.truth.canopy_temperature_c is not None
    assert dry.truth.canopy_temperature_c > fresh.truth.canopy_temperature_c + 3
    pairs = [(scene.bands["nir"][scene.truth.canopy], scene.bands["red"][scene.truth.canopy]) for scene in (fresh, dry)]
    ndvi = [float(((nir - red) / (nir + red)).mean()) for nir, red in pairs]
    assert ndvi[0] > ndvi[1] > 0.4


def test_a_row_without_water_is_the_warm_one_and_only_along_its_segments() -> None:
    fault = Fault(rows=(3, 3), segments=(0, 0), stress=0.9)
    shot = Shot(camera=SMALL, rows=Rows(segment_m=2.0), crop=Crop(cover_fraction=0.6, faults=(fault,)))
    truth = taken(shot).truth
    warmth = np.full(truth.segment_stress.shape, np.nan)
    for row, segment in np.ndindex(*warmth.shape):
        here = truth.canopy & (truth.row_number == row + 1) & (truth.segment == segment)
        warmth[row, segment] = truth.temperature_c[here].mean() if here.sum() > 50 else np.nan
    assert np.nanargmax(warmth) == 2 * truth.segment_stress.shape[1]
    assert truth.segment_stress[2].tolist()[0] == pytest.approx(0.9)
    assert np.nanmedian(truth.stress[truth.row_number == 5]) == pytest.approx(0.1, abs=0.05)


def test_lower_sun_leaves_less_in_light() -> None:
    high, low = (taken(Shot(camera=SMALL, sun=Sun(elevation_deg=angle))) for angle in (75.0, 20.0))
    assert low.truth.sunlit.mean() < high.truth.sunlit.mean() - 0.1


def test_sunlit_soil_is_hotter_and_brighter_than_shaded_soil_and_leaves() -> None:
    scene = taken(Shot(camera=SMALL))
    soil, lit = ~scene.truth.canopy, scene.truth.sunlit
    temperature, red = scene.truth.temperature_c, scene.bands["red"]
    assert temperature[soil & lit].mean() > temperature[soil & ~lit].mean() + 8
    assert temperature[soil & lit].mean() > temperature[scene.truth.canopy].mean() + 8
    assert red[soil & lit].mean() > 3 * red[soil & ~lit].mean()


def test_an_oblique_view_shows_more_canopy_than_a_view_from_above_and_rows_that_meet() -> None:
    crop = Crop(cover_fraction=0.4, height_m=0.8)
    oblique = replace(SMALL, tilt_deg=55.0, field_of_view_deg=40.0)
    above, ahead = taken(Shot(camera=FAR, crop=crop)), taken(Shot(camera=oblique, crop=crop))
    assert ahead.truth.canopy.mean() > above.truth.canopy.mean() + 0.05
    upper, lower = (len(np.unique(ahead.truth.row_number[line])) for line in (0, -1))
    assert upper > lower


def test_blur_mixes_pixels_and_noise_stands_alone_without_it() -> None:
    clean = replace(SMALL, blur_px=0.0, thermal_blur_px=0.0, noise_fraction=0.0, netd_k=0.0)
    sharp = taken(Shot(camera=clean))
    assert np.array_equal(sharp.temperature_c, sharp.truth.temperature_c)
    soft = taken(Shot(camera=replace(clean, thermal_blur_px=4.0)))
    assert soft.temperature_c.std() < sharp.temperature_c.std()
    noisy = taken(Shot(camera=replace(clean, netd_k=0.5)))
    assert (noisy.temperature_c - sharp.temperature_c).std() == pytest.approx(0.5, rel=0.05)


def test_white_balance_tints_the_photo_and_not_the_bands() -> None:
    plain, warm = (
        taken(Shot(camera=replace(SMALL, white_balance=balance))) for balance in ((1.0, 1.0, 1.0), (1.1, 1.0, 0.7))
    )
    assert warm.rgb[..., 2].mean() < 0.95 * plain.rgb[..., 2].mean()
    assert np.array_equal(warm.bands["red"], plain.bands["red"])


def test_dark_soil_sends_up_less_and_the_photo_keeps_its_mean_light() -> None:
    bright, dark = (taken(Shot(camera=SMALL, soil_brightness=brightness)) for brightness in (1.0, 0.4))
    soil = ~bright.truth.canopy & bright.truth.sunlit
    assert dark.bands["red"][soil].mean() == pytest.approx(0.4 * bright.bands["red"][soil].mean(), rel=0.1)
    assert dark.truth.temperature_c[soil].mean() == pytest.approx(bright.truth.temperature_c[soil].mean(), abs=0.1)
    for scene in (bright, dark):
        level = scene.rgb.astype(float).mean() / 255
        assert 0.35 < level < 0.55  # a mid-grey of 0.18 is 0.46 on the curve of sRGB
