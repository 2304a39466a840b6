"""Whether the models in a folder may be used: card, hash, licence, and a graph that loads and answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from edge.card import CARD_NAME, ModelCard, read_card
from edge.errors import ModelRefusedError
from edge.network import Network

GREY: Final = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCheck:
    """What was found out about one model folder; ``problem`` is None when the model may be used."""

    folder: Path
    card: ModelCard | None
    problem: str | None

    @property
    def name(self) -> str:
        """Name of the model's folder."""
        return self.folder.name


def model_folders(models: Path) -> tuple[Path, ...]:
    """Folders that hold a card or a graph, by name."""
    if not models.is_dir():
        raise ModelRefusedError(f"{models}: expected a folder of models, got none; name another with --models")
    found = {path.parent for pattern in (f"*/{CARD_NAME}", "*/*.onnx") for path in models.glob(pattern)}
    if not found:
        raise ModelRefusedError(f"{models}: expected at least one model, got none; name another with --models")
    return tuple(sorted(found))


def try_answer(folder: Path) -> None:
    """Load the graph and let it answer one grey image; ModelRefusedError when it does not, or not with numbers."""
    network = Network(folder)
    answer = network.run(np.full((network.card.input.height, network.card.input.width, 3), GREY, dtype=np.uint8))
    if not np.isfinite(answer).all():
        raise ModelRefusedError(f"{folder}: expected finite numbers for a grey image, got others; train it again")


def check(folder: Path) -> ModelCheck:
    """The result for one model; a refusal is a finding here, not an error."""
    card: ModelCard | None = None
    try:
        card = read_card(folder)
        try_answer(folder)
    except ModelRefusedError as error:
        return ModelCheck(folder=folder, card=card, problem=str(error))
    return ModelCheck(folder=folder, card=card, problem=None)


def checks(models: Path) -> Iterator[ModelCheck]:
    """Results for every model of a folder, one at a time."""
    for folder in model_folders(models):
        yield check(folder)
