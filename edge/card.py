"""Model cards: what a model was trained on and for, and the hash that ties the card to its weights."""

import hashlib
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.contract import ModelReference
from edge.errors import ModelRefusedError

CARD_NAME = "card.toml"


class CardPart(BaseModel):
    """A part of a card; cards of later versions may say more."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class CardInput(CardPart):
    """Picture a model takes: float32 [N, 3, height, width], red first, 0..1."""

    name: str = "image"
    height: Annotated[int, Field(ge=16, le=4096)]
    width: Annotated[int, Field(ge=16, le=4096)]
    colour: Literal["rgb"]
    scale: Literal["0..1"]
    figures: Annotated[str | None, Field(min_length=1)] = None
    """Name of the figures of the photo that the model reads in the picture's place (``edge.figures``)."""


class CardOutput(CardPart):
    """Tensor a model gives."""

    name: Annotated[str, Field(min_length=1)]


class CardDataset(CardPart):
    """Where training pictures came from and under which licence."""

    name: Annotated[str, Field(min_length=1)]
    licence: Annotated[str, Field(min_length=1)]


class CardTraining(CardPart):
    """Data and split a model was trained with."""

    datasets: Annotated[tuple[CardDataset, ...], Field(min_length=1)]
    split: Annotated[str, Field(min_length=1)]


class ModelCard(CardPart):
    """What stands in ``card.toml``; a model without each of these is not loaded."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,23}$")]
    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z.+-]{1,16}$")]
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+\.onnx$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    task: Literal["canopy", "wilting", "scene"]
    licence: Annotated[str, Field(min_length=1)]
    licence_known: bool
    evaluated_crops: tuple[str, ...]
    out_of_scope: tuple[str, ...]
    input: CardInput
    output: CardOutput
    calibration: dict[str, Any] = Field(default_factory=dict)
    training: CardTraining
    evaluation: Annotated[dict[str, Any], Field(min_length=1)]

    @property
    def reference(self) -> ModelReference:
        """Short name of the model, as detections carry it."""
        return ModelReference(name=self.name, version=self.version, sha256=self.sha256)

    def number(self, key: str, default: float) -> float:
        """Number under ``[calibration]``, or the default; ModelRefusedError when it is no number."""
        value = self.calibration.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ModelRefusedError(f"model {self.name}: calibration.{key}: expected a number, got {value!r}")
        return float(value)


def packaged_models() -> Path:
    """Folder of the models installed beside this package."""
    return Path(__file__).resolve().parent.parent / "models"


def read_card(folder: Path) -> ModelCard:
    """Card of a model folder; ModelRefusedError names the file, the key and what was expected."""
    path = folder / CARD_NAME
    try:
        return ModelCard.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ModelRefusedError(
            f"{path}: expected the card of a model, got {error.strerror}; install the model again or name its"
            " folder with --models"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelRefusedError(f"{path}: expected TOML, got {error}; install the model again") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ModelRefusedError(
            f"{path}: {key}: {first['msg']}; a model without a complete card is not loaded"
        ) from error


def read_weights(folder: Path, card: ModelCard) -> bytes:
    """Weights of a model, whose hash is the card's; ModelRefusedError otherwise."""
    path = folder / card.file
    try:
        weights = path.read_bytes()
    except OSError as error:
        raise ModelRefusedError(
            f"{path}: expected the weights named in the card, got {error.strerror}; install the model again"
        ) from error
    digest = hashlib.sha256(weights).hexdigest()
    if digest != card.sha256:
        raise ModelRefusedError(
            f"{path}: expected SHA-256 {card.sha256[:12]}... as in its card, got {digest[:12]}...;"
            " the weights were changed: install the model again"
        )
    return weights
