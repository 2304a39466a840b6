"""The scene gate judged on fields, episodes and packages it never saw, and the whole photo path on bad frames."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from edge.canopy import CanopyReader
from edge.card import packaged_models
from edge.gate import VIEW_LIMIT, SceneView
from models.job import Job
from models.quantise import session_of
from models.scene.augment import plain
from models.scene.bad_frames import PhotoPath, Row, judging_pictures, tables
from models.scene.export import calibration_inputs, network_input, pack
from models.scene.head import Head, fit_head, with_head
from models.scene.network import SceneNet
from models.scene.photos import FieldPhoto, read_fields
from models.scene.tiles import OTHER, Tiles, features_of
from models.scene.train import backbone, training_tiles

Features = NDArray[np.float32]

SOYBEAN: Final = "soybean"
HELD_OUT: Final = "field held out"
NO_CROP: Final = "no crop, package never trained on"


def crop_view(head: Head, features: Features) -> NDArray[np.float64]:
    """Share of field (N,) in N views, from the features (N, 12, 240) of their tiles."""
    return np.asarray(1 - head.shares(features)[:, OTHER], dtype=np.float64)


def held_out_groups(names: NDArray[np.str_]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Each crop as a whole, then each episode alone: the rows that are held out."""
    crops = np.array([name.split()[0] for name in names])
    for crop in np.unique(crops[np.char.startswith(names, SOYBEAN) | (names == "peanut")]):
        yield f"every photo of {crop}", crops == crop
    for name in np.unique(names[np.char.startswith(names, SOYBEAN)]):
        yield f"episode {name}", names == name


def field_rows(tiles: Tiles, photos: list[FieldPhoto], features: Features) -> Iterator[Row]:
    """Accepted shares of daylight field photos under a head fitted without their whole group."""
    names = np.array([photo.group for photo in photos])
    kept = dict(held_out_groups(tiles.groups))
    for label, rows in held_out_groups(names):
        yield accepted_row(label, crop_view(fit_head(tiles.of(~kept[label])), features[rows]))


def accepted_row(label: str, views: NDArray[np.float64]) -> Row:
    """How many views passed, and how near the limit the lowest came."""
    return {
        "what": HELD_OUT,
        "group": label,
        "images": int(views.size),
        "right": round(float((views >= VIEW_LIMIT).mean()), 4),
        "crop_view_p1": round(float(np.percentile(views, 1)), 3),
        "crop_view_median": round(float(np.median(views)), 3),
    }


def package_rows(head: Head, network: SceneNet, job: Job) -> Iterator[Row]:
    """Refused shares of pictures without a crop, by package, all of them unseen."""
    groups: dict[str, list[float]] = {}
    for picture in judging_pictures(job):
        found = crop_view(head, features_of(network, [plain(picture.image)]))
        groups.setdefault(picture.source, []).append(float(found[0]))
    everything = [value for values in groups.values() for value in values]
    for name, values in [*groups.items(), ("all", everything)]:
        views = np.array(values)
        if views.size:
            yield {
                "what": NO_CROP,
                "group": name,
                "images": int(views.size),
                "right": round(float((views < VIEW_LIMIT).mean()), 4),
                "crop_view_p99": round(float(np.percentile(views, 99)), 3),
                "crop_view_median": round(float(np.median(views)), 3),
            }


def packed_path(network: SceneNet, job: Job, place: Path) -> PhotoPath:
    """The photo path with this network in 8 bits, and the installed canopy model."""
    graph = place / "scene.onnx"
    pack(network, graph, calibration_inputs(job))
    session = session_of(graph)

    def view(rgb: NDArray[np.uint8]) -> SceneView:
        (shares,) = session.run(None, {"image": network_input(rgb)})[0]
        plants, soil, other = (float(value) for value in shares)
        return SceneView(plants=plants, soil=soil, other=other, limit=VIEW_LIMIT)

    return PhotoPath(view=view, canopy=CanopyReader(packaged_models()))


def run(job: Job) -> dict[str, object]:
    """Rebuild the card's figures: held-out fields, unseen packages, then good and bad frames through the photo path."""
    torch.set_num_threads(job.threads)
    network = backbone()
    tiles = training_tiles(network, job.data, job.told)
    photos = [photo for photo in read_fields(job.data) if photo.daylight]
    job.told("scene: held-out fields")
    features = features_of(network, [plain(photo.image) for photo in photos])
    rows = list(field_rows(tiles, photos, features))
    head = fit_head(tiles)
    rows += package_rows(head, network, job)
    with tempfile.TemporaryDirectory() as place:
        path = packed_path(with_head(network, head), job, Path(place))
        return {"split": "whole sets, episodes and packages held out", "rows": rows, **tables(path, job)}
