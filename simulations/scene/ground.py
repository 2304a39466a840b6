"""The patch of field that a camera sees: its raster from above, its rows, and where each pixel's ray meets the crop."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from simulations.scene.settings import Camera, Rows, Shot

Floats = NDArray[np.float32]
Whole = NDArray[np.int64]

LONGEST_SIDE_CELLS: Final = 1100
_MARGIN_M: Final = 0.5
_LEVELS: Final = (6, 40)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Square cells of ``step_m``; the north-western corner is at ``west_m`` and ``north_m`` from below the camera.

    Rows in view are numbered from 1 along ``across``: from the left, or from the top where they run more across the
    picture than along it. ``first_row`` is the place of row 1 [row spacings], ``start_m`` where segment 0 begins.
    """

    west_m: float
    north_m: float
    step_m: float
    shape: tuple[int, int]
    rows: Rows
    across: tuple[float, float]
    first_row: int
    row_count: int
    start_m: float
    segment_count: int

    def numbered(self, x_m: Floats, y_m: Floats) -> tuple[Whole, Whole, Floats, Floats]:
        """Row number (0 out of view), segment, distance from the row's middle [m] and place along it [m] of points."""
        offset, along = _turned(self.across, x_m, y_m)
        place = np.floor(offset / self.rows.spacing_m)
        number = place.astype(np.int64) - self.first_row + 1
        number[(number < 1) | (number > self.row_count)] = 0
        segment = np.floor((along - self.start_m) / self.rows.segment_m).astype(np.int64)
        middle = offset - ((place + 0.5) * self.rows.spacing_m).astype(np.float32)
        return number, segment.clip(0, self.segment_count - 1), middle.astype(np.float32), along

    def cells(self, x_m: Floats, y_m: Floats) -> tuple[Floats, Floats]:
        """Column and row of points on the raster, cell centres at whole numbers."""
        step = np.float32(self.step_m)
        return (x_m - np.float32(self.west_m)) / step - 0.5, (np.float32(self.north_m) - y_m) / step - 0.5


def rays_of(camera: Camera) -> Floats:
    """Way east and north [m] of each pixel's ray (H, W, 2) for each metre that it descends."""
    tilt, azimuth = np.radians(camera.tilt_deg), np.radians(camera.azimuth_deg)
    ahead = np.array([np.sin(azimuth), np.cos(azimuth)])
    focal = camera.width_px / 2 / np.tan(np.radians(camera.field_of_view_deg / 2))
    u = (np.arange(camera.width_px) + 0.5 - camera.width_px / 2)[None, :, None]
    v = (camera.height_px / 2 - np.arange(camera.height_px) - 0.5)[:, None, None]
    right = np.array([np.cos(azimuth), -np.sin(azimuth)])
    level = (np.sin(tilt) * focal + np.cos(tilt) * v) * ahead + u * right
    down = np.cos(tilt) * focal - np.sin(tilt) * v
    return np.asarray(level / down, dtype=np.float32)


def ground_of(shot: Shot, rays: Floats) -> Ground:
    """Raster that holds everything in view and what casts shadows into it, in cells of about a pixel."""
    edges = np.concatenate([rays[0], rays[-1], rays[:, 0], rays[:, -1]])
    outline: Floats = edges * np.float32(shot.camera.height_m)
    margin = _MARGIN_M + min(2.0, shot.crop.height_m / np.tan(np.radians(shot.sun.elevation_deg)))
    low, high = outline.min(axis=0) - margin, outline.max(axis=0) + margin
    middle = rays[shot.camera.height_px // 2, shot.camera.width_px // 2 - 1 : shot.camera.width_px // 2 + 1]
    pixel_m = float(np.linalg.norm(middle[1] - middle[0])) * shot.camera.height_m
    step = max(pixel_m, float((high - low).max()) / LONGEST_SIDE_CELLS)
    across = _across(shot.rows.direction_deg)
    offset, along = _turned(across, outline[:, 0], outline[:, 1])
    spacing = shot.rows.spacing_m
    # A row counts as in view when its middle line is.
    first = int(np.ceil(offset.min() / spacing - 0.5))
    last = int(np.floor(offset.max() / spacing - 0.5))
    return Ground(
        west_m=float(low[0]),
        north_m=float(high[1]),
        step_m=step,
        shape=(int(np.ceil((high[1] - low[1]) / step)), int(np.ceil((high[0] - low[0]) / step))),
        rows=shot.rows,
        across=across,
        first_row=first,
        row_count=max(0, last - first + 1),
        start_m=float(along.min()),
        segment_count=max(1, int(np.ceil((along.max() - along.min()) / shot.rows.segment_m))),
    )


def first_met(ground: Ground, camera: Camera, rays: Floats, height_m: Floats) -> tuple[Whole, Floats]:
    """Flat cell (H, W) that each ray meets first over a height field, and how far below its top [m] it meets it."""
    top = float(height_m.max())
    reach = float(np.abs(rays).max()) * top / ground.step_m
    levels = np.linspace(top, 0.0, int(np.clip(np.ceil(reach), *_LEVELS)) + 1)
    cell = np.full(rays.shape[:2], -1, np.int64)
    below = np.zeros(rays.shape[:2], np.float32)
    for level in levels:
        x, y = (rays[..., axis] * np.float32(camera.height_m - level) for axis in (0, 1))
        column, row = ground.cells(x, y)
        met = cv2.remap(height_m, column, row, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        fresh = (cell < 0) & (met >= level)
        flat = np.rint(row[fresh]).clip(0, ground.shape[0] - 1).astype(np.int64) * ground.shape[1]
        cell[fresh] = flat + np.rint(column[fresh]).clip(0, ground.shape[1] - 1).astype(np.int64)
        below[fresh] = met[fresh] - np.float32(level)
    return cell, below


def _across(direction_deg: float) -> tuple[float, float]:
    angle = np.radians(direction_deg)
    x, y = float(np.cos(angle)), float(-np.sin(angle))
    backwards = x < 0 if abs(x) >= abs(y) else y > 0
    return (-x, -y) if backwards else (x, y)


def _turned(across: tuple[float, float], x_m: Floats, y_m: Floats) -> tuple[Floats, Floats]:
    x, y = np.float32(across[0]), np.float32(across[1])
    return x_m * x + y_m * y, y_m * x - x_m * y
