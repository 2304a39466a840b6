"""Held-out answers image by image, kept so that a later model can be compared on the very same rows.

Two files. ``predictions.json`` holds what the model answered and travels with it; ``truth.json`` holds labels and
groups, stays with whoever has the images, and never travels: labels may not be ours to pass on.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge.errors import ConfigurationError
from models.evaluation.figures import Numbers

PREDICTIONS: Final = "predictions.json"
TRUTH: Final = "truth.json"
DIGITS: Final = 5
Column = tuple[float, ...]
Names = tuple[str, ...]


class _Sheet(BaseModel, ABC):
    """Columns over the same images, each image named by the first 16 digits of the SHA-256 of its file."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    version: Literal[1] = 1
    task: Literal["wilting", "canopy", "scene"]
    images: Annotated[Names, Field(min_length=1)]

    @abstractmethod
    def columns(self) -> Mapping[str, Sequence[object]]:
        """Every column by its name."""

    @model_validator(mode="after")
    def _as_long_as_the_images(self) -> "_Sheet":
        if len(set(self.images)) != len(self.images):
            raise ValueError("images: expected each once, got one twice")
        for name, column in self.columns().items():
            if len(column) != len(self.images):
                raise ValueError(f"{name}: expected {len(self.images)} values, got {len(column)}")
        return self


class Predictions(_Sheet):
    """What one model answered for images it had not learned from."""

    split: str
    answers: dict[str, Column]

    def columns(self) -> Mapping[str, Sequence[object]]:
        """The answers."""
        return self.answers

    def rows(self, images: Sequence[str]) -> dict[str, Numbers]:
        """Answers (N,) for these images, in their order; the images must be there."""
        place = {image: index for index, image in enumerate(self.images)}
        chosen = [place[image] for image in images]
        return {name: np.array(column)[chosen] for name, column in self.answers.items()}


class Truth(_Sheet):
    """What is true of the images, and the groups they belong to."""

    truth: dict[str, Column]
    groups: dict[str, Names]
    resampled_by: str

    def columns(self) -> Mapping[str, Sequence[object]]:
        """Labels and groups."""
        return {**self.truth, **self.groups}

    @model_validator(mode="after")
    def _resampled_by_a_group(self) -> "Truth":
        if self.resampled_by not in self.groups:
            raise ValueError(f"resampled_by: expected one of {', '.join(self.groups)}, got {self.resampled_by}")
        return self


Sheet = TypeVar("Sheet", Predictions, Truth)


def first_of_each(images: Sequence[str]) -> NDArray[np.int64]:
    """Ascending rows that name an image for the first time: data sets hold some files twice, and a sheet none."""
    return np.sort(np.unique(np.asarray(images), return_index=True)[1]).astype(np.int64)


def column(values: ArrayLike) -> Column:
    """Numbers as a column of a sheet."""
    return tuple(round(float(value), DIGITS) for value in np.asarray(values, dtype=np.float64))


def names(values: Sequence[object] | NDArray[np.generic]) -> Names:
    """Group names as a column of a sheet."""
    return tuple(str(value) for value in values)


def write_sheet(path: Path, sheet: Predictions | Truth) -> None:
    """One JSON object, one column a line."""
    content = sheet.model_dump(mode="json")
    lines = [f"{json.dumps(key)}: {json.dumps(value, allow_nan=False)}" for key, value in content.items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def read_predictions(path: Path) -> Predictions:
    """The answers a model left; ConfigurationError names the file and what is wrong with it."""
    return _checked(path, Predictions)


def read_truth(path: Path) -> Truth:
    """The labels and groups an evaluation left; ConfigurationError names the file and what is wrong with it."""
    return _checked(path, Truth)


def _checked(path: Path, kind: type[Sheet]) -> Sheet:
    try:
        return kind.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(
            f"{path}: expected what seguia models evaluate leaves, got {error.strerror}; run it first"
        ) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{path}: {place}: {first['msg']}; run seguia models evaluate again") from None
