"""How well a camera's memory tells a moved or stuck camera: the gateway's own rules, walked through real photos."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.history import LastPhoto, Look, Place, is_elsewhere, is_frozen, placed
from models.history.cameras import AT_ONCE_S
from models.history.photos import CameraPhotos, Picture, look_of, picture_of

FEWEST_PHOTOS: Final = 8
SAME_HOUR: Final = 1.0
STRANGERS: Final = 3
EVERY: Final = 5
NOISE_LEVELS: Final = 4.0
STORED_QUALITY: Final = 40
Row = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One photo of a camera, and the place remembered before it."""

    index: int
    place: Place


def walked(looks: Sequence[Look], rows: NDArray[np.int64]) -> tuple[list[Step], int]:
    """Steps of a camera's photos, given in the order of time, once it was settled, and how many seemed moved."""
    place, steps, moved = Place(), [], 0
    for index in rows:
        if place.settled:
            steps.append(Step(index=int(index), place=place))
        place, standing = placed(place, looks[index])
        moved += standing == "moved"
    return steps, moved


def in_time(photos: CameraPhotos, groups: NDArray[np.int64] | NDArray[np.str_]) -> Iterator[NDArray[np.int64]]:
    """Rows of each group with enough photos, in the order of time."""
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        if rows.size >= FEWEST_PHOTOS:
            yield rows[np.argsort(photos.moments_s[rows], kind="stable")]


def shifted(picture: Picture, right: float, down: float) -> Picture:
    """The photo moved by shares of its width and height, its rim mirrored."""
    height, width = picture.shape[:2]
    move = np.array([[1, 0, right * width], [0, 1, down * height]], dtype=np.float64)
    return np.asarray(cv2.warpAffine(picture, move, (width, height), borderMode=cv2.BORDER_REFLECT), dtype=np.uint8)


def turned(picture: Picture, degrees: float) -> Picture:
    """The photo turned about its middle, its rim mirrored."""
    height, width = picture.shape[:2]
    move = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return np.asarray(cv2.warpAffine(picture, move, (width, height), borderMode=cv2.BORDER_REFLECT), dtype=np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A way to move a view; ``truth`` is nudged where the rim moves by less than 15 % of the picture."""

    case: str
    truth: str
    change: Callable[[Picture], Picture]


MOVES: Final = (
    Move(case="shifted by 15 % of the width", truth="moved", change=partial(shifted, right=0.15, down=0.0)),
    Move(case="shifted by 15 % of the height", truth="moved", change=partial(shifted, right=0.0, down=-0.15)),
    Move(case="shifted by 25 % of both", truth="moved", change=partial(shifted, right=-0.25, down=0.25)),
    Move(case="turned by 20 degrees", truth="moved", change=partial(turned, degrees=-20.0)),
    Move(case="turned by 10 degrees", truth="nudged", change=partial(turned, degrees=10.0)),
)


def moved_rows(photos: CameraPhotos, seed: int) -> list[Row]:
    """Share of photos called moved: the camera's own (false alarms), other cameras' of the same hour, shifted ones."""
    random = np.random.default_rng(seed)
    steps: list[Step] = []
    rows = []
    for name, groups in (("by views", photos.cameras), ("by the data set's chains", photos.chains)):
        walks = [walked(photos.looks, order) for order in in_time(photos, groups)]
        false, seen = sum(moved for _, moved in walks), sum(len(found) for found, _ in walks)
        rows.append(_row(f"same camera ({name})", "good", false, seen))
        steps = steps or [step for found, _ in walks for step in found]
    strangers = [(step, other) for step in steps for other in _strangers(photos, step.index, random)]
    found = sum(is_elsewhere(step.place, photos.looks[other]) for step, other in strangers)
    rows.append(_row("another camera, same hour", "moved", found, len(strangers)))
    chosen = steps[::EVERY]
    for move in MOVES:
        found = sum(_is_found(photos, step, move.change) for step in chosen)
        rows.append(_row(move.case, move.truth, found, len(chosen)))
    return rows


def frozen_rows(photos: CameraPhotos, seed: int) -> list[Row]:
    """Share of photos called frozen: real successors (false alarms), and the same frame stored again or with noise."""
    random = np.random.default_rng(seed)
    pairs = [(one, two) for order in in_time(photos, photos.cameras) for one, two in pairwise(order)]
    false = sum(is_frozen(_last(photos.looks[one]), photos.looks[two]) for one, two in pairs)
    rows = [_row("the camera's next photo", "good", false, len(pairs))]
    chosen = pairs[::EVERY]
    changes: dict[str, Callable[[Picture], Picture]] = {
        "the same frame stored again": _stored,
        "the same frame with noise": partial(_noisy, random=random),
        "the same frame with another caption": _captioned,
    }
    for name, change in changes.items():
        found = 0
        for one, two in chosen:
            again = look_of(change(picture_of(photos.paths[one])), photos.looks[two].taken_at)
            found += is_frozen(_last(photos.looks[one]), again)
        rows.append(_row(name, "frozen", found, len(chosen)))
    return rows


def _row(case: str, truth: str, called: int, photos: int) -> Row:
    return {"case": case, "truth": truth, "photos": photos, "called": round(called / max(photos, 1), 4)}


def _strangers(photos: CameraPhotos, index: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Rows of a few photos of about the same hour that are surely another camera's: taken at once, or weeks apart."""
    near = np.abs(photos.hours - photos.hours[index]) < SAME_HOUR
    at_once = np.abs(photos.moments_s - photos.moments_s[index]) < AT_ONCE_S
    other_time = photos.episodes != photos.episodes[index]
    fit = np.flatnonzero((photos.cameras != photos.cameras[index]) & near & (at_once | other_time))
    return random.choice(fit, min(STRANGERS, fit.size), replace=False)


def _is_found(photos: CameraPhotos, step: Step, move: Callable[[Picture], Picture]) -> bool:
    look = look_of(move(picture_of(photos.paths[step.index])), photos.looks[step.index].taken_at)
    return is_elsewhere(step.place, look)


def _last(look: Look) -> LastPhoto:
    return LastPhoto(taken_at=look.taken_at, sha256=look.sha256, thumbnail=look.thumbnail)


def _stored(picture: Picture) -> Picture:
    _, stored = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, STORED_QUALITY])
    return np.asarray(cv2.imdecode(stored, cv2.IMREAD_COLOR), dtype=np.uint8)


def _noisy(picture: Picture, random: np.random.Generator) -> Picture:
    return np.clip(picture + random.normal(0.0, NOISE_LEVELS, picture.shape), 0, 255).astype(np.uint8)


def _captioned(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    again = picture.copy()
    again[: height // 25, : width // 3] = 255
    return again
