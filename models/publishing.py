"""From a newly trained model to an installed one: only when no group got worse, and all of it or nothing."""

import datetime as dt
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from edge.card import CARD_NAME, ModelCard, read_card
from edge.errors import ConfigurationError, ModelRefusedError
from models.evaluation.predictions import PREDICTIONS, TRUTH, read_predictions, read_truth
from models.evaluation.regression import Comparison, compared
from models.verification import check

SEED: Final = 20261122
CHANGES: Final = "changes.md"
CARD_FOR_PEOPLE: Final = "card.md"
SHOWN: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a publication did: the version now installed, the line of the list of changes, what could not be judged."""

    version: str
    line: str
    too_small: tuple[str, ...]


def publish(name: str, source: Path, models: Path, day: dt.date) -> Published:
    """Install the model in ``source`` under ``models/name`` unless a group got worse; ModelRefusedError names each."""
    folder = source / name if (source / name).is_dir() else source
    new = _usable(folder, name)
    target = models / name
    if not (target / CARD_NAME).is_file():
        read_predictions(folder / PREDICTIONS)
        line = f"- {new.version}, {day}: first publication, nothing to compare with ({new.sha256[:12]})"
        return _install(folder, target, (new, new.version), line, ())
    old = read_card(target)
    if old.sha256 == new.sha256:
        raise ModelRefusedError(f"publish {name}: expected new weights, got those of the installed {old.version}")
    comparison = _judged(folder, target)
    faults = [*_lost_crops(old, new), *(str(change) for change in comparison.refused)]
    if faults:
        more = [f"and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
        raise ModelRefusedError(
            "\nseguia: ".join(
                [f"publish {name}: refused, {old.version} stays: worse in {len(faults)} places", *faults[:SHOWN], *more]
            )
        )
    version = next_version(new.version, old.version)
    worst = comparison.worst
    line = (
        f"- {version}, {day}: replaces {old.version} ({old.sha256[:12]} by {new.sha256[:12]}); no group worse on"
        f" {comparison.images} held-out images, {len(comparison.changes)} figures"
        + (f"; nearest to refusal {worst}" if worst else "")
    )
    return _install(folder, target, (new, version), line, comparison.too_small)


def next_version(new: str, old: str) -> str:
    """The new model's version where it is higher, else the old one with its last number raised."""
    first, second = (tuple(int(part) for part in re.findall(r"\d+", version)) for version in (new, old))
    if first > second:
        return new
    head, _, last = old.rpartition(".")
    return f"{head}.{int(last) + 1}" if head and last.isdigit() else f"{old}.1"


def _usable(folder: Path, name: str) -> ModelCard:
    if not (folder / CARD_NAME).is_file():
        raise ConfigurationError(
            f"publish {name}: {folder / CARD_NAME}: expected what seguia models export leaves, got nothing;"
            " name the folder given to its --out"
        )
    result = check(folder)
    if result.card is None or result.problem is not None:
        raise ModelRefusedError(f"publish {name}: {result.problem}")
    if result.card.name != name:
        raise ModelRefusedError(f"{folder}: expected a model named {name}, got {result.card.name}; name its folder")
    return result.card


def _judged(folder: Path, target: Path) -> Comparison:
    if not (target / PREDICTIONS).is_file():
        raise ModelRefusedError(
            f"{target / PREDICTIONS}: expected the held-out answers of the installed model, got none;"
            " without them no group can be compared: rebuild them with its own seguia models evaluate"
        )
    return compared(
        read_truth(folder / TRUTH),
        read_predictions(folder / PREDICTIONS),
        read_predictions(target / PREDICTIONS),
        np.random.default_rng(SEED),
    )


def _lost_crops(old: ModelCard, new: ModelCard) -> list[str]:
    return [
        f"crop {crop}: evaluated before, no longer" for crop in old.evaluated_crops if crop not in new.evaluated_crops
    ]


def _install(
    folder: Path, target: Path, model: tuple[ModelCard, str], line: str, too_small: tuple[str, ...]
) -> Published:
    """Put every file beside its place, then rename them in turn, the card last.

    Between two renames the card does not fit the weights: a reader then refuses the model, it never runs a wrong one.
    Labels (truth.json) stay where they are.
    """
    card, version = model
    history = target / CHANGES
    told = history.read_text(encoding="utf-8") if history.is_file() else f"# Publications of {card.name}\n\n"
    contents = {
        card.file: (folder / card.file).read_bytes(),
        PREDICTIONS: (folder / PREDICTIONS).read_bytes(),
        CHANGES: f"{told}{line}\n".encode(),
        CARD_FOR_PEOPLE: _card_for_people(folder, card, version).encode(),
        CARD_NAME: _versioned((folder / CARD_NAME).read_text(encoding="utf-8"), card.version, version).encode(),
    }
    try:
        target.mkdir(parents=True, exist_ok=True)
        staged = [(_beside(target / file, content), target / file) for file, content in contents.items()]
    except OSError as error:
        for file in contents:
            with suppress(OSError):
                _waiting(target / file).unlink()
        raise ModelRefusedError(
            f"publish {card.name}: expected to write {target}, got {error.strerror}; what was installed stays"
        ) from error
    for waiting, place in staged:
        waiting.replace(place)
    return Published(version=version, line=line, too_small=too_small)


def _waiting(place: Path) -> Path:
    return place.with_name(f".{place.name}.new")


def _beside(place: Path, content: bytes) -> Path:
    waiting = _waiting(place)
    with waiting.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    return waiting


def _versioned(text: str, old: str, new: str) -> str:
    return re.sub(rf'(?m)^version = "{re.escape(old)}"$', f'version = "{new}"', text, count=1)


def _card_for_people(folder: Path, card: ModelCard, version: str) -> str:
    path = folder / CARD_FOR_PEOPLE
    text = path.read_text(encoding="utf-8") if path.is_file() else f"# {card.name} {card.version}\n"
    return text.replace(f"# {card.name} {card.version}\n", f"# {card.name} {version}\n", 1)
