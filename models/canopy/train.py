"""Training of the canopy mask: same seed, same data, same network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.nn import functional

from models.canopy.augment import densest_first, sample
from models.canopy.network import STRIDE, CanopyNet
from models.canopy.photos import Photo, read_photos
from models.job import Job
from models.registry import DATASETS, checked_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSettings:
    """How long and how wide the training runs; the seed decides every random draw of it."""

    steps: int = 1800
    batch: int = 12
    size: int = 160
    peak_rate: float = 3e-3
    seed: int = 20261122
    threads: int = 1


def batch_of(
    photos: Sequence[Photo], settings: TrainingSettings, random: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Images (N, 3, S, S) and soft masks (N, 1, S/2, S/2) drawn from photos given densest first."""
    size, small = settings.size, settings.size // STRIDE
    images = np.empty((settings.batch, size, size, 3), dtype=np.float32)
    masks = np.empty((settings.batch, 1, small, small), dtype=np.float32)
    for row in range(settings.batch):
        image, mask = sample(photos, size, random)
        images[row] = image
        masks[row, 0] = cv2.resize(mask, (small, small), interpolation=cv2.INTER_AREA)
    return torch.from_numpy(images.transpose(0, 3, 1, 2)), torch.from_numpy(masks)


def loss_of(logits: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """Cross-entropy plus one minus the soft Dice overlap of the whole batch."""
    probability = torch.sigmoid(logits)
    overlap = (2 * (probability * masks).sum() + 1) / (probability.sum() + masks.sum() + 1)
    return functional.binary_cross_entropy_with_logits(logits, masks) + 1 - overlap


def train(
    photos: Sequence[Photo], settings: TrainingSettings, told: Callable[[str], None] = lambda _: None
) -> CanopyNet:
    """A canopy network trained on the photos, ready for evaluation; progress goes to ``told``."""
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    random = np.random.default_rng(settings.seed)
    network = CanopyNet()
    network.to(memory_format=torch.channels_last)  # a quarter less time a step on a processor
    drawn = densest_first(photos)
    optimiser = torch.optim.AdamW(network.parameters(), lr=settings.peak_rate, weight_decay=1e-4)
    rates = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=settings.peak_rate, total_steps=settings.steps, pct_start=0.15
    )
    network.train()
    for step in range(settings.steps):
        images, masks = batch_of(drawn, settings, random)
        loss = loss_of(network(images), masks)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        rates.step()
        if step % 50 == 0 or step == settings.steps - 1:
            told(f"canopy: step {step + 1} of {settings.steps}, loss {loss.item():.3f}")
    return network.eval()


def run(job: Job) -> Path:
    """Train on every photo and leave the weights in the job's folder."""
    photos = read_photos(checked_folder(DATASETS["peanut_seg"], job.data))
    network = train(photos, settings_of(job), job.told)
    path = job.weights("canopy")
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), path)
    return path


def settings_of(job: Job) -> TrainingSettings:
    """The published settings, shortened when the job says so."""
    usual = TrainingSettings(threads=job.threads)
    return usual if job.steps is None else replace(usual, steps=job.steps)
