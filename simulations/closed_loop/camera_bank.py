"""What the shipped models answer to rendered pictures of known cover: the error that simulated cameras have.

A simulation sees hundreds of thousands of pictures; rendering each would take days. A bank of pictures is rendered
once (SYNTHETIC; ``simulations.scene``), read by the real gateway code with the real ONNX models, and kept with their
hashes. Simulated cameras draw their errors from the entries whose true cover is nearest. Make it anew with
``python -m simulations.closed_loop.camera_bank``.
"""

from __future__ import annotations

import json
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from cloud.variables import Floats
from edge.card import packaged_models
from simulations.scene.settings import Camera, Crop, Rows, Shot, Sun

BANK: Final = Path(__file__).parent / "camera_bank.json"
SCENES: Final = 120
SEED: Final = 20_261_122
NEAREST: Final = 12
"""Entries among which an answer is drawn."""
_COVERS: Final = (0.04, 0.96)
_TAKEN_AT: Final = datetime(2026, 7, 1, 11, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraBank:
    """Rendered pictures and what the models said; arrays (N,), NaN in ``told`` where they abstained."""

    models: dict[str, str]
    """SHA-256 of each model that answered."""
    true_cover: Floats
    told_cover: Floats
    reasons: tuple[str, ...]

    @property
    def abstained_fraction(self) -> float:
        """Share of the pictures without an answer."""
        return float(np.isnan(self.told_cover).mean())

    def told(self, cover: float, chance: float) -> float | None:
        """Answer to a picture of true ``cover``, by a chance in 0..1; None is an abstention."""
        order = np.argsort(np.abs(self.true_cover - cover), kind="stable")[:NEAREST]
        one = order[min(int(chance * order.size), order.size - 1)]
        if np.isnan(self.told_cover[one]):
            return None
        return float(np.clip(cover + self.told_cover[one] - self.true_cover[one], 0.0, 1.0))


@cache
def camera_bank() -> CameraBank:
    """The bank that is kept with the code."""
    content = json.loads(BANK.read_text(encoding="utf-8"))
    rows = content["pictures"]
    return CameraBank(
        models=dict(content["models"]),
        true_cover=np.array([row["cover"] for row in rows], dtype=np.float64),
        told_cover=np.array([np.nan if row["told"] is None else row["told"] for row in rows], dtype=np.float64),
        reasons=tuple(row["reason"] for row in rows),
    )


def shipped_models() -> dict[str, str]:
    """SHA-256 of the models that look at colour photos, as their cards state them."""
    cards = {name: packaged_models() / name / "card.toml" for name in ("canopy", "scene")}
    return {name: str(tomllib.loads(card.read_text(encoding="utf-8"))["sha256"]) for name, card in cards.items()}


def rendered(scenes: int = SCENES) -> Iterator[dict[str, object]]:
    """Rows of the bank, one rendered picture each, read by the gateway's own detector."""
    from edge.detector import Detector  # noqa: PLC0415 -- heavy: only where pictures are rendered
    from edge.frame import load_frame  # noqa: PLC0415 -- as above
    from simulations.scene.files import write_scene  # noqa: PLC0415 -- as above
    from simulations.scene.render import render_parcel  # noqa: PLC0415 -- as above

    detector = Detector(threads=1)
    with tempfile.TemporaryDirectory(prefix="seguia-bank-") as place:
        for number in range(scenes):
            generator = np.random.default_rng((SEED, number))
            scene = render_parcel(_shot(number, scenes, generator), generator)
            files = write_scene(scene, Path(place), name="scene", taken_at=_TAKEN_AT)
            answer = detector.detect(load_frame(files.photo)).detection
            told = answer.canopy_cover_fraction if answer.opinion else None
            yield {
                "cover": round(float(scene.truth.canopy.mean()), 4),
                "told": told,
                "reason": "" if told is not None else (answer.reasons[0] if answer.reasons else "no_model"),
            }


def _shot(number: int, scenes: int, generator: np.random.Generator) -> Shot:

    cover = _COVERS[0] + (_COVERS[1] - _COVERS[0]) * number / max(scenes - 1, 1)
    tint = tuple(float(value) for value in generator.normal(1.0, 0.05, 3))
    return Shot(
        rows=Rows(spacing_m=float(generator.uniform(0.5, 0.9)), direction_deg=float(generator.uniform(0.0, 90.0))),
        crop=Crop(cover_fraction=cover, height_m=0.25 + 0.6 * cover, stress=float(generator.uniform(0.0, 0.5))),
        sun=Sun(elevation_deg=float(generator.uniform(30.0, 70.0)), azimuth_deg=float(generator.uniform(110.0, 250.0))),
        camera=Camera(
            blur_px=float(generator.uniform(0.4, 1.0)),
            noise_fraction=float(generator.uniform(0.005, 0.015)),
            white_balance=(tint[0], tint[1], tint[2]),
        ),
        soil_brightness=float(generator.uniform(0.4, 1.0)),
    )


def main() -> None:
    """Render the bank anew and keep it beside the code."""
    rows = list(rendered())
    lines = ",\n".join(json.dumps(row) for row in rows)
    label = "SYNTHETIC: rendered pictures, no field data"
    content = f'{{"label": "{label}", "models": {json.dumps(shipped_models())}, "pictures": [\n{lines}\n]}}\n'
    BANK.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
