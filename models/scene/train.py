"""Training of the scene gate: frozen features of a packaged network, a head on tiles of fields and of other things."""

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import torch

from models.backbone import folded, packaged_weights
from models.job import Job
from models.scene.head import fit_head, with_head
from models.scene.network import SceneNet
from models.scene.photos import read_fields
from models.scene.sources import TRAINING, Picture, read_source
from models.scene.tiles import SEED, Tiles, drawn_pictures, field_lessons, other_lessons, tiles_of


def backbone() -> SceneNet:
    """The network with its packaged features and an empty head."""
    packed = torch.load(packaged_weights(), weights_only=True)
    network = SceneNet()
    network.stem.load_state_dict(folded(packed, "_conv_stem", "_bn0"))
    for index, stage in enumerate(network.stages):
        place = f"_blocks.{index}"
        if stage.widens:
            stage.expand.load_state_dict(folded(packed, f"{place}._expand_conv", f"{place}._bn0"))
        stage.depthwise.load_state_dict(folded(packed, f"{place}._depthwise_conv", f"{place}._bn1"))
        stage.project.load_state_dict(folded(packed, f"{place}._project_conv", f"{place}._bn2"))
    return network.eval()


def training_pictures(data: Path) -> Iterator[Picture]:
    """Pictures without a crop of every training package."""
    return chain.from_iterable(read_source(source, data) for source in TRAINING)


def training_tiles(network: SceneNet, data: Path, told: Callable[[str], None] = lambda _: None) -> Tiles:
    """Tiles of the field photos, of the training packages and of drawn pictures; same seed, same tiles."""
    random = np.random.default_rng(SEED)
    pictures = chain(training_pictures(data), drawn_pictures(random))
    others = tiles_of(network, other_lessons(pictures, random), told)
    fields = tiles_of(network, field_lessons(read_fields(data), random), told)
    return Tiles(
        features=np.concatenate([fields.features, others.features]),
        kinds=np.concatenate([fields.kinds, others.kinds]),
        groups=np.concatenate([fields.groups, others.groups]),
    )


def run(job: Job) -> Path:
    """Train on every set and leave the weights in the job's folder."""
    torch.set_num_threads(job.threads)
    network = backbone()
    trained = with_head(network, fit_head(training_tiles(network, job.data, job.told)))
    path = job.weights("scene")
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(trained.state_dict(), path)
    return path
