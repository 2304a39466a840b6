"""Pictures whose answers are known: whether this machine's models say what they said where they were made.

Drawn tiles are synthetic, made by whole-number arithmetic alone, so that every machine draws the same; photos may come
with a release besides.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.card import CARD_NAME
from edge.errors import UpdateRefusedError
from edge.network import Network

GOLDEN_FILE: Final = "golden.json"
TOLERANCE: Final = 0.05
"""Share of an answer's spread that it may differ by on average: other processors round 8-bit weights otherwise."""
_SIDE: Final = 8
_HEIGHT: Final = 360
_WIDTH: Final = 480
DRAWN: Final = ("drawn-1", "drawn-2", "drawn-3")

Answer = Annotated[tuple[float, ...], Field(min_length=1, max_length=256)]


class Golden(BaseModel):
    """What each model answers for each picture."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    v: Literal[1] = 1
    tolerance: Annotated[float, Field(gt=0, le=0.5)] = TOLERANCE
    answers: Annotated[dict[str, dict[str, Answer]], Field(min_length=1)]
    """Model, picture, answer."""


def drawn_tile(name: str) -> NDArray[np.uint8]:
    """A synthetic field (360, 480, 3), red first: rows of green on brown soil, grained; the same on every machine."""
    seed = sum(ord(letter) * 31**place for place, letter in enumerate(name)) & 0xFFFF
    y, x = np.mgrid[0:_HEIGHT, 0:_WIDTH].astype(np.int64)
    grain = ((x * 7919 + y * 104729 + seed * 31) * 2654435761 >> 13) & 31
    period = 40 + seed % 50
    plant = ((x + y * (seed % 3) // 4) % period) * 100 < period * (25 + seed % 55)
    soil = np.stack([120 + grain, 92 + grain, 66 + grain], axis=-1)
    leaf = np.stack([52 + grain, 104 + 2 * grain, 40 + grain // 2], axis=-1)
    return np.where(plant[..., None], leaf, soil).astype(np.uint8)


def pictures(folder: Path, names: Iterator[str] | list[str]) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Pictures by name: drawn ones, and photos that lie in the folder of models under ``golden``."""
    for name in names:
        if name in DRAWN:
            yield name, drawn_tile(name)
            continue
        read = cv2.imread(str(folder / "golden" / name), cv2.IMREAD_COLOR)
        if read is None:
            raise UpdateRefusedError(f"{folder}: expected the golden photo {name}, got none that can be read")
        yield name, np.ascontiguousarray(read[..., ::-1], dtype=np.uint8)


def answer_of(network: Network, rgb: NDArray[np.uint8]) -> tuple[float, ...]:
    """A model's answer to a picture, in at most 64 figures: maps are averaged over an 8 x 8 grid."""
    output = np.asarray(network.run(rgb), dtype=np.float64)
    if output.size > _SIDE * _SIDE:
        plane = output.reshape(-1, *output.shape[-2:])[0]
        output = np.array(
            [[cell.mean() for cell in np.array_split(row, _SIDE, 1)] for row in np.array_split(plane, _SIDE)]
        )
    return tuple(round(float(value), 5) for value in output.ravel())


def model_names(folder: Path) -> list[str]:
    """Models of a folder, by the names of their own folders."""
    return sorted(path.parent.name for path in folder.glob(f"*/{CARD_NAME}"))


def golden_of(folder: Path, photos: list[str]) -> Golden:
    """What the models of a folder answer here and now: what is held against them elsewhere."""
    answers: dict[str, dict[str, tuple[float, ...]]] = {}
    for name in model_names(folder):
        network = Network(folder / name)
        answers[name] = {tile: answer_of(network, rgb) for tile, rgb in pictures(folder, [*DRAWN, *photos])}
    return Golden(answers=answers)


def read_golden(folder: Path) -> Golden:
    """Known answers of a folder of models; UpdateRefusedError where there are none."""
    path = folder / GOLDEN_FILE
    try:
        return Golden.model_validate(json.loads(path.read_bytes()))
    except OSError as error:
        raise UpdateRefusedError(
            f"{path}: expected known answers, got {error.strerror}; add the release again"
        ) from error
    except (ValueError, ValidationError) as error:
        raise UpdateRefusedError(
            f"{path}: expected known answers, got something else; add the release again"
        ) from error


def hold(folder: Path) -> None:
    """Hold the models of a folder against their known answers; UpdateRefusedError names the first that differs."""
    golden = read_golden(folder)
    missing = set(model_names(folder)) ^ set(golden.answers)
    if missing:
        raise UpdateRefusedError(
            f"{folder}: expected known answers of each model, got others: {', '.join(sorted(missing))}"
        )
    for name, known in golden.answers.items():
        network = Network(folder / name)
        for tile, rgb in pictures(folder, list(known)):
            off = difference(known[tile], answer_of(network, rgb))
            if not off <= golden.tolerance:
                raise UpdateRefusedError(
                    f"model {name}: expected its known answer to {tile} within {golden.tolerance:g}, got it off by"
                    f" {off:.3g}; this machine computes it otherwise, or the weights are not those of the answers"
                )


def difference(known: tuple[float, ...], found: tuple[float, ...]) -> float:
    """Mean distance of two answers as a share of the known one's spread, at least 1; infinite where no two compare."""
    if len(known) != len(found) or not np.isfinite(found).all():
        return float("inf")
    first, second = np.array(known), np.array(found)
    return float(np.abs(first - second).mean() / max(1.0, float(np.ptp(first))))
