"""The canopy mask judged on blocks of photos it never saw, beside two rules that need no training."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.canopy.classical import Mask, excess_green_mask, lab_mask
from models.canopy.closed import closed_sections
from models.canopy.groups import groups_of, leave_answers
from models.canopy.marking import network_mask
from models.canopy.network import CanopyNet
from models.canopy.photos import Photo, read_photos
from models.canopy.train import TrainingSettings, settings_of, train
from models.evaluation.bars import Bar
from models.evaluation.battery import Worst, battery
from models.evaluation.figures import bootstrap, overlap, shortfalls
from models.evaluation.perturbations import Perturbation, perturbations
from models.evaluation.robustness import UNCHANGED
from models.job import Job
from models.registry import DATASETS, checked_folder

CHANGED_EVERY: Final = 4
HALF: Final = 127
NETWORK_ROW: Final = "network, 32 bits"
RULE_ROW: Final = "Lab a* + Otsu"
BETTER: Final = {"iou_pooled": 1, "iou_mean": 1, "cover_mean_absolute_error": -1}
Row = dict[str, object]
Overlaps = NDArray[np.int64]


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


def measured(photos: Sequence[Photo], masks: Sequence[Mask]) -> tuple[Overlaps, NDArray[np.float64]]:
    """Pixels of each photo in both and in either mask (N, 2), and the error of its cover fraction (N,)."""
    pairs = list(zip(photos, masks, strict=True))
    overlaps = np.array([overlap(photo.mask, mask) for photo, mask in pairs])
    return overlaps, np.array([float(mask.mean() - photo.mask.mean()) for photo, mask in pairs])


def rows_of(photos: Sequence[Photo], masks: Sequence[Mask], method: str, seed: int) -> list[Row]:
    """Figures of one method by block and together."""
    overlaps, covers = measured(photos, masks)
    blocks = np.array([photo.block for photo in photos])
    rows: list[Row] = []
    for block in [*np.unique(blocks).tolist(), None]:
        chosen = np.ones(len(photos), dtype=bool) if block is None else blocks == block
        name = "all" if block is None else f"{80 * block + 1}-{80 * block + 80}"
        rows.append(
            {"method": method, "block": name, **figures(overlaps[chosen], covers[chosen], blocks[chosen], seed)}
        )
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """Masks of photos, in their order, by networks that saw none of their block; overlaps (M, 2) under each change."""

    networks: Mapping[int, CanopyNet]
    masks: tuple[Mask, ...]
    changed: Mapping[str, Overlaps]


def changed_overlap(network: CanopyNet, photo: Photo, change: Perturbation) -> tuple[int, int]:
    """Pixels in both and in either mask of a changed photo; where pixels move, the drawn mask moves with them."""
    truth = change.change(photo.mask.astype(np.uint8) * 255) > HALF if change.moves else photo.mask
    return overlap(truth, network_mask(network, change.change(photo.image)))


def held_out(photos: Sequence[Photo], settings: TrainingSettings, told: Callable[[str], None]) -> HeldOut:
    """Every photo, and every fourth under each standard change, by a network that saw no photo of its block."""
    masks: dict[int, Mask] = {}
    networks: dict[int, CanopyNet] = {}
    changed: dict[str, list[tuple[int, int]]] = {change.name: [] for change in perturbations()}
    for block in sorted({photo.block for photo in photos}):
        told(f"canopy: training without block {block + 1}")
        networks[block] = network = train([photo for photo in photos if photo.block != block], settings, told)
        own = [photo for photo in photos if photo.block == block]
        masks.update({photo.number: network_mask(network, photo.image) for photo in own})
        for change in perturbations():
            changed[change.name] += [changed_overlap(network, photo, change) for photo in own[::CHANGED_EVERY]]
    return HeldOut(
        networks=networks,
        masks=tuple(masks[photo.number] for photo in photos),
        changed={name: np.array(overlaps) for name, overlaps in changed.items()},
    )


def changed_rows(photos: Sequence[Photo], answer: HeldOut) -> list[Row]:
    """Pooled intersection over union of every fourth photo of each block, unchanged and changed, the worst first."""
    overlaps, _ = measured(photos, answer.masks)
    blocks = [photo.block for photo in photos]
    chosen = [
        row for block in sorted(set(blocks)) for row in np.flatnonzero(np.array(blocks) == block)[::CHANGED_EVERY]
    ]
    whole = pooled(overlaps[chosen])
    rows: list[Row] = [
        {"change": name, "iou_pooled": round(pooled(found), 4), "iou_pooled_lost": round(whole - pooled(found), 4)}
        for name, found in answer.changed.items()
    ]
    rows.sort(key=lambda row: -float(str(row["iou_pooled_lost"])))
    return [{"change": UNCHANGED, "images": len(chosen), "iou_pooled": round(whole, 4)}, *rows]


def pooled(overlaps: Overlaps) -> float:
    """Intersection over union of all pixels of photos (N, 2) together."""
    return float(overlaps[:, 0].sum() / max(int(overlaps[:, 1].sum()), 1))


def bias_rows(photos: Sequence[Photo], masks: Sequence[Mask]) -> list[Row]:
    """Figures by block, light and true cover, the worst group first."""
    overlaps, covers = measured(photos, masks)
    groups = {name: names for name, names in groups_of(photos).items() if name != "run"}

    def found(rows: NDArray[np.int64]) -> dict[str, float | None]:
        return {
            "iou_pooled": pooled(overlaps[rows]),
            "cover_bias": float(covers[rows].mean()),
            "cover_mean_absolute_error": float(np.abs(covers[rows]).mean()),
        }

    return battery(found, groups, Worst(figure="iou_pooled", better=1))


def evaluate(
    photos: Sequence[Photo], settings: TrainingSettings, told: Callable[[str], None] = lambda _: None
) -> tuple[dict[str, object], HeldOut]:
    """Every figure of the card, and the held-out masks: the network on blocks held out beside two untrained rules."""
    answer = held_out(photos, settings, told)
    network_rows = rows_of(photos, answer.masks, NETWORK_ROW, settings.seed)
    rows = [
        *network_rows,
        *rows_of(photos, [lab_mask(photo.image) for photo in photos], RULE_ROW, settings.seed),
        *rows_of(photos, [excess_green_mask(photo.image) for photo in photos], "ExG + Otsu", settings.seed),
    ]
    bar = Bar(what="IoU of a block of the same set held out, the lowest", least=0.82)
    return {
        "split": "leave-block-of-80-out",
        "bars": [
            bar.row(min(float(str(row["iou_pooled"])) for row in network_rows[:-1])),
            Bar(what="IoU on unseen sets and cameras", least=0.87).row(
                None, "no other set with drawn masks is at hand"
            ),
        ],
        "rows": rows,
        "below_untrained_rule": shortfalls(rows, "block", (NETWORK_ROW, RULE_ROW), BETTER),
        "bias": {"worst_first": bias_rows(photos, answer.masks)},
        "robustness": {"rows": changed_rows(photos, answer)},
    }, answer


def run(job: Job) -> dict[str, object]:
    """Rebuild the card's figures from the data set, networks trained anew without each block."""
    photos = read_photos(checked_folder(DATASETS["peanut_seg"], job.data))
    found, answer = evaluate(photos, settings_of(job), job.told)
    leave_answers(job, photos, *measured(photos, answer.masks))
    return found | closed_sections(photos, answer.networks, job.data, network_mask, settings_of(job).seed)
