"""Tiles to learn from: features of each tile of many views, and what each tile shows."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from models.scene.augment import View, changed, plain
from models.scene.drawn import KINDS
from models.scene.network import CLASSES, FEATURES, TILES, SceneNet
from models.scene.photos import FieldPhoto
from models.scene.sources import Picture

PLANTS: Final = CLASSES.index("plants")
SOIL: Final = CLASSES.index("soil")
OTHER: Final = CLASSES.index("other")
SOIL_COVER: Final = 0.01
"""A tile of a field photo with less than this share of plants is soil."""
SEED: Final = 20261122
DRAWN_EACH: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiles:
    """Features (T, 240) of T tiles, their class (T,) and the set each came from (T,)."""

    features: NDArray[np.float32]
    kinds: NDArray[np.int64]
    groups: NDArray[np.str_]

    def of(self, rows: NDArray[np.bool_]) -> "Tiles":
        """The tiles of some rows."""
        return Tiles(features=self.features[rows], kinds=self.kinds[rows], groups=self.groups[rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One view with the set it came from and whether it shows a field."""

    group: str
    view: View
    field: bool


def field_lessons(photos: Iterable[FieldPhoto], random: np.random.Generator) -> Iterator[Lesson]:
    """Each daylight photo as it is and changed: once where there are many near-duplicates, four times where not."""
    for photo in photos:
        if not photo.daylight:
            continue
        yield Lesson(group=photo.group, view=plain(photo.image, photo.mask), field=True)
        for _ in range(1 if photo.mask is None else 4):
            yield Lesson(group=photo.group, view=changed(photo.image, photo.mask, random), field=True)


def other_lessons(pictures: Iterable[Picture], random: np.random.Generator) -> Iterator[Lesson]:
    """Each picture without a crop as it is and changed three times."""
    for picture in pictures:
        yield Lesson(group=picture.source, view=plain(picture.image), field=False)
        for _ in range(3):
            yield Lesson(group=picture.source, view=changed(picture.image, None, random), field=False)


def drawn_pictures(random: np.random.Generator, each: int = DRAWN_EACH) -> Iterator[Picture]:
    """Drawn pictures without a crop, some of every kind."""
    for kind, draw in KINDS.items():
        for number in range(each):
            yield Picture(source=f"drawn: {kind}", name=str(number), image=draw(random))


def kinds_of(lesson: Lesson) -> NDArray[np.int64]:
    """Class of each tile (12,) of a view."""
    count = TILES[0] * TILES[1]
    if not lesson.field:
        return np.full(count, OTHER)
    if lesson.view.cover is None:
        return np.full(count, PLANTS)
    rows, columns = lesson.view.cover.shape
    cover = lesson.view.cover.reshape(TILES[0], rows // TILES[0], TILES[1], columns // TILES[1]).mean(axis=(1, 3))
    return np.where(cover.ravel() < SOIL_COVER, SOIL, PLANTS)


def features_of(network: SceneNet, views: Sequence[View]) -> NDArray[np.float32]:
    """Features (N, 12, 240) of the tiles of N views."""
    if not views:
        return np.zeros((0, TILES[0] * TILES[1], FEATURES), dtype=np.float32)
    rows = []
    with torch.no_grad():
        for view in views:
            found = network.features(torch.from_numpy(np.ascontiguousarray(view.image.transpose(2, 0, 1)[None])))
            rows.append(found.numpy()[0].reshape(FEATURES, -1).T)
    return np.array(rows, dtype=np.float32)


def tiles_of(network: SceneNet, lessons: Iterable[Lesson], told: Callable[[str], None] = lambda _: None) -> Tiles:
    """Tiles of all lessons."""
    features, kinds, groups = [], [], []
    for index, lesson in enumerate(lessons):
        features.append(features_of(network, [lesson.view])[0])
        kinds.append(kinds_of(lesson))
        groups.append(np.full(len(kinds[-1]), lesson.group, dtype="U64"))
        if index % 500 == 0:
            told(f"scene: features of view {index + 1}")
    return Tiles(features=np.concatenate(features), kinds=np.concatenate(kinds), groups=np.concatenate(groups))
