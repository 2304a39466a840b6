"""The canopy mask judged on blocks of photos it never saw, beside two rules that need no training."""

from collections.abc import Callable, Sequence
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from models.canopy.classical import Mask, excess_green_mask, lab_mask
from models.canopy.network import CanopyNet
from models.canopy.photos import Photo, read_photos
from models.canopy.train import TrainingSettings, settings_of, train
from models.evaluation.figures import bootstrap, overlap, shortfalls
from models.job import Job
from models.registry import DATASETS, checked_folder

SIZE: Final = (384, 512)
NETWORK_ROW: Final = "network, 32 bits"
RULE_ROW: Final = "Lab a* + Otsu"
BETTER: Final = {"iou_pooled": 1, "iou_mean": 1, "cover_mean_absolute_error": -1}
Row = dict[str, object]
Overlaps = NDArray[np.int64]


def network_input(image: NDArray[np.uint8], size: tuple[int, int] = SIZE) -> NDArray[np.float32]:
    """The photo as the graph takes it: (1, 3, H, W) in 0..1, the whole frame resized by area."""
    height, width = size
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small.transpose(2, 0, 1)[None], dtype=np.float32) / np.float32(255)


def mask_of(logits: NDArray[np.float32], shape: tuple[int, ...]) -> Mask:
    """Logits (h, w) brought to the photo's own size, vegetation where they are positive."""
    grown = cv2.resize(logits, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    mask: Mask = grown > 0
    return mask


def network_mask(network: CanopyNet, image: NDArray[np.uint8]) -> Mask:
    """Vegetation of a photo by the network in 32 bits."""
    with torch.no_grad():
        logits = network(torch.from_numpy(network_input(image))).numpy()
    return mask_of(logits[0, 0], image.shape)


def figures(overlaps: Overlaps, covers: NDArray[np.float64], blocks: NDArray[np.int64], seed: int) -> Row:
    """Pooled and mean intersection over union of photos (N, 2), and the error of the cover fraction (N,)."""
    pooled = bootstrap(
        blocks,
        lambda rows: float(overlaps[rows, 0].sum() / max(int(overlaps[rows, 1].sum()), 1)),
        np.random.default_rng(seed),
    )
    found = {
        "iou_pooled": pooled.value,
        "iou_mean": float((overlaps[:, 0] / np.maximum(overlaps[:, 1], 1)).mean()),
        "cover_bias": float(covers.mean()),
        "cover_mean_absolute_error": float(np.abs(covers).mean()),
    }
    return {"images": len(overlaps), **{name: round(value, 4) for name, value in found.items() if value is not None}}


def rows_of(photos: Sequence[Photo], masks: Sequence[Mask], method: str, seed: int) -> list[Row]:
    """Figures of one method by block and together."""
    overlaps = np.array([overlap(photo.mask, mask) for photo, mask in zip(photos, masks, strict=True)])
    covers = np.array([float(mask.mean() - photo.mask.mean()) for photo, mask in zip(photos, masks, strict=True)])
    blocks = np.array([photo.block for photo in photos])
    rows: list[Row] = []
    for block in [*np.unique(blocks).tolist(), None]:
        chosen = np.ones(len(photos), dtype=bool) if block is None else blocks == block
        name = "all" if block is None else f"{80 * block + 1}-{80 * block + 80}"
        rows.append(
            {"method": method, "block": name, **figures(overlaps[chosen], covers[chosen], blocks[chosen], seed)}
        )
    return rows


def held_out_masks(photos: Sequence[Photo], settings: TrainingSettings, told: Callable[[str], None]) -> dict[int, Mask]:
    """Mask of every photo, by its number, from a network that saw no photo of its block."""
    masks: dict[int, Mask] = {}
    for block in sorted({photo.block for photo in photos}):
        told(f"canopy: training without block {block + 1}")
        network = train([photo for photo in photos if photo.block != block], settings, told)
        masks.update({photo.number: network_mask(network, photo.image) for photo in photos if photo.block == block})
    return masks


def evaluate(
    photos: Sequence[Photo], settings: TrainingSettings, told: Callable[[str], None] = lambda _: None
) -> dict[str, object]:
    """Every figure of the card: the network on blocks held out, and the two untrained rules on the same photos."""
    masks = held_out_masks(photos, settings, told)
    rows = [
        *rows_of(photos, [masks[photo.number] for photo in photos], NETWORK_ROW, settings.seed),
        *rows_of(photos, [lab_mask(photo.image) for photo in photos], RULE_ROW, settings.seed),
        *rows_of(photos, [excess_green_mask(photo.image) for photo in photos], "ExG + Otsu", settings.seed),
    ]
    return {
        "split": "leave-block-of-80-out",
        "rows": rows,
        "below_untrained_rule": shortfalls(rows, "block", (NETWORK_ROW, RULE_ROW), BETTER),
    }


def run(job: Job) -> dict[str, object]:
    """Rebuild the card's figures from the data set, networks trained anew without each block."""
    photos = read_photos(checked_folder(DATASETS["peanut_seg"], job.data))
    return evaluate(photos, settings_of(job), job.told)
