"""Families of faults in what cameras say: poisoned pictures and a corrupted model."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Final

import numpy as np

from cloud.daily import DayInputs
from edge.contract import Detection
from simulations.evaluation.judge.faults import Family


def photos(name: str, summary: str, stress: float, sigma: float, *, scatter: float = 0.0) -> Family:
    """Three days of photos of some parcels that show one stress, or stresses scattered around it."""

    def spoil(inputs: DayInputs, names: frozenset[str], generator: np.random.Generator) -> DayInputs:
        shown = tuple(
            Detection.model_validate(
                {
                    "parcel_id": parcel_id,
                    "taken_at": f"{inputs.day - timedelta(days=back)}T12:00:00Z",
                    "sha256": hashlib.sha256(f"{parcel_id} {back}".encode()).hexdigest(),
                    "model": {"name": "thermal", "version": "1.0.0", "sha256": "c" * 64},
                    "opinion": True,
                    "stress_index": float(np.clip(stress + scatter * generator.normal(), 0.0, 1.0)),
                    "stress_sigma": sigma,
                }
            )
            for parcel_id in sorted(names)
            for back in (1, 2, 3)
        )
        return replace(inputs, detections=(*inputs.detections, *shown))

    return Family(name=name, kind="photos", summary=summary, everyone=False, inputs=spoil)


PHOTO_FAMILIES: Final = (
    photos("photos that see no stress", "poisoned: no stress, and sure of it", 0.0, 0.02),
    photos("photos that see stress", "poisoned: full stress, and sure of it", 0.95, 0.02),
    photos("a model that says one thing", "a corrupted model: half stress everywhere", 0.5, 0.02),
)
