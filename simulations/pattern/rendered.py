"""The whole way from a rendered thermal picture (SYNTHETIC) to the numbers of its dry rows."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from edge.frame import Frame
from edge.measured import read_measured
from edge.pattern.view import view_from_above
from simulations.scene.render import Scene, render_parcel
from simulations.scene.settings import Camera, Crop, Fault, Rows, Shot

SEED: Final = 31_112_026
WATERED_STRESS: Final = 0.1
FAULT_STRESS: Final = (0.2, 0.4, 0.8)
SCENES_A_CASE: Final = 6
CAMERA: Final = Camera(height_m=10.0, width_px=320, height_px=240)
Row = dict[str, Any]


def rendered_rows() -> list[Row]:
    """One row for scenes watered evenly, one for each strength of a fault in one to three rows."""
    return [_row(stress) for stress in (None, *FAULT_STRESS)]


def _row(stress: float | None) -> Row:
    named = [_named(stress, place) for place in range(SCENES_A_CASE)]
    return {
        "stress_of_dry_rows": "no fault" if stress is None else stress,
        "stress_elsewhere": WATERED_STRESS,
        "scenes": len(named),
        "a_row_is_called_dry": sum(bool(told) for told, _ in named),
        "exactly_the_dry_rows": sum(told == dry for told, dry in named),
    }


def _named(stress: float | None, place: int) -> tuple[set[int], set[int]]:
    """Rows told and rows dry."""
    generator = np.random.default_rng((SEED, place))
    first = int(generator.integers(3, 10))
    dry = set() if stress is None else set(range(first, first + 1 + place % 3))
    fault = () if stress is None else (Fault(rows=(min(dry), max(dry)), stress=stress),)
    crop = Crop(cover_fraction=float(generator.uniform(0.35, 0.5)), stress=WATERED_STRESS, faults=fault)
    shot = Shot(rows=Rows(), crop=crop, camera=CAMERA, soil_brightness=float(generator.uniform(0.4, 1.0)))
    return set(read_measured(_frame(render_parcel(shot, generator)), None, None).dry_rows), dry


def _frame(scene: Scene) -> Frame:
    height, width = scene.temperature_c.shape
    return Frame(
        path=Path("SYNTHETIC"),
        sha256="0" * 64,
        width=width,
        height=height,
        temperature_c=scene.temperature_c,
        parcel_view=view_from_above(),
    )
