"""What is known of the mask in closed canopies, of which no photo with a drawn mask is at hand."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from models.canopy.augment import covered, densest_first, lit, placed
from models.canopy.classical import Mask, lab_mask
from models.canopy.marking import mask_of, network_input
from models.canopy.network import CanopyNet
from models.canopy.photos import BLOCK, Photo, read_rgb
from models.evaluation.figures import overlap
from models.registry import DATASETS

EVERY: Final = 40
SCENES: Final = 20
SCENE_PX: Final = 384
HALF: Final = 0.5
Row = dict[str, object]
Masker = Callable[[CanopyNet, NDArray[np.uint8]], Mask]


def composed_row(network: CanopyNet, photos: Sequence[Photo], seed: int) -> Row:
    """The network and the untrained rule on SYNTHETIC closed canopies laid of the plants of these photos."""
    random, dense = np.random.default_rng(seed), densest_first(photos)
    shared, covers = np.zeros((2, SCENES, 2), dtype=np.int64), np.zeros((SCENES, 2))
    for scene in range(SCENES):
        bare, few = placed(dense[int(random.integers(len(dense)))], SCENE_PX, random)
        image, mask = covered(bare, few, dense[: max(len(dense) // 4, 1)], random)
        picture = (np.clip(lit(image, random), 0, 1) * 255).astype(np.uint8)
        truth, found = mask > HALF, own_size_mask(network, picture)
        shared[:, scene] = overlap(truth, found), overlap(truth, lab_mask(picture))
        covers[scene] = truth.mean(), found.mean()
    true_fraction, found_fraction = covers.mean(axis=0)
    named = {
        "iou_network": shared[0, :, 0].sum() / max(int(shared[0, :, 1].sum()), 1),
        "iou_lab": shared[1, :, 0].sum() / max(int(shared[1, :, 1].sum()), 1),
        "cover_true_fraction": true_fraction,
        "cover_network_fraction": found_fraction,
    }
    return {"scenes": SCENES, **{name: round(float(value), 4) for name, value in named.items()}}


def own_size_mask(network: CanopyNet, picture: NDArray[np.uint8]) -> Mask:
    """Vegetation (h, w) of a picture (h, w, 3) taken at its own size, a multiple of 16."""
    height, width = picture.shape[:2]
    with torch.no_grad():
        logits = network(torch.from_numpy(network_input(picture, (height, width)))).numpy()
    return mask_of(logits[0, 0], picture.shape)


def soybean_paths(data: Path) -> list[Path]:
    """Every fortieth photo of soybean rows seen obliquely by another camera; empty where the set is not at hand."""
    return sorted((data / DATASETS["soybean_wilting"].folder / "img").glob("*.jpg"))[::EVERY]


def soybean_row(network: CanopyNet, paths: Sequence[Path], masker: Masker) -> Row:
    """Marked share of photos without a drawn mask, where the eye sees plants over most of the frame."""
    shares = [float(masker(network, read_rgb(path)).mean()) for path in paths]
    named = zip(("least", "quarter", "median", "most"), np.quantile(shares, (0.0, 0.25, 0.5, 1.0)), strict=True)
    return {"photos": len(paths), **{f"marked_{name}_fraction": round(float(value), 3) for name, value in named}}


def closed_sections(
    photos: Sequence[Photo], networks: Mapping[int, CanopyNet], data: Path, masker: Masker, seed: int
) -> dict[str, object]:
    """SYNTHETIC closed canopies with a mask, the worst first, and real ones without; by the network of each block."""
    paths = soybean_paths(data)
    composed, shares = [], []
    for block, network in networks.items():
        name = f"{BLOCK * block + 1}-{BLOCK * block + BLOCK}"
        own = [photo for photo in photos if photo.block == block]
        composed.append({"plants_of_block": name, **composed_row(network, own, seed)})
        if paths:
            shares.append({"network_without_block": name, **soybean_row(network, paths, masker)})
    composed.sort(key=lambda row: float(str(row["iou_network"])))
    marked = {"closed_canopies_photographed": {"rows": shares}} if shares else {}
    return {"closed_canopies_synthetic": {"rows": composed}, **marked}
