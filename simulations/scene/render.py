"""From a described field to the picture that a camera takes of it, and the truth behind every pixel.

All scenes are SYNTHETIC: they show whether the software measures what is in a picture, not how crops look.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from simulations.scene.drawing import LABEL
from simulations.scene.ground import Floats, Ground, Whole, first_met, ground_of, rays_of
from simulations.scene.heat import temperatures
from simulations.scene.leaves import Canopy, grow
from simulations.scene.light import Mask, in_sun, leaf_light, sky_seen, soil_light, soil_texture
from simulations.scene.settings import Camera, Shot, stress_table

BAND_NAMES: Final = ("blue", "green", "red", "red_edge", "nir")
_OF_BANDS: Final = (0, 1, 3, 4, 5)  # places of these in the table of spectra
_MEAN_LIGHT: Final = 0.18
_TO_SRGB: Final = np.array([[1.6, -0.45, -0.15], [-0.25, 1.55, -0.30], [0.0, -0.45, 1.45]], np.float32)
"""From a camera's overlapping red, green and blue to those of sRGB: a matrix of the usual size; white stays white."""
_DEEP: Final = 0.2  # of the crop's height: what is met this far below a leaf's top stands in its shade


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is really in each pixel (H, W), before blur and noise.

    ``row_number`` is 0 beyond the numbered rows, ``segment`` counts from 0 along a row; ``stress`` and
    ``temperature_c`` are of the leaf in view, ``stress`` NaN off the canopy; ``segment_stress`` (rows, segments) is
    what the field was given; ``canopy_temperature_c`` is the mean over the canopy, None without one.
    """

    canopy: Mask
    sunlit: Mask
    row_number: NDArray[np.int16]
    segment: NDArray[np.int16]
    stress: Floats
    temperature_c: Floats
    segment_stress: Floats
    canopy_temperature_c: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A SYNTHETIC picture: ``rgb`` uint8 (H, W, 3), red first; ``bands`` reflectance and ``temperature_c`` (H, W)."""

    shot: Shot
    rgb: NDArray[np.uint8]
    bands: dict[str, Floats]
    temperature_c: Floats
    truth: Truth
    label: str = LABEL


@dataclass(frozen=True, slots=True, kw_only=True)
class _Met:
    """What each pixel's ray meets (H, W): the leaf (-1 soil) and its light."""

    leaf: Whole
    lit: Mask
    sky: Floats
    texture: Floats


def render_parcel(shot: Shot, generator: np.random.Generator) -> Scene:
    """Take the picture; the same state of the generator gives the same picture."""
    rays = rays_of(shot.camera)
    ground = ground_of(shot, rays)
    table = stress_table(shot.crop, ground.row_count, ground.segment_count)
    canopy = grow(ground, shot.crop, table, generator)
    lit = in_sun(canopy.height_m, ground.step_m, shot.sun)
    sky = sky_seen(canopy, ground.step_m, shot.crop.height_m)
    texture = soil_texture(ground, generator) * np.float32(shot.soil_brightness)
    cell, below = first_met(ground, shot.camera, rays, canopy.height_m)
    leaf = canopy.leaf.ravel()[cell]
    met = _Met(
        leaf=leaf,
        lit=lit.ravel()[cell] & ((leaf < 0) | (below < _DEEP * shot.crop.height_m)),
        sky=sky.ravel()[cell],
        texture=texture.ravel()[cell],
    )
    light, temperature_c = _seen(met, canopy, shot)
    truth = _truth(met, canopy, temperature_c, _places(ground, cell), table)
    mixed = _blurred(light, shot.camera.blur_px)
    return Scene(
        shot=shot,
        rgb=_photo(mixed[..., :3], shot.camera, generator),
        bands={
            name: _grained(mixed[..., place], shot.camera, generator)
            for name, place in zip(BAND_NAMES, _OF_BANDS, strict=True)
        },
        temperature_c=_thermal(temperature_c, shot.camera, generator),
        truth=truth,
    )


def _seen(met: _Met, canopy: Canopy, shot: Shot) -> tuple[Floats, Floats]:
    """Reflectance (H, W, 6) and temperature (H, W) [deg C] of what each pixel meets."""
    light = soil_light(met.lit, met.sky, met.texture)
    heat = temperatures(shot.weather, shot.crop)
    temperature_c = heat.of_soil(met.lit * np.float32(1), met.texture / np.float32(shot.soil_brightness))
    plants = met.leaf >= 0
    if plants.any():
        bright, shade, sun = leaf_light(canopy, shot.sun)
        leaf, lit = met.leaf[plants], met.lit[plants]
        light[plants] = bright[leaf] * lit[:, None] + shade[leaf] * met.sky[plants][:, None]
        temperature_c[plants] = heat.of_leaves(canopy.stress[leaf], np.minimum(sun[leaf], 1.2) * lit)
    return light, temperature_c


def _places(ground: Ground, cell: Whole) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    row, column = np.divmod(cell, ground.shape[1])
    x = (ground.west_m + (column + 0.5) * ground.step_m).astype(np.float32)
    y = (ground.north_m - (row + 0.5) * ground.step_m).astype(np.float32)
    number, segment, _, _ = ground.numbered(x, y)
    return number.astype(np.int16), segment.astype(np.int16)


def _truth(
    met: _Met,
    canopy: Canopy,
    temperature_c: Floats,
    places: tuple[NDArray[np.int16], NDArray[np.int16]],
    table: Floats,
) -> Truth:
    plants = met.leaf >= 0
    stress = np.full(plants.shape, np.nan, np.float32)
    stress[plants] = canopy.stress[met.leaf[plants]]
    return Truth(
        canopy=plants,
        sunlit=met.lit,
        row_number=places[0],
        segment=places[1],
        stress=stress,
        temperature_c=temperature_c,
        segment_stress=table,
        canopy_temperature_c=float(temperature_c[plants].mean()) if plants.any() else None,
    )


def _photo(light: Floats, camera: Camera, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Colour photo, red first: white balance, colours, exposure for a mid-grey mean, grain, sRGB's curve, the label."""
    # The camera corrects its colours after balancing white: red, green and blue overlap on the sensor.
    colours = light[..., ::-1] * np.array(camera.white_balance, np.float32) @ _TO_SRGB.T
    linear = colours * np.float32(_MEAN_LIGHT / max(1e-6, float(light.mean())))
    linear = _grained(np.maximum(linear, 0), camera, generator).clip(0, 1)
    curved = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)  # noqa: PLR2004 -- IEC 61966-2-1
    photo = np.ascontiguousarray(np.rint(255 * curved).astype(np.uint8))
    cv2.putText(photo, LABEL, (8, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1, cv2.LINE_AA)
    return photo


def _grained(light: Floats, camera: Camera, generator: np.random.Generator) -> Floats:
    """Light with the grain of its photons, which grows with the root of the light, as stated for a mid-grey of 0.2."""
    sigma = np.float32(camera.noise_fraction * np.sqrt(0.2)) * np.sqrt(light)
    return np.maximum(light + sigma * generator.standard_normal(light.shape, dtype=np.float32), 0).astype(np.float32)


def _thermal(temperature_c: Floats, camera: Camera, generator: np.random.Generator) -> Floats:
    blurred = _blurred(temperature_c, camera.thermal_blur_px)
    grain = generator.standard_normal(temperature_c.shape, dtype=np.float32)
    return (blurred + np.float32(camera.netd_k) * grain).astype(np.float32)


def _blurred(image: Floats, sigma_px: float) -> Floats:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px), np.float32) if sigma_px > 0 else image
