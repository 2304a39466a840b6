"""From trained canopy weights to the 8-bit graph and its card."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from models.canopy.marking import SIZE, mask_of, network_input
from models.canopy.network import CanopyNet
from models.canopy.photos import Photo, read_photos
from models.canopy.train import settings_of
from models.cards import Card, dataset_entry, size_and_hash, write_card
from models.evaluation.figures import overlap
from models.job import Job, machine
from models.quantise import answers, export_float, milliseconds, quantise
from models.registry import DATASETS, checked_folder

VERSION: Final = "1.1.0"
OUTPUT: Final = "canopy_logit"
KINDS: Final = ("Conv", "Concat", "Resize")
TILE: Final = (256, 256)
CALIBRATION_EVERY: Final = 5
LICENCE: Final = "CC-BY-SA-4.0: the weights derive from peanut_seg, (c) 2023 T. H. Y. Tran and T. D. K. Phan"
OUT_OF_SCOPE: Final = (
    "closed canopies: leaves in deep shade are missed, so that the cover fraction is a lower bound there",
    "night, fog, a covered or dirty lens",
    "thermal or multispectral frames",
    "dry or senescent plants: only green vegetation was drawn in the training masks",
    "views from far above, where a plant is smaller than a few pixels",
    "telling the crop from weeds: every green plant is canopy",
)
SECTIONS: Final = ("bias", "robustness", "closed_canopies_synthetic", "closed_canopies_photographed")
NOT_TRAINED_ON: Final = (
    "any crop but peanut and its weeds, any place but one, any camera but one",
    "closed canopies: they were composed from photos of single plants",
    "shadow, haze, other lights and other white balances: they were drawn into the same photos",
)
PROSE: Final = """
Marks green vegetation in an RGB photo. A plain 3x3 U-Net, trained from scratch on close field photos of one crop on
bare soil at one place, with strong changes of colour, light, scale and cover. Greenness is given against the frame's
own mean and spread, which finds thin weeds on soil of any tint, and by no measure, for frames without soil. Other
crops, closed canopies and other cameras were imitated, never photographed: the figures below hold for blocks of the
same data set that were held out. What the network is shown and how canopies are composed were chosen in shorter trials
on these same blocks, so the figures are mildly optimistic; the length of the training and the share of composed
canopies were settled before they were seen. Where the network is below the untrained rule Lab a* + Otsu, the list
below_untrained_rule says so.

Closed canopies: closed_canopies_synthetic holds scenes composed of the plants of blocks held out, with their masks;
closed_canopies_photographed holds the share marked in every fortieth photo of soybean rows seen obliquely by another
camera (30 photos without masks, in which the eye sees plants over most of the frame). Gaps in deep shade stay unmarked.
"""


def parity(photos: Sequence[Photo], exact: Path, packed: Path) -> dict[str, object]:
    """How far the 8-bit masks are from the 32-bit ones on the same photos."""
    inputs = [network_input(photo.image) for photo in photos]
    pairs = [
        (mask_of(one[0], photo.mask.shape), mask_of(two[0], photo.mask.shape))
        for photo, one, two in zip(photos, answers(exact, inputs), answers(packed, inputs), strict=True)
    ]
    shared = np.array([overlap(one, two) for one, two in pairs])
    return {
        "mask_pixels_equal_fraction": round(float(np.mean([(one == two).mean() for one, two in pairs])), 5),
        "iou_of_8_and_32_bits": round(float(shared[:, 0].sum() / max(int(shared[:, 1].sum()), 1)), 4),
    }


def calibration_inputs(photos: Sequence[Photo]) -> list[NDArray[np.float32]]:
    """Every fifth photo, in three lights, as the range finder of the activations sees it."""
    chosen = [network_input(photo.image) for photo in photos[::CALIBRATION_EVERY]]
    return [np.clip(image * gain, 0, 1).astype(np.float32) for image in chosen for gain in (0.6, 1.0, 1.4)]


def export(network: CanopyNet, photos: Sequence[Photo], folder: Path) -> dict[str, object]:
    """Write ``canopy.onnx`` in 8 bits and return what was measured on the way."""
    target = folder / "canopy.onnx"
    with tempfile.TemporaryDirectory() as place:
        exact = Path(place) / "exact.onnx"
        export_float(network, SIZE, OUTPUT, exact)
        quantise(exact, target, calibration_inputs(photos), KINDS)
        measured = parity(photos, exact, target)
        exact_ms = milliseconds(exact, TILE)
    return {
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "bytes": size_and_hash(target)[0],
        "machine": machine(),
        "milliseconds_per_256x256": round(milliseconds(target, TILE), 2),
        "milliseconds_per_256x256_32_bits": round(exact_ms, 2),
        "milliseconds_per_frame": round(milliseconds(target, SIZE), 2),
        **measured,
    }


def card_of(job: Job, folder: Path, measured: dict[str, object], evaluation: dict[str, object]) -> Card:
    """The card's content; only the figures differ from one export to the next."""
    settings = settings_of(job)
    rest = dict(evaluation)
    sections: dict[str, object] = {name: rest.pop(name) for name in SECTIONS if name in rest}
    _, digest = size_and_hash(folder / "canopy.onnx")
    return {
        "name": "canopy",
        "version": VERSION,
        "file": "canopy.onnx",
        "sha256": digest,
        "task": "canopy",
        "licence": LICENCE,
        "licence_known": True,
        "evaluated_crops": [],
        "out_of_scope": list(OUT_OF_SCOPE),
        "not_trained_on": list(NOT_TRAINED_ON),
        "input": {"name": "image", "height": SIZE[0], "width": SIZE[1], "colour": "rgb", "scale": "0..1"},
        "output": {"name": OUTPUT, "shape": [1, SIZE[0] // 2, SIZE[1] // 2], "stride": 2},
        "calibration": {"canopy_threshold": 0.5},
        "training": {
            "datasets": [dataset_entry(DATASETS["peanut_seg"], job.data)],
            "split": str(evaluation["split"]),
            "steps": settings.steps,
            "batch": settings.batch,
            "window_px": settings.size,
            "seed": settings.seed,
        },
        "export": measured,
        "evaluation": rest,
        **sections,
    }


def run(job: Job) -> Path:
    """Export the job's weights with the job's figures; the card stands beside the graph."""
    photos = read_photos(checked_folder(DATASETS["peanut_seg"], job.data))
    network = CanopyNet()
    network.load_state_dict(torch.load(job.weights("canopy"), weights_only=True))
    folder = job.out / "canopy"
    measured = export(network.eval(), photos, folder)
    evaluation = json.loads(job.figures("canopy").read_text(encoding="utf-8"))
    write_card(folder, card_of(job, folder, measured, evaluation), PROSE)
    return folder
