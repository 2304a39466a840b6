"""Training of the wilting score: figures of every photo, and a machine fitted to them in closed steps."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import torch

from edge.figures import photo_figures
from models.job import Job
from models.registry import DATASETS, checked_folder
from models.wilting.head import Numbers
from models.wilting.light import relit_figures
from models.wilting.machine import Lessons, Machine, MachineSettings, fit_machine
from models.wilting.photos import Photos, read_photos

SETTINGS: Final = MachineSettings(nuisance=10.0, light=30.0, width=0.1, cost=20.0)
PARTS: Final = ("centre", "spread", "turn", "supports", "weights", "offset", "width", "slope", "cuts")
TOLD_EVERY: Final = 200


def figures_of(photos: Photos, told: Callable[[str], None] = lambda _: None) -> Numbers:
    """Figures (N, D) of every photo."""
    rows = []
    for index, image in enumerate(photos.images):
        rows.append(photo_figures(image))
        if index % TOLD_EVERY == 0:
            told(f"wilting: figures of photo {index + 1} of {len(photos)}")
    return np.array(rows, dtype=np.float64)


def lessons_of(photos: Photos, told: Callable[[str], None] = lambda _: None) -> Lessons:
    """Everything a machine learns of the photos."""
    return Lessons(
        figures=figures_of(photos, told),
        relit=relit_figures(photos.images, told),
        scores=photos.scores,
        episodes=photos.episodes,
        chains=photos.chains,
    )


def train(photos: Photos, told: Callable[[str], None] = lambda _: None) -> Machine:
    """The machine fitted on every photo; the lights are drawn from a fixed seed, the rest is deterministic."""
    return fit_machine(lessons_of(photos, told), SETTINGS)


def saved(machine: Machine, path: Path) -> None:
    """Leave a machine in a file that holds numbers only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {name: np.asarray(getattr(machine, name), dtype=np.float64) for name in PARTS}
    torch.save({name: torch.from_numpy(array) for name, array in arrays.items()}, path)


def restored(path: Path) -> Machine:
    """The machine that ``saved`` left."""
    held = torch.load(path, weights_only=True)
    arrays = {name: np.asarray(held[name].numpy(), dtype=np.float64) for name in PARTS}
    return Machine(
        centre=arrays["centre"],
        spread=arrays["spread"],
        turn=arrays["turn"],
        supports=arrays["supports"],
        weights=arrays["weights"],
        offset=float(arrays["offset"]),
        width=float(arrays["width"]),
        slope=float(arrays["slope"]),
        cuts=tuple(arrays["cuts"].tolist()),
    )


def run(job: Job) -> Path:
    """Train on every episode and leave the weights in the job's folder."""
    photos = read_photos(checked_folder(DATASETS["soybean_wilting"], job.data), job.labelled)
    path = job.weights("wilting")
    saved(train(photos, job.told), path)
    return path
