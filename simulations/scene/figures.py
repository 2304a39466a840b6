"""How the field's own readers do on rendered scenes: SYNTHETIC figures, where every pixel's truth is known."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from edge.camera import read_camera
from edge.detector import Detector
from edge.frame import load_frame
from edge.radiometry.masks import thermal_canopy
from edge.radiometry.temperature import canopy_temperature_c
from edge.weather import FieldWeather, read_weather
from models.evaluation.figures import overlap
from models.job import Job
from simulations.scene.files import write_scene
from simulations.scene.light import Mask
from simulations.scene.render import Scene, render_parcel
from simulations.scene.settings import Camera, Crop, Rows, Shot, Sun

SEED: Final = 20260
TAKEN_AT: Final = datetime(2026, 7, 1, 11, 30, tzinfo=UTC)
MORNING: Final = FieldWeather(
    air_temperature_c=23.0, relative_humidity_percent=55.0, wind_speed_m_s=1.5, radiation_w_m2=330.0
)
NOTE: Final = (
    "SYNTHETIC: rendered scenes, no field data. Leaf temperatures come from the same energy balance as the theoretical"
    " index, so the thermal rows test pixels, shade and geometry, not physics. The canopy model was trained on photos:"
    " photo_iou says how far drawings are from photos, not how the model does in a field."
)
_COVERS: Final = (0.15, 0.3, 0.5, 0.7)
_STRESSES: Final = (0.05, 0.5, 0.9)
Row = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A scene of a kind; figures are averaged over the scenes of one kind."""

    kind: str
    shot: Shot


def run(job: Job) -> dict[str, object]:
    """Figures of the rendered scenes; needs no data."""
    detector = Detector(threads=job.threads)
    rows = []
    with tempfile.TemporaryDirectory(prefix="seguia-scenes-") as place:
        for number, case in enumerate(cases()):
            job.told(f"scenes: {case.kind}, {number + 1}")
            scene = render_parcel(case.shot, np.random.default_rng([SEED, number]))
            rows.append(scene_row(case.kind, scene, detector, Path(place)))
    return {"note": NOTE, "by_kind": means(rows), "scenes": rows}


def cases() -> Iterator[Case]:
    """Nadir scenes over cover and stress, low sun, blur and grain, and one oblique view of each cover."""
    plain = Shot(rows=Rows(direction_deg=15.0))
    for cover in _COVERS:
        grown = replace(plain, crop=Crop(cover_fraction=cover, height_m=0.25 + 0.6 * cover))
        for stress in _STRESSES:
            yield Case(kind="nadir", shot=replace(grown, crop=replace(grown.crop, stress=stress)))
        low = replace(grown, sun=Sun(elevation_deg=22.0, azimuth_deg=95.0), weather=MORNING)
        yield Case(kind="nadir, low sun", shot=low)
        poor = Camera(blur_px=2.0, thermal_blur_px=4.0, noise_fraction=0.04, netd_k=0.1, white_balance=(1.12, 1, 0.85))
        yield Case(kind="nadir, blurred, tinted", shot=replace(grown, camera=poor))
        yield Case(kind="nadir from 30 m", shot=replace(grown, camera=Camera(height_m=30.0)))
        yield Case(kind="oblique", shot=replace(grown, camera=Camera(height_m=5.0, tilt_deg=50.0)))


def scene_row(kind: str, scene: Scene, detector: Detector, folder: Path) -> Row:
    """One scene through files and detector, as a gateway would read it, against its truth."""
    files = write_scene(scene, folder, name="scene", taken_at=TAKEN_AT)
    weather = read_weather(files.weather).weather
    photo = detector.detect(load_frame(files.photo))
    frame = load_frame(files.bands, camera=read_camera(files.camera))
    bands = detector.detect(frame, crop="soybean", weather=weather)
    truth = scene.truth
    row: Row = {
        "kind": kind,
        "cover": round(float(truth.canopy.mean()), 3),
        "stress": float(scene.shot.crop.stress),
        "photo_iou": iou(photo.mask > 0, truth.canopy),
        "bands_iou": iou(bands.mask > 0, truth.canopy),
        "photo_opinion": int(photo.detection.opinion),
        "bands_opinion": int(bands.detection.opinion),
        **_warmth("bands", bands.detection.canopy_temperature_c, truth.canopy_temperature_c),
    }
    cool = None if frame.temperature_c is None else thermal_canopy(frame.temperature_c)
    if frame.temperature_c is not None and cool is not None:
        row["thermal_iou"] = iou(cool, truth.canopy)
        found = canopy_temperature_c(frame.temperature_c, cool)
        row |= _warmth("thermal", found, truth.canopy_temperature_c)
    return row


def means(rows: list[Row]) -> list[Row]:
    """Mean of every figure over the scenes of a kind, with the worst IoU and the mean size of temperature errors."""
    kinds = list(dict.fromkeys(str(row["kind"]) for row in rows))
    return [_of_kind(kind, [row for row in rows if row["kind"] == kind]) for kind in kinds]


def _of_kind(kind: str, rows: list[Row]) -> Row:
    found: Row = {"kind": kind, "scenes": len(rows)}
    for name in ("photo_iou", "bands_iou", "thermal_iou"):
        values = _known(rows, name)
        if values:
            found |= {name: round(float(np.mean(values)), 3), f"{name}_worst": round(min(values), 3)}
    for name in ("bands_error_k", "thermal_error_k"):
        values = _known(rows, name)
        if values:
            found |= {name: round(float(np.mean(values)), 2), f"{name}_size": round(float(np.mean(np.abs(values))), 2)}
    found["thermal_answers"] = len(_known(rows, "thermal_iou"))  # no mean counts scenes without two classes
    shares = {f"{name}s": _known(rows, name) for name in ("photo_opinion", "bands_opinion")}
    return found | {name: round(float(np.mean(values)), 2) for name, values in shares.items() if values}


def _known(rows: list[Row], name: str) -> list[float]:
    return [value for row in rows if isinstance(value := row.get(name), int | float)]


def iou(answer: Mask, canopy: Mask) -> float:
    """Intersection over union of two masks (H, W); 1 where both are empty."""
    both, either = overlap(canopy, answer)
    return round(both / either, 3) if either else 1.0


def _warmth(name: str, found_c: float | None, true_c: float | None) -> Mapping[str, Any]:
    """Error of a canopy temperature [K]; nothing where there is no answer or no canopy."""
    return {} if found_c is None or true_c is None else {f"{name}_error_k": round(found_c - true_c, 2)}
